//! What the gateway costs: beside a plain pass-through proxy on the same HTTP stack, with rules beside without, before
//! a program that is spoken to directly as well, and Option B beside Option A.
//!
//! `cargo xtask bench` builds the gateway and starts this program, which is the clients, the MCP server and the third
//! party, and starts the gateway and, as another role of itself, the proxy of [`baseline`]. Nothing else is needed.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program")]

mod baseline;
mod browser;
mod client;
mod configuration;
mod connection;
mod load;
mod measure;
mod options;
mod process;
mod program;
mod proxies;
mod session;
mod sign_in;
mod table;
mod tokens;
mod upstream;

use std::{
    io,
    net::{AddrParseError, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use crate::{measure::Plan, table::Sheet};

/// What this program can be started as.
enum Role {
    /// The gateway beside the plain proxy.
    Compare { gateway: PathBuf, quick: bool },
    /// Option B: sign-ins, and its tokens beside those of Option A; with a program that has the feature.
    ThirdParty { gateway: PathBuf, quick: bool },
    /// The proxy to compare with.
    Baseline { listen: SocketAddr, upstream: SocketAddr },
    /// An MCP server over stdin and stdout.
    Program,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match role(&arguments) {
        Ok(Some(role)) => play(role),
        Ok(None) => Err(io::Error::other(USAGE)),
        Err(error) => Err(io::Error::other(error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn role(arguments: &[&str]) -> Result<Option<Role>, AddrParseError> {
    Ok(Some(match arguments {
        ["--gateway", path] => Role::Compare { gateway: path.into(), quick: false },
        ["--gateway", path, "--quick"] => Role::Compare { gateway: path.into(), quick: true },
        ["--third-party", path] => Role::ThirdParty { gateway: path.into(), quick: false },
        ["--third-party", path, "--quick"] => Role::ThirdParty { gateway: path.into(), quick: true },
        ["baseline", listen, upstream] => {
            Role::Baseline { listen: listen.parse()?, upstream: upstream.parse()? }
        }
        [program::ROLE] => Role::Program,
        _ => return Ok(None),
    }))
}

fn play(role: Role) -> io::Result<()> {
    match role {
        Role::Compare { gateway, quick } => {
            let plan = plan(quick);
            show(&runtime()?.block_on(measure::all(gateway, plan))?, quick);
            Ok(())
        }
        Role::ThirdParty { gateway, quick } => {
            let plan = plan(quick);
            show(&runtime()?.block_on(measure::third_party(gateway, plan))?, quick);
            Ok(())
        }
        // As many workers as the gateway is given, so that both are scheduled alike.
        Role::Baseline { listen, upstream } => tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?
            .block_on(baseline::serve(listen, upstream)),
        Role::Program => program::serve(),
    }
}

/// Everything but the proxies is on one thread.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn plan(quick: bool) -> Plan {
    if quick { QUICK } else { FULL }
}

fn show(sheets: &[Sheet], quick: bool) {
    if quick {
        println!("every request was answered as it must be; the figures of a quick run mean nothing");
        return;
    }
    for sheet in sheets {
        println!("{sheet}");
    }
}

const FULL: Plan = Plan {
    rounds: 7,
    phase: Duration::from_millis(1_500),
    connections: 32,
    distinct: 1_000,
    new_es256: 40_000,
    new_rs256: 12_000,
    streams: 1_000,
    starts: 15,
};

const QUICK: Plan = Plan {
    rounds: 1,
    phase: Duration::from_millis(100),
    connections: 8,
    distinct: 50,
    new_es256: 200,
    new_rs256: 20,
    streams: 20,
    starts: 1,
};

const USAGE: &str = "usage: load --gateway PROGRAM [--quick], or load --third-party PROGRAM [--quick]";
