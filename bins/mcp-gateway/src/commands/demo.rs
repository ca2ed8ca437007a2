use gateway::{
    config::{Log, LogLevel},
    demo::{DemoOptions, run},
};

use super::{Failure, runtime};
use crate::{arguments::DemoArguments, logging};

/// Runs the demo until Ctrl-C, or once.
pub(crate) fn demo(arguments: &DemoArguments) -> Result<(), Failure> {
    let level = if arguments.once { LogLevel::Error } else { LogLevel::Info };
    logging::start(&Log { level, ..Log::default() });
    let options = DemoOptions { once: arguments.once, port: arguments.port };
    let stop = async {
        tokio::signal::ctrl_c().await.ok();
    };
    let mut out = std::io::stdout();
    runtime(None)?.block_on(run(options, &mut out, stop)).map_err(Failure::asked)
}
