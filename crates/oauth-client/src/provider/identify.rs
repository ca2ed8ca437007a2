use oauth_types::Principal;
use serde_json::{Map, Value};
use url::Url;

use super::{Provider, prove::Unproven};
use crate::{
    AccessToken, EndedReason, Endpoint, IdTokenRefusal, Identity, IdentityError, Nonce, SignInError,
    Temporary, ThirdPartyTokens,
    discovery::Endpoints,
    identity,
    preset::{IdentitySource, UserRequest},
};

/// Why nobody can be read from an answer.
enum Unknown {
    /// The token does not work.
    Refused,
    /// The answer names nobody.
    Nobody,
    /// The answer names somebody else than the ID token.
    Other,
    Temporary(Temporary),
}

impl Provider {
    /// Reads the identity again, to apply the allow rules again.
    ///
    /// `known` is who it must be.
    /// Where only ID tokens tell, a refresh must have brought one lately.
    ///
    /// # Errors
    /// [`IdentityError::Ended`] when the token no longer works or speaks for somebody else; a list of organisations
    /// that cannot be read is [`IdentityError::Temporary`], never an empty list.
    pub async fn identity(
        &self,
        known: &Principal,
        tokens: &ThirdPartyTokens,
    ) -> Result<Identity, IdentityError> {
        let endpoints = self.endpoints().await.map_err(IdentityError::Temporary)?;
        let identity = match self.preset.identity {
            IdentitySource::IdToken => self.from_fresh_id_token(&endpoints, tokens).await?,
            IdentitySource::IdTokenAndUserinfo => {
                let url = endpoints.userinfo.as_ref().ok_or(IdentityError::Unavailable)?;
                self.from_userinfo(url, UserRequest::Get, &tokens.access).await.map_err(identity_error)?
            }
            IdentitySource::Userinfo(request) => {
                let url = endpoints.userinfo.as_ref().ok_or(IdentityError::Unavailable)?;
                self.from_userinfo(url, request, &tokens.access).await.map_err(identity_error)?
            }
        };
        if identity.principal != *known {
            return Err(IdentityError::Ended(EndedReason::OtherSubject));
        }
        Ok(identity)
    }

    /// Who signed in.
    pub(super) async fn identify(
        &self,
        endpoints: &Endpoints,
        tokens: &ThirdPartyTokens,
        nonce: &Nonce,
    ) -> Result<Identity, SignInError> {
        let completed = match self.preset.identity {
            IdentitySource::Userinfo(request) => {
                let url = endpoints.userinfo.as_ref().ok_or(SignInError::SubjectMissing)?;
                return self.from_userinfo(url, request, &tokens.access).await.map_err(sign_in_error);
            }
            IdentitySource::IdToken => None,
            IdentitySource::IdTokenAndUserinfo => endpoints.userinfo.as_ref(),
        };
        let token = tokens.id_token.as_ref().ok_or(SignInError::IdToken(IdTokenRefusal::Missing))?;
        let proven = self.prove(endpoints, token, Some(nonce), Some(&tokens.access)).await;
        let claims = proven.map_err(|error| match error {
            Unproven::Refused(refusal) => SignInError::IdToken(refusal),
            Unproven::Temporary(error) => SignInError::Temporary(error),
        })?;
        let mapped = self.mapping.identity(&self.settings.id, &claims);
        let identity = mapped.ok_or(SignInError::SubjectMissing)?;
        let Some(url) = completed else { return Ok(identity) };
        let more = self.complete(identity, &claims, url, &tokens.access).await;
        more.map_err(sign_in_error)
    }

    /// Adds what userinfo says of the same subject (OpenID Connect Core section 5.3.2).
    async fn complete(
        &self,
        identity: Identity,
        claims: &Map<String, Value>,
        url: &Url,
        access: &AccessToken,
    ) -> Result<Identity, Unknown> {
        let answer = self.ask(url, UserRequest::Get, access).await?;
        if answer.get("sub").is_none() || answer.get("sub") != claims.get("sub") {
            return Err(Unknown::Other);
        }
        let more = self.mapping.identity(&self.settings.id, &answer);
        Ok(match more {
            Some(more) if more.principal == identity.principal => identity.completed_by(more),
            Some(_) => return Err(Unknown::Other),
            None => identity,
        })
    }

    async fn from_userinfo(
        &self,
        url: &Url,
        request: UserRequest,
        access: &AccessToken,
    ) -> Result<Identity, Unknown> {
        let answer = self.ask(url, request, access).await?;
        let mut identity = self.mapping.identity(&self.settings.id, &answer).ok_or(Unknown::Nobody)?;
        let (lists, wanted) = (&self.preset.lists, self.settings.lookups);
        identity::look_up(&mut identity, &self.caller(), url, access, lists, wanted)
            .await
            .map_err(Unknown::Temporary)?;
        Ok(identity)
    }

    async fn ask(
        &self,
        url: &Url,
        request: UserRequest,
        access: &AccessToken,
    ) -> Result<Map<String, Value>, Unknown> {
        let endpoint = Endpoint::Userinfo;
        let reply = match request {
            UserRequest::Get => self.caller().get(endpoint, url, access).await,
            UserRequest::Post(json) => self.caller().post(endpoint, url, access, json).await,
        };
        let reply = reply.map_err(Unknown::Temporary)?;
        match reply.body {
            Value::Object(answer) if reply.status == 200 => Ok(answer),
            _ if reply.refuses_token() => Err(Unknown::Refused),
            _ => Err(Unknown::Temporary(reply.unexpected(endpoint, "no JSON object"))),
        }
    }

    async fn from_fresh_id_token(
        &self,
        endpoints: &Endpoints,
        tokens: &ThirdPartyTokens,
    ) -> Result<Identity, IdentityError> {
        let token = tokens.id_token.as_ref().ok_or(IdentityError::Unavailable)?;
        let proven = self.prove(endpoints, token, None, None).await;
        let claims = proven.map_err(|error| match error {
            // Most likely expired: that says nothing about the grant.
            Unproven::Refused(_) => IdentityError::Unavailable,
            Unproven::Temporary(error) => IdentityError::Temporary(error),
        })?;
        self.mapping.identity(&self.settings.id, &claims).ok_or(IdentityError::Unavailable)
    }
}

fn sign_in_error(unknown: Unknown) -> SignInError {
    match unknown {
        Unknown::Refused => SignInError::BadAnswer("an access token that its own userinfo endpoint refuses"),
        Unknown::Nobody => SignInError::SubjectMissing,
        Unknown::Other => SignInError::OtherSubject,
        Unknown::Temporary(error) => SignInError::Temporary(error),
    }
}

fn identity_error(unknown: Unknown) -> IdentityError {
    match unknown {
        Unknown::Refused => IdentityError::Ended(EndedReason::Inactive),
        Unknown::Other => IdentityError::Ended(EndedReason::OtherSubject),
        Unknown::Nobody => IdentityError::Temporary(Temporary::Unreadable {
            endpoint: Endpoint::Userinfo,
            what: "no usable user id",
        }),
        Unknown::Temporary(error) => IdentityError::Temporary(error),
    }
}
