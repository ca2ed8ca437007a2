use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{Actor, ClientId, GrantId, Issuer, ResourceUri, Scope, Subject, UnixTime};
use serde::{Serialize, Serializer};

use super::{Memberships, SigningError, SigningKey};

oauth_types::secret! {
    /// An access token: a signed JWT of the type `at+jwt` (RFC 9068).
    pub struct AccessToken;
}

/// What an access token says (RFC 9068 section 2.2).
#[derive(Clone, Debug, Serialize)]
pub struct AccessTokenClaims {
    /// Who issued it.
    #[serde(rename = "iss")]
    pub issuer: Issuer,
    /// The one resource where it is good.
    #[serde(rename = "aud")]
    pub audience: ResourceUri,
    /// Whom it speaks for.
    #[serde(rename = "sub")]
    pub subject: Subject,
    /// Which client has it.
    pub client_id: ClientId,
    /// When it was issued.
    #[serde(rename = "iat")]
    pub issued_at: UnixTime,
    /// When it ends.
    #[serde(rename = "exp")]
    pub expires_at: UnixTime,
    /// Its own name.
    #[serde(rename = "jti")]
    pub token_id: String,
    /// What it permits.
    #[serde(serialize_with = "as_text")]
    pub scope: Scope,
    /// The grant that it lives and dies with.
    pub grant: GrantId,
    /// Who acts for the subject, if somebody does (RFC 8693 section 4.1).
    #[serde(rename = "act", skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// What the subject belongs to, as far as it matters to the resource.
    #[serde(flatten)]
    pub memberships: Memberships,
    /// The key that its sender must prove to have (RFC 7800), if any.
    #[serde(rename = "cnf", skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
}

/// The key that the sender of a token must prove to have (RFC 7800 section 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirmation {
    /// The thumbprint of a DPoP key (RFC 9449 section 6.1).
    pub jkt: String,
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'static str,
    alg: &'static str,
    kid: &'a str,
}

impl AccessTokenClaims {
    pub(super) fn sign(&self, key: &SigningKey) -> Result<AccessToken, SigningError> {
        let header = Header { typ: "at+jwt", alg: "ES256", kid: &key.id };
        let mut text = encoded(&header)?;
        text.push('.');
        text.push_str(&encoded(self)?);
        let signature = key.sign(text.as_bytes())?;
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut text);
        Ok(AccessToken::new(text))
    }
}

fn encoded(part: &impl Serialize) -> Result<String, SigningError> {
    let json = serde_json::to_vec(part).map_err(|_| SigningError::Record)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn as_text<S: Serializer>(scope: &Scope, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(scope)
}
