use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderValue, Request,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use url::{Url, form_urlencoded};

use crate::{Introspection, IntrospectionAuth};

/// The question about `token`, which is an access token (RFC 7662 section 2.1).
///
/// # Errors
/// When the endpoint or the credentials of `settings` cannot be part of a request.
pub fn introspection_request(
    endpoint: &Url,
    settings: &Introspection,
    token: &str,
) -> Result<Request<Bytes>, http::Error> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("token", token).append_pair("token_type_hint", "access_token");
    let (id, secret) = (settings.client_id.as_str(), settings.client_secret.expose());
    let mut request = Request::post(endpoint.as_str())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    match settings.auth {
        IntrospectionAuth::Basic => request = request.header(AUTHORIZATION, basic(id, secret)?),
        IntrospectionAuth::Post => {
            form.append_pair("client_id", id).append_pair("client_secret", secret);
        }
    }
    request.body(Bytes::from(form.finish()))
}

/// `client_secret_basic`: both parts are form-encoded first (RFC 6749 section 2.3.1).
fn basic(id: &str, secret: &str) -> Result<HeaderValue, http::Error> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let mut value = HeaderValue::try_from(format!("Basic {pair}"))?;
    value.set_sensitive(true);
    Ok(value)
}
