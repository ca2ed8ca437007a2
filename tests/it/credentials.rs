//! What the gateway shows an upstream, with a scripted authorization server for exchanges.

use std::collections::HashMap;

use futures_util::future::join_all;
use http::StatusCode;
use serde_json::json;
use test_support::upstream::{Answer, Recorded, RecordingUpstream};

use crate::support::{Gateway, ISSUER, Issuer, Setup, call, get, tool_call};

const OTHER_ISSUER: &str = "https://other.example";
const SECRET: &str = "gwsecret-Zk8WqP4vT1xNb6Ry";

/// Two issuers, and two MCP servers behind one gateway, of which the first is shown a credential.
struct Stage {
    issuers: [Issuer; 2],
    first: RecordingUpstream,
    second: RecordingUpstream,
    gateway: Gateway,
}

impl Stage {
    /// A gateway before `first` at `/mcp` with this credential, and before a second server at `/second`.
    async fn set(first: RecordingUpstream, credential: &str) -> Self {
        let (issuers, second) = ([Issuer::new(ISSUER), Issuer::new(OTHER_ISSUER)], echo().await);
        let gateway = gateway(&issuers, [&first, &second], credential);
        Self { issuers, first, second, gateway }
    }
}

/// A gateway before `upstream` and before `second` at `/second`, with `credential` for the first.
fn gateway(issuers: &[Issuer; 2], upstreams: [&RecordingUpstream; 2], credential: &str) -> Gateway {
    let [first, second] = upstreams.map(|it| it.uri("/mcp"));
    let setup = Setup::new().keys("keys", &issuers[0]).keys("other", &issuers[1]);
    let setup = setup.variable("UPSTREAM_SECRET", SECRET);
    setup.start(|listen| {
        let port = listen.rsplit(':').next().unwrap();
        format!(
            r#"public_url = "http://localhost:{port}"
[listen]
address = "{listen}"
[log]
level = "debug"
[outbound]
allow_loopback = true
[[authorization_server]]
issuer = "{ISSUER}"
keys = {{ file = "keys.json" }}
[[authorization_server]]
issuer = "{OTHER_ISSUER}"
keys = {{ file = "other.json" }}
[[server]]
path = "/mcp"
upstream = {{ http = "{first}" }}
scopes = ["mcp"]
[server.credential]
{credential}
[[server]]
path = "/second"
upstream = {{ http = "{second}" }}
scopes = ["mcp"]
"#
        )
    })
}

fn exchange(authorization_server: &RecordingUpstream, further: &str) -> String {
    let endpoint = authorization_server.uri("/token");
    format!(
        "exchange = {{ issuer = \"{ISSUER}\", token_endpoint = \"{endpoint}\", client_id = \"gateway\", \
         client_secret = {{ env = \"UPSTREAM_SECRET\" }}, audience = \"files\", scopes = [\"read\"]{further} }}"
    )
}

fn form(request: &Recorded) -> HashMap<String, String> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

/// The subject of a token that nobody needs to verify here.
fn subject(token: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    claims["sub"].as_str().unwrap().to_owned()
}

/// Exchanges any subject token for `of-<subject>-<number>`.
async fn authorization_server() -> RecordingUpstream {
    let mut number = 0;
    RecordingUpstream::start(move |request| {
        number += 1;
        let subject = subject(&form(request)["subject_token"]);
        let answer = json!({
            "access_token": format!("of-{subject}-{number}"), "token_type": "Bearer", "expires_in": 300,
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        });
        Answer::json(&answer.to_string())
    })
    .await
}

async fn echo() -> RecordingUpstream {
    RecordingUpstream::start(|_: &Recorded| Answer::json(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)).await
}

