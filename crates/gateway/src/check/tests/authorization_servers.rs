use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use oauth_types::{ManualClock, UnixTime};
use outbound_http::{FetchError, HttpClient, Limits};
use serde_json::{Value, json};
use test_support::{
    fake_http::{FakeHttp, Reply},
    issuer::{NOW, TestIssuer, TestKey},
};

use super::{SECRET, assert_found, codes, load};
use crate::{
    check::{Findings, online},
    config::Loaded,
};

const ISSUER: &str = "https://as.example";
const METADATA: &str = "https://as.example/.well-known/oauth-authorization-server";
const OPENID: &str = "https://as.example/.well-known/openid-configuration";
const JWKS: &str = "https://as.example/jwks";
const INTROSPECT: &str = "https://as.example/introspect";
const INTROSPECTION: &str = "[authorization_server.introspection]
client_id = \"gateway\"
client_secret = { env = \"SECRET\" }
";

/// An authorization server in memory, with headers of its own on every answer.
#[derive(Debug)]
struct Server {
    http: FakeHttp,
    headers: HeaderMap,
}

#[async_trait]
impl HttpClient for Server {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, FetchError> {
        let mut answer = self.http.send(request, limits).await?;
        answer.headers_mut().extend(self.headers.clone());
        Ok(answer)
    }
}

fn json_reply(value: &Value) -> Reply {
    Reply::Answer { status: http::StatusCode::OK, body: value.to_string().into() }
}

fn status_reply(status: u16, body: &str) -> Reply {
    Reply::Answer { status: http::StatusCode::from_u16(status).unwrap(), body: body.to_owned().into() }
}

fn good_metadata() -> Value {
    let mut metadata = TestIssuer::new(ISSUER).metadata();
    metadata["registration_endpoint"] = "https://as.example/register".into();
    metadata["token_endpoint_auth_methods_supported"] = json!(["none", "client_secret_basic"]);
    metadata["authorization_response_iss_parameter_supported"] = true.into();
    metadata
}

/// A server with which nothing is wrong.
fn good() -> Server {
    let server = Server { http: FakeHttp::new(), headers: HeaderMap::new() };
    server.http.set(METADATA, json_reply(&good_metadata()));
    server.http.set(JWKS, json_reply(&TestIssuer::new(ISSUER).jwks()));
    server.http.set(INTROSPECT, json_reply(&json!({ "active": false })));
    server
}

fn configuration(end: &str) -> Loaded {
    configuration_with("", end)
}

fn configuration_with(scopes: &str, end: &str) -> Loaded {
    load(&format!(
        "public_url = \"https://mcp.example\"\nlisten = {{ address = \"127.0.0.1:0\" }}\n\
         [[server]]\npath = \"/mcp\"\nupstream = {{ http = \"http://127.0.0.1:1/mcp\" }}\n{scopes}\n\
         [[authorization_server]]\nissuer = \"{ISSUER}\"\n{end}"
    ))
}

async fn ask(server: &Server, end: &str) -> Findings {
    let clock = ManualClock::new(UnixTime::from_seconds(NOW));
    online::authorization_servers(&configuration(end), server, &clock).await
}

/// The good server has no `code`, and has it once `spoil` was at work.
async fn check_with(code: &str, end: &str, spoil: impl FnOnce(&mut Server)) -> Findings {
    let mut server = good();
    assert_found(code, false, &ask(&server, end).await);
    spoil(&mut server);
    let findings = ask(&server, end).await;
    assert_found(code, true, &findings);
    findings
}

async fn check_metadata(code: &str, spoil: impl FnOnce(&mut Value)) {
    let mut metadata = good_metadata();
    spoil(&mut metadata);
    check_with(code, "", |server| server.http.set(METADATA, json_reply(&metadata))).await;
}

fn remove(metadata: &mut Value, member: &str) {
    assert!(metadata.as_object_mut().unwrap().remove(member).is_some(), "{member}");
}

#[tokio::test]
async fn a_good_server_has_no_warning() {
    let findings = ask(&good(), INTROSPECTION).await;
    assert_eq!(codes(&findings), ["metadata_found", "keys_usable", "introspection_works"], "{findings}");
}

#[tokio::test]
async fn a_required_scope_is_among_the_published_ones() {
    let of = async |scopes: &str, published: Value, end: &str| {
        let server = good();
        let mut metadata = good_metadata();
        metadata["scopes_supported"] = published;
        server.http.set(METADATA, json_reply(&metadata));
        let clock = ManualClock::new(UnixTime::from_seconds(NOW));
        online::authorization_servers(&configuration_with(scopes, end), &server, &clock).await
    };
    let found = async |is_expected, scopes: &str, published: Value, end: &str| {
        assert_found("scope_unpublished", is_expected, &of(scopes, published, end).await);
    };
    let files = "scopes = [\"files\", \"mcp\"]";
    let said = of(files, json!(["openid", "mcp"]), "").await.to_string();
    assert!(said.contains("files is not among scopes_supported"), "{said}");
    found(true, files, json!(["openid", "mcp"]), "").await;
    found(false, files, json!(["openid", "mcp", "files"]), "").await;
    found(false, files, json!([]), "").await;
    found(false, "", json!(["openid"]), "").await;
    found(false, files, json!(["api/files", "mcp"]), "scope_prefix = \"api/\"").await;
    found(false, files, json!(["all"]), "scope_hierarchy = { all = [\"files\", \"mcp\"] }").await;
    // What this product publishes says nothing about the scopes of an API.
    found(false, files, json!(["openid"]), "preset = \"auth0\"").await;
    found(true, files, json!(["openid"]), "preset = \"keycloak\"").await;
}

#[tokio::test]
async fn metadata_is_found_in_the_clients_order() {
    let server = good();
    server.http.set(METADATA, Reply::status(404));
    let findings = ask(&server, "").await;
    assert_found("metadata_missing", true, &findings);
    assert_found("metadata_found", false, &findings);
    server.http.set(OPENID, json_reply(&good_metadata()));
    let findings = ask(&server, "").await;
    assert_found("metadata_found", true, &findings);
    assert!(findings.to_string().contains(OPENID), "{findings}");
}

#[tokio::test]
async fn a_miss_says_why() {
    let server = good();
    server.http.set(METADATA, Reply::Unresolved);
    server.http.set(OPENID, Reply::Timeout);
    let said = ask(&server, "").await.to_string();
    assert!(said.contains("does not resolve") && said.contains("no complete answer within 5s"), "{said}");
    let mut server = good();
    server.http.set(METADATA, Reply::status(302));
    server.headers.insert("location", "https://login.example/".parse().unwrap());
    let said = ask(&server, "").await.to_string();
    assert!(said.contains("answered 302 to https://login.example/, which is not followed"), "{said}");
}

#[tokio::test]
async fn b11_the_issuer_is_compared_byte_for_byte() {
    check_metadata("issuer_mismatch", |it| it["issuer"] = "https://as.example/".into()).await;
    check_metadata("issuer_mismatch", |it| it["issuer"] = "https://AS.example".into()).await;
    let server = good();
    server.http.set(METADATA, json_reply(&json!({ "issuer": "https://as.example/", "jwks_uri": 1 })));
    let said = ask(&server, "").await.to_string();
    assert!(said.contains("differs in the trailing slash only"), "{said}");
}

#[tokio::test]
async fn a_document_that_is_there_but_wrong_ends_the_search() {
    check_metadata("metadata_malformed", |it| it["jwks_uri"] = 1.into()).await;
    check_metadata("metadata_malformed", |it| remove(it, "issuer")).await;
    let findings = check_with("metadata_malformed", "", |server| {
        server.http.set(METADATA, status_reply(200, "<html>"));
        server.http.set(OPENID, json_reply(&good_metadata()));
    })
    .await;
    assert_found("metadata_found", false, &findings);
}

#[tokio::test]
async fn clients_find_what_they_need() {
    check_metadata("pkce_missing", |it| remove(it, "code_challenge_methods_supported")).await;
    check_metadata("pkce_missing", |it| it["code_challenge_methods_supported"] = json!(["plain"])).await;
    check_metadata("code_response_missing", |it| it["response_types_supported"] = json!(["token"])).await;
    check_metadata("registration_missing", |it| remove(it, "registration_endpoint")).await;
    check_metadata("public_clients_missing", |it| remove(it, "token_endpoint_auth_methods_supported")).await;
    check_metadata("iss_parameter_missing", |it| {
        it["authorization_response_iss_parameter_supported"] = false.into();
    })
    .await;
    for endpoint in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        check_metadata("endpoint_missing", |it| remove(it, endpoint)).await;
        check_metadata("endpoint_insecure", |it| it[endpoint] = "http://as.example/x".into()).await;
        check_metadata("endpoint_insecure", |it| it[endpoint] = "https://me@as.example/x".into()).await;
    }
    check_metadata("endpoint_insecure", |it| it["registration_endpoint"] = "http://as.example/x".into())
        .await;
}

