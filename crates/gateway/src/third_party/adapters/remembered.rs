use oauth_client::Known;
use oauth_types::UnixTime;
use session_binding::{ThirdPartySession, ThirdPartySessionId, ThirdPartySessions};
use token_manager::{
    KeptIdentity, SessionKey, ThirdPartyIdentities, ThirdPartyIdentity, ThirdPartyIdentityError,
};

use super::session_key;

/// What third parties have said of the persons of sessions, so that rules can be applied to it again.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    kept: ThirdPartyIdentities,
    sessions: ThirdPartySessions,
}

/// What is remembered of one person.
#[derive(Clone, Debug)]
pub(super) struct Recalled {
    pub(super) known: Known,
    kept: KeptIdentity,
}

impl Remembered {
    /// What is `kept` of the persons of `sessions`.
    pub(crate) const fn new(kept: ThirdPartyIdentities, sessions: ThirdPartySessions) -> Self {
        Self { kept, sessions }
    }

    /// Remembers who signed in at `now`, in the place of what was known before.
    ///
    /// # Errors
    /// When the store gives no answer, or nothing can be sealed.
    pub(crate) async fn keep(
        &self,
        session: &ThirdPartySessionId,
        known: &Known,
        now: UnixTime,
    ) -> Result<(), ThirdPartyIdentityError> {
        let keep_until = now + self.sessions.limits().absolute_timeout;
        self.kept.store(&session_key(session), &sealable(known)?, keep_until).await
    }

    /// What is remembered; `None` if nothing is, as of sign-ins before it was kept.
    ///
    /// # Errors
    /// When the store gives no answer, or its key is lost.
    pub(super) async fn recall(
        &self,
        session: &ThirdPartySessionId,
    ) -> Result<Option<Recalled>, ThirdPartyIdentityError> {
        let Some(kept) = self.kept.find(&session_key(session)).await? else { return Ok(None) };
        let Ok(known) = serde_json::from_str(kept.identity.expose()) else {
            tracing::warn!("what is known of a person was written by another version, and is forgotten");
            return Ok(None);
        };
        Ok(Some(Recalled { known, kept }))
    }

    /// Whether anything is remembered, readable or not.
    ///
    /// # Errors
    /// When the store gives no answer, or its key is lost.
    pub(super) async fn has(&self, session: &ThirdPartySessionId) -> Result<bool, ThirdPartyIdentityError> {
        Ok(self.kept.find(&session_key(session)).await?.is_some())
    }

    /// Takes note of what is known now, after `recalled`; `false` if others were faster, who had something to note too.
    ///
    /// # Errors
    /// When the store gives no answer, or nothing can be sealed.
    pub(super) async fn note(
        &self,
        session: &ThirdPartySession,
        recalled: Option<&Recalled>,
        known: &Known,
    ) -> Result<bool, ThirdPartyIdentityError> {
        match recalled {
            Some(recalled) if recalled.known == *known => Ok(true),
            Some(recalled) => {
                self.kept.replace(&session_key(&session.id), &recalled.kept, &sealable(known)?).await
            }
            None => self.keep(&session.id, known, session.signed_in).await.map(|()| true),
        }
    }

    /// Remembers what is `known` of an account that has a name of its own beside those of sessions.
    ///
    /// # Errors
    /// When the store gives no answer, or nothing can be sealed.
    pub(super) async fn keep_of(
        &self,
        key: &SessionKey,
        known: &Known,
        keep_until: UnixTime,
    ) -> Result<(), ThirdPartyIdentityError> {
        self.kept.store(key, &sealable(known)?, keep_until).await
    }

    /// What [`Remembered::keep_of`] has kept.
    ///
    /// # Errors
    /// When the store gives no answer, or its key is lost.
    pub(super) async fn known_of(&self, key: &SessionKey) -> Result<Option<Known>, ThirdPartyIdentityError> {
        let kept = self.kept.find(key).await?;
        Ok(kept.and_then(|it| serde_json::from_str(it.identity.expose()).ok()))
    }

    /// Forgets the person of a session that has ended; whether nothing of it is left.
    pub(super) async fn forget(&self, session: &ThirdPartySessionId) -> bool {
        self.forget_of(&session_key(session)).await
    }

    /// Forgets what is known under `key`; whether nothing of it is left.
    pub(super) async fn forget_of(&self, key: &SessionKey) -> bool {
        let removed = self.kept.remove(key).await;
        if let Err(error) = &removed {
            tracing::warn!(%error, "what is known of a person was not removed");
        }
        removed.is_ok()
    }

    /// A live session.
    pub(super) async fn session(
        &self,
        id: &ThirdPartySessionId,
    ) -> Result<Option<ThirdPartySession>, ThirdPartyIdentityError> {
        Ok(self.sessions.find(id).await?.filter(|it| it.liveness.is_live()))
    }
}

fn sealable(known: &Known) -> Result<ThirdPartyIdentity, ThirdPartyIdentityError> {
    serde_json::to_string(known).map(ThirdPartyIdentity::new).map_err(|_| ThirdPartyIdentityError::Record)
}
