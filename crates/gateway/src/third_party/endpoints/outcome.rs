//! What became of a token request, in the words of the metrics: nothing that a client may choose.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Deserialize;
use url::form_urlencoded;

use crate::metrics::TokenOutcome;

/// The outcome of the request with this body.
pub(super) fn of(request: &[u8], answer: &Response<Bytes>) -> TokenOutcome {
    let grant_type = form_urlencoded::parse(request).find(|(name, _)| name == "grant_type");
    let grant_type = grant_type.map(|(_, value)| value).unwrap_or_default();
    let named = GRANT_TYPES.iter().find(|(wire, _)| *wire == grant_type);
    TokenOutcome { grant_type: named.map_or(OTHER, |(_, short)| short), outcome: outcome(answer) }
}

fn outcome(answer: &Response<Bytes>) -> &'static str {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }

    if answer.status() == StatusCode::OK {
        return "issued";
    }
    let refusal: Option<Refusal> = serde_json::from_slice(answer.body()).ok();
    let known = refusal.and_then(|it| ERRORS.iter().find(|known| **known == it.error));
    known.copied().unwrap_or(OTHER)
}

const GRANT_TYPES: [(&str, &str); 5] = [
    ("authorization_code", "authorization_code"),
    ("refresh_token", "refresh_token"),
    ("client_credentials", "client_credentials"),
    ("urn:ietf:params:oauth:grant-type:jwt-bearer", "jwt-bearer"),
    ("urn:ietf:params:oauth:grant-type:token-exchange", "token-exchange"),
];

/// The errors of RFC 6749 section 5.2, RFC 8707, RFC 9449, and of failures of ours.
const ERRORS: [&str; 11] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_target",
    "invalid_dpop_proof",
    "use_dpop_nonce",
    "temporarily_unavailable",
    "server_error",
];
const OTHER: &str = "other";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(request: &str, status: u16, body: &'static str, expected: (&str, &str)) {
        let answer = Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap();
        let TokenOutcome { grant_type, outcome } = of(request.as_bytes(), &answer);
        assert_eq!((grant_type, outcome), expected, "{request} {body}");
    }

    #[test]
    fn m05_an_outcome_is_of_a_closed_list() {
        let exchange = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&a=b";
        check(exchange, 200, "{}", ("token-exchange", "issued"));
        let refresh = "scope=x&grant_type=refresh_token";
        check(refresh, 400, r#"{"error":"invalid_grant"}"#, ("refresh_token", "invalid_grant"));
        check("grant_type=made-up", 400, r#"{"error":"made-up"}"#, ("other", "other"));
        check("", 503, "not json", ("other", "other"));
    }
}
