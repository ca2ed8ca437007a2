//! A gateway at work: its socket, its tasks, and the orderly end.

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use axum::Router;
use axum_server::{Handle, tls_rustls::RustlsConfig};
use mcp_proxy::SessionKey;
use oauth_types::{Clock, SystemClock, SystemEntropy};
use token_validate::{IssuerStatus, KNOWN_ANSWERS, KeyRefresher, KnownAnswer};
use tokio::{sync::Mutex, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    adapters::{AnnotationsOfServers, DpopMemory, QuotasOfServers, SigningKey},
    admin::{AdminListener, AdminSocketError, MetricsListener},
    api_keys::KeyRings,
    audit::{Trail, TrailError},
    config::{Config, Limits, Loaded},
    listener::{self, ConnectionLimits},
    metrics::{self, Metrics},
    runtime::{BuildError, Process, Runtime},
    service::MakeService,
    third_party::{Resident, ResidentError},
};

/// A gateway that serves until it is stopped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    server: JoinHandle<io::Result<()>>,
    tls: Option<RustlsConfig>,
    process: Process,
    resident: Resident,
    admin: Admin,
    runtime: Arc<ArcSwap<Runtime>>,
    work: Mutex<Work>,
}

/// What a start does about a state file that the configuration names and that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateFile {
    /// It refuses: perhaps there was one, and a new one would know nothing of what was revoked.
    #[default]
    MustBeThere,
    /// It makes one, in which nobody is signed in.
    MayBeMade,
}

/// What is made before there is a socket.
struct Parts {
    process: Process,
    resident: Resident,
    admin: Admin,
    runtime: Runtime,
    refresher: KeyRefresher,
}

/// Where operators come.
#[derive(Debug, Default)]
struct Admin {
    socket: Option<AdminListener>,
    metrics: Option<MetricsListener>,
}

/// What changes with a configuration.
#[derive(Debug)]
struct Work {
    config: Config,
    refresher: JoinHandle<()>,
    api_keys: JoinHandle<()>,
}

