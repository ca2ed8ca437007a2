use oauth_types::GrantId;

use super::{
    AuthorizationCode, Grants, NewGrant, Unavailable, record,
    state::{CodeIssued, Digest, Grant, State},
    terms::Terms,
};
use crate::liveness::Drawn;

/// Why no code is issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// Provider and user id together are too long for a `sub`.
    #[error("the principal is too long for a subject")]
    Principal,
    /// The store failed; no code may be given out.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The id of a grant that is still to be made, for whoever must write it down first.
///
/// Drawn by [`Grants::draw_id`] and used up by [`Grants::issue_code_as`], so no two grants have it.
/// [`Grants::seen_at`] knows it for as long as it is kept.
#[derive(Debug)]
pub struct FreshGrantId(Drawn);

impl FreshGrantId {
    /// The id.
    #[must_use]
    pub const fn id(&self) -> GrantId {
        self.0.id()
    }
}

impl Grants {
    /// Makes a grant and the code that brings it to life.
    ///
    /// To be called after the person's consent, the third party's answer and the allow rules.
    ///
    /// # Errors
    /// [`IssueError`]; nothing is left behind that could be used.
    pub async fn issue_code(&self, new: NewGrant) -> Result<(GrantId, AuthorizationCode), IssueError> {
        let id = self.draw_id();
        let grant = id.id();
        Ok((grant, self.issue_code_as(id, new).await?))
    }

    /// An id for a grant that will be made by [`Grants::issue_code_as`], or never.
    #[must_use]
    pub fn draw_id(&self) -> FreshGrantId {
        let id = GrantId::random(self.shared.parts.entropy.as_ref());
        FreshGrantId(self.shared.index.draw(id))
    }

    /// [`Grants::issue_code`] under an id that is known elsewhere already.
    ///
    /// # Errors
    /// [`IssueError`]; nothing is left behind that could be used.
    pub async fn issue_code_as(
        &self,
        fresh: FreshGrantId,
        new: NewGrant,
    ) -> Result<AuthorizationCode, IssueError> {
        new.principal.to_subject().map_err(|_| IssueError::Principal)?;
        let (shared, id) = (&self.shared, fresh.id());
        let (code, digest) = AuthorizationCode::issue(&id, shared.parts.entropy.as_ref());
        let grant = self.begin(new, digest);
        let record = record::encode(&grant);
        // Before the record is there, so that whoever revokes what he finds here revokes this too.
        shared.index.reserve(id, record.expires_at, grant.terms.facets());
        match shared.parts.store.insert_new(record::TABLE, &record::key(&id), record).await {
            Ok(true) => Ok(code),
            // 128 random bits repeat when the generator is broken.
            Ok(false) => Err(Unavailable::Contended.into()),
            Err(error) => {
                shared.index.end(&id);
                Err(Unavailable::from(error).into())
            }
        }
    }

    fn begin(&self, new: NewGrant, code: Digest) -> Grant {
        let (settings, now) = (&self.shared.settings, self.shared.parts.clock.now());
        let terms = Terms {
            client_id: new.client_id,
            principal: new.principal,
            scope: new.scope,
            resource: new.resource,
            session: new.session,
            refreshable: new.refreshable,
            key: new.key,
            created_at: now,
            expires_at: now + settings.absolute_timeout,
        };
        let state = State::CodeIssued(CodeIssued {
            code,
            challenge: new.code_challenge,
            redirect_uri: new.redirect_uri.as_str().into(),
            expires_at: now + settings.code_lifetime,
            failures: 0,
        });
        Grant { terms, state }
    }
}
