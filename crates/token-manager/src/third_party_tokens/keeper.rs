use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use oauth_types::UnixTime;
use storage::StoreError;
use tokio::sync::{mpsc, oneshot};

use super::{
    Shared, ThirdPartyTokenError,
    record::{self, Header},
};
use crate::SessionKey;

/// The one part that refreshes third-party tokens: when somebody waits for one, and ahead of time.
///
/// It does so apart from the requests that want a token, so that none of them can break off a refresh between the
/// third party's answer and the store.
#[must_use = "no token is ever refreshed until `run` is polled"]
pub struct ThirdPartyTokenKeeper {
    shared: Arc<Shared>,
    inbox: mpsc::Receiver<Command>,
}

pub(super) enum Command {
    /// Somebody wants a fresh token.
    Refresh(SessionKey, Answer),
    /// New tokens are there, which want to be refreshed then.
    Schedule(SessionKey, UnixTime),
}

pub(super) type Answer = oneshot::Sender<Outcome>;
type Outcome = Result<(), ThirdPartyTokenError>;
type Settled = (SessionKey, Result<Option<UnixTime>, ThirdPartyTokenError>);
type Job<'a> = Pin<Box<dyn Future<Output = Settled> + Send + 'a>>;

/// What is going on.
#[derive(Default)]
struct Work<'a> {
    jobs: FuturesUnordered<Job<'a>>,
    /// Who waits for which job; a session is here exactly as long as its job runs.
    waiting: HashMap<SessionKey, Vec<Answer>>,
    schedule: BTreeSet<(UnixTime, SessionKey)>,
    troubles: HashMap<SessionKey, Trouble>,
}

/// A session whose refresh failed.
struct Trouble {
    failures: u32,
    /// When those who wait for a token may ask the third party again; without them it is asked less and less often.
    ask_at: UnixTime,
    error: ThirdPartyTokenError,
}

enum Happening {
    Command(Option<Command>),
    Settled(Settled),
    Tick,
    Stop,
}

impl ThirdPartyTokenKeeper {
    pub(super) const fn new(shared: Arc<Shared>, inbox: mpsc::Receiver<Command>) -> Self {
        Self { shared, inbox }
    }

    /// Refreshes until `stop` is ready, then finishes what it has begun, and stores what could not be stored before.
    ///
    /// `sleep` waits for a time, as `tokio::time::sleep` does.
    pub async fn run<F: Future<Output = ()> + Send>(
        mut self,
        sleep: impl Fn(Duration) -> F + Send + Sync,
        stop: impl Future<Output = ()> + Send,
    ) {
        let shared = Arc::clone(&self.shared);
        let mut work = Work::default();
        let mut stop = pin!(stop);
        let mut tick = Box::pin(sleep(Duration::ZERO));
        let mut loaded = false;
        loop {
            let happening = poll_fn(|context| {
                if stop.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Happening::Stop);
                }
                if let Poll::Ready(Some(settled)) = work.jobs.poll_next_unpin(context) {
                    return Poll::Ready(Happening::Settled(settled));
                }
                if let Poll::Ready(command) = self.inbox.poll_recv(context) {
                    return Poll::Ready(Happening::Command(command));
                }
                tick.as_mut().poll(context).map(|()| Happening::Tick)
            })
            .await;
            match happening {
                Happening::Command(Some(command)) => work.take(command, &shared, &sleep),
                Happening::Settled(settled) => work.settle(settled, &shared),
                Happening::Tick => {
                    loaded = loaded || work.load(&shared).await;
                    work.start_due(&shared, &sleep);
                    tick = Box::pin(sleep(PERIOD));
                }
                Happening::Command(None) | Happening::Stop => break,
            }
        }
        self.inbox.close();
        while let Some(settled) = work.jobs.next().await {
            work.settle(settled, &shared);
        }
        shared.save_what_is_left().await;
    }
}

impl<'a> Work<'a> {
    fn take<F: Future<Output = ()> + Send>(
        &mut self,
        command: Command,
        shared: &'a Shared,
        sleep: &'a (impl Fn(Duration) -> F + Sync),
    ) {
        match command {
            Command::Schedule(session, at) => {
                self.troubles.remove(&session);
                self.schedule.insert((at, session));
            }
            Command::Refresh(session, answer) => {
                let now = shared.now();
                match self.troubles.get(&session).filter(|it| now < it.ask_at) {
                    // Nobody has to be asked again so soon.
                    Some(trouble) => drop(answer.send(Err(trouble.answer(now)))),
                    None => self.start(session, Some(answer), shared, sleep),
                }
            }
        }
    }

