use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{GrantId, Scope, UnixTime};

use super::{
    GrantError, Grants, RedeemCheck, RefreshToken, Refusal, RotateCheck, Shared, Unavailable,
    code::PresentedCode,
    refresh_token::Authentic,
    step::{Event, Outcome},
    terms::Terms,
};
use crate::{AccessToken, AccessTokenClaims, Confirmation, KeyId, Memberships, signing_keys::SigningError};

/// What a token response carries (RFC 6749 section 5.1).
#[derive(Clone, Debug)]
pub struct IssuedTokens {
    /// The grant that all of it belongs to.
    pub grant: GrantId,
    /// `access_token`.
    pub access_token: AccessToken,
    /// `expires_in`; whole seconds.
    pub expires_in: Duration,
    /// `refresh_token`, if the client may have one.
    pub refresh_token: Option<RefreshToken>,
    /// `scope`: what was granted, whatever was asked for.
    pub scope: Scope,
}

impl Grants {
    /// Redeems a code (OAuth 2.1 section 4.1.3): of any number of attempts one succeeds.
    ///
    /// Attempts with something wrong leave the code as it is; the fifth by its own client burns it, those of others count
    /// for nothing.
    /// A second attempt with everything right ends the grant before it is refused.
    ///
    /// # Errors
    /// [`GrantError::Refused`], or [`GrantError::Unavailable`] if the answer is not known: the code may then have
    /// been used up, but no token is out.
    pub async fn redeem(&self, code: &str, check: RedeemCheck<'_>) -> Result<IssuedTokens, GrantError> {
        let presented = PresentedCode::parse(code).ok_or(Refusal::Unknown)?;
        let key_id = self.shared.parts.ring.current();
        let event = Event::Redeem { code: presented.digest, key_id, check };
        self.token_request(presented.grant, &event).await
    }

    /// Exchanges a refresh token for new tokens (OAuth 2.1 section 4.3).
    ///
    /// The present one rotates; the one before it is answered with the same successor within the retry window; an
    /// older one ends the grant before it is refused; one that is not ours changes nothing.
    ///
    /// # Errors
    /// [`GrantError::Refused`], or [`GrantError::Unavailable`] after which the same token may be presented again.
    pub async fn rotate(
        &self,
        refresh_token: &str,
        check: RotateCheck<'_>,
    ) -> Result<IssuedTokens, GrantError> {
        let presented = Authentic::verify(refresh_token, &self.shared.parts.ring).ok_or(Refusal::Unknown)?;
        let key_id = self.shared.parts.ring.current();
        let event = Event::Rotate { generation: presented.generation, key_id, check };
        self.token_request(presented.grant, &event).await
    }

    /// Whether [`Grants::redeem`] would give tokens; changes nothing.
    ///
    /// To be asked by whoever has something of their own to use up first: what is refused now stays refused.
    ///
    /// # Errors
    /// When the store does.
    pub async fn would_redeem(&self, code: &str, check: RedeemCheck<'_>) -> Result<bool, Unavailable> {
        let Some(presented) = PresentedCode::parse(code) else { return Ok(false) };
        let key_id = self.shared.parts.ring.current();
        let event = Event::Redeem { code: presented.digest, key_id, check };
        self.would_grant(presented.grant, &event).await
    }

    /// Whether [`Grants::rotate`] would give tokens; as [`Grants::would_redeem`].
    ///
    /// # Errors
    /// When the store does.
    pub async fn would_rotate(
        &self,
        refresh_token: &str,
        check: RotateCheck<'_>,
    ) -> Result<bool, Unavailable> {
        let Some(presented) = Authentic::verify(refresh_token, &self.shared.parts.ring) else {
            return Ok(false);
        };
        let key_id = self.shared.parts.ring.current();
        let event = Event::Rotate { generation: presented.generation, key_id, check };
        self.would_grant(presented.grant, &event).await
    }

    async fn would_grant(&self, id: GrantId, event: &Event<'_>) -> Result<bool, Unavailable> {
        let Some(grant) = self.shared.find(id).await? else { return Ok(false) };
        let step = grant.step(event, &self.shared.circumstances(&id));
        Ok(matches!(step, Ok((_, Outcome::Granted { .. }))))
    }

    async fn token_request(&self, grant: GrantId, event: &Event<'_>) -> Result<IssuedTokens, GrantError> {
        // Both events end in tokens or in a refusal.
        self.shared.transition(grant, event).await?.ok_or(GrantError::Refused(Refusal::NothingToDo))
    }
}

impl Shared {
    /// Makes what `outcome` grants; called before the step is stored, so that a failure here consumes nothing.
    pub(super) fn tokens(
        &self,
        grant: GrantId,
        terms: &Terms,
        outcome: &Outcome,
        memberships: &Memberships,
        now: UnixTime,
    ) -> Result<Option<IssuedTokens>, Unavailable> {
        let Outcome::Granted { generation, key_id, scope, bound_to } = outcome else { return Ok(None) };
        let lifetime = memberships.bound(self.settings.access_token_lifetime);
        let expires_at = terms.expires_at.min(now + lifetime);
        let refresh_token =
            if terms.refreshable { Some(self.refresh_token(*key_id, &grant, *generation)?) } else { None };
        let confirmation = bound_to.map(|it| Confirmation { jkt: it.to_string() });
        let access_token =
            self.access_token(grant, terms, (scope, memberships, confirmation), (now, expires_at))?;
        let expires_in = expires_at.saturating_since(now);
        Ok(Some(IssuedTokens { grant, access_token, expires_in, refresh_token, scope: scope.clone() }))
    }

    fn refresh_token(
        &self,
        key_id: KeyId,
        grant: &GrantId,
        generation: u64,
    ) -> Result<RefreshToken, Unavailable> {
        RefreshToken::derive(&self.parts.ring, key_id, grant, generation)
            .ok_or(Unavailable::MissingKey(key_id))
    }

    fn access_token(
        &self,
        grant: GrantId,
        terms: &Terms,
        (scope, memberships, confirmation): (&Scope, &Memberships, Option<Confirmation>),
        (now, expires_at): (UnixTime, UnixTime),
    ) -> Result<AccessToken, SigningError> {
        let mut token_id = [0; 16];
        self.parts.entropy.fill(&mut token_id);
        let claims = AccessTokenClaims {
            issuer: self.settings.issuer.clone(),
            audience: terms.resource.clone(),
            subject: terms.principal.to_subject().map_err(|_| SigningError::Record)?,
            client_id: terms.client_id.clone(),
            issued_at: now,
            expires_at,
            token_id: URL_SAFE_NO_PAD.encode(token_id),
            scope: scope.clone(),
            grant,
            actor: None,
            memberships: memberships.clone(),
            confirmation,
        };
        self.parts.signing_keys.sign(&claims)
    }
}
