use std::sync::Arc;

use async_trait::async_trait;
use oauth_server::{AssertionKeys, ClientAssertionError, ClientAssertionVerifier};
use oauth_types::Clock;
use outbound_http::HttpClient;
use serde_json::{Map, Value};
use token_validate::{Algorithm, KeySet, RemoteJwsError, RemoteKeySets, VerifiedJws, verify_jws};

use super::id_tokens::fixed;

/// Proves assertions of clients (RFC 7523) by the keys that these declare.
#[derive(Debug)]
pub(crate) struct ClientAssertions(RemoteKeySets);

impl ClientAssertions {
    /// Keys through `http`, which must refuse what a stranger may not have called.
    pub(crate) fn new(http: Arc<dyn HttpClient>, clock: Arc<dyn Clock>) -> Self {
        Self(RemoteKeySets::new(http, clock, KEY_SETS))
    }
}

#[async_trait]
impl ClientAssertionVerifier for ClientAssertions {
    async fn verify(
        &self,
        assertion: &str,
        keys: AssertionKeys<'_>,
    ) -> Result<Map<String, Value>, ClientAssertionError> {
        let verified = match keys {
            AssertionKeys::Inline(document) => by_inline(assertion, document)?,
            AssertionKeys::Uri(url) => {
                self.0.verify(url, assertion, Algorithm::ALL).await.map_err(|error| match error {
                    RemoteJwsError::Token(error) => ClientAssertionError::Invalid(fixed(error)),
                    RemoteJwsError::Keys(source) => ClientAssertionError::Keys(Box::new(source)),
                })?
            }
        };
        if verified.typ().is_some_and(is_of_another_kind) {
            return Err(ClientAssertionError::Invalid("`typ` is that of another kind of token"));
        }
        Ok(verified.into_claims())
    }
}

fn by_inline(assertion: &str, document: &Value) -> Result<VerifiedJws, ClientAssertionError> {
    let (keys, _) = KeySet::from_jwks_json(document.to_string().as_bytes())
        .map_err(|_| ClientAssertionError::Invalid("the key set of the client has no usable key"))?;
    verify_jws(assertion, &keys, Algorithm::ALL).map_err(|it| ClientAssertionError::Invalid(fixed(it)))
}

/// `JWT`, or the type of its own that newer clients write; others are not meant for us.
fn is_of_another_kind(typ: &str) -> bool {
    !["JWT", "client-authentication+jwt"].iter().any(|it| typ.eq_ignore_ascii_case(it))
}

/// Clients are many and strangers; the address longest unused makes room.
const KEY_SETS: usize = 1024;
