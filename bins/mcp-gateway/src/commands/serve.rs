mod clock_watch;

use std::time::Duration;

use gateway::{
    audit::Trail,
    config::{Loaded, Upstream},
    reload::Fingerprint,
    serve::{Running, StateFile},
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{Interval, MissedTickBehavior, interval},
};

use self::clock_watch::ClockWatch;
use super::{Failure, runtime, source::Source};
use crate::{arguments::ServeArguments, logging};

/// What makes the process look up from serving.
enum Event {
    Stop,
    Reload,
    Look,
    Failed(std::io::Error),
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    look: Interval,
}

/// Serves until SIGINT or SIGTERM; reloads at SIGHUP or when a file has changed.
pub(crate) fn serve(arguments: &ServeArguments) -> Result<(), Failure> {
    let source = Source::of(&arguments.config, &arguments.program)?;
    let loaded = source.load()?;
    let audit = Trail::default();
    let _rest = logging::start(&loaded.config.log, audit.clone());
    runtime(arguments.workers)?.block_on(run(&source, loaded, audit, arguments.state_file()))
}

async fn run(source: &Source, loaded: Loaded, audit: Trail, state_file: StateFile) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    // As soon after the reading as can be: what changes in between goes unnoticed.
    let mut files = Fingerprint::of(&loaded.files);
    let mut running = Running::start_with(&loaded, audit, state_file).await.map_err(Failure::asked)?;
    announce(&running, &loaded);
    let mut clock = ClockWatch::default();
    loop {
        match signals.next(&mut running).await {
            Event::Stop => {
                Box::pin(stop(running, signals)).await;
                return Ok(());
            }
            Event::Reload => files = reload(source, &running, files).await,
            Event::Look => {
                clock.look(running.clock_lag());
                if files.has_changed() {
                    files = reload(source, &running, files).await;
                }
            }
            Event::Failed(error) => return Err(Failure::asked(error)),
        }
    }
}

/// Lets what is under way come to its end, unless somebody asks a second time.
async fn stop(running: Running, mut signals: Signals) {
    let delay = running.shutdown_delay().await;
    if !delay.is_zero() {
        tracing::info!("not ready from now on; new requests are taken for another {delay:?}");
    }
    let seconds = (delay + running.grace().await).as_secs();
    tracing::info!("stopping, for up to {seconds} s; signal again to cut what is under way");
    running
        .stop(async {
            signals.stop().await;
            tracing::warn!("cutting what is under way");
        })
        .await;
}

/// Takes the file anew; a bad one leaves the old configuration in force.
async fn reload(source: &Source, running: &Running, before: Fingerprint) -> Fingerprint {
    let loaded = match source.load() {
        Ok(loaded) => loaded,
        Err(error) => {
            tracing::error!("the new configuration is refused, the old one stays in force:\n{error}");
            return before.renewed();
        }
    };
    match running.reload(&loaded).await {
        Ok(()) => tracing::info!("the configuration was reloaded"),
        Err(error) => {
            tracing::error!(%error, "the new configuration is refused, the old one stays in force");
        }
    }
    Fingerprint::of(&loaded.files)
}

fn announce(running: &Running, loaded: &Loaded) {
    let config = &loaded.config;
    for server in &config.servers {
        tracing::info!(resource = %config.resource(server), upstream = shown(&server.upstream), "protecting");
    }
    if config.public_url.is_loopback() {
        tracing::warn!("public_url is on loopback: for development only");
    }
    if config.outbound.allow_loopback {
        tracing::warn!("outbound.allow_loopback is on: for development only");
    }
    let scheme = if loaded.material.tls.is_some() { "https" } else { "http" };
    tracing::info!("listening on {scheme}://{}", running.address());
}

/// An upstream without its query, which may hold a key.
fn shown(upstream: &Upstream) -> String {
    match upstream {
        Upstream::Http(url) | Upstream::Sse(url) => {
            let mut url = url.clone();
            url.set_query(None);
            url.to_string()
        }
        Upstream::Unix { socket, path } => format!("{}:{path}", socket.display()),
        // Its arguments may hold what is none of the log's business.
        Upstream::Stdio(stdio) => format!("the program {}", stdio.program.display()),
    }
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        let mut look = interval(LOOK_AT_FILES);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            look,
        })
    }

    /// The next SIGINT or SIGTERM.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    async fn next(&mut self, running: &mut Running) -> Event {
        tokio::select! {
            _ = self.interrupt.recv() => Event::Stop,
            _ = self.terminate.recv() => Event::Stop,
            _ = self.hangup.recv() => Event::Reload,
            _ = self.look.tick() => Event::Look,
            error = running.failed() => Event::Failed(error),
        }
    }
}

/// How often the files and the clock are looked at.
const LOOK_AT_FILES: Duration = Duration::from_secs(2);
