use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE},
};
use oauth_types::ClientId;
use outbound_http::{HttpClient, Limits};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::{AccessToken, ClientSecret, Endpoint, Temporary, TokenAuth, WireCode};

/// GitHub answers nobody without a name.
pub(crate) const AGENT: &str = "mcp-gateway";

/// How large and slow an answer may be: an identity fits into far less.
pub(crate) const LIMITS: Limits = Limits { max_body: 256 * 1024, timeout: Duration::from_secs(4) };

/// Asks a third party's endpoints, as a client or with a token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    pub(crate) http: &'a dyn HttpClient,
    pub(crate) client_id: &'a ClientId,
    pub(crate) client_secret: Option<&'a ClientSecret>,
    /// The member that says whether a 200 is a success.
    pub(crate) ok_member: Option<&'static str>,
}

/// An answer that is JSON, or empty.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
    retry_after: Option<Duration>,
    bearer_challenge: bool,
    lacks_scope: bool,
}

impl Caller<'_> {
    pub(crate) async fn get(
        &self,
        endpoint: Endpoint,
        url: &Url,
        token: &AccessToken,
    ) -> Result<Reply, Temporary> {
        self.send(endpoint, bearer(Method::GET, url, token, None)).await
    }

    pub(crate) async fn post(
        &self,
        endpoint: Endpoint,
        url: &Url,
        token: &AccessToken,
        json: &'static str,
    ) -> Result<Reply, Temporary> {
        self.send(endpoint, bearer(Method::POST, url, token, Some(json))).await
    }

    /// A form from the client itself, authenticated as `auth` says, or not at all (RFC 6749 section 2.3.1).
    pub(crate) async fn form(
        &self,
        endpoint: Endpoint,
        url: &Url,
        pairs: &[(&str, &str)],
        auth: Option<TokenAuth>,
    ) -> Result<Reply, Temporary> {
        self.send(endpoint, self.form_request(url, pairs, auth)).await
    }

    fn form_request(
        &self,
        url: &Url,
        pairs: &[(&str, &str)],
        auth: Option<TokenAuth>,
    ) -> Result<Request<Bytes>, http::Error> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        let mut request =
            Request::post(url.as_str()).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        match (auth, self.client_secret) {
            (None, _) => {}
            (Some(TokenAuth::Basic), Some(secret)) => {
                request = request.header(AUTHORIZATION, basic(self.client_id, secret));
            }
            (Some(_), secret) => {
                form.append_pair("client_id", self.client_id.as_str());
                secret.map(|it| form.append_pair("client_secret", it.expose()));
            }
        }
        request.body(Bytes::from(form.finish()))
    }

    /// A JSON body from the client itself, authenticated by `client_secret_basic`.
    pub(crate) async fn json(
        &self,
        endpoint: Endpoint,
        method: Method,
        url: &Url,
        body: &Value,
    ) -> Result<Reply, Temporary> {
        let mut request =
            Request::builder().method(method).uri(url.as_str()).header(CONTENT_TYPE, "application/json");
        if let Some(secret) = self.client_secret {
            request = request.header(AUTHORIZATION, basic(self.client_id, secret));
        }
        self.send(endpoint, request.body(Bytes::from(body.to_string()))).await
    }

    async fn send(
        &self,
        endpoint: Endpoint,
        request: Result<Request<Bytes>, http::Error>,
    ) -> Result<Reply, Temporary> {
        let unsendable =
            |_| Temporary::Unreadable { endpoint, what: "nothing: the request cannot be written" };
        let mut request = request.map_err(unsendable)?;
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        let response = self
            .http
            .send(request, LIMITS)
            .await
            .map_err(|source| Temporary::NoAnswer { endpoint, source })?;
        read(endpoint, &response, self.ok_member)
    }
}

impl Reply {
    /// What a status or a body that nobody expected is: temporary, because nothing says otherwise.
    pub(crate) fn unexpected(&self, endpoint: Endpoint, what: &'static str) -> Temporary {
        if self.status == 200 {
            return Temporary::Unreadable { endpoint, what };
        }
        Temporary::Status { endpoint, status: self.status, retry_after: self.retry_after }
    }

    /// Whether the third party itself, and not a box in between, says that the token is no good:
    /// 401 with JSON or with a `Bearer` challenge (RFC 6750 section 3).
    pub(crate) fn refuses_token(&self) -> bool {
        self.status == 401 && (self.bearer_challenge || self.body.is_object())
    }

    /// Whether it refuses because the token was granted none of the scopes that it asks for, which only another sign-in
    /// changes.
    pub(crate) const fn lacks_scope(&self) -> bool {
        matches!(self.status, 403 | 404) && self.lacks_scope
    }

    /// The error code of a structured refusal.
    pub(crate) fn error_code(&self) -> Option<WireCode> {
        self.body.get("error")?.as_str().map(WireCode::of)
    }
}

