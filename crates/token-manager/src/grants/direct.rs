use oauth_types::{ClientId, GrantId, JwkThumbprint, Principal, ResourceUri, Scope, UnixTime};

use super::{
    EndCause, Grants, IssueError, IssuedTokens, RevokeSelector, SessionKey, Unavailable, record,
    state::{Digest, Grant, Live, State},
    step::{FIRST_GENERATION, Outcome},
    terms::Terms,
};
use crate::{Liveness, Memberships};

/// A grant that begins without a code, for [`Grants::issue_tokens`].
#[derive(Clone, Debug)]
pub struct DirectGrant {
    /// Who holds it.
    pub client_id: ClientId,
    /// Whom its token speaks for: the client itself, or a person whom somebody trusted vouches for.
    pub principal: Principal,
    /// What it permits.
    pub scope: Scope,
    /// Where its token is good.
    pub resource: ResourceUri,
    /// The key that its token is bound to (RFC 9449 section 6).
    pub key: Option<JwkThumbprint>,
    /// What it rests on, if it ends with something other than its token; no third-party session.
    pub rests_on: Option<SessionKey>,
}

impl Grants {
    /// How many live grants a client has that acts for itself; with one more, its oldest ends.
    pub const MOST_OF_A_MACHINE: usize = 1000;

    /// Makes a grant that lives at once, and the one access token that it lives as long as.
    ///
    /// There is no refresh token: whoever could ask for this can ask again.
    /// To be called after everything that speaks for the request was judged.
    ///
    /// # Errors
    /// [`IssueError`]; no token is out then.
    pub async fn issue_tokens(&self, new: DirectGrant) -> Result<IssuedTokens, IssueError> {
        new.principal.to_subject().map_err(|_| IssueError::Principal)?;
        let (shared, now) = (&self.shared, self.shared.parts.clock.now());
        let drawn = self.draw_id();
        let id = drawn.id();
        let bound_to = new.key;
        let grant = self.begin_live(new, now);
        let outcome = Outcome::Granted {
            generation: FIRST_GENERATION,
            key_id: shared.parts.ring.current(),
            scope: grant.terms.scope.clone(),
            bound_to,
        };
        // Signed first: a grant whose token could not be made would be nobody's.
        let tokens = shared
            .tokens(id, &grant.terms, &outcome, Memberships::NONE, now)?
            .ok_or(Unavailable::Record(id))?;
        // Before the record is there, so that whoever revokes what he finds here revokes this too.
        shared.index.reserve(id, grant.terms.expires_at, grant.terms.facets());
        match shared.parts.store.insert_new(record::TABLE, &record::key(&id), record::encode(&grant)).await {
            Ok(true) => {
                shared.index.activate(&id, grant.terms.expires_at, now);
                self.make_room(&grant.terms, id, now).await;
                Ok(tokens)
            }
            // 128 random bits repeat when the generator is broken.
            Ok(false) => Err(Unavailable::Contended.into()),
            Err(error) => {
                shared.index.end(&id);
                Err(Unavailable::from(error).into())
            }
        }
    }

    /// Ends the oldest grants of a client that acts for itself, if it has more than [`Grants::MOST_OF_A_MACHINE`].
    async fn make_room(&self, terms: &Terms, id: GrantId, now: UnixTime) {
        if !terms.is_of_a_machine() {
            return;
        }
        let (machines, client) = (&self.shared.machines, &terms.client_id);
        let lives = |it: &GrantId| self.shared.index.peek(it, now) == Liveness::Live;
        for surplus in machines.add(client, id, Self::MOST_OF_A_MACHINE, lives) {
            if let Err(error) = self.revoke(&RevokeSelector::Grant(surplus), EndCause::TooMany).await {
                tracing::warn!(%error, "a grant that made room has not ended yet");
                machines.put_back(client, surplus);
            }
        }
    }

    fn begin_live(&self, new: DirectGrant, now: UnixTime) -> Grant {
        let terms = Terms {
            client_id: new.client_id,
            principal: new.principal,
            scope: new.scope,
            resource: new.resource,
            session: new.rests_on,
            refreshable: false,
            key: None,
            created_at: now,
            expires_at: now + self.shared.settings.access_token_lifetime,
        };
        let state = State::Live(Live {
            generation: FIRST_GENERATION,
            rotated_at: now,
            key_id: self.shared.parts.ring.current(),
            code_proof: self.no_code(),
            last_used_at: now,
        });
        Grant { terms, state }
    }

    /// A proof that no code gives.
    fn no_code(&self) -> Digest {
        let random = GrantId::random(self.shared.parts.entropy.as_ref());
        Digest::of("no code", &[random.as_bytes()])
    }
}
