use serde_json::{Map, Value};
use url::Url;

use super::{Provider, prove::Unproven, userinfo::Unknown};
use crate::{
    AccessToken, IdTokenRefusal, Identity, Nonce, SignInError, ThirdPartyTokens, discovery::Endpoints,
    preset::IdentitySource,
};

impl Provider {
    /// Who signed in.
    pub(super) async fn identify(
        &self,
        endpoints: &Endpoints,
        tokens: &ThirdPartyTokens,
        nonce: &Nonce,
    ) -> Result<Identity, SignInError> {
        if !self.preset.is_openid() {
            let url = endpoints.userinfo.as_ref().ok_or(SignInError::SubjectMissing)?;
            return self.identify_by_userinfo(url, &tokens.access).await;
        }
        let token = tokens.id_token.as_ref().ok_or(SignInError::IdToken(IdTokenRefusal::Missing))?;
        let proven = self.prove(endpoints, token, Some(nonce), Some(&tokens.access)).await;
        let claims = proven.map_err(|error| match error {
            Unproven::Refused(refusal) => SignInError::IdToken(refusal),
            Unproven::Temporary(error) => SignInError::Temporary(error),
        })?;
        let identity = self.mapping.identity(self.id(), &claims).ok_or(SignInError::SubjectMissing)?;
        match (self.preset.identity, &endpoints.userinfo) {
            (IdentitySource::IdTokenAndUserinfo, Some(url)) => {
                self.complete(identity, &claims, url, &tokens.access).await
            }
            _ => Ok(identity),
        }
    }

    async fn identify_by_userinfo(&self, url: &Url, access: &AccessToken) -> Result<Identity, SignInError> {
        let answer = self.read_userinfo(url, access).await.map_err(sign_in_error)?;
        let identity = self.with_lists(&answer, url, access).await.map_err(SignInError::Temporary)?;
        identity.ok_or(SignInError::SubjectMissing)
    }

    /// Adds what userinfo says, if it speaks of the same subject (OpenID Connect Core section 5.3.2).
    async fn complete(
        &self,
        identity: Identity,
        claims: &Map<String, Value>,
        url: &Url,
        access: &AccessToken,
    ) -> Result<Identity, SignInError> {
        let answer = self.read_userinfo(url, access).await.map_err(sign_in_error)?;
        if answer.get("sub").is_none() || answer.get("sub") != claims.get("sub") {
            return Err(SignInError::OtherSubject);
        }
        match self.mapping.identity(self.id(), &answer) {
            Some(more) if more.principal != identity.principal => Err(SignInError::OtherSubject),
            Some(more) => Ok(identity.completed_by(more)),
            None => Ok(identity),
        }
    }
}

fn sign_in_error(unknown: Unknown) -> SignInError {
    match unknown {
        Unknown::Refused => SignInError::BadAnswer("an access token that its own userinfo endpoint refuses"),
        Unknown::Temporary(error) => SignInError::Temporary(error),
    }
}
