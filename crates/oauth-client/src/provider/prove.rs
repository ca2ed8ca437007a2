use serde_json::{Map, Value};

use super::Provider;
use crate::{
    AccessToken, ExpectedIdToken, IdToken, IdTokenError, IdTokenRefusal, MetadataError, Nonce, Temporary,
    discovery::Endpoints, id_token,
};

/// Why an ID token proves nothing.
#[derive(Debug)]
pub(super) enum Unproven {
    Refused(IdTokenRefusal),
    Temporary(Temporary),
}

impl Provider {
    /// The claims of `token`, proven to be this issuer's, for this client and of this sign-in.
    pub(super) async fn prove(
        &self,
        endpoints: &Endpoints,
        token: &IdToken,
        nonce: Option<&Nonce>,
        access: Option<&AccessToken>,
    ) -> Result<Map<String, Value>, Unproven> {
        let missing = |name| Unproven::Temporary(Temporary::Metadata(MetadataError::Endpoint(name)));
        let issuer = endpoints.issuer.as_ref().ok_or_else(|| missing("issuer"))?;
        let jwks_uri = endpoints.jwks.as_ref().ok_or_else(|| missing("jwks_uri"))?;
        let unverified = id_token::unverified_claims(token).map_err(Unproven::Refused)?;
        let issuer = issuer.for_token(&unverified).ok_or(Unproven::Refused(IdTokenRefusal::Issuer))?;
        let expected = ExpectedIdToken { issuer: &issuer, client_id: &self.settings.client_id, jwks_uri };
        let verified = self.ports.id_tokens.verify(token.expose(), expected).await;
        let claims = verified.map_err(|error| match error {
            IdTokenError::Invalid(what) => Unproven::Refused(IdTokenRefusal::Invalid(what)),
            IdTokenError::Keys(source) => Unproven::Temporary(Temporary::Keys(source)),
        })?;
        id_token::check(&claims, token, expected, nonce, access).map_err(Unproven::Refused)?;
        Ok(claims)
    }
}
