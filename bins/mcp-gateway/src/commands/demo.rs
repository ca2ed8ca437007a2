use std::io;

use gateway::{
    audit::Trail,
    config::{Log, LogLevel},
    demo::{DemoError, DemoOptions},
};
use tokio::sync::watch;

use super::{Failure, runtime};
use crate::{arguments::DemoArguments, logging};

/// Runs the demo until Ctrl-C, or once; a second Ctrl-C does not wait for it to stop.
pub(crate) fn demo(arguments: &DemoArguments) -> Result<(), Failure> {
    let level = if arguments.once { LogLevel::Error } else { LogLevel::Info };
    let _rest = logging::start(&Log { level, ..Log::default() }, Trail::default());
    let mut out = io::stdout();
    runtime(None)?.block_on(until_cut(arguments, &mut out)).map_err(Failure::asked)
}

async fn until_cut(arguments: &DemoArguments, out: &mut io::Stdout) -> Result<(), DemoError> {
    let (count, presses) = watch::channel(0);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            count.send_modify(|it| *it += 1);
        }
    });
    tokio::select! {
        outcome = run(arguments, out, pressed(presses.clone(), 1)) => outcome,
        () = pressed(presses, 2) => Ok(()),
    }
}

#[cfg(feature = "third-party")]
async fn run(
    arguments: &DemoArguments,
    out: &mut io::Stdout,
    stop: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    if arguments.resource_server {
        Box::pin(gateway::demo::run(options(arguments), out, stop)).await
    } else {
        Box::pin(gateway::third_party::demo::run(options(arguments), out, stop)).await
    }
}

#[cfg(not(feature = "third-party"))]
async fn run(
    arguments: &DemoArguments,
    out: &mut io::Stdout,
    stop: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    gateway::demo::run(options(arguments), out, stop).await
}

const fn options(arguments: &DemoArguments) -> DemoOptions {
    DemoOptions { once: arguments.once, port: arguments.port }
}

/// Resolves once Ctrl-C was pressed so many times; at once if nobody counts them.
async fn pressed(mut presses: watch::Receiver<u32>, times: u32) {
    let _ = presses.wait_for(|it| *it >= times).await;
}
