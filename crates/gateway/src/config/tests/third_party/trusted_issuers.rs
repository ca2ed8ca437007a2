use super::{OPTION_B, edited, parse};

const ISSUER: &str = r#"
[[third_party.trusted_issuer]]
id = "acme"
issuer = "https://idp.acme.example"
clients = ["app", "https://agent.example/client.json"]
scopes = ["mcp"]
allow = { groups = ["staff"] }
"#;
const SECTION: &str = "third_party.trusted_issuer[0]";

/// The section with one edit, and the key and words of the refusal, if there is one.
#[track_caller]
fn check(from: &str, to: &str, refusal: Option<(&str, &str)>) {
    let text = format!("{OPTION_B}{}", edited(ISSUER, from, to));
    match (parse(&text), refusal) {
        (Ok(_), None) => {}
        (Err(error), Some((key, message))) => {
            assert_eq!(error.key(), format!("{SECTION}.{key}"), "{error}");
            assert!(error.message().contains(message), "{error}");
        }
        (outcome, _) => panic!("{to}: {:?}", outcome.map(drop)),
    }
}

#[test]
fn a_trusted_issuer_is_told_apart_from_everybody_else() {
    let id = "id = \"acme\"";
    check(id, id, None);
    check(id, "id = \"Acme\"", Some(("id", "1 to 32")));
    check(id, "id = \"client\"", Some(("id", "stands for clients that act for themselves")));
    check(id, "id = \"github\"", Some(("id", "is the id of a provider with another `issuer`")));
    let issuer = "issuer = \"https://idp.acme.example\"";
    check(issuer, "issuer = \"https://mcp.example.com\"", Some(("issuer", "is the gateway itself")));
    check(issuer, "issuer = \"http://idp.acme.example\"", Some(("issuer", "https")));
    check(issuer, "issuer = \"http://127.0.0.1:9\"", Some(("issuer", "for development only")));
    let twice = |second: &str| parse(&format!("{OPTION_B}{ISSUER}{second}"));
    let other = ISSUER.replace("acme", "other");
    twice(&other).unwrap();
    let error = twice(&other.replace("\"other\"", "\"acme\"")).unwrap_err();
    assert_eq!(error.key(), "third_party.trusted_issuer[1].id", "{error}");
    let error = twice(&other.replace("idp.other", "idp.acme")).unwrap_err();
    assert_eq!(error.key(), "third_party.trusted_issuer[1].issuer", "{error}");
}

#[test]
fn an_issuer_of_a_provider_may_share_its_id() {
    let provider = "id = \"github\"\npreset = \"github\"";
    let oidc = "id = \"acme\"\npreset = \"oidc\"\nissuer = \"https://idp.acme.example\"";
    let text = edited(OPTION_B, provider, oidc).replace("organizations =", "groups =");
    parse(&format!("{text}{ISSUER}")).unwrap_or_else(|error| panic!("{error}"));
    let elsewhere = text.replace("idp.acme.example", "login.example.com");
    let error = parse(&format!("{elsewhere}{ISSUER}")).unwrap_err();
    assert_eq!(error.key(), format!("{SECTION}.id"), "{error}");
}

#[test]
fn a_trusted_issuer_names_clients_that_prove_themselves() {
    let clients = "clients = [\"app\", \"https://agent.example/client.json\"]";
    check(clients, "clients = [\"app\"]", None);
    check(clients, "clients = []", Some(("clients", "allows no client")));
    check(
        clients,
        "clients = [\"app\", \"nobody\"]",
        Some(("clients[1]", "no `[[third_party.client]]` that authenticates")),
    );
    let credential = "auth = \"client_secret_basic\"\nclient_secret = { env = \"APP_SECRET\" }\n";
    let error = parse(&format!("{}{ISSUER}", edited(OPTION_B, credential, ""))).unwrap_err();
    assert_eq!(error.key(), format!("{SECTION}.clients[0]"), "{error}");
}

#[test]
fn o08_who_may_come_in_by_an_assertion_is_said() {
    let allow = "allow = { groups = [\"staff\"] }";
    check(allow, "allow = { everybody = true }", None);
    check(allow, "allow = {}", Some(("allow", "lets nobody sign in")));
    check(allow, "allow = { groups = [\"*\"] }", Some(("allow.groups", "has a wildcard")));
    let scopes = "scopes = [\"mcp\"]\nallow";
    check(scopes, "allow", None);
    check(scopes, "scopes = []\nallow", Some(("scopes", "allows no scope")));
    check(scopes, "scopes = [\"mcp\", \"x\"]\nallow", Some(("scopes[1]", "is a scope of no server")));
    let keys = |keys: &str| format!("keys = {keys}\nallow");
    check("allow", &keys("{ jwks_uri = \"https://idp.acme.example/jwks\" }"), None);
    check("allow", &keys("{ file = \"acme.json\" }"), None);
    check("allow", &keys("{ file = \"\" }"), Some(("keys.file", "path of a JWK set")));
    check(
        "allow",
        &keys("{ jwks_uri = \"http://idp.acme.example/jwks\" }"),
        Some(("keys.jwks_uri", "must be https")),
    );
}
