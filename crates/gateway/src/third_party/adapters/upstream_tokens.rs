use std::{fmt, sync::Arc};

use async_trait::async_trait;
use oauth_types::{ClaimPath, GrantId, Issuer, ProviderId};
use token_manager::{SessionKey, ThirdPartyAccessToken, ThirdPartyTokenError};

use super::{Foundations, own_tokens::GRANT_CLAIM, session_id};
use crate::{
    adapters::ThirdPartyCredentials,
    credential::{CredentialError, Holder, UpstreamToken, UserCredentials},
    reason::Reason,
    third_party::browser::link_for,
};

/// The access tokens that third parties gave for people, as credentials for upstreams.
#[derive(Clone)]
pub(crate) struct SignInTokens {
    issuer: Issuer,
    claim: ClaimPath,
    foundations: Foundations,
    /// Where people may connect accounts beside the one that they sign in with.
    connectable: Vec<ProviderId>,
}

/// The tokens behind the token of a holder.
struct Behind {
    key: SessionKey,
    /// Where the person can connect the account anew, if that is how it came.
    connect_at: Option<String>,
}

/// Those of one provider, for an upstream that the configuration names it for.
///
/// Nothing is kept here: the tokens are where the sign-in left them, sealed and refreshed ahead of their end.
#[derive(Debug)]
struct OfProvider {
    provider: ProviderId,
    tokens: SignInTokens,
}

impl SignInTokens {
    /// Those behind the tokens that `issuer`, which is the gateway, gave on `foundations`; accounts at `connectable` may
    /// be connected.
    #[expect(clippy::expect_used, reason = "the name of the claim is written in this crate")]
    pub(crate) fn new(issuer: Issuer, foundations: Foundations, connectable: Vec<ProviderId>) -> Self {
        Self { issuer, claim: GRANT_CLAIM.parse().expect("a claim's name"), foundations, connectable }
    }

    /// The tokens of `provider` for the person of `holder`: of the sign-in that their token rests on, or of the account
    /// that they have connected.
    async fn behind(&self, holder: &Holder, provider: &ProviderId) -> Result<Behind, CredentialError> {
        let token = holder.token()?;
        let is_ours = *token.issuer() == self.issuer;
        let grant = token.claim(&self.claim).filter(|_| is_ours).and_then(|it| it.as_str()?.parse().ok());
        let grant: GrantId = grant.ok_or_else(|| CredentialError::denied("the token rests on no grant"))?;
        let found = self.foundations.grants.find(grant).await.map_err(unavailable)?;
        let grant = found.ok_or_else(|| CredentialError::ended("the grant has ended"))?;
        let key = grant.session.ok_or_else(|| CredentialError::denied("the grant rests on no sign-in"))?;
        let id = session_id(&key).ok_or_else(|| CredentialError::denied("the grant rests on no sign-in"))?;
        let session = self.foundations.sessions.find(&id).await.map_err(unavailable)?;
        let session = session.ok_or_else(|| CredentialError::ended("the sign-in has ended"))?;
        if session.principal.provider == *provider {
            return Ok(Behind { key, connect_at: None });
        }
        let elsewhere = format!("the person signed in at {}", session.principal.provider.as_str());
        let link = link_for(&session.principal, provider).filter(|_| self.connectable.contains(provider));
        let Some(link) = link else { return Err(CredentialError::denied(elsewhere)) };
        let place = format!("{}{link}", self.issuer.as_str().trim_end_matches('/'));
        match self.foundations.connected_at(&session, provider).await.map_err(unavailable)? {
            Some(key) => Ok(Behind { key, connect_at: Some(place) }),
            None => Err(CredentialError::not_connected(elsewhere, place)),
        }
    }
}

impl ThirdPartyCredentials for SignInTokens {
    fn of(&self, provider: &ProviderId) -> Arc<dyn UserCredentials> {
        Arc::new(OfProvider { provider: provider.clone(), tokens: self.clone() })
    }
}

#[async_trait]
impl UserCredentials for OfProvider {
    async fn obtain(&self, holder: &Holder) -> Result<UpstreamToken, CredentialError> {
        let behind = self.tokens.behind(holder, &self.provider).await?;
        let token = self.tokens.foundations.tokens.access_token(&behind.key).await;
        token.map(|it| for_upstream(&it)).map_err(|it| behind.failed(&it))
    }

    async fn replace(
        &self,
        holder: &Holder,
        refused: &UpstreamToken,
    ) -> Result<UpstreamToken, CredentialError> {
        let behind = self.tokens.behind(holder, &self.provider).await?;
        let refused = ThirdPartyAccessToken::new(refused.expose().to_owned());
        let token = self.tokens.foundations.tokens.replace_refused(&behind.key, &refused).await;
        token.map(|it| for_upstream(&it)).map_err(|it| behind.failed(&it))
    }
}

impl Behind {
    /// To authorize the client again gives another sign-in, and no other connected account.
    fn failed(&self, error: &ThirdPartyTokenError) -> CredentialError {
        match (failed(error), &self.connect_at) {
            (it, Some(place)) if it.reason != Reason::CredentialUnavailable => {
                CredentialError::not_connected(it.detail, place.clone())
            }
            (it, _) => it,
        }
    }
}

/// The one place where a token of a third party becomes something that an upstream is sent.
fn for_upstream(token: &ThirdPartyAccessToken) -> UpstreamToken {
    UpstreamToken::new(token.expose().to_owned())
}

fn failed(error: &ThirdPartyTokenError) -> CredentialError {
    match error {
        ThirdPartyTokenError::Unknown => CredentialError::denied("the third party gave no token"),
        ThirdPartyTokenError::Expired | ThirdPartyTokenError::Ended(_) => {
            CredentialError::ended(error.to_string())
        }
        ThirdPartyTokenError::ThirdParty { .. }
        | ThirdPartyTokenError::Store(_)
        | ThirdPartyTokenError::Grants(_)
        | ThirdPartyTokenError::Sealed(_)
        | ThirdPartyTokenError::Record
        | ThirdPartyTokenError::Stopped => CredentialError::unavailable(error.to_string()),
    }
}

fn unavailable(error: impl fmt::Display) -> CredentialError {
    CredentialError::unavailable(error.to_string())
}

impl fmt::Debug for SignInTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SignInTokens").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
