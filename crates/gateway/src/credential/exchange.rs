//! A credential for the upstream in exchange for what the gateway knows of the caller (RFC 8693).

mod answer;
mod endpoint;
mod kept;
mod request;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use oauth_types::{ClaimPath, ClientId, Clock, Entropy, Issuer, Scope};
use outbound_http::{HttpClient, Limits};
use token_validate::ValidatedToken;
use url::Url;

use self::{
    endpoint::TokenEndpoint,
    kept::{Kept, Key},
};
use super::{CredentialError, Holder, UpstreamToken, UserCredentials};
use crate::{
    adapters::{Assertion, SigningKey},
    config::Secret,
};

pub(crate) use self::{answer::Exchanged, endpoint::may_be_asked, request::question};

/// How credentials for one upstream are had from one authorization server.
#[derive(Clone, Debug)]
pub(crate) struct ExchangeSettings {
    /// The authorization server.
    pub(crate) issuer: Issuer,
    /// Its token endpoint; `None` leaves it to its metadata.
    pub(crate) token_endpoint: Option<Url>,
    /// The gateway's name there.
    pub(crate) client_id: ClientId,
    /// How the gateway proves that name.
    pub(crate) proof: ClientProof,
    /// What stands for the caller.
    pub(crate) subject: SubjectToken,
    /// `audience`: how that server calls the upstream.
    pub(crate) audience: Option<String>,
    /// `resource`: where the upstream is (RFC 8707).
    pub(crate) resource: Option<Url>,
    /// `scope`; empty leaves it to that server.
    pub(crate) scope: Scope,
}

/// How the gateway authenticates itself at the token endpoint.
#[derive(Clone, Debug)]
pub(crate) enum ClientProof {
    /// `client_secret_basic`.
    Basic(Secret),
    /// `client_secret_post`.
    Post(Secret),
    /// `private_key_jwt` (RFC 7523 section 2.2).
    Key(Arc<SigningKey>),
}

/// The `subject_token`.
#[derive(Clone, Debug)]
pub(crate) enum SubjectToken {
    /// The access token that the client presented; exchanged where it was issued and nowhere else.
    Presented,
    /// A JWT by the gateway that says who calls.
    Assertion(Arc<Assertion>),
}

/// The credentials of persons for one upstream, had by exchange and kept in memory.
pub(crate) struct TokenExchange {
    settings: ExchangeSettings,
    endpoint: TokenEndpoint,
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    kept: Kept,
}

impl TokenExchange {
    /// Nothing is asked before somebody calls.
    pub(crate) fn new(
        settings: ExchangeSettings,
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let kept = Kept::new(Arc::clone(&clock), MOST_KEPT);
        let endpoint = TokenEndpoint::new(settings.issuer.clone(), settings.token_endpoint.clone());
        Self { settings, endpoint, http, clock, entropy, kept }
    }

    async fn exchange(&self, holder: &Holder) -> Result<Exchanged, CredentialError> {
        let (token, now) = (holder.token()?, self.clock.now());
        let subject = match (&self.settings.subject, &holder.presented) {
            (SubjectToken::Assertion(assertion), _) => assertion
                .text(&holder.principal, now)
                .map_err(|error| CredentialError::misconfigured(error.to_string()))?,
            (SubjectToken::Presented, _) if *token.issuer() != self.settings.issuer => {
                return Err(CredentialError::denied("the token is of another issuer than the exchange"));
            }
            (SubjectToken::Presented, Some(presented)) => presented.expose().to_owned(),
            (SubjectToken::Presented, None) => {
                return Err(CredentialError::denied("there is no access token to exchange"));
            }
        };
        let endpoint = self.endpoint.get(self.http.as_ref(), self.clock.as_ref()).await?;
        let request =
            question(&self.settings, &endpoint, &UpstreamToken::new(subject), (now, self.entropy.as_ref()))
                .map_err(|error| CredentialError::misconfigured(error.to_string()))?;
        let answer = self.http.send(request, Limits::default()).await;
        // What the error says holds neither the address nor what was sent.
        answer::read(
            &answer.map_err(|error| CredentialError::unavailable(format!("token endpoint: {error}")))?,
        )
    }
}

#[async_trait]
impl UserCredentials for TokenExchange {
    fn needs_presented(&self) -> bool {
        matches!(self.settings.subject, SubjectToken::Presented)
    }

    async fn obtain(&self, holder: &Holder) -> Result<UpstreamToken, CredentialError> {
        self.kept.obtain(key(holder.token()?), self.exchange(holder)).await
    }

    async fn replace(
        &self,
        holder: &Holder,
        refused: &UpstreamToken,
    ) -> Result<UpstreamToken, CredentialError> {
        self.kept.replace(key(holder.token()?), refused, self.exchange(holder)).await
    }
}

impl fmt::Debug for TokenExchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenExchange").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Whose credential it is: person, client, what was granted, and on whose behalf the client acts.
fn key(token: &ValidatedToken) -> Key {
    let client = token.client_id().map_or("", ClientId::as_str);
    let (issuer, scope) = (token.issuer().as_str(), token.granted_scope().to_string());
    let mut text = format!("{issuer}\u{1}{}\u{1}{client}\u{1}{scope}", token.subject());
    for name in ["act", "authorization_details"] {
        let claim = name.parse::<ClaimPath>().ok().and_then(|it| token.claim(&it));
        text.push('\u{1}');
        text.extend(claim.map(ToString::to_string));
    }
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    key
}

/// For how many persons, clients and scopes a credential is kept; one more takes the place of another.
const MOST_KEPT: usize = 10_000;
