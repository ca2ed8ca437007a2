use super::{BASE, accepts, edited, parse, refuses};

#[test]
fn o10_unknown_keys_and_typos_are_refused_everywhere() {
    for (from, to, key) in [
        ("hosts = []", "host = []", "host"),
        ("[limits]", "[limit]", "limit"),
        (r#"shutdown = "30s""#, r#"shutdwn = "30s""#, "limits.shutdwn"),
        (r#"scopes = ["mcp"]"#, r#"scope = ["mcp"]"#, "server[0].scope"),
        ("request_headers = []", "request_header = []", "server[0].http.request_header"),
        (r#"lifetime = "60s""#, r#"life = "60s""#, "server[0].identity.jwt.life"),
        (r#"keys = "discovery""#, r#"key = "discovery""#, "authorization_server[0].key"),
        (r#"client_id = "gateway""#, r#"client = "gateway""#, "authorization_server[0].introspection.client"),
        ("allow_loopback = false", "allow_loopbak = false", "outbound.allow_loopbak"),
        (r#"leeway = "60s""#, r#"leway = "60s""#, "validation.leway"),
    ] {
        let error = parse(&edited(BASE, from, to)).unwrap_err();
        assert_eq!(error.key(), key, "{error}");
        assert!(error.message().contains("unknown field"), "{error}");
        assert!(error.message().contains("expected"), "{error}");
    }
    refuses("hosts = []", "hosts = true", "hosts", "invalid type");
}

#[test]
fn o10_a_key_twice_is_refused() {
    let error = parse(&edited(BASE, "hosts = []", "hosts = []\nhosts = []")).unwrap_err();
    assert_eq!(error.line(), Some(3), "{error}");
    assert!(error.message().contains("duplicate key `hosts`"), "{error}");
    let error = parse(&format!("{BASE}\n[limits]\n")).unwrap_err();
    assert!(error.message().contains("duplicate key `limits`"), "{error}");
}

#[test]
fn o10_a_missing_key_is_named() {
    for (from, name) in [
        (r#"public_url = "https://mcp.example.com""#, "public_url"),
        (r#"address = "0.0.0.0:8443""#, "address"),
        (r#"path = "/mcp""#, "path"),
        (r#"issuer = "https://as.example.com/""#, "issuer"),
    ] {
        let error = parse(&edited(BASE, from, "")).unwrap_err();
        assert!(error.message().contains(&format!("missing field `{name}`")), "{error}");
    }
}

#[test]
fn a_syntax_error_names_its_line() {
    let error = parse(&edited(BASE, "hosts = []", "hosts = [")).unwrap_err();
    assert!(error.line().is_some_and(|line| line >= 2), "{error}");
    let error = parse("").unwrap_err();
    assert_eq!(error.line(), Some(1), "{error}");
}

#[cfg(not(feature = "third-party"))]
#[test]
fn option_b_says_that_this_build_lacks_it() {
    let text = format!("{BASE}\n[third_party]\nstorage = {{ redb = \"state.redb\" }}\n");
    let error = parse(&text).unwrap_err();
    assert_eq!(error.key(), "third_party", "{error}");
    assert!(error.message().contains("this build lacks `--features third-party`"), "{error}");
}

#[test]
fn a_report_shows_the_line_itself() {
    let error = parse(&edited(BASE, "0.0.0.0:8443", "0.0.0.0")).unwrap_err();
    let expected = r#"error: `listen.address`: write an IP address and a port, such as `0.0.0.0:443`, `127.0.0.1:8080` or `[::1]:8080`; names are not looked up
 --> gateway.toml:6:11
  |
6 | address = "0.0.0.0"
  |           ^^^^^^^^^"#;
    assert_eq!(error.to_string(), expected);
}

const SECRET: &str = r#"client_secret = { env = "CLIENT_SECRET" }"#;
const LEAK: &str = "hunter2-Zk8WqP4v";

#[test]
fn o06_o21_a_literal_secret_is_refused_and_not_repeated() {
    accepts(SECRET, r#"client_secret = { file = "client.secret" }"#);
    for to in [
        format!("client_secret = {LEAK:?}"),
        format!("client_secret = '''\n{LEAK}'''"),
        format!("client_secret = [\n{LEAK:?}\n]"),
        format!("client_secret = {{ value = {LEAK:?} }}"),
        format!("client_secret = {{ env = {LEAK:?} }}"),
        format!("client_secret = {{ env = [{LEAK:?}] }}"),
        format!("client_secret = {LEAK}"),
        format!("client_secret = {LEAK:?} x"),
        format!("client_secret = \"\"\"{LEAK}"),
        format!("\"client_secret\" = {LEAK:?}"),
        format!("client_secrets = {LEAK:?}"),
        format!("clientsecret = {LEAK:?}"),
        format!("client_secret = {{ env = \"A\" }}\npassword = {LEAK:?}"),
    ] {
        let error = parse(&edited(BASE, SECRET, &to)).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(LEAK), "{error}");
    }
    let key = "authorization_server[0].introspection.client_secret";
    for to in [r#""x""#, r#"{ env = "A", file = "b" }"#, r#"{ file = "" }"#, r#"{ env = "" }"#, "{}", "5"] {
        refuses(SECRET, &format!("client_secret = {to}"), key, "`{ env =");
    }
    let error =
        parse(&edited(BASE, r#"key = { file = "session.key" }"#, &format!("key = {LEAK:?}"))).unwrap_err();
    assert_eq!(error.key(), "sessions.key", "{error}");
    assert!(!error.to_string().contains(LEAK), "{error}");
}

#[test]
fn o06_one_secret_has_one_purpose() {
    let key = "authorization_server[0].introspection.client_secret";
    accepts(SECRET, r#"client_secret = { file = "other.key" }"#);
    for file in ["session.key", "identity.pem", "key.pem"] {
        refuses(
            SECRET,
            &format!("client_secret = {{ file = {file:?} }}"),
            key,
            "too: use a secret of its own",
        );
    }
}

#[test]
fn o21_a_configuration_prints_references_only() {
    let printed = format!("{:?}", parse(BASE).unwrap());
    assert!(printed.contains(r#"client_secret: Env("CLIENT_SECRET")"#), "{printed}");
}
