//! Which key does what, and when that changes; pure.

use std::sync::Arc;

use oauth_types::UnixTime;

use super::{SigningKey, SigningKeySettings};

/// The keys in the order of their use.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyChain {
    /// No longer sign; oldest first.
    pub(super) retired: Vec<Retired>,
    pub(super) current: Option<Current>,
    /// Published, and not used yet.
    pub(super) next: Option<Arc<SigningKey>>,
}

#[derive(Clone, Debug)]
pub(super) struct Current {
    pub(super) key: Arc<SigningKey>,
    pub(super) since: UnixTime,
}

#[derive(Clone, Debug)]
pub(super) struct Retired {
    pub(super) key: Arc<SigningKey>,
    /// When the last token it may have signed is over.
    pub(super) until: UnixTime,
}

impl KeyChain {
    /// The key that signs; there is one in every chain but the empty one.
    pub(super) fn current(&self) -> Option<&SigningKey> {
        self.current.as_ref().map(|it| &*it.key)
    }

    /// The keys of the key set, the one in force first.
    pub(super) fn published(&self) -> impl Iterator<Item = &SigningKey> {
        let current = self.current.iter().map(|it| &*it.key);
        let retired = self.retired.iter().rev().map(|it| &*it.key);
        current.chain(self.next.as_deref()).chain(retired)
    }

    /// Whether [`KeyChain::advance`] would change anything.
    pub(super) fn is_due(&self, now: UnixTime, settings: &SigningKeySettings) -> bool {
        self.current.is_none()
            || self.next.is_none()
            || self.rotation_is_due(now, settings)
            || self.retired.iter().any(|it| it.until <= now)
    }

    /// When the next key may sign, because every verifier has it.
    pub(super) fn next_usable_at(&self, settings: &SigningKeySettings) -> Option<UnixTime> {
        self.next.as_ref().map(|it| it.made_at + settings.publish_ahead)
    }

    /// Does what the time asks for; `fresh` makes a key.
    pub(super) fn advance<E>(
        mut self,
        now: UnixTime,
        settings: &SigningKeySettings,
        fresh: impl Fn() -> Result<SigningKey, E>,
    ) -> Result<Self, E> {
        self.retired.retain(|it| it.until > now);
        if self.current.is_none() {
            self.current = Some(Current { key: Arc::new(fresh()?), since: now });
        }
        if self.rotation_is_due(now, settings) {
            self = self.rotate(now, settings);
        }
        if self.next.is_none() {
            self.next = Some(Arc::new(fresh()?));
        }
        Ok(self)
    }

    /// Puts the next key in force, whenever that is.
    pub(super) fn rotate(mut self, now: UnixTime, settings: &SigningKeySettings) -> Self {
        let Some(next) = self.next.take() else { return self };
        let previous = self.current.replace(Current { key: next, since: now });
        self.retired.extend(previous.map(|it| Retired { key: it.key, until: now + settings.keep_after }));
        self
    }

    fn rotation_is_due(&self, now: UnixTime, settings: &SigningKeySettings) -> bool {
        let over = self.current.as_ref().is_some_and(|it| it.since + settings.rotate_every <= now);
        over && self.next_usable_at(settings).is_some_and(|it| it <= now)
    }
}