    fn start<F: Future<Output = ()> + Send>(
        &mut self,
        session: SessionKey,
        answer: Option<Answer>,
        shared: &'a Shared,
        sleep: &'a (impl Fn(Duration) -> F + Sync),
    ) {
        if let Some(waiting) = self.waiting.get_mut(&session) {
            waiting.extend(answer);
            return;
        }
        self.waiting.insert(session.clone(), answer.into_iter().collect());
        self.jobs.push(Box::pin(async move {
            let outcome = shared.refresh(&session, sleep).await;
            (session, outcome)
        }));
    }

    fn start_due<F: Future<Output = ()> + Send>(
        &mut self,
        shared: &'a Shared,
        sleep: &'a (impl Fn(Duration) -> F + Sync),
    ) {
        let now = shared.now();
        while self.jobs.len() < AT_ONCE && self.schedule.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, session)) = self.schedule.pop_first() {
                self.start(session, None, shared, sleep);
            }
        }
    }

    fn settle(&mut self, (session, outcome): Settled, shared: &Shared) {
        let answer = match outcome {
            Ok(due) => {
                self.troubles.remove(&session);
                self.schedule.extend(due.map(|at| (at, session.clone())));
                Ok(())
            }
            Err(error) if error.is_temporary() => Err(self.trouble(&session, error, shared)),
            Err(error) => {
                self.troubles.remove(&session);
                Err(error)
            }
        };
        for waiting in self.waiting.remove(&session).unwrap_or_default() {
            // Whoever does not wait any more has no use for it.
            let _ = waiting.send(answer.clone());
        }
    }

    /// Notes a failure, to try again later and later.
    fn trouble(
        &mut self,
        session: &SessionKey,
        error: ThirdPartyTokenError,
        shared: &Shared,
    ) -> ThirdPartyTokenError {
        tracing::warn!(%error, "third-party tokens were not refreshed");
        let now = shared.now();
        // What only has to be stored is tried again at once: others wait no longer than they must.
        let failures = match self.troubles.get(session) {
            Some(trouble) if !shared.has_unsaved(session) => trouble.failures.saturating_add(1),
            _ => 1,
        };
        let own = FIRST_RETRY.saturating_mul(2_u32.saturating_pow(failures - 1)).min(LAST_RETRY);
        let asked = match &error {
            ThirdPartyTokenError::ThirdParty { retry_after } => (*retry_after).min(LAST_RETRY),
            _ => Duration::ZERO,
        };
        let trouble = Trouble { failures, ask_at: now + own.min(LAST_DEMAND).max(asked), error };
        let answer = trouble.answer(now);
        self.schedule.insert((now + own.max(asked), session.clone()));
        self.troubles.insert(session.clone(), trouble);
        answer
    }

    /// Reads which tokens want to be refreshed when; `false` if the store would not say.
    async fn load(&mut self, shared: &Shared) -> bool {
        let loaded = self.load_all(shared).await;
        if let Err(error) = &loaded {
            tracing::warn!(%error, "third-party tokens were not read; they are refreshed only on demand");
        }
        loaded.is_ok()
    }

    async fn load_all(&mut self, shared: &Shared) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = shared.parts.store.scan(record::TABLE, after.as_ref(), PAGE).await?;
            for (key, found) in &page {
                if let Ok(Header { refresh_at: Some(at), .. }) = Header::read(&found.record.body) {
                    self.schedule.insert((at, SessionKey::from_key(key.clone())));
                }
            }
            match page.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(()),
            }
        }
    }
}

impl Trouble {
    fn answer(&self, now: UnixTime) -> ThirdPartyTokenError {
        match &self.error {
            ThirdPartyTokenError::ThirdParty { .. } => {
                ThirdPartyTokenError::ThirdParty { retry_after: self.ask_at.saturating_since(now) }
            }
            other => other.clone(),
        }
    }
}

impl fmt::Debug for ThirdPartyTokenKeeper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ThirdPartyTokenKeeper")
    }
}

const PERIOD: Duration = Duration::from_secs(1);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(300);
/// The same for those who wait, who have no use for a token that comes minutes after the third party is back.
const LAST_DEMAND: Duration = Duration::from_secs(16);
/// Refreshes ahead of time that go on at once; those that somebody waits for always start.
const AT_ONCE: usize = 32;
const PAGE: usize = 1024;
