//! The process: arguments, environment, logging, signals.

mod arguments;
mod commands;
mod logging;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

use crate::{
    arguments::{Arguments, Command},
    commands::Failure,
};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logging::hide_panic_payloads();
    let outcome = match arguments.command.unwrap_or(Command::Serve(arguments.serve)) {
        Command::Serve(it) => commands::serve(&it),
        Command::Demo(it) => commands::demo(&it),
        Command::Check(it) => commands::check(&it),
        Command::ApiKeys(it) => commands::api_keys(it),
        #[cfg(feature = "third-party")]
        Command::HashPassword => commands::hash_password(),
        #[cfg(feature = "third-party")]
        Command::Grants(it) => commands::grants(it),
        #[cfg(feature = "third-party")]
        Command::Clients(it) => commands::clients(it),
        #[cfg(feature = "third-party")]
        Command::Keys(it) => commands::keys(it),
        #[cfg(feature = "third-party")]
        Command::Storage(it) => commands::storage(it),
        Command::Schema => commands::schema(),
        Command::Completions { shell } => commands::completions(shell),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            match failure {
                Failure::Asked(_) => ExitCode::from(1),
                Failure::Configuration(_) | Failure::Usage(_) => ExitCode::from(2),
            }
        }
    }
}

/// A request takes and gives back some tens of small pieces of memory, which this one is quicker at than the system's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
