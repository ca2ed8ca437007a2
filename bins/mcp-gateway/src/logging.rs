//! Log lines on standard error, for people or as JSON.

mod audit;
mod lines;
mod output;
mod timestamp;

use std::{io, sync::Arc};

use gateway::{
    audit::Trail,
    config::{Log, LogFormat, LogLevel},
    request_log::write_requests_with,
};
use tracing::{Level, Subscriber};
use tracing_subscriber::{
    Layer, filter::Targets, layer::SubscriberExt, registry::LookupSpan, util::SubscriberInitExt,
};

use self::{
    audit::Acts,
    lines::{Lines, NoLines},
    output::Output,
};

pub(crate) use self::timestamp::of_second;

pub(crate) use self::output::Rest;

/// Writes log lines as the configuration says, and what people do into `audit` as well; the answer must live as long as anything is logged.
///
/// Libraries are held to warnings: what they say at finer levels may hold the text of a header.
pub(crate) fn start(log: &Log, audit: Trail) -> Rest {
    let level = match log.level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    };
    let (output, rest) = output::standard_error();
    if level < Level::INFO {
        write_requests_with(Box::new(NoLines));
    } else if !is_in_colour(log.format) {
        write_requests_with(Box::new(Lines { format: log.format, output: Arc::clone(&output) }));
    }
    let lines = lines(log.format, output).with_filter(filter(level));
    let acts = Acts(audit).with_filter(Targets::new().with_target("audit", Level::INFO));
    // A second start, which only tests of this program could cause, keeps the first.
    tracing_subscriber::registry().with(lines).with(acts).try_init().ok();
    rest
}

/// Writes audit lines and warnings, for a command whose answer is on standard output; the answer must live as long as
/// anything is logged.
#[cfg(feature = "third-party")]
pub(crate) fn start_for_command() -> Rest {
    let (output, rest) = output::standard_error();
    let lines =
        lines(LogFormat::Human, output).with_filter(filter(Level::WARN).with_target("audit", Level::INFO));
    tracing_subscriber::registry().with(lines).try_init().ok();
    rest
}

fn filter(level: Level) -> Targets {
    let others = Targets::new().with_default(Level::WARN.min(level));
    OURS.iter().fold(others, |targets, name| targets.with_target(*name, level))
}

fn lines<S>(format: LogFormat, output: Arc<Output<io::Stderr>>) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(output);
    match format {
        LogFormat::Human if is_in_colour(format) => layer.boxed(),
        LogFormat::Human => layer.with_ansi(false).boxed(),
        LogFormat::Json => {
            layer.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
    }
}

/// Whether lines are for somebody who looks at them: then those of requests are written like all others.
fn is_in_colour(format: LogFormat) -> bool {
    format == LogFormat::Human && io::IsTerminal::is_terminal(&io::stderr())
}

/// Reports a panic by its place only: its message could hold anything.
pub(crate) fn hide_panic_payloads() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a defect: the request or task ends here");
    }));
}

/// The targets of our own lines: our crates, the line of each request, and the acts of people.
const OURS: [&str; 13] = [
    "access",
    "audit",
    "gateway",
    "mcp_gateway",
    "mcp_proxy",
    "oauth_client",
    "oauth_server",
    "outbound_http",
    "resource_metadata",
    "session_binding",
    "storage",
    "token_manager",
    "token_validate",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_lines_are_written_at_the_level_and_those_of_others_as_warnings_only() {
        for ours in
            ["audit", "access", "gateway::access::server", "oauth_server::token", "token_manager::grants"]
        {
            assert!(filter(Level::INFO).would_enable(ours, &Level::INFO), "{ours}");
            assert!(!filter(Level::INFO).would_enable(ours, &Level::DEBUG), "{ours}");
        }
        for other in ["hyper::proto", "redb", "reqwest"] {
            assert!(filter(Level::TRACE).would_enable(other, &Level::WARN), "{other}");
            assert!(!filter(Level::TRACE).would_enable(other, &Level::INFO), "{other}");
            assert!(!filter(Level::ERROR).would_enable(other, &Level::WARN), "{other}");
        }
    }
}
