use oauth_types::Issuer;
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
    /// The claims of a logout token, proven to be this issuer's and for this client.
    pub(super) async fn prove_logout(
        &self,
        endpoints: &Endpoints,
        token: &IdToken,
    ) -> Result<Map<String, Value>, Unproven> {
        let issuer = issuer_of(endpoints, token)?;
        let expected = self.expected(endpoints, &issuer)?;
        let verified = self.ports.id_tokens.verify_logout_token(token.expose(), expected).await;
        verified.map_err(Unproven::from)
    }

    /// The claims of `token`, proven to be this issuer's, for this client and of this sign-in.
    pub(super) async fn prove(
        &self,
        endpoints: &Endpoints,
        token: &IdToken,
        nonce: Option<&Nonce>,
        access: Option<&AccessToken>,
    ) -> Result<Map<String, Value>, Unproven> {
        let issuer = issuer_of(endpoints, token)?;
        let expected = self.expected(endpoints, &issuer)?;
        let claims = self.ports.id_tokens.verify(token.expose(), expected).await?;
        id_token::check(&claims, token, expected, nonce, access).map_err(Unproven::Refused)?;
        Ok(claims)
    }

    fn expected<'a>(
        &'a self,
        endpoints: &'a Endpoints,
        issuer: &'a Issuer,
    ) -> Result<ExpectedIdToken<'a>, Unproven> {
        let jwks_uri = endpoints.jwks.as_ref().ok_or_else(|| missing("jwks_uri"))?;
        Ok(ExpectedIdToken { issuer, client_id: &self.settings.client_id, jwks_uri })
    }
}

/// Who `token` must be from; the tenant that it names, where the third party has several.
fn issuer_of(endpoints: &Endpoints, token: &IdToken) -> Result<Issuer, Unproven> {
    let issuer = endpoints.issuer.as_ref().ok_or_else(|| missing("issuer"))?;
    let unverified = id_token::unverified_claims(token).map_err(Unproven::Refused)?;
    issuer.for_token(&unverified).ok_or(Unproven::Refused(IdTokenRefusal::Issuer))
}

fn missing(name: &'static str) -> Unproven {
    Unproven::Temporary(Temporary::Metadata(MetadataError::Endpoint(name)))
}

impl From<IdTokenError> for Unproven {
    fn from(error: IdTokenError) -> Self {
        match error {
            IdTokenError::Invalid(what) => Self::Refused(IdTokenRefusal::Invalid(what)),
            IdTokenError::Keys(source) => Self::Temporary(Temporary::Keys(source)),
        }
    }
}
