use super::{Heard, Provider, prove::Unproven, userinfo::Unknown};
use crate::{
    AccessToken, EndedReason, Endpoint, IdentityError, Known, Temporary, ThirdPartyTokens, identity::Origin,
    preset::IdentitySource,
};

impl Provider {
    /// Asks who the token speaks for, to apply the allow rules again; `known` is who it must be.
    ///
    /// # Errors
    /// [`IdentityError::Ended`] when the token no longer works or speaks for somebody else;
    /// [`IdentityError::Unavailable`] when this third party says it in ID tokens only: a refresh may bring a new one,
    /// and [`Provider::status`] tells whether the token still works.
    /// A list that cannot be read is [`IdentityError::Temporary`], never an empty list.
    pub async fn identity(&self, known: &Known, access: &AccessToken) -> Result<Heard, IdentityError> {
        if matches!(self.preset.identity, IdentitySource::IdToken) {
            return Err(IdentityError::Unavailable);
        }
        let endpoints = self.endpoints().await.map_err(IdentityError::Temporary)?;
        let url = endpoints.userinfo.as_ref().ok_or(IdentityError::Unavailable)?;
        let answer = self.read_userinfo(url, access).await.map_err(|unknown| match unknown {
            Unknown::Refused => IdentityError::Ended(EndedReason::Inactive),
            Unknown::Temporary(error) => IdentityError::Temporary(error),
        })?;
        let said = self.with_lists(&answer, url, access).await.map_err(IdentityError::Temporary)?;
        let nobody = Temporary::Unreadable { endpoint: Endpoint::Userinfo, what: "no usable user id" };
        let (principal, said) = said.ok_or(IdentityError::Temporary(nobody))?;
        if principal != *known.principal() {
            return Err(IdentityError::Ended(EndedReason::OtherSubject));
        }
        if !self.preset.is_openid() {
            // There is no other source, and some of its lists are not asked for at all.
            return Ok(Heard { known: known.clone().with_userinfo(said), complete: true });
        }
        let known = known.clone().with_userinfo_again(said);
        let complete = known.userinfo_tells(self.mapping.can_tell(self.settings.lookups));
        Ok(Heard { known, complete })
    }

    /// What the ID token says that came with refreshed `tokens`; `None` if none came that proves anything.
    ///
    /// It must be of the same `iss`, `sub` and `aud` as the one of the sign-in, and of its `nonce` if it has one
    /// (OpenID Connect Core section 12.2).
    ///
    /// # Errors
    /// [`IdentityError::Ended`] when it is good, but of another sign-in;
    /// [`IdentityError::Temporary`] when the keys that prove it cannot be had.
    pub async fn refreshed_identity(
        &self,
        known: &Known,
        tokens: &ThirdPartyTokens,
    ) -> Result<Option<Known>, IdentityError> {
        let Some(token) = tokens.id_token.as_ref().filter(|_| self.preset.is_openid()) else {
            return Ok(None);
        };
        let endpoints = self.endpoints().await.map_err(IdentityError::Temporary)?;
        let claims = match self.prove(&endpoints, token, None, Some(&tokens.access)).await {
            Ok(claims) => claims,
            Err(Unproven::Refused(refusal)) => {
                tracing::warn!(provider = %self.id(), %refusal, "the ID token of a refresh is not used");
                return Ok(None);
            }
            Err(Unproven::Temporary(error)) => return Err(IdentityError::Temporary(error)),
        };
        let other = || IdentityError::Ended(EndedReason::OtherSubject);
        let principal = self.mapping.principal(self.id(), &claims).ok_or_else(other)?;
        let origin = Origin::of(&claims).ok_or_else(other)?;
        if principal != *known.principal() || !known.is_of_the_sign_in(&origin) {
            return Err(other());
        }
        Ok(Some(known.clone().with_renewed_id_token(origin, self.mapping.statement(&claims))))
    }
}
