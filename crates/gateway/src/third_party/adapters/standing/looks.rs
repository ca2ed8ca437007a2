//! When to ask about which session again.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use oauth_types::UnixTime;
use session_binding::{ThirdPartySession, ThirdPartySessionId};
use tokio::sync;

use super::{Patience, Standing};

/// What is known of the persons of sessions, and when it has to be asked again.
///
/// Nothing is noted before there is an answer, or none in time: a question that is broken off was not asked.
#[derive(Debug, Default)]
pub(in crate::third_party::adapters) struct Looks(Mutex<HashMap<ThirdPartySessionId, Look>>);

/// One session.
#[derive(Clone, Debug, Default)]
struct Look {
    /// When to ask next; none means now.
    again: Option<UnixTime>,
    /// When the third party last gave an answer that lets the person in.
    answered: Option<UnixTime>,
    /// How often in a row it gave none since then.
    silences: u32,
    /// Held by whoever asks.
    turn: Arc<sync::Mutex<()>>,
}

impl Looks {
    /// The person of this session was permitted at `now`.
    pub(in crate::third_party::adapters) fn note(&self, id: &ThirdPartySessionId, now: UnixTime) {
        self.put(id, |look| {
            *look = Look { again: Some(now + AGAIN), answered: Some(now), silences: 0, ..look.clone() };
        });
    }

    /// The same for another configuration, by which everybody is asked about again.
    pub(in crate::third_party::adapters) fn for_other_rules(&self) -> Self {
        let answered = |it: &Look| Look { answered: it.answered, ..Look::default() };
        Self(Mutex::new(self.lock().iter().map(|(id, it)| (*id, answered(it))).collect()))
    }

    /// What somebody has to hold while they ask about a session, so that the others wait for the answer.
    pub(super) fn turn(&self, id: &ThirdPartySessionId) -> Arc<sync::Mutex<()>> {
        let mut turn = None;
        self.put(id, |look| turn = Some(Arc::clone(&look.turn)));
        turn.unwrap_or_default()
    }

    /// What is known of the person of `session`; `None` if it is time to ask.
    pub(super) fn known(
        &self,
        session: &ThirdPartySession,
        now: UnixTime,
        patience: Patience,
    ) -> Option<Standing> {
        let looks = self.lock();
        let look = looks.get(&session.id)?;
        let fresh = look.again.is_some_and(|it| now < it + patience.with(&session.id));
        fresh.then(|| if look.silences > 0 { look.unanswered(session, now) } else { Standing::Good })
    }

    /// The third party gave no answer at `now`, and perhaps said when to come back; answers what that makes of the session.
    pub(super) fn note_silence(
        &self,
        session: &ThirdPartySession,
        now: UnixTime,
        retry_after: Option<Duration>,
    ) -> Standing {
        let mut standing = Standing::NotKnown;
        self.put(&session.id, |look| {
            standing = look.unanswered(session, now);
            look.silences = look.silences.saturating_add(1);
            let wait = match standing {
                Standing::NotKnown => RETRY_SOON,
                Standing::Good | Standing::Ended | Standing::NotConfigured => {
                    let own = RETRY.saturating_mul(2_u32.saturating_pow(look.silences - 1));
                    own.max(retry_after.unwrap_or_default()).min(LAST_RETRY)
                }
            };
            look.again = Some(now + wait.saturating_sub(share(&session.id, wait / 4)));
        });
        standing
    }

    fn put(&self, id: &ThirdPartySessionId, change: impl FnOnce(&mut Look)) {
        let mut looks = self.lock();
        if looks.len() >= MOST && !looks.contains_key(id) {
            looks.clear();
        }
        change(looks.entry(*id).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ThirdPartySessionId, Look>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Look {
    /// Whether the last answer is good enough while there is no other; a sign-in is one.
    fn unanswered(&self, session: &ThirdPartySession, now: UnixTime) -> Standing {
        let answered = self.answered.map_or(session.signed_in, |it| it.max(session.signed_in));
        if now.saturating_since(answered) < BELIEVED { Standing::Good } else { Standing::NotKnown }
    }
}

impl Patience {
    fn with(self, id: &ThirdPartySessionId) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::InUse => IN_USE.saturating_sub(share(id, SPREAD)),
        }
    }
}

/// A part of `whole` that is another one for each session, so that those who came at once are not asked about at once.
fn share(id: &ThirdPartySessionId, whole: Duration) -> Duration {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    whole * u32::try_from(hasher.finish() % 1024).unwrap_or(0) / 1024
}

/// How long an answer of a third party is good for those who refresh.
const AGAIN: Duration = Duration::from_secs(5 * 60);
/// How much longer it is good for those who have tokens; with the time between two walks less than a quarter of an hour.
const IN_USE: Duration = Duration::from_secs(7 * 60);
/// Up to how much earlier some are asked about.
const SPREAD: Duration = Duration::from_secs(5 * 60);
/// After how long a third party that gave no answer is asked again, at first, and then later and later.
const RETRY: Duration = Duration::from_secs(60);
const LAST_RETRY: Duration = Duration::from_secs(5 * 60);
/// The same while nobody gets tokens for want of an answer.
const RETRY_SOON: Duration = Duration::from_secs(10);
/// How long an answer is believed while the third party gives no other.
const BELIEVED: Duration = Duration::from_secs(60 * 60);
/// Above so many sessions all are forgotten, and asked about again.
const MOST: usize = 200_000;
