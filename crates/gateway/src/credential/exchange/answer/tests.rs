use serde_json::json;

use super::*;
use crate::reason::Reason;

fn answer(status: u16, body: &str) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body.to_owned()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}

#[track_caller]
fn check(status: u16, body: &str, expected: Result<u64, Reason>) {
    let outcome = read(&answer(status, body));
    if let Err(error) = &outcome {
        assert!(!error.detail.contains("s3cr3t"), "{error:?}");
    }
    assert_eq!(outcome.map(|it| it.lifetime.as_secs()).map_err(|it| it.reason), expected, "{status} {body}");
}

#[test]
fn j09_a_token_is_taken_as_the_standard_has_it_and_not_otherwise() {
    let good = json!({
        "access_token": "s3cr3t.token", "token_type": "Bearer", "expires_in": 120,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
    });
    let with = |name: &str, value: serde_json::Value| {
        let mut edited = good.clone();
        edited[name] = value;
        edited.to_string()
    };
    check(200, &good.to_string(), Ok(120));
    check(200, &with("token_type", "bearer".into()), Ok(120));
    check(200, &with("expires_in", "120".into()), Ok(120));
    check(200, &with("expires_in", json!(null)), Ok(300));
    check(200, &with("expires_in", json!(10_u64.pow(18))), Ok(86_400));
    let wrong = Err(Reason::CredentialMisconfigured);
    check(200, &with("expires_in", json!(-1)), wrong);
    check(200, &with("expires_in", "soon".into()), wrong);
    check(200, &with("token_type", "DPoP".into()), wrong);
    check(200, &with("token_type", "N_A".into()), wrong);
    check(200, &with("issued_token_type", "urn:ietf:params:oauth:token-type:refresh_token".into()), wrong);
    check(200, &with("access_token", "".into()), wrong);
    check(200, &with("access_token", "s3cr3t\r\nX: 1".into()), wrong);
    check(200, &with("access_token", "s3cr3t ".repeat(4096).into()), wrong);
    check(200, "<html>s3cr3t</html>", wrong);
    check(200, r#"{"token_type":"Bearer"}"#, wrong);
}

#[test]
fn a_refusal_is_the_affair_of_the_one_who_can_mend_it() {
    let error = |code: &str| json!({ "error": code, "error_description": "s3cr3t" }).to_string();
    check(400, &error("invalid_grant"), Err(Reason::CredentialRefused));
    check(400, &error("invalid_request"), Err(Reason::CredentialRefused));
    check(403, &error("access_denied"), Err(Reason::CredentialDenied));
    check(401, &error("invalid_client"), Err(Reason::CredentialMisconfigured));
    check(400, &error("invalid_target"), Err(Reason::CredentialMisconfigured));
    check(400, &error("s3cr3t"), Err(Reason::CredentialMisconfigured));
    check(404, "<html>s3cr3t</html>", Err(Reason::CredentialMisconfigured));
    check(302, "", Err(Reason::CredentialMisconfigured));
    check(429, "", Err(Reason::CredentialUnavailable));
    check(503, &error("invalid_grant"), Err(Reason::CredentialUnavailable));
}
