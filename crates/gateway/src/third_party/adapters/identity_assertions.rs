use std::{collections::HashMap, fmt, sync::Arc};

use async_trait::async_trait;
use oauth_client::{AllowRules, ClaimMapping, Identity};
use oauth_server::{IdentityAssertionError as Error, IdentityAssertions};
use oauth_types::{Clock, Issuer, Principal, ProviderId};
use outbound_http::HttpClient;
use serde_json::{Map, Value};
use token_validate::{Algorithm, KeySet, RemoteJwsError, RemoteKeySets, VerifiedJws, verify_jws};
use url::Url;

use super::id_tokens::fixed;

/// Proves identity assertions of the enterprises that the operator trusts.
pub(crate) struct Enterprises {
    trusted: HashMap<Issuer, Enterprise>,
    remote: RemoteKeySets,
}

/// One of them: its keys, and who of its people may come in.
#[derive(Debug)]
pub(crate) struct Enterprise {
    pub(crate) id: ProviderId,
    pub(crate) keys: EnterpriseKeys,
    pub(crate) claims: ClaimMapping,
    pub(crate) rules: AllowRules,
}

/// Where keys are.
#[derive(Debug)]
pub(crate) enum EnterpriseKeys {
    /// Here.
    Inline(KeySet),
    /// At this address.
    Uri(Url),
    /// Where the metadata of the issuer says.
    Metadata,
}

impl Enterprises {
    /// Keys come through `http`, the way to whatever the operator has named.
    pub(crate) fn new(
        trusted: HashMap<Issuer, Enterprise>,
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let most = trusted.len();
        Self { trusted, remote: RemoteKeySets::new(http, clock, most) }
    }

    fn enterprise(&self, issuer: &Issuer) -> Result<&Enterprise, Error> {
        self.trusted.get(issuer).ok_or(Error::Invalid("the issuer is not trusted"))
    }

    async fn proven(
        &self,
        keys: &EnterpriseKeys,
        issuer: &Issuer,
        assertion: &str,
    ) -> Result<VerifiedJws, RemoteJwsError> {
        match keys {
            EnterpriseKeys::Inline(keys) => Ok(verify_jws(assertion, keys, Algorithm::ALL)?),
            EnterpriseKeys::Uri(url) => self.remote.verify(url, assertion, Algorithm::ALL).await,
            EnterpriseKeys::Metadata => self.remote.verify_of_issuer(issuer, assertion, Algorithm::ALL).await,
        }
    }
}

#[async_trait]
impl IdentityAssertions for Enterprises {
    async fn verify(&self, issuer: &Issuer, assertion: &str) -> Result<Map<String, Value>, Error> {
        let keys = &self.enterprise(issuer)?.keys;
        let verified = self.proven(keys, issuer, assertion).await.map_err(|error| match error {
            RemoteJwsError::Token(error) => Error::Invalid(fixed(error)),
            RemoteJwsError::Keys(source) => Error::Keys(Box::new(source)),
        })?;
        // Media types have no case, and may leave out what all of them begin with (RFC 7515 section 4.1.9).
        let typ = verified.typ().unwrap_or_default().to_ascii_lowercase();
        if typ.strip_prefix("application/").unwrap_or(&typ) != TYPE {
            return Err(Error::Invalid("`typ` is not oauth-id-jag+jwt"));
        }
        Ok(verified.into_claims())
    }

    fn person(&self, issuer: &Issuer, claims: &Map<String, Value>) -> Result<Principal, Error> {
        let Enterprise { id, claims: mapping, rules, .. } = self.enterprise(issuer)?;
        let identity = Identity::of_claims(id, claims, mapping);
        let identity = identity.ok_or(Error::Invalid("the claims name no person"))?;
        match rules.permits(&identity) {
            Ok(()) => Ok(identity.principal),
            Err(error) => {
                let Principal { provider, subject } = &identity.principal;
                tracing::info!(
                    target: "audit",
                    { principal.provider = %provider, principal.subject = %subject, reason = %error },
                    "not allowed by an identity assertion"
                );
                Err(Error::NotAllowed("no allow rule lets the person in"))
            }
        }
    }
}

impl fmt::Debug for Enterprises {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Enterprises").field("trusted", &self.trusted).finish_non_exhaustive()
    }
}

/// What no token of another kind has.
const TYPE: &str = "oauth-id-jag+jwt";
