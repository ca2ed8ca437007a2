use oauth_types::Principal;
use serde_json::{Map, Value};

use super::{Provider, prove::Unproven, userinfo::Unknown};
use crate::{
    EndedReason, Endpoint, Identity, IdentityError, Temporary, ThirdPartyTokens, discovery::Endpoints,
    preset::IdentitySource,
};

impl Provider {
    /// Reads the identity again, to apply the allow rules again; `known` is who it must be.
    ///
    /// What an ID token alone tells is known again only after a refresh that brought a new one.
    ///
    /// # Errors
    /// [`IdentityError::Ended`] when the token no longer works or speaks for somebody else;
    /// [`IdentityError::Unavailable`] when something that the rules need (`lookups`) is told by ID tokens only and
    /// there is no valid one: refresh and ask again.
    /// A list that cannot be read is [`IdentityError::Temporary`], never an empty list.
    pub async fn identity(
        &self,
        known: &Principal,
        tokens: &ThirdPartyTokens,
    ) -> Result<Identity, IdentityError> {
        let endpoints = self.endpoints().await.map_err(IdentityError::Temporary)?;
        let proven =
            if self.preset.is_openid() { self.fresh_claims(&endpoints, tokens).await? } else { None };
        let identity = match self.preset.identity {
            IdentitySource::IdToken => {
                let claims = proven.ok_or(IdentityError::Unavailable)?;
                self.mapping.identity(self.id(), &claims).ok_or(IdentityError::Unavailable)?
            }
            IdentitySource::IdTokenAndUserinfo | IdentitySource::Userinfo(_) => {
                self.by_userinfo(&endpoints, proven, tokens).await?
            }
        };
        if identity.principal == *known {
            Ok(identity)
        } else {
            Err(IdentityError::Ended(EndedReason::OtherSubject))
        }
    }

    async fn by_userinfo(
        &self,
        endpoints: &Endpoints,
        proven: Option<Map<String, Value>>,
        tokens: &ThirdPartyTokens,
    ) -> Result<Identity, IdentityError> {
        let url = endpoints.userinfo.as_ref().ok_or(IdentityError::Unavailable)?;
        let answer = self.read_userinfo(url, &tokens.access).await.map_err(|unknown| match unknown {
            Unknown::Refused => IdentityError::Ended(EndedReason::Inactive),
            Unknown::Temporary(error) => IdentityError::Temporary(error),
        })?;
        let identity =
            self.with_lists(&answer, url, &tokens.access).await.map_err(IdentityError::Temporary)?;
        let nobody = Temporary::Unreadable { endpoint: Endpoint::Userinfo, what: "no usable user id" };
        let identity = identity.ok_or(IdentityError::Temporary(nobody))?;
        let told = proven.and_then(|claims| self.mapping.identity(self.id(), &claims));
        if told.as_ref().is_some_and(|it| it.principal != identity.principal) {
            return Err(IdentityError::Ended(EndedReason::OtherSubject));
        }
        // What userinfo says is newer than any ID token, so that one only fills the gaps.
        if !self.preset.is_openid() || !self.mapping.is_silent(&answer, self.settings.lookups) {
            return Ok(identity);
        }
        told.map(|it| identity.completed_by(it)).ok_or(IdentityError::Unavailable)
    }

    /// The claims of the ID token, if it still proves anything; one that has expired says nothing about the grant.
    async fn fresh_claims(
        &self,
        endpoints: &Endpoints,
        tokens: &ThirdPartyTokens,
    ) -> Result<Option<Map<String, Value>>, IdentityError> {
        let Some(token) = &tokens.id_token else { return Ok(None) };
        match self.prove(endpoints, token, None, None).await {
            Ok(claims) => Ok(Some(claims)),
            Err(Unproven::Refused(_)) => Ok(None),
            Err(Unproven::Temporary(error)) => Err(IdentityError::Temporary(error)),
        }
    }
}
