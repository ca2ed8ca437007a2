use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{Actor, ClientId, GrantId, JwkThumbprint, ResourceUri, Scope, UnixTime};

use super::{GrantError, Grants, IssuedTokens, Refusal, Unavailable, state::State};
use crate::{AccessTokenClaims, Confirmation, Liveness, Memberships};

/// A token for the next hop, for [`Grants::exchange`]: of the same grant and person as the token it is made of.
#[derive(Clone, Debug)]
pub struct ExchangedToken {
    /// The grant that both live and die with.
    pub grant: GrantId,
    /// Who gets the token.
    pub client_id: ClientId,
    /// Who acts for the person, and whoever did before.
    pub actor: Actor,
    /// What it permits; not more than the token it is made of.
    pub scope: Scope,
    /// Where it is good.
    pub resource: ResourceUri,
    /// The key that the token is bound to (RFC 9449 section 6).
    pub key: Option<JwkThumbprint>,
    /// What it says of the person, beside who it is.
    pub memberships: Memberships,
    /// When the token that it is made of ends, which it does not outlive.
    pub expires_at: UnixTime,
}

impl Grants {
    /// Signs an access token of a grant that lives, for another resource than the grant's own (RFC 8693).
    ///
    /// Changes nothing: the grant stays its client's, and its end is the end of this token too.
    /// To be called after the token that it is made of was validated, and everything else judged.
    ///
    /// # Errors
    /// [`Refusal::Expired`] if the grant does not live or nothing of the time is left, and what reading and signing bring.
    pub async fn exchange(&self, new: ExchangedToken) -> Result<IssuedTokens, GrantError> {
        let (shared, now) = (&self.shared, self.shared.parts.clock.now());
        let found = shared.find(new.grant).await?.ok_or(Refusal::Unknown)?;
        let lives = match self.ask(&new.grant).await {
            Liveness::Live => matches!(found.state, State::Live(_)),
            Liveness::Ended => false,
            Liveness::Unknown => return Err(Unavailable::Unheard.into()),
        };
        let most = now + new.memberships.bound(shared.settings.access_token_lifetime);
        let expires_at = new.expires_at.min(found.terms.expires_at).min(most);
        if !lives || expires_at <= now {
            return Err(Refusal::Expired.into());
        }
        let mut token_id = [0; 16];
        shared.parts.entropy.fill(&mut token_id);
        let claims = AccessTokenClaims {
            issuer: shared.settings.issuer.clone(),
            audience: new.resource,
            subject: found.terms.principal.to_subject().map_err(|_| Unavailable::Record(new.grant))?,
            client_id: new.client_id,
            issued_at: now,
            expires_at,
            token_id: URL_SAFE_NO_PAD.encode(token_id),
            scope: new.scope.clone(),
            grant: new.grant,
            actor: Some(new.actor),
            memberships: new.memberships,
            confirmation: new.key.map(|it| Confirmation { jkt: it.to_string() }),
        };
        let access_token = shared.parts.signing_keys.sign(&claims).map_err(Unavailable::from)?;
        let expires_in = expires_at.saturating_since(now);
        Ok(IssuedTokens { grant: new.grant, access_token, expires_in, refresh_token: None, scope: new.scope })
    }
}
