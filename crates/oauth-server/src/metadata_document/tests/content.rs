use super::*;
use crate::{ClientAuthMethod, ClientCredentials, ClientOrigin, GrantType};

/// The usual document with one member replaced, or taken away by `null`.
fn with(name: &str, value: Value) -> Value {
    let mut document = document(URL);
    if value.is_null() {
        document.as_object_mut().unwrap().remove(name);
    } else {
        document[name] = value;
    }
    document
}

async fn find(document: &Value) -> Result<Client, FindClientError> {
    let scene = Scene::new();
    scene.web.publish(URL, document, &[]);
    scene.find(URL).await
}

#[track_caller]
fn check(document: &Value, is_good: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let outcome = runtime.block_on(find(document));
    assert_eq!(outcome.is_ok(), is_good, "{document} {outcome:?}");
    if let Err(error) = outcome {
        assert!(matches!(error, FindClientError::Document(_)), "{document} {error:?}");
    }
}

#[tokio::test]
async fn a_document_describes_a_client_and_its_host_is_verified() {
    let client = find(&document(URL)).await.unwrap();
    assert_eq!(client.id, id(URL));
    assert_eq!(client.origin, ClientOrigin::MetadataDocument);
    assert_eq!(client.name.as_deref(), Some("App"));
    assert_eq!(client.host.as_deref(), Some("app.example"));
    assert_eq!(client.redirect_uris.len(), 2);
    assert_eq!(client.auth_method, ClientAuthMethod::None);
    assert_eq!(client.grant_types, [GrantType::AuthorizationCode, GrantType::RefreshToken]);
    assert_eq!(client.scope, None);
    let client = find(&with("client_uri", json!("https://bank.example/"))).await.unwrap();
    assert_eq!(client.host.as_deref(), Some("app.example"), "not what the document says");
}

#[test]
fn h26_the_document_names_its_own_url_byte_for_byte() {
    check(&document(URL), true);
    for other in [
        "https://app.example/client.json/",
        "https://app.example/Client.json",
        "https://APP.example/client.json",
        "https://app.example:443/client.json",
        "https://app.example/client%2Ejson",
        "https://other.example/client.json",
        "",
    ] {
        check(&with("client_id", json!(other)), false);
    }
    check(&with("client_id", Value::Null), false);
    check(&with("client_id", json!([URL])), false);
}

#[test]
fn h27_a_document_has_no_secret() {
    check(&with("client_secret", json!("x")), false);
    check(&with("client_secret", json!("")), false);
    check(&with("client_secret_expires_at", json!(0)), false);
    for method in ["client_secret_post", "client_secret_basic", "client_secret_jwt"] {
        check(&with("token_endpoint_auth_method", json!(method)), false);
    }
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"});
    check(&with("jwks", json!({"keys": [key]})), true);
    for (name, value) in [("d", "AAAA"), ("k", "AAAA"), ("p", "AAAA"), ("kty", "oct")] {
        let mut private = key.clone();
        private[name] = json!(value);
        check(&with("jwks", json!({"keys": [key, private]})), false);
    }
    check(&with("jwks", json!({"keys": []})), false);
    check(&with("jwks", json!([key])), false);
}

#[test]
fn h06_what_is_not_supported_is_left_out_as_long_as_something_stays() {
    check(&with("grant_types", json!(["authorization_code", "implicit"])), true);
    check(&with("grant_types", Value::Null), true);
    check(&with("grant_types", json!(["client_credentials"])), false);
    check(&with("grant_types", json!("authorization_code")), false);
    check(&with("response_types", json!(["code", "token"])), true);
    check(&with("response_types", json!(["token"])), false);
    check(&with("token_endpoint_auth_method", Value::Null), true);
    check(&with("token_endpoint_auth_method", json!("tls_client_auth")), false);
    let mut negotiable = with("token_endpoint_auth_method", json!("tls_client_auth"));
    negotiable["token_endpoint_auth_methods_supported"] = json!(["tls_client_auth", "none"]);
    check(&negotiable, true);
    check(&with("unknown", json!({"a": [1]})), true);
}

#[test]
fn h01_h02_only_places_that_can_receive_an_answer_count() {
    check(&with("redirect_uris", json!(["javascript:alert(1)", "https://app.example/cb"])), true);
    for uris in [
        Value::Null,
        json!([]),
        json!(["javascript:alert(1)", "http://evil.example/"]),
        json!("https://app.example/cb"),
        json!([1]),
    ] {
        check(&with("redirect_uris", uris), false);
    }
}

