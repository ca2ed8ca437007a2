use super::{BASE, accepts, edited, parse};

const PLACE: &str = "[server.http]";

/// A credential of the first server of the base.
fn section(lines: &str) -> String {
    format!("[server.credential]\n{lines}\n\n[server.http]")
}

/// The base with these lines in `[server.credential]` is refused there.
#[track_caller]
fn check(lines: &str, key: &str, message: &str) {
    let error = parse(&edited(BASE, PLACE, &section(lines))).unwrap_err();
    assert_eq!(error.key(), format!("server[0].credential{key}"), "{error}");
    assert!(error.message().contains(message), "{error}");
}

const SECRET: &str = r#"secret = { env = "UPSTREAM" }"#;
const EXCHANGE: &str = r#"exchange = { issuer = "https://as.example.com/", token_endpoint = "https://as.example.com/token", client_id = "gateway", client_secret = { env = "EXCHANGE" } }"#;

#[test]
fn a_credential_is_of_one_kind() {
    accepts(PLACE, &section(SECRET));
    accepts(PLACE, &section(EXCHANGE));
    check("", "", "exactly one of");
    check(&format!("{SECRET}\n{EXCHANGE}"), "", "exactly one of");
    check(r#"third_party = "github""#, ".third_party", "is no `[[third_party.provider]]`");
    check("secret = \"s3cr3t\"", ".secret", "must not stand in this file");
}

#[test]
fn a_credential_has_a_header_of_its_own() {
    let scheme = |lines: &str| {
        let config = accepts(PLACE, &section(&format!("{SECRET}\n{lines}")));
        config.servers[0].credential.as_ref().unwrap().scheme().map(str::to_owned)
    };
    assert_eq!(scheme("").as_deref(), Some("Bearer"));
    assert_eq!(scheme("scheme = \"ApiKey\"").as_deref(), Some("ApiKey"));
    assert_eq!(scheme("scheme = \"\""), None);
    assert_eq!(scheme("header = \"X-Api-Key\""), None);
    for header in ["Cookie", "Host", "X-MCP-Subject", "Mcp-Session-Id", "Content-Type", "X-Forwarded-User"] {
        check(&format!("{SECRET}\nheader = {header:?}"), ".header", "has another meaning");
    }
    check(&format!("{SECRET}\nheader = \"X-MCP-Assertion\""), ".header", "header of `identity.jwt` too");
    check(&format!("{SECRET}\nscheme = \"two words\""), ".scheme", "one word");
}

#[test]
fn e30_an_exchange_is_with_a_server_that_may_have_the_token() {
    let with = |from: &str, to: &str| edited(EXCHANGE, from, to);
    let issuer = r#"issuer = "https://as.example.com/""#;
    let other = r#"issuer = "https://other.example.com/""#;
    check(&with(issuer, other), ".exchange.issuer", "issues no tokens for this server");
    let assertion = with(issuer, &format!("subject = \"assertion\", {other}"));
    accepts(PLACE, &section(&assertion));
    let endpoint = "https://as.example.com/token";
    let key = ".exchange.token_endpoint";
    check(&with(endpoint, "http://as.example.com/token"), key, "must be https");
    check(&with(endpoint, "https://me:pw@as.example.com/token"), key, "no user name");
    check(&with(endpoint, "http://127.0.0.1:9000/token"), key, "for development only");
    let unsaid = with(&format!(", token_endpoint = \"{endpoint}\""), "");
    accepts(PLACE, &section(&unsaid));
    let near = r#"subject = "assertion", issuer = "http://localhost:9000""#;
    check(&edited(&unsaid, issuer, near), ".exchange.issuer", "for development only");
    let secret = r#", client_secret = { env = "EXCHANGE" }"#;
    check(&with(secret, ""), ".exchange", "write one of `client_secret` and `client_key`");
    let both =
        with(secret, r#", client_secret = { env = "EXCHANGE" }, client_key = { file = "exchange.pem" }"#);
    check(&both, ".exchange", "write one of `client_secret` and `client_key`");
    accepts(PLACE, &section(&with(secret, r#", client_key = { file = "exchange.pem" }"#)));
}

#[test]
fn o07_a_secret_of_an_upstream_is_no_other_secret() {
    let error = parse(&edited(BASE, PLACE, &section(r#"secret = { env = "CLIENT_SECRET" }"#))).unwrap_err();
    assert!(error.message().contains("is the secret of"), "{error}");
}
