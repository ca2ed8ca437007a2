use serde_json::{Map, Value};
use url::Url;

use super::{Provider, prove::Unproven, userinfo::Unknown};
use crate::{
    AccessToken, Endpoint, IdTokenRefusal, Known, Nonce, SignInError, Temporary, ThirdPartyTokens,
    discovery::Endpoints,
    identity::{Origin, Statement},
    preset::IdentitySource,
};

impl Provider {
    /// Who signed in, and what the third party says of them.
    pub(super) async fn identify(
        &self,
        endpoints: &Endpoints,
        tokens: &ThirdPartyTokens,
        nonce: &Nonce,
    ) -> Result<Known, SignInError> {
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
        let principal = self.mapping.principal(self.id(), &claims).ok_or(SignInError::SubjectMissing)?;
        let origin = Origin::of(&claims).ok_or(SignInError::IdToken(IdTokenRefusal::Malformed))?;
        let known = Known::of(principal).with_id_token(origin, self.mapping.statement(&claims));
        match (self.preset.identity, &endpoints.userinfo) {
            (IdentitySource::IdTokenAndUserinfo, Some(url)) => {
                self.complete(known, &claims, url, &tokens.access).await
            }
            _ => Ok(known),
        }
    }

    async fn identify_by_userinfo(&self, url: &Url, access: &AccessToken) -> Result<Known, SignInError> {
        let answer = self.read_userinfo(url, access).await.map_err(sign_in_error)?;
        let said = self.with_lists(&answer, url, access).await.map_err(SignInError::Temporary)?;
        let (principal, said) = said.ok_or(SignInError::SubjectMissing)?;
        self.has_its_lists(&said)?;
        Ok(Known::of(principal).with_userinfo(said))
    }

    /// Refuses a sign-in that was not granted the lists which rules need: nobody is in none of them for that.
    fn has_its_lists(&self, said: &Statement) -> Result<(), SignInError> {
        let (lists, wanted) = (&self.preset.lists, self.settings.lookups);
        let lacks = |is_wanted: bool, list: Option<_>, said: bool| is_wanted && list.is_some() && !said;
        if lacks(wanted.organizations, lists.organizations, said.organizations.is_some())
            || lacks(wanted.teams, lists.teams, said.teams.is_some())
        {
            let what = "no list of organisations or teams: the scope for it was not granted";
            return Err(SignInError::Temporary(Temporary::Unreadable { endpoint: Endpoint::Userinfo, what }));
        }
        Ok(())
    }

    /// Adds what userinfo says, if it speaks of the same subject (OpenID Connect Core section 5.3.2).
    async fn complete(
        &self,
        known: Known,
        claims: &Map<String, Value>,
        url: &Url,
        access: &AccessToken,
    ) -> Result<Known, SignInError> {
        let answer = self.read_userinfo(url, access).await.map_err(sign_in_error)?;
        if answer.get("sub").is_none() || answer.get("sub") != claims.get("sub") {
            return Err(SignInError::OtherSubject);
        }
        match self.mapping.principal(self.id(), &answer) {
            Some(principal) if principal != *known.principal() => Err(SignInError::OtherSubject),
            Some(_) => Ok(known.with_userinfo(self.mapping.statement(&answer))),
            None => Ok(known),
        }
    }
}

fn sign_in_error(unknown: Unknown) -> SignInError {
    match unknown {
        Unknown::Refused => SignInError::BadAnswer("an access token that its own userinfo endpoint refuses"),
        Unknown::Temporary(error) => SignInError::Temporary(error),
    }
}
