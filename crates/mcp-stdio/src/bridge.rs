use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body::Body;
use mcp_message::{
    ErrorCode, Limits,
    mirrored::{self, Mismatch},
};
use oauth_types::Entropy;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::child::{Child, Start};
use crate::envelope::Message;
use crate::modern::{Era, Modern};
use crate::request::{self, text};
use crate::sessions::Sessions;
use crate::slots::{Full, Slot, Slots};
use crate::{BoxError, OnBehalf, StdioBody, StdioError, StdioReason, StdioSettings, legacy, modern};

/// Serves one MCP server that speaks over stdin and stdout as a streamable HTTP endpoint.
///
/// It starts the server's processes when they are needed, and ends them; share it behind an `Arc`.
/// It must be used and [stopped](Self::stop) within one Tokio runtime.
#[derive(Debug)]
pub struct Bridge {
    settings: StdioSettings,
    pub(crate) sessions: Sessions,
    pub(crate) modern: Modern,
    slots: Slots,
    failures: Mutex<HashMap<Arc<str>, Failures>>,
    ends: CancellationToken,
    tasks: TaskTracker,
}

/// How often the last children of a principal failed in a row, and when.
#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Bridge {
    /// A bridge to the server of `settings`; starts no process yet.
    #[must_use]
    pub fn new(settings: StdioSettings, entropy: Arc<dyn Entropy>) -> Self {
        let bounds = &settings.bounds;
        let slots = Slots::new(bounds.children, bounds.children_per_principal);
        Self {
            sessions: Sessions::new(entropy),
            modern: Modern::default(),
            slots,
            failures: Mutex::default(),
            ends: CancellationToken::new(),
            tasks: TaskTracker::new(),
            settings,
        }
    }

    /// How its server is started.
    #[must_use]
    pub const fn settings(&self) -> &StdioSettings {
        &self.settings
    }

    /// Answers a request, by a child where one is needed.
    ///
    /// Of the request, method, headers of MCP and body are used; its target is not.
    ///
    /// # Errors
    /// Returns a [`StdioError`], which carries the status for the client.
    pub async fn forward<B>(
        &self,
        request: Request<B>,
        on_behalf: OnBehalf,
    ) -> Result<Response<StdioBody>, StdioError>
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<BoxError>,
    {
        let (head, body) = request.into_parts();
        match head.method {
            Method::POST => {
                let text = text(&head.headers, body, self.settings.bounds.message).await?;
                self.post(&head.headers, &text, on_behalf).await
            }
            Method::GET => legacy::get(self, &head.headers, on_behalf),
            Method::DELETE => legacy::delete(self, &head.headers, &on_behalf),
            _ => Err(StdioReason::Method.into()),
        }
    }

    async fn post(
        &self,
        headers: &HeaderMap,
        text: &str,
        on_behalf: OnBehalf,
    ) -> Result<Response<StdioBody>, StdioError> {
        let single = match check(headers, text)? {
            mcp_message::Body::Single(message) => message,
            mcp_message::Body::Batch(messages) => {
                let messages =
                    messages.iter().map(|it| read(it.raw().get())).collect::<Result<Vec<_>, _>>()?;
                return legacy::batch(self, headers, &messages, on_behalf).await;
            }
        };
        let message = read(text)?;
        match Era::of(headers, &message) {
            Era::Legacy => legacy::post(self, headers, &message, on_behalf).await,
            Era::Modern => modern::post(self, headers, &message, &single, on_behalf).await,
        }
    }

    /// Ends every child: those of a configuration that is no more. What is under way is answered with an error.
    pub fn retire(&self) {
        self.ends.cancel();
        self.tasks.close();
    }

    /// The same, and waits until the last process is gone.
    pub async fn stop(&self) {
        self.retire();
        self.tasks.wait().await;
    }

    /// Starts a child that is `owner`'s, or everybody's.
    pub(crate) async fn start(
        &self,
        era: Era,
        is_shared: bool,
        on_behalf: &OnBehalf,
    ) -> Result<Arc<Child>, StdioError> {
        let everybody: Arc<str> = Arc::from("");
        let owner = if is_shared { &everybody } else { &on_behalf.principal };
        self.check_failures(owner)?;
        let slot = self.slot(owner).await?;
        let (mut watch, mut tenant) = (None, Vec::new());
        if !is_shared {
            watch = Some(on_behalf.tenant.watch().ok_or(StdioReason::TenantEnded)?);
            let environment = on_behalf.tenant.environment().await;
            tenant = environment.map_err(|it| StdioError::caused(StdioReason::TenantUnknown, it))?;
        }
        let ends = self.ends.child_token();
        let settings = &self.settings;
        let start = Start { settings, era, is_shared, tenant, watch, slot, ends, tasks: &self.tasks };
        Child::start(start).map_err(|error| {
            self.note_failure(owner);
            StdioError::caused(StdioReason::Start, error)
        })
    }

    /// Notes that `child` of `owner` failed; soon after its start, that delays the next.
    pub(crate) fn failed(&self, child: &Child, owner: &Arc<str>) -> StdioError {
        if child.started().elapsed() < STEADY {
            self.note_failure(owner);
        }
        StdioReason::Ended.into()
    }

    /// A place for a child; a principal that has none left loses the child that they used longest ago, if nobody waits
    /// for it.
    async fn slot(&self, owner: &Arc<str>) -> Result<Slot, StdioError> {
        let deadline = Instant::now() + 3 * self.settings.bounds.grace + LITTLE;
        loop {
            let freed = self.slots.freed();
            match self.slots.take(owner) {
                Ok(slot) => return Ok(slot),
                Err(Full::All) => return Err(StdioReason::Busy.into()),
                Err(Full::Each) => {}
            }
            if let Some(unused) = self.sessions.least_used(owner) {
                unused.end();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            timeout(left, freed).await.map_err(|_| StdioReason::PrincipalBusy)?;
        }
    }

    /// One failure is forgiven; from then on each doubles the time to the next start.
    fn check_failures(&self, owner: &Arc<str>) -> Result<(), StdioError> {
        let Some(failures) = self.failures().get(owner).copied() else { return Ok(()) };
        let doublings = failures.count.saturating_sub(2).min(MOST_DOUBLINGS);
        let delay = if failures.count < 2 { Duration::ZERO } else { FIRST_DELAY * (1 << doublings) };
        if failures.last.elapsed() < delay { Err(StdioReason::BackingOff.into()) } else { Ok(()) }
    }

    fn note_failure(&self, owner: &Arc<str>) {
        let mut failures = self.failures();
        failures.retain(|_, it| it.last.elapsed() < FORGOTTEN);
        let now = Instant::now();
        let entry = failures.entry(Arc::clone(owner)).or_insert(Failures { count: 0, last: now });
        entry.count = entry.count.saturating_add(1);
        entry.last = now;
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<Arc<str>, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.ends.cancel();
    }
}