#[test]
fn h07_h08_other_members_are_what_they_should_be() {
    check(&with("client_name", json!("A\u{202E}pp")), true);
    check(&with("client_name", json!("a".repeat(101))), false);
    check(&with("client_name", json!(" \u{200B}")), false);
    check(&with("client_name", Value::Null), false);
    check(&with("client_name", json!(1)), false);
    check(&with("logo_uri", json!("https://cdn.example/logo.svg")), true);
    check(&with("logo_uri", json!("http://cdn.example/logo.svg")), false);
    check(&with("client_uri#de", json!("https://10.0.0.1/")), false);
    check(&with("jwks_uri", json!("https://169.254.169.254/keys")), false);
}

#[tokio::test]
async fn h28_only_one_strict_json_object_is_a_document() {
    let good = document(URL).to_string();
    let doubled = good.replacen('{', r#"{"client_name":"Other","#, 1);
    let rows: [(Vec<u8>, bool); 7] = [
        (good.clone().into(), true),
        (doubled.into(), false),
        (format!("\u{FEFF}{good}").into(), false),
        (format!("[{good}]").into(), false),
        (format!("{good} x").into(), false),
        (good.replace("App", "A\u{1}pp").into(), false),
        ([&good.as_bytes()[..good.len() - 2], b"\xFF\"}"].concat(), false),
    ];
    for (body, is_good) in rows {
        let scene = Scene::new();
        let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
        scene.web.set(URL, Reply::Answer(200, headers, body.clone().into()));
        assert_eq!(scene.find(URL).await.is_ok(), is_good, "{}", String::from_utf8_lossy(&body));
    }
}

#[tokio::test]
async fn h33_a_client_of_loopback_redirects_alone_is_known_as_one() {
    assert!(!find(&document(URL)).await.unwrap().is_loopback_only());
    let local = with("redirect_uris", json!(["http://localhost/callback", "http://127.0.0.1/callback"]));
    assert!(find(&local).await.unwrap().is_loopback_only());
}

/// Which of nothing, a secret and an assertion lets the client of the document in.
async fn lets_in(document: &Value) -> (bool, bool, bool) {
    let scene = Scene::new();
    scene.web.publish(URL, document, &[]);
    let exp = crate::clients::testing::NOW.as_seconds() + 60;
    let claims =
        json!({"iss": URL, "sub": URL, "aud": crate::clients::testing::ISSUER, "jti": "1", "exp": exp});
    let assertion = crate::clients::testing::assertion(&claims, "good");
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let forms = [
        vec![("client_id", URL)],
        vec![("client_id", URL), ("client_secret", "x")],
        vec![("client_assertion_type", kind), ("client_assertion", assertion.as_str())],
    ];
    let mut outcomes = Vec::new();
    for form in forms {
        let field = |name: &str| form.iter().find(|(it, _)| *it == name).map(|(_, value)| *value);
        let presented = ClientCredentials::read(&http::HeaderMap::new(), field).unwrap();
        outcomes.push(scene.clients.authenticate(presented).await.is_ok());
    }
    (outcomes[0], outcomes[1], outcomes[2])
}

#[tokio::test]
async fn a_document_says_how_its_client_proves_itself() {
    assert_eq!(lets_in(&document(URL)).await, (true, false, false));
    let mut signs = with("token_endpoint_auth_method", json!("private_key_jwt"));
    assert!(find(&signs).await.is_err(), "no keys");
    signs["jwks_uri"] = json!("https://app.example/jwks.json");
    assert_eq!(lets_in(&signs).await, (false, false, true));
    assert_eq!(find(&signs).await.unwrap().auth_method, ClientAuthMethod::PrivateKeyJwt);
    // As ChatGPT has it.
    signs["token_endpoint_auth_methods_supported"] = json!(["none", "private_key_jwt"]);
    assert_eq!(lets_in(&signs).await, (true, false, true));
    assert_eq!(find(&signs).await.unwrap().auth_method, ClientAuthMethod::None);
    signs["jwks"] = json!({"keys": [{"kty": "OKP"}]});
    assert!(find(&signs).await.is_err(), "both jwks and jwks_uri");
}
