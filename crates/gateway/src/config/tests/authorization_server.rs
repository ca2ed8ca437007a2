use super::{BASE, LOOPBACK, accepts, edited, parse, refuses};

const ISSUER: &str = r#"issuer = "https://as.example.com/""#;
const KEYS: &str = r#"keys = "discovery""#;
const ALGORITHMS: &str = r#"algorithms = ["RS256"]"#;
const ENDPOINT: &str = r#"endpoint = "https://as.example.com/introspect""#;
const CLAIMS: &str = r#"required_claims = { token_use = "access" }"#;

#[test]
fn o01_o02_an_issuer_is_https() {
    let key = "authorization_server[0].issuer";
    accepts(ISSUER, r#"issuer = "https://as.example.com/realms/r""#);
    refuses(ISSUER, r#"issuer = "http://as.example.com/""#, key, "must be https");
    refuses(ISSUER, r#"issuer = "https://as.example.com/?x""#, key, "no query");
    refuses(ISSUER, r#"issuer = "https://as.example.com/#x""#, key, "no fragment");
    refuses(ISSUER, r#"issuer = "https://me@as.example.com/""#, key, "no user name");
    refuses(ISSUER, r#"issuer = "as.example.com""#, key, "absolute URL");
}

#[test]
fn o02_keys_come_over_https() {
    let key = "authorization_server[0].keys.jwks_uri";
    accepts(KEYS, r#"keys = { jwks_uri = "https://as.example.com/jwks?v=1" }"#);
    accepts(KEYS, r#"keys = { file = "jwks.json" }"#);
    refuses(KEYS, r#"keys = { jwks_uri = "http://as.example.com/jwks" }"#, key, "must be https");
    refuses(KEYS, r#"keys = { jwks_uri = "file:///etc/jwks" }"#, key, "must be https");
    refuses(KEYS, r#"keys = { jwks_uri = "https://me@as.example.com/jwks" }"#, key, "no user name");
    refuses(KEYS, r#"keys = { jwks_uri = "https://as.example.com/jwks#x" }"#, key, "no fragment");
    refuses(KEYS, r#"keys = { jwks_uri = "https://127.0.0.1/jwks" }"#, key, "is a loopback host");
    refuses(KEYS, r#"keys = { file = "" }"#, "authorization_server[0].keys.file", "write the path");
    refuses(KEYS, r#"keys = "none""#, "authorization_server[0].keys", "unknown variant");
}

#[test]
fn o02_answers_about_tokens_come_over_https() {
    let key = "authorization_server[0].introspection.endpoint";
    accepts(ENDPOINT, r#"endpoint = "https://as.example.com/i""#);
    accepts(ENDPOINT, "");
    refuses(ENDPOINT, r#"endpoint = "http://as.example.com/i""#, key, "must be https");
    refuses(ENDPOINT, r#"endpoint = "https://localhost/i""#, key, "is a loopback host");
    let text = format!("{LOOPBACK}keys = {{ jwks_uri = \"http://localhost:9000/jwks\" }}\n");
    parse(&text).unwrap();
}

#[test]
fn o04_algorithms_are_asymmetric_and_known() {
    let key = "authorization_server[0].algorithms[0]";
    let all = r#"algorithms = ["RS256","RS384","RS512","PS256","PS384","PS512","ES256","ES384","EdDSA"]"#;
    accepts(ALGORITHMS, all);
    for name in ["none", "None", "NONE"] {
        refuses(ALGORITHMS, &format!("algorithms = [{name:?}]"), key, "tokens that nobody signed");
    }
    for name in ["HS256", "HS384", "HS512"] {
        refuses(ALGORITHMS, &format!("algorithms = [{name:?}]"), key, "shared secret");
    }
    for name in ["RS1", "ES256K", "rs256", "*", ""] {
        refuses(ALGORITHMS, &format!("algorithms = [{name:?}]"), key, "is not known; write one of RS256");
    }
    refuses(ALGORITHMS, "algorithms = []", "authorization_server[0].algorithms", "no signature at all");
}

#[test]
fn o20_a_token_is_bound_by_its_audience_or_by_a_list_of_clients() {
    let key = "authorization_server[0].audience_claim";
    let by_client = r#"audience_claim = "client_id""#;
    accepts(KEYS, r#"audience_claim = "aud""#);
    accepts(KEYS, &format!("{by_client}\nclients = [\"app\"]"));
    refuses(KEYS, by_client, key, "every token of this server would count");
    accepts(KEYS, r#"clients = ["app"]"#);
    refuses(KEYS, "clients = []", "authorization_server[0].clients", "denies every client");
    refuses(KEYS, r#"clients = [""]"#, "authorization_server[0].clients[0]", "is empty");
}

#[test]
fn o20_a_server_whose_tokens_are_bound_to_nothing_is_refused_with_the_reason() {
    let key = "authorization_server[0].preset";
    for preset in ["auth0", "keycloak", "okta", "entra-v1", "entra-v2", "cognito"] {
        accepts(KEYS, &format!("preset = {preset:?}"));
    }
    refuses(KEYS, r#"preset = "google""#, key, "Option B");
    refuses(KEYS, r#"preset = "github""#, key, "unknown variant");
}

#[test]
fn each_issuer_has_one_section() {
    let second = |issuer: &str| parse(&format!("{BASE}\n[[authorization_server]]\nissuer = {issuer:?}\n"));
    second("https://as.example.com").unwrap();
    let error = second("https://as.example.com/").unwrap_err();
    assert_eq!(error.key(), "authorization_server[1].issuer", "{error}");
    let error =
        parse(&edited(LOOPBACK, "[[authorization_server]]\nissuer = \"http://127.0.0.1:9000\"\n", ""));
    let error = error.unwrap_err();
    assert_eq!(error.key(), "authorization_server", "{error}");
    assert!(error.message().contains("`[[authorization_server]]` section is missing"), "{error}");
}

#[test]
fn lists_that_allow_nothing_are_refused() {
    let section = "authorization_server[0]";
    accepts(KEYS, r#"scope_claims = ["scp", "realm_access.roles"]"#);
    refuses(KEYS, "scope_claims = []", &format!("{section}.scope_claims"), "reads no scope at all");
    refuses(KEYS, r#"scope_claims = ["a..b"]"#, &format!("{section}.scope_claims[0]"), "empty member");
    accepts(KEYS, r#"scope_prefix = "api://x/""#);
    refuses(KEYS, r#"scope_prefix = """#, &format!("{section}.scope_prefix"), "is empty");
    accepts(KEYS, r#"scope_hierarchy = { "files:write" = ["files:read"] }"#);
}

#[test]
fn a_required_claim_is_a_single_value() {
    let key = "authorization_server[0].required_claims.tid";
    for value in [r#""x""#, "true", "5"] {
        accepts(CLAIMS, &format!("required_claims = {{ tid = {value} }}"));
    }
    for value in [r#"["x"]"#, "{ a = 1 }", "2026-01-01"] {
        refuses(
            CLAIMS,
            &format!("required_claims = {{ tid = {value} }}"),
            key,
            "a text, a number or a boolean",
        );
    }
    accepts(CLAIMS, r#"required_claims = { "realm.name" = "x" }"#);
    let section = "authorization_server[0].required_claims";
    refuses(CLAIMS, r#"required_claims = { "" = "x" }"#, section, "the name `` has an empty member");
    refuses(CLAIMS, r#"required_claims = { "a..b" = "x" }"#, section, "has an empty member");
}