/// Answers 401 with a challenge of its own unless the credential ends in `good`.
async fn picky(good: &'static str) -> RecordingUpstream {
    RecordingUpstream::start(move |request: &Recorded| {
        if request.header("authorization").is_some_and(|it| it.ends_with(good)) {
            return Answer::json(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
        }
        Answer::status(401).header("www-authenticate", "Bearer resource_metadata=\"https://evil.example/\"")
    })
    .await
}

fn credentials(upstream: &RecordingUpstream) -> Vec<String> {
    let requests = upstream.requests();
    requests.iter().map(|it| it.header("authorization").unwrap_or("none").to_owned()).collect()
}

/// Nothing that is secret stands in the log.
#[track_caller]
fn assert_silent(gateway: &Gateway, secrets: &[&str]) {
    let output = gateway.output();
    for secret in secrets {
        assert!(!output.contains(secret), "{secret} in the log:\n{output}");
    }
}

#[tokio::test]
async fn e04_e30_a_fixed_secret_goes_to_its_upstream_only() {
    let credential = "secret = { env = \"UPSTREAM_SECRET\" }\nheader = \"X-Api-Key\"";
    let Stage { issuers, first, second, gateway } = Stage::set(echo().await, credential).await;
    for path in ["/mcp", "/second"] {
        let url = gateway.url(path);
        let mut request = tool_call(&url, Some(&issuers[0].token(&url).sign()));
        request.headers_mut().insert("x-api-key", "of-the-client".parse().unwrap());
        let answer = call(request).await;
        assert_eq!(answer.status, 200);
        assert!(!format!("{answer:?}").contains(SECRET));
    }
    assert_eq!(first.request().header("x-api-key"), Some(SECRET));
    assert_eq!(first.request().header("authorization"), None);
    assert_eq!(second.request().header("x-api-key"), None);
    assert_silent(&gateway, &[SECRET]);
}

#[tokio::test]
async fn e48_a_fixed_secret_that_is_refused_is_no_affair_of_the_client() {
    let credential = "secret = { env = \"UPSTREAM_SECRET\" }";
    let Stage { issuers, first, gateway, .. } = Stage::set(picky("another-secret").await, credential).await;
    let url = gateway.url("/mcp");
    let answer = call(tool_call(&url, Some(&issuers[0].token(&url).sign()))).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (StatusCode::BAD_GATEWAY, ""));
    assert_eq!(credentials(&first), [format!("Bearer {SECRET}")]);
}

#[tokio::test]
async fn e30_each_caller_has_a_token_of_their_own_by_exchange() {
    let authorization_server = authorization_server().await;
    let section = exchange(&authorization_server, "");
    let Stage { issuers, first, second, gateway } = Stage::set(echo().await, &section).await;
    let url = gateway.url("/mcp");
    let (alice, bob) = (issuers[0].token(&url).sign(), issuers[0].token(&url).claim("sub", "bob").sign());
    for token in [&alice, &bob, &alice, &bob] {
        let answer = call(tool_call(&url, Some(token))).await;
        assert_eq!(answer.status, 200);
        assert!(!format!("{answer:?}").contains("of-"));
    }
    assert_eq!(
        credentials(&first),
        ["Bearer of-alice-1", "Bearer of-bob-2", "Bearer of-alice-1", "Bearer of-bob-2"]
    );
    // Another server has none, and no upstream ever sees the token of the client.
    let other = gateway.url("/second");
    assert_eq!(call(tool_call(&other, Some(&issuers[0].token(&other).sign()))).await.status, 200);
    assert_eq!(credentials(&second), ["none"]);
    assert!(!format!("{:?}", first.requests()).contains(&alice));

    let [asked, _] = authorization_server.requests().try_into().unwrap();
    let form = form(&asked);
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:token-exchange");
    assert_eq!((form["subject_token"].as_str(), form["audience"].as_str()), (alice.as_str(), "files"));
    assert_eq!(form["subject_token_type"], "urn:ietf:params:oauth:token-type:access_token");
    assert_eq!(form["scope"], "read");
    assert!(asked.header("authorization").unwrap().starts_with("Basic "));
    assert_silent(&gateway, &[&alice, SECRET, "of-alice", "of-bob"]);
}

/// An authorization server whose metadata names its token endpoint, as `issuer` or as itself.
async fn with_metadata(issuer: Option<&'static str>) -> RecordingUpstream {
    RecordingUpstream::start(move |request| {
        let origin = format!("http://{}", request.header("host").unwrap());
        match request.uri.path() {
            "/.well-known/oauth-authorization-server" => {
                let issuer = issuer.unwrap_or(&origin);
                let endpoint = format!("{origin}/tokens");
                Answer::json(&json!({ "issuer": issuer, "token_endpoint": endpoint }).to_string())
            }
            "/tokens" => {
                let token = format!("of-{}", subject(&form(request)["subject_token"]));
                Answer::json(&json!({ "access_token": token, "token_type": "Bearer" }).to_string())
            }
            _ => Answer::status(404),
        }
    })
    .await
}

