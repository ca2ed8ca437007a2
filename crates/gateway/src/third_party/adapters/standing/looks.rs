//! When to ask about which session again.

use std::{
    collections::HashMap,
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
    /// Whether it gave none when it was last asked.
    silent: bool,
    /// Held by whoever asks.
    turn: Arc<sync::Mutex<()>>,
}

impl Looks {
    /// The person of this session was permitted at `now`.
    pub(in crate::third_party::adapters) fn note(&self, id: &ThirdPartySessionId, now: UnixTime) {
        self.put(id, |look| {
            *look = Look { again: Some(now + AGAIN), answered: Some(now), silent: false, ..look.clone() };
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
        let fresh = look.again.is_some_and(|it| now < it + patience.duration());
        fresh.then(|| if look.silent { look.unanswered(session, now) } else { Standing::Good })
    }

    /// The third party cannot tell about the person of this session, now or ever.
    pub(super) fn note_untold(&self, id: &ThirdPartySessionId, now: UnixTime) {
        self.put(id, |look| {
            *look = Look { again: Some(now + RETRY), answered: Some(now), silent: false, ..look.clone() };
        });
    }

    /// The third party gave no answer at `now`; answers what that makes of the session.
    pub(super) fn note_silence(&self, session: &ThirdPartySession, now: UnixTime) -> Standing {
        let mut standing = Standing::NotKnown;
        self.put(&session.id, |look| {
            look.silent = true;
            standing = look.unanswered(session, now);
            let wait = if standing == Standing::NotKnown { RETRY_SOON } else { RETRY };
            look.again = Some(now + wait);
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
    const fn duration(self) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::InUse => IN_USE,
        }
    }
}

/// How long an answer of a third party is good for those who refresh.
const AGAIN: Duration = Duration::from_secs(5 * 60);
/// How much longer it is good for sessions in use; with the time between two walks less than a quarter of an hour.
const IN_USE: Duration = Duration::from_secs(7 * 60);
/// After how long a third party that gave no answer is asked again.
const RETRY: Duration = Duration::from_secs(60);
/// The same while nobody gets tokens for want of an answer.
const RETRY_SOON: Duration = Duration::from_secs(10);
/// How long an answer is believed while the third party gives no other.
const BELIEVED: Duration = Duration::from_secs(60 * 60);
/// Above so many sessions all are forgotten, and asked about again.
const MOST: usize = 200_000;
