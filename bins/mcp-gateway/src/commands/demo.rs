use std::io;

use gateway::{
    config::{Log, LogLevel},
    demo::{DemoError, DemoOptions},
};

use super::{Failure, runtime};
use crate::{arguments::DemoArguments, logging};

/// Runs the demo until Ctrl-C, or once.
pub(crate) fn demo(arguments: &DemoArguments) -> Result<(), Failure> {
    let level = if arguments.once { LogLevel::Error } else { LogLevel::Info };
    let _rest = logging::start(&Log { level, ..Log::default() });
    let mut out = io::stdout();
    runtime(None)?.block_on(run(arguments, &mut out)).map_err(Failure::asked)
}

#[cfg(feature = "third-party")]
async fn run(arguments: &DemoArguments, out: &mut io::Stdout) -> Result<(), DemoError> {
    if arguments.resource_server {
        Box::pin(gateway::demo::run(options(arguments), out, stop())).await
    } else {
        Box::pin(gateway::third_party::demo::run(options(arguments), out, stop())).await
    }
}

#[cfg(not(feature = "third-party"))]
async fn run(arguments: &DemoArguments, out: &mut io::Stdout) -> Result<(), DemoError> {
    gateway::demo::run(options(arguments), out, stop()).await
}

const fn options(arguments: &DemoArguments) -> DemoOptions {
    DemoOptions { once: arguments.once, port: arguments.port }
}

async fn stop() {
    tokio::signal::ctrl_c().await.ok();
}
