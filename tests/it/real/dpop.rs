//! Tokens that a real authorization server binds to a key (RFC 9449).

use http::Request;
use oauth_types::{Clock, SystemClock};
use test_support::issuer::TestKey;
use url::form_urlencoded;

use super::Stage;
use crate::support::{Answer, call, tool_call};

/// A token from the authorization server, which judges the proof and computes the thumbprint by itself.
async fn bound_token(stage: &Stage, key: &TestKey) -> String {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", "test-client")
        .append_pair("client_secret", "test-client-secret")
        .append_pair("scope", "mcp")
        .append_pair("resource", &stage.url())
        .finish();
    let url = stage.authorization_server.url("/token");
    let request = Request::post(&url)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("dpop", proof(key, &url, None));
    let answer = call(request.body(form).unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = answer.json();
    assert_eq!(answer["token_type"], "DPoP", "{answer}");
    answer["access_token"].as_str().unwrap().to_owned()
}

fn proof(key: &TestKey, url: &str, token: Option<&str>) -> String {
    let proof = key.proof("POST", url).claim("iat", SystemClock::new().now().as_seconds());
    token.map_or(proof.clone(), |it| proof.beside(it)).sign()
}

async fn send(stage: &Stage, token: &str, key: &TestKey) -> Answer {
    let mut request = tool_call(&stage.url(), None);
    let proof = proof(key, &stage.url(), Some(token));
    request.headers_mut().insert("authorization", format!("DPoP {token}").parse().unwrap());
    request.headers_mut().insert("dpop", proof.parse().unwrap());
    call(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9449_what_a_real_server_binds_is_good_from_its_key_only() {
    let stage = Stage::set("server-python.py", &[], "");
    stage.ready().await;
    for algorithm in ["ES256", "EdDSA"] {
        let [key, thief] = ["client", "thief"].map(|it| TestKey::generate(algorithm, it));
        let token = bound_token(&stage, &key).await;
        // What the MCP server makes of a call without a session is its own affair.
        assert_ne!(send(&stage, &token, &key).await.status, 401, "{algorithm}");
        let stolen = send(&stage, &token, &thief).await;
        assert_eq!((stolen.status.as_u16(), stolen.json()["error"].as_str()), (401, Some("invalid_token")));
        let borne = call(tool_call(&stage.url(), Some(&token))).await;
        assert_eq!((borne.status.as_u16(), borne.json()["error"].as_str()), (401, Some("invalid_token")));
    }
    let plain = stage.token().await;
    assert_ne!(call(tool_call(&stage.url(), Some(&plain))).await.status, 401);
}