fn read(text: &str) -> Result<Message<'_>, StdioError> {
    Message::read(text).map_err(|it| {
        StdioError::answering(StdioReason::NoMessage, None, ErrorCode::InvalidRequest).because(it)
    })
}

/// The body, if it is a message or a batch that all read alike, and the mirrored headers say the same.
fn check<'a>(headers: &HeaderMap, text: &'a str) -> Result<mcp_message::Body<'a>, StdioError> {
    let limits = Limits::default();
    let body = mcp_message::read(text.as_bytes(), &limits)
        .map_err(|it| StdioError::answering(StdioReason::NoMessage, None, it.code()).because(it))?;
    let id = body.request_id().map(|it| it.raw().get());
    mirrored::check(headers, &body, &limits).map_err(|it| differs(it, id))?;
    Ok(body)
}

/// Headers and body of the request `id` do not belong together.
pub(crate) fn differs(mismatch: Mismatch, id: Option<&str>) -> StdioError {
    let reason = match mismatch {
        Mismatch::NoRevision => StdioReason::MetadataMissing,
        Mismatch::Body(_) => StdioReason::NoMessage,
        Mismatch::Repeated
        | Mismatch::TooLong
        | Mismatch::Undecodable
        | Mismatch::Missing
        | Mismatch::Different => StdioReason::HeadersDiffer,
    };
    StdioError::answering(reason, id, mismatch.code()).because(mismatch)
}

/// The answer to what needs none.
pub(crate) fn accepted() -> Response<StdioBody> {
    let mut response = Response::new(StdioBody::empty());
    *response.status_mut() = http::StatusCode::ACCEPTED;
    response
}

pub(crate) use request::Accepts;

/// A child that ends sooner has failed at its start.
const STEADY: Duration = Duration::from_secs(10);
const FIRST_DELAY: Duration = Duration::from_millis(500);
const MOST_DOUBLINGS: u32 = 6;
/// Failures longer ago than the longest delay do not count.
const FORGOTTEN: Duration = Duration::from_secs(60);
const LITTLE: Duration = Duration::from_millis(500);