#[tokio::test]
async fn a_client_id_metadata_document_is_a_registration() {
    let mut metadata = good_metadata();
    remove(&mut metadata, "registration_endpoint");
    metadata["client_id_metadata_document_supported"] = true.into();
    let server = good();
    server.http.set(METADATA, json_reply(&metadata));
    assert_found("registration_missing", false, &ask(&server, "").await);
}

/// An answer whose `Date` says that its server's clock is `offset` seconds off, and its `Age`.
async fn clock_of(offset: i64, age: &str) -> Findings {
    let mut server = good();
    let time = jiff::Timestamp::from_second(i64::try_from(NOW).unwrap() + offset).unwrap();
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap();
    server.headers.insert("date", date.parse().unwrap());
    server.headers.insert("age", age.parse().unwrap());
    ask(&server, "").await
}

#[tokio::test]
async fn clocks_agree() {
    for (offset, age, differs, wrong) in [
        (0, "0", false, false),
        (30, "0", false, false),
        (-30, "0", false, false),
        (31, "0", true, false),
        (-31, "0", true, false),
        (60, "0", true, false),
        (61, "0", false, true),
        (-61, "0", false, true),
        (-3600, "3600", false, false),
        (0, "61", false, true),
        (-61, "no age", false, true),
    ] {
        let findings = clock_of(offset, age).await;
        assert_found("clock_differs", differs, &findings);
        assert_found("clock_wrong", wrong, &findings);
    }
}