#[tokio::test]
async fn rfc8414_3_3_without_an_address_an_exchange_goes_where_the_metadata_of_its_issuer_says() {
    for (issuer, expected) in [(None, 200), (Some("https://evil.example"), 502)] {
        let authorization_server = with_metadata(issuer).await;
        let section = format!(
            "exchange = {{ issuer = \"{}\", client_id = \"gateway\", subject = \"assertion\", \
             client_secret = {{ env = \"UPSTREAM_SECRET\" }} }}",
            authorization_server.uri("").to_string().trim_end_matches('/')
        );
        let Stage { issuers, first, gateway, .. } = Stage::set(echo().await, &section).await;
        let url = gateway.url("/mcp");
        for subject in ["alice", "bob"] {
            let token = issuers[0].token(&url).claim("sub", subject).sign();
            assert_eq!(call(tool_call(&url, Some(&token))).await.status, expected);
        }
        let asked = authorization_server.requests();
        let questions = asked.iter().filter(|it| it.uri.path() == "/tokens").count();
        if expected == 200 {
            assert_eq!(credentials(&first), ["Bearer of-alice", "Bearer of-bob"]);
            assert_eq!((questions, asked.len()), (2, 3), "the metadata is asked for once: {asked:?}");
        } else {
            gateway.wait_for("the metadata names another issuer");
            assert_eq!((questions, first.requests().len()), (0, 0), "our secret went nowhere");
        }
        assert_silent(&gateway, &[SECRET, "of-alice"]);
    }
}

#[tokio::test]
async fn k04_one_exchange_serves_all_who_wait() {
    let authorization_server = authorization_server().await;
    let section = exchange(&authorization_server, "");
    let Stage { issuers, first, gateway, .. } = Stage::set(echo().await, &section).await;
    let url = gateway.url("/mcp");
    let token = issuers[0].token(&url).sign();
    let calls = join_all((0..20).map(|_| call(tool_call(&url, Some(&token))))).await;
    assert!(calls.iter().all(|it| it.status == 200));
    assert_eq!((first.requests().len(), authorization_server.requests().len()), (20, 1));
}

#[tokio::test]
async fn e48_a_refused_credential_is_exchanged_again_once_and_then_we_challenge() {
    let authorization_server = authorization_server().await;
    let section = exchange(&authorization_server, "");
    let Stage { issuers, first, gateway, .. } = Stage::set(picky("-2").await, &section).await;
    let url = gateway.url("/mcp");
    let token = issuers[0].token(&url).sign();
    assert_eq!(call(tool_call(&url, Some(&token))).await.status, 200);
    assert_eq!(credentials(&first), ["Bearer of-alice-1", "Bearer of-alice-2"]);
    let [before, after] = first.requests().try_into().unwrap();
    assert_eq!(before.body, after.body);

    // Bob's second is the fourth that the authorization server gives, and no good.
    let bob = issuers[0].token(&url).claim("sub", "bob").sign();
    let answer = call(tool_call(&url, Some(&bob))).await;
    assert_eq!(answer.status, 401);
    let metadata = gateway.url("/.well-known/oauth-protected-resource/mcp");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.contains(&metadata) && challenge.contains("invalid_token"), "{challenge}");
    assert!(!format!("{answer:?}").contains("evil.example"));
    assert_eq!(credentials(&first)[2..], ["Bearer of-bob-3", "Bearer of-bob-4"]);
    gateway.wait_for("credential_refused");
    assert_silent(&gateway, &[&token, &bob, "of-alice", "of-bob"]);
}

#[tokio::test]
async fn e30_a_token_is_exchanged_where_it_was_issued_and_nowhere_else() {
    let authorization_server = authorization_server().await;
    let section = exchange(&authorization_server, "");
    let Stage { issuers, first, gateway, .. } = Stage::set(echo().await, &section).await;
    let url = gateway.url("/mcp");
    let answer = call(tool_call(&url, Some(&issuers[1].token(&url).sign()))).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (StatusCode::FORBIDDEN, ""));
    gateway.wait_for("credential_denied");
    assert_eq!((first.requests().len(), authorization_server.requests().len()), (0, 0));
    assert_eq!(call(tool_call(&url, Some(&issuers[0].token(&url).sign()))).await.status, 200);
}

#[tokio::test]
async fn an_assertion_stands_for_callers_of_any_issuer_and_can_be_verified() {
    let authorization_server = authorization_server().await;
    let section = exchange(&authorization_server, ", subject = \"assertion\"");
    let Stage { issuers, first, gateway, .. } = Stage::set(echo().await, &section).await;
    let url = gateway.url("/mcp");
    let token = issuers[1].token(&url).sign();
    assert_eq!(call(tool_call(&url, Some(&token))).await.status, 200);
    assert_eq!(credentials(&first), ["Bearer of-alice-1"]);
    let form = form(&authorization_server.request());
    assert_eq!(form["subject_token_type"], "urn:ietf:params:oauth:token-type:jwt");
    assert_ne!(form["subject_token"], token);

    let keys = get(&gateway.url("/.well-known/mcp-gateway/assertion-keys")).await.json();
    let keys = token_validate::KeySet::from_jwks_json(keys.to_string().as_bytes()).unwrap().0;
    let verified = token_validate::SharedKeys::new(keys)
        .verify_jws(&form["subject_token"], &[token_validate::Algorithm::Es256])
        .unwrap();
    let claims = verified.claims();
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(gateway.origin()), &json!(ISSUER)));
    assert_eq!(claims["sub_id"], json!({ "format": "iss_sub", "iss": OTHER_ISSUER, "sub": "alice" }));
}

