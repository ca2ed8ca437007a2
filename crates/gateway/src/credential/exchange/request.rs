use std::time::Duration;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use http::{
    HeaderValue, Request,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use oauth_types::{Entropy, UnixTime};
use serde::Serialize;
use url::{
    Url,
    form_urlencoded::{self, Serializer},
};

use super::{ClientProof, ExchangeSettings, SubjectToken};
use crate::{
    adapters::{SigningKey, SigningKeyError},
    credential::UpstreamToken,
};

/// Why the question cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QuestionError {
    /// The key.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
    /// The address or a header.
    #[error("the question of the token exchange cannot be sent")]
    Http(#[from] http::Error),
}

/// The question at `endpoint` for a credential in exchange for `subject` (RFC 8693 section 2.1).
///
/// # Errors
/// [`QuestionError`].
pub(crate) fn question(
    settings: &ExchangeSettings,
    endpoint: &Url,
    subject: &UpstreamToken,
    (now, entropy): (UnixTime, &dyn Entropy),
) -> Result<Request<Bytes>, QuestionError> {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", GRANT_TYPE)
        .append_pair("subject_token", subject.expose())
        .append_pair("subject_token_type", settings.subject.token_type())
        .append_pair("requested_token_type", ACCESS_TOKEN);
    if let Some(audience) = &settings.audience {
        form.append_pair("audience", audience);
    }
    if let Some(resource) = &settings.resource {
        form.append_pair("resource", resource.as_str());
    }
    if !settings.scope.is_empty() {
        form.append_pair("scope", &settings.scope.to_string());
    }
    let mut request = Request::post(endpoint.as_str())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let id = settings.client_id.as_str();
    match &settings.proof {
        ClientProof::Basic(secret) => request = request.header(AUTHORIZATION, basic(id, secret.expose())?),
        ClientProof::Post(secret) => {
            form.append_pair("client_id", id).append_pair("client_secret", secret.expose());
        }
        ClientProof::Key(key) => {
            let assertion = client_assertion(settings, key, now, entropy)?;
            form.append_pair("client_id", id)
                .append_pair("client_assertion_type", CLIENT_ASSERTION)
                .append_pair("client_assertion", &assertion);
        }
    }
    Ok(request.body(Bytes::from(form.finish()))?)
}

impl SubjectToken {
    const fn token_type(&self) -> &'static str {
        match self {
            Self::Presented => ACCESS_TOKEN,
            Self::Assertion(_) => JWT,
        }
    }
}

/// `client_secret_basic`: both parts are form-encoded first (RFC 6749 section 2.3.1).
fn basic(id: &str, secret: &str) -> Result<HeaderValue, http::Error> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let mut value = HeaderValue::try_from(format!("Basic {pair}"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// `private_key_jwt` (RFC 7523 section 3).
fn client_assertion(
    settings: &ExchangeSettings,
    key: &SigningKey,
    now: UnixTime,
    entropy: &dyn Entropy,
) -> Result<String, SigningKeyError> {
    #[derive(Serialize)]
    struct Claims<'a> {
        iss: &'a str,
        sub: &'a str,
        aud: &'a str,
        iat: UnixTime,
        exp: UnixTime,
        jti: String,
    }

    let mut jti = [0; 16];
    entropy.fill(&mut jti);
    let id = settings.client_id.as_str();
    let claims = Claims {
        iss: id,
        sub: id,
        aud: settings.issuer.as_str(),
        iat: now,
        exp: now + ASSERTION_LIFE,
        jti: URL_SAFE_NO_PAD.encode(jti),
    };
    key.sign("JWT", &claims)
}

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const CLIENT_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ASSERTION_LIFE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