#[tokio::test]
async fn keys_are_there_and_of_use() {
    check_with("keys_unreachable", "", |it| it.http.set(JWKS, Reply::status(404))).await;
    check_with("keys_unreachable", "", |it| it.http.set(JWKS, Reply::Timeout)).await;
    check_with("keys_unusable", "", |it| it.http.set(JWKS, json_reply(&json!({ "keys": [] })))).await;
    check_with("keys_unusable", "", |it| it.http.set(JWKS, status_reply(200, "<html>"))).await;
    let key = TestKey::generate("ES256", "key-1").jwk();
    let mut other_use = key.clone();
    other_use["use"] = "enc".into();
    let findings = check_with("key_ignored", "", |it| {
        it.http.set(JWKS, json_reply(&json!({ "keys": [other_use, key] })));
    })
    .await;
    assert!(findings.to_string().contains("1 of 2 keys at https://as.example/jwks"), "{findings}");
}

#[tokio::test]
async fn keys_fit_the_allowed_algorithms() {
    for (there, allowed, expected) in [
        ("ES256", "ES256", "keys_usable"),
        ("ES256", "ES384", "keys_not_allowed"),
        ("ES384", "ES384", "keys_usable"),
        ("EdDSA", "EdDSA", "keys_usable"),
        ("RS256", "RS256", "keys_usable"),
        ("RS256", "PS256", "keys_not_allowed"),
    ] {
        let server = good();
        let issuer = TestIssuer::new(ISSUER).with_keys([TestKey::generate(there, "key-1")]);
        server.http.set(JWKS, json_reply(&issuer.jwks()));
        let findings = ask(&server, &format!("algorithms = [\"{allowed}\"]")).await;
        assert_found(expected, true, &findings);
    }
    // Without `alg` a key can do what its kind can.
    for (there, allowed) in [("RS256", "PS256"), ("ES256", "ES256"), ("ES384", "ES384"), ("EdDSA", "EdDSA")] {
        let mut jwk = TestKey::generate(there, "key-1").jwk();
        remove(&mut jwk, "alg");
        let server = good();
        server.http.set(JWKS, json_reply(&json!({ "keys": [jwk] })));
        let findings = ask(&server, &format!("algorithms = [\"{allowed}\"]")).await;
        assert_found("keys_usable", true, &findings);
    }
}