#[tokio::test]
async fn k02_an_authorization_server_in_trouble_is_not_the_fault_of_the_caller() {
    let issuers = [Issuer::new(ISSUER), Issuer::new(OTHER_ISSUER)];
    let (first, second) = (echo().await, echo().await);
    let rows = [
        (Answer::status as fn(u16) -> Answer, 503, StatusCode::SERVICE_UNAVAILABLE, "credential_unavailable"),
        (
            |status| Answer::json(r#"{"error":"invalid_client"}"#).with_status(status),
            401,
            StatusCode::BAD_GATEWAY,
            "credential_misconfigured",
        ),
        (
            |status| Answer::json(r#"{"error":"invalid_grant"}"#).with_status(status),
            400,
            StatusCode::UNAUTHORIZED,
            "credential_refused",
        ),
        (
            |status| Answer::json(r#"{"error":"access_denied"}"#).with_status(status),
            403,
            StatusCode::FORBIDDEN,
            "credential_denied",
        ),
    ];
    for (answer, status, expected, reason) in rows {
        let authorization_server = RecordingUpstream::start(move |_| answer(status)).await;
        let section = exchange(&authorization_server, "");
        let gateway = gateway(&issuers, [&first, &second], &section);
        let url = gateway.url("/mcp");
        let answer = call(tool_call(&url, Some(&issuers[0].token(&url).sign()))).await;
        assert_eq!(answer.status, expected, "{reason}");
        assert_eq!(answer.header("www-authenticate").is_empty(), status != 400, "{reason}");
        gateway.wait_for(reason);
    }
    assert_eq!(first.requests().len(), 0);
}

#[tokio::test]
async fn a_large_body_is_not_sent_twice() {
    let authorization_server = authorization_server().await;
    let section = exchange(&authorization_server, "");
    let Stage { issuers, first, gateway, .. } = Stage::set(picky("-2").await, &section).await;
    let url = gateway.url("/mcp");
    let token = issuers[0].token(&url).sign();
    let large = tool_call(&url, Some(&token)).map(|it| it + &" ".repeat(300 * 1024));
    assert_eq!(call(large).await.status, 401);
    assert_eq!(credentials(&first), ["Bearer of-alice-1"]);
    // The credential was replaced all the same, so the next call is good at once.
    assert_eq!(call(tool_call(&url, Some(&token))).await.status, 200);
    assert_eq!(credentials(&first), ["Bearer of-alice-1", "Bearer of-alice-2"]);
}

/// Adds an API key to the file `name` of `gateway`, which serves with it as soon as it looks.
fn api_key(gateway: &Gateway) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_mcp-gateway"))
        .args(["api-keys", "add", "--label", "ci", "--scope", "mcp", "--config"])
        .arg(gateway.path("gateway.toml"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let key = text.split_whitespace().find(|it| it.starts_with("mcpgw_"));
    key.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))).to_owned()
}

#[tokio::test]
async fn e30_callers_without_a_token_have_no_credential_of_their_own_but_the_common_one() {
    let issuers = [Issuer::new(ISSUER), Issuer::new(OTHER_ISSUER)];
    let (first, second, authorization_server) = (echo().await, echo().await, authorization_server().await);
    let ways = "[server.anonymous]\nmethods = [\"tools/call\"]\nscopes = [\"mcp\"]\n[server.api_keys]\nfile = \"keys.list\"";
    let of_persons = format!("{}\n{ways}", exchange(&authorization_server, ""));
    let of_all = format!("secret = {{ env = \"UPSTREAM_SECRET\" }}\n{ways}");
    for (section, anonymous, by_key) in [(of_persons, 401, 403), (of_all, 200, 200)] {
        let gateway = gateway(&issuers, [&first, &second], &section);
        let url = gateway.url("/mcp");
        let answer = call(tool_call(&url, None)).await;
        assert_eq!(answer.status, anonymous, "{}", answer.body);
        assert_eq!(answer.header("www-authenticate").is_empty(), anonymous == 200);
        let key = api_key(&gateway);
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let mut answer = call(tool_call(&url, Some(&key))).await;
        while answer.status == 401 && std::time::Instant::now() < deadline {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            answer = call(tool_call(&url, Some(&key))).await;
        }
        assert_eq!(
            (answer.status.as_u16(), answer.header("www-authenticate")),
            (by_key, ""),
            "{}",
            answer.body
        );
    }
    assert_eq!(credentials(&first), [format!("Bearer {SECRET}"), format!("Bearer {SECRET}")]);
    assert_eq!(authorization_server.requests().len(), 0);
}