/// Reads an answer as JSON; 5xx, 429 and what is not JSON are temporary, with one exception: a 401 may be bare.
fn read(endpoint: Endpoint, response: &Response<Bytes>, ok_member: Option<&str>) -> Result<Reply, Temporary> {
    let mut status = response.status().as_u16();
    let retry_after = retry_after(response.headers());
    if status == 429 || status >= 500 {
        return Err(Temporary::Status { endpoint, status, retry_after });
    }
    let bearer_challenge = has_bearer_challenge(response.headers());
    let body = match serde_json::from_slice(response.body()) {
        Ok(body) => body,
        Err(_) if response.body().is_empty() || (status == 401 && bearer_challenge) => Value::Null,
        Err(_) if status == 200 => {
            return Err(Temporary::Unreadable { endpoint, what: "something that is not JSON" });
        }
        Err(_) => return Err(Temporary::Status { endpoint, status, retry_after }),
    };
    let failed = ok_member.is_some_and(|it| body.get(it) == Some(&Value::Bool(false)));
    if failed && status == 200 {
        status = refusal_status(&body);
    }
    let lacks_scope = lacks_scope(response.headers());
    Ok(Reply { status, body, retry_after, bearer_challenge, lacks_scope })
}

/// Slack refuses with status 200; these codes are about the token, the others are not.
fn refusal_status(body: &Value) -> u16 {
    const TOKEN: [&str; 6] =
        ["invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "invalid_token"];
    let code = body.get("error").and_then(Value::as_str).unwrap_or_default();
    if TOKEN.contains(&code) { 401 } else { 400 }
}

pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(24 * 60 * 60)))
}

/// GitHub tells the scopes that a token has, and those of which an endpoint wants one; none wanted means any.
///
/// A limit of requests is refused with the same status and passes, and tokens of GitHub Apps have permissions instead.
fn lacks_scope(headers: &HeaderMap) -> bool {
    let is_spent = headers.get("x-ratelimit-remaining").is_some_and(|it| it == "0");
    if is_spent || headers.contains_key(RETRY_AFTER) || headers.contains_key("x-accepted-github-permissions")
    {
        return false;
    }
    let list = |name: &str| {
        let text = headers.get(name)?.to_str().ok()?;
        Some(text.split(',').map(str::trim).filter(|it| !it.is_empty()).collect::<Vec<_>>())
    };
    let (Some(granted), Some(wanted)) = (list("x-oauth-scopes"), list("x-accepted-oauth-scopes")) else {
        return false;
    };
    !wanted.is_empty() && !wanted.iter().any(|it| granted.contains(it))
}

fn has_bearer_challenge(headers: &HeaderMap) -> bool {
    let is_bearer = |value: &HeaderValue| {
        value.as_bytes().get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
    };
    headers.get_all(WWW_AUTHENTICATE).iter().any(is_bearer)
}

fn bearer(
    method: Method,
    url: &Url,
    token: &AccessToken,
    json: Option<&'static str>,
) -> Result<Request<Bytes>, http::Error> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))?;
    value.set_sensitive(true);
    let mut request = Request::builder().method(method).uri(url.as_str()).header(AUTHORIZATION, value);
    if json.is_some() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    request.body(Bytes::from_static(json.unwrap_or_default().as_bytes()))
}

/// Both parts are form-encoded first (RFC 6749 section 2.3.1), so the result is plain ASCII.
fn basic(id: &ClientId, secret: &ClientSecret) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(id.as_str()), encoded(secret.expose()));
    format!("Basic {}", STANDARD.encode(pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k05_a_scope_is_lacking_only_where_github_says_so() {
        let lacks = |headers: &[(&'static str, &'static str)]| {
            let pairs = headers.iter().map(|(name, value)| {
                (name.parse::<http::HeaderName>().unwrap(), HeaderValue::from_static(value))
            });
            lacks_scope(&pairs.collect())
        };
        let (granted, wanted) =
            (("x-oauth-scopes", "user:email"), ("x-accepted-oauth-scopes", "admin:org, read:org"));
        assert!(lacks(&[granted, wanted]));
        assert!(lacks(&[("x-oauth-scopes", ""), wanted, ("x-ratelimit-remaining", "4999")]));
        assert!(!lacks(&[("x-oauth-scopes", "user:email, read:org"), wanted]));
        assert!(!lacks(&[granted, ("x-accepted-oauth-scopes", "")]));
        for other in [
            ("retry-after", "60"),
            ("x-ratelimit-remaining", "0"),
            ("x-accepted-github-permissions", "members=read"),
        ] {
            assert!(!lacks(&[granted, wanted, other]), "{other:?}");
        }
        assert!(!lacks(&[granted]) && !lacks(&[wanted]) && !lacks(&[]));
    }
}