/// Why a gateway does not start, or does not take a new configuration.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be put to work.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The running socket would speak plain HTTP to everybody.
    #[error("the socket that is open speaks plain HTTP on {0}, which needs `behind_proxy`: restart instead")]
    NeedsRestart(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] listener::TlsError),
    /// The socket for operators cannot be made.
    #[error(transparent)]
    Admin(#[from] AdminSocketError),
    /// The authorization server of `[third_party]` cannot be put to work.
    #[error(transparent)]
    ThirdParty(#[from] ResidentError),
    /// The audit cannot be written.
    #[error(transparent)]
    Audit(#[from] TrailError),
    /// The cryptographic library does not do what it must.
    #[error("the self-test of the cryptographic library failed")]
    SelfTest,
}

impl Running {
    /// Puts `loaded` to work, then opens its socket; must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`StartError`]; no socket is open then.
    pub async fn start(loaded: &Loaded) -> Result<Self, StartError> {
        Self::start_with(loaded, Trail::default(), StateFile::default()).await
    }

    /// The same, with an audit that others write to as well, which is opened as `loaded` says, and with word of what to
    /// do where there is no state file.
    ///
    /// # Errors
    /// [`StartError`]; no socket is open then.
    pub async fn start_with(
        loaded: &Loaded,
        audit: Trail,
        state_file: StateFile,
    ) -> Result<Self, StartError> {
        Self::start_judged_by(KNOWN_ANSWERS, loaded, audit, state_file).await
    }

    /// The same if the cryptographic library knows `answers`.
    async fn start_judged_by(
        answers: &[KnownAnswer],
        loaded: &Loaded,
        audit: Trail,
        state_file: StateFile,
    ) -> Result<Self, StartError> {
        let parts = Parts::build(answers, loaded, audit, state_file).await?;
        let address = loaded.config.listen.address;
        match listener::open(address) {
            Ok(socket) => Self::serve(loaded, parts, socket),
            Err(error) => {
                parts.stop().await;
                Err(StartError::Listen(address, error))
            }
        }
    }

    /// The same on a socket that is open already.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start_on(loaded: &Loaded, socket: TcpListener) -> Result<Self, StartError> {
        let parts = Parts::build(KNOWN_ANSWERS, loaded, Trail::default(), StateFile::default()).await?;
        Self::serve(loaded, parts, socket)
    }

    fn serve(loaded: &Loaded, parts: Parts, socket: TcpListener) -> Result<Self, StartError> {
        let Parts { process, resident, admin, runtime, refresher } = parts;
        let config = loaded.config.clone();
        let failed = |error| StartError::Listen(config.listen.address, error);
        let address = socket.local_addr().map_err(failed)?;
        let tls = loaded.material.tls.as_ref().map(listener::server_config).transpose()?;
        let tls = tls.map(RustlsConfig::from_config);
        let runtime = Arc::new(ArcSwap::from_pointee(runtime));
        let handle = Handle::new();
        let service =
            MakeService::new(Arc::clone(&runtime), process.entropy.as_ref(), Arc::clone(&process.metrics));
        let limits = connection_limits(&config.limits);
        let server = tokio::spawn(listener::serve(socket, tls.clone(), limits, handle.clone(), service));
        let refresher = tokio::spawn(refresher.run(tokio::time::sleep));
        let api_keys = tokio::spawn(process.api_keys.clone().watch());
        let work = Mutex::new(Work { config, refresher, api_keys });
        Ok(Self { address, handle, server, tls, process, resident, admin, runtime, work })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it knows of each issuer's keys.
    #[must_use]
    pub fn issuers(&self) -> Vec<IssuerStatus> {
        self.runtime.load().validator().status()
    }

    /// How far the machine's clock was set back since the start; tokens are judged by the time before that.
    #[must_use]
    pub fn clock_lag(&self) -> Duration {
        self.process.clock.wall_clock_lag()
    }

    /// Takes a new configuration: requests that have begun keep the old one, the next ones have the new one.
    ///
    /// Event streams of a server go on if nothing has changed in what decides about its tokens, and end otherwise.
    /// Keys that were fetched are kept where their source is the same; the cache of verified tokens is not.
    /// The socket, whether it speaks TLS, and the limits of connections stay as they are until a restart.
    ///
    /// # Errors
    /// [`StartError`]; the old configuration stays in force then.
    pub async fn reload(&self, loaded: &Loaded) -> Result<(), StartError> {
        let mut work = self.work.lock().await;
        if self.would_open_plain_http(&loaded.config) {
            return Err(StartError::NeedsRestart(self.address));
        }
        let tls = loaded.material.tls.as_ref().map(listener::server_config).transpose()?;
        let (own, prepared) = self.resident.prepare(loaded).await?;
        let (runtime, refresher) = Runtime::build(loaded, &self.process, own, Some(&self.runtime.load()))?;
        open_audit(&self.process, &loaded.config)?;
        self.resident.put_to_work(prepared);
        warn_of_what_stays(&work.config, &loaded.config);
        if let (Some(running), Some(new)) = (&self.tls, tls) {
            running.reload_from_config(new);
        }
        let runtime = Arc::new(runtime);
        self.runtime.swap(Arc::clone(&runtime)).give_way_to(&runtime);
        work.refresher.abort();
        work.refresher = tokio::spawn(refresher.run(tokio::time::sleep));
        work.config = loaded.config.clone();
        Ok(())
    }

    /// The socket stays as it is, so the new configuration must be safe for it and not for the one it describes.
    fn would_open_plain_http(&self, config: &Config) -> bool {
        self.tls.is_none() && !self.address.ip().is_loopback() && config.listen.behind_proxy.is_none()
    }

    /// How long answers may go on once it stops: `limits.shutdown`.
    pub async fn grace(&self) -> Duration {
        self.work.lock().await.config.limits.shutdown.get()
    }

    /// How long it goes on taking requests before that, while it says that it is not ready: `limits.shutdown_delay`.
    pub async fn shutdown_delay(&self) -> Duration {
        self.work.lock().await.config.limits.shutdown_delay.get()
    }

    /// Stops: is not ready, and after the configured delay takes no new connection; streams that only listen end at once
    /// then, and answers have the configured time.
    ///
    /// What is under way is cut when `hurry` resolves before that.
    pub async fn stop(self, hurry: impl Future<Output = ()>) {
        let work = self.work.into_inner();
        let limits = &work.config.limits;
        let grace = limits.shutdown.get();
        self.process.draining.store(true, Ordering::Relaxed);
        let mut hurry = pin!(hurry);
        let is_hurried = comes_before(hurry.as_mut(), limits.shutdown_delay.get()).await;
        self.handle.graceful_shutdown(Some(grace));
        self.process.listening_ends.cancel();
        // Answers that still stream are ended a little earlier, so that their clients see an end and no cut.
        let answering = self.process.answering_ends.clone();
        let ends = tokio::spawn(async move {
            tokio::time::sleep(grace.saturating_sub(LAST_WORDS)).await;
            answering.cancel();
        });
        let mut server = self.server;
        let ended = tokio::select! {
            ended = &mut server => ended,
            () = hurried(is_hurried, hurry) => {
                self.handle.shutdown();
                server.await
            }
        };
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the listener failed"),
            Err(error) => tracing::error!(%error, "the listener panicked"),
        }
        ends.abort();
        work.refresher.abort();
        work.api_keys.abort();
        self.process.api_keys.close();
        self.runtime.load().stop().await;
        self.admin.close().await;
        // Last: what is under way may still use it.
        self.resident.stop().await;
    }

    /// Resolves when the listener has ended by itself, which it only does when its socket fails.
    pub async fn failed(&mut self) -> io::Error {
        match (&mut self.server).await {
            Ok(Err(error)) => error,
            Ok(Ok(())) => io::Error::other("the listener ended"),
            Err(error) => io::Error::other(error),
        }
    }
}

impl Parts {
    async fn stop(self) {
        self.admin.close().await;
        self.resident.stop().await;
    }

    async fn build(
        answers: &[KnownAnswer],
        loaded: &Loaded,
        audit: Trail,
        state_file: StateFile,
    ) -> Result<Self, StartError> {
        let process = process(audit, answers)?;
        open_audit(&process, &loaded.config)?;
        let (clock, entropy) = (Arc::<SystemClock>::clone(&process.clock), Arc::clone(&process.entropy));
        let resident = Resident::open(loaded, state_file, clock, entropy).await?;
        let built = match resident.prepare(loaded).await {
            Ok((own, prepared)) => Runtime::build(loaded, &process, own, None)
                .map(|built| (built, prepared))
                .map_err(StartError::from),
            Err(error) => Err(error.into()),
        };
        let built = built.and_then(|built| Ok((built, Admin::open(loaded, &process, &resident)?)));
        match built {
            Ok((((runtime, refresher), prepared), admin)) => {
                resident.put_to_work(prepared);
                Ok(Self { process, resident, admin, runtime, refresher })
            }
            Err(error) => {
                resident.stop().await;
                Err(error)
            }
        }
    }
}

impl Admin {
    /// Opens what the configuration asks for.
    fn open(loaded: &Loaded, process: &Process, resident: &Resident) -> Result<Self, AdminSocketError> {
        let metrics = || metrics::router(Arc::clone(&process.metrics), resident.census());
        let address = loaded.config.admin.metrics;
        Ok(Self {
            metrics: address.map(|it| MetricsListener::open(it, metrics())).transpose()?,
            socket: Self::socket(loaded, resident.admin().unwrap_or_default().merge(metrics()))?,
        })
    }

    fn socket(loaded: &Loaded, router: Router) -> Result<Option<AdminListener>, AdminSocketError> {
        let Some(path) = loaded.config.admin_socket() else { return Ok(None) };
        match AdminListener::open(&path, router) {
            Ok(listener) => Ok(Some(listener)),
            // It was not asked for by name, and the longest name of a socket is short.
            Err(AdminSocketError::Io { path, source }) if loaded.config.admin.socket.is_none() => {
                tracing::warn!(socket = %path.display(), error = %source, "no admin socket: set `admin.socket`");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn close(self) {
        if let Some(socket) = self.socket {
            socket.close().await;
        }
        if let Some(metrics) = self.metrics {
            metrics.close().await;
        }
    }
}

/// What outlives configurations, once the cryptographic library has shown that it knows `answers`.
pub(crate) fn process(audit: Trail, answers: &[KnownAnswer]) -> Result<Process, StartError> {
    token_validate::self_test(answers).map_err(|_| StartError::SelfTest)?;
    let identity_key = SigningKey::generate().map_err(|_| StartError::SelfTest)?;
    Ok(Process {
        clock: Arc::new(SystemClock::new()),
        entropy: Arc::new(SystemEntropy),
        session_key: SessionKey::random(&SystemEntropy),
        dpop: DpopMemory::new(&SystemEntropy),
        api_keys: KeyRings::default(),
        identity_key: Arc::new(identity_key),
        annotations: AnnotationsOfServers::default(),
        quotas: QuotasOfServers::default(),
        metrics: Arc::new(Metrics::new(audit.lost_lines())),
        audit,
        draining: Arc::new(AtomicBool::new(false)),
        listening_ends: CancellationToken::new(),
        answering_ends: CancellationToken::new(),
    })
}

fn open_audit(process: &Process, config: &Config) -> Result<(), TrailError> {
    let clock: Arc<dyn Clock> = Arc::<SystemClock>::clone(&process.clock);
    process.audit.open(config.audit.as_ref(), &clock)
}

fn connection_limits(limits: &Limits) -> ConnectionLimits {
    ConnectionLimits {
        connections: limits.connections as usize,
        header_bytes: limits.header_bytes.as_usize(),
        header_count: limits.header_count as usize,
        header_read: limits.header_read.get(),
        idle: limits.idle.get(),
        write_stall: limits.write_stall.get(),
    }
}

/// Waits for `delay`; whether `hurry` came before its end.
async fn comes_before(hurry: impl Future<Output = ()>, delay: Duration) -> bool {
    if delay.is_zero() {
        return false;
    }
    tokio::time::timeout(delay, hurry).await.is_ok()
}

/// Resolves at once if somebody was in a hurry before, as `hurry` does not resolve twice.
async fn hurried(is_hurried: bool, hurry: impl Future<Output = ()>) {
    if !is_hurried {
        hurry.await;
    }
}

fn warn_of_what_stays(old: &Config, new: &Config) {
    let rows = [
        ("listen.address", old.listen.address != new.listen.address),
        ("listen.tls", old.listen.tls.is_some() != new.listen.tls.is_some()),
        ("limits of connections", connection_limits(&old.limits) != connection_limits(&new.limits)),
        ("log", old.log != new.log),
        ("admin", old.admin != new.admin),
    ];
    for (key, _) in rows.iter().filter(|(_, changed)| *changed) {
        tracing::warn!(key, "takes effect at the next restart only");
    }
}

/// How long before the end of the grace an answer is ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