#[tokio::test]
async fn a_configured_key_set_needs_no_metadata() {
    let server = good();
    server.http.set(METADATA, Reply::status(404));
    let findings = ask(&server, &format!("keys = {{ jwks_uri = \"{JWKS}\" }}")).await;
    assert_eq!(codes(&findings), ["metadata_missing", "keys_usable"], "{findings}");
    let findings = ask(&server, "keys = { file = \"jwks.json\" }").await;
    assert_eq!(codes(&findings), ["metadata_missing"], "{findings}");
}

#[tokio::test]
async fn introspection_takes_our_credentials() {
    let row = async |code, reply| {
        check_with(code, INTROSPECTION, |it| it.http.set(INTROSPECT, reply)).await;
    };
    row("introspection_refused", Reply::status(401)).await;
    row("introspection_refused", Reply::status(403)).await;
    row("introspection_refused", status_reply(400, r#"{"error":"invalid_client"}"#)).await;
    row("introspection_wrong", status_reply(400, r#"{"error":"invalid_request"}"#)).await;
    row("introspection_wrong", Reply::status(404)).await;
    row("introspection_wrong", json_reply(&json!({ "active": true }))).await;
    row("introspection_wrong", json_reply(&json!({ "active": "false" }))).await;
    row("introspection_unreachable", Reply::Timeout).await;
    let mut metadata = good_metadata();
    remove(&mut metadata, "introspection_endpoint");
    check_with("endpoint_missing", INTROSPECTION, |it| it.http.set(METADATA, json_reply(&metadata))).await;
}

#[tokio::test]
async fn introspection_is_asked_as_configured() {
    for (auth, in_header) in [("basic", true), ("post", false)] {
        let server = good();
        let end =
            format!("{INTROSPECTION}auth = \"{auth}\"\nendpoint = \"https://as.example/other?key=hidden\"");
        server.http.set("https://as.example/other?key=hidden", json_reply(&json!({ "active": false })));
        let findings = ask(&server, &end).await;
        assert_found("introspection_works", true, &findings);
        assert!(!findings.to_string().contains("hidden"), "{findings}");
        let requests = server.http.requests();
        let asked = requests.iter().find(|it| it.method == http::Method::POST).unwrap();
        let body = String::from_utf8(asked.body.to_vec()).unwrap();
        assert!(body.starts_with("token=made-up-by-mcp-gateway-check&"), "{body}");
        assert_eq!(asked.headers.contains_key("authorization"), in_header);
        assert_eq!(body.contains(&format!("client_id=gateway&client_secret={SECRET}")), !in_header, "{body}");
    }
}

#[tokio::test]
async fn o21_no_answer_makes_a_secret_visible() {
    for (status, text) in [(401, SECRET), (200, SECRET), (500, SECRET)] {
        let server = good();
        server.http.set(INTROSPECT, status_reply(status, text));
        let loaded = configuration(INTROSPECTION);
        let clock = ManualClock::new(UnixTime::from_seconds(NOW));
        let mut findings = crate::check::offline(&loaded);
        findings.extend(online::authorization_servers(&loaded, &server, &clock).await);
        let said = format!("{findings} {} {findings:?}", findings.to_json());
        assert!(findings.has_errors() && !said.contains(SECRET), "{said}");
    }
}
