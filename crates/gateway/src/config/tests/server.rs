use super::{BASE, accepts, edited, parse, refuses, refuses_in};

const PATH: &str = r#"path = "/mcp""#;
const UPSTREAM: &str = r#"upstream = { http = "http://127.0.0.1:3000/mcp" }"#;
const SCOPES: &str = r#"scopes = ["mcp"]"#;

#[track_caller]
fn upstream(url: &str, refusal: Option<&str>) {
    let to = format!("upstream = {{ http = {url:?} }}");
    match refusal {
        Some(message) => refuses(UPSTREAM, &to, "server[0].upstream.http", message),
        None => drop(accepts(UPSTREAM, &to)),
    }
}

#[test]
fn o12_an_upstream_is_an_ordinary_http_endpoint() {
    upstream("http://127.0.0.1:3000/mcp", None);
    upstream("https://files.internal/mcp?tenant=1", None);
    upstream("http://10.0.0.7:3000/mcp", None);
    upstream("ftp://files.internal/mcp", Some("must be an `http` or `https` URL"));
    upstream("file:///etc/passwd", Some("must be an `http` or `https` URL"));
    upstream("http://me@127.0.0.1:3000/mcp", Some("no user name"));
    upstream("http://me:pw@127.0.0.1:3000/mcp", Some("no user name"));
    upstream("http://127.0.0.1:3000/mcp#x", Some("no fragment"));
    upstream("http://0.0.0.0:3000/mcp", Some("one host"));
    upstream("http://[::]:3000/mcp", Some("one host"));
    upstream("http://224.0.0.1:3000/mcp", Some("one host"));
}

#[test]
fn o12_an_upstream_hands_out_no_cloud_credentials() {
    for host in [
        "169.254.169.254",
        "169.254.170.2",
        "0xa9fea9fe",
        "2852039166",
        "[::ffff:169.254.169.254]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[fd20:ce::254]",
        "100.100.100.200",
        "168.63.129.16",
        "metadata.google.internal",
        "METADATA.google.internal.",
    ] {
        upstream(&format!("http://{host}/mcp"), Some("link-local or cloud metadata address"));
    }
    upstream("http://[fd00:ec2::253]/mcp", None);
    upstream("http://169.253.169.254/mcp", None);
    upstream("http://metadata.example.com/mcp", None);
}

#[test]
fn o12_an_upstream_is_not_the_gateway_itself() {
    upstream("https://mcp.example.com:9000/mcp", None);
    upstream("http://127.0.0.1:8444/mcp", None);
    upstream("https://mcp.example.com/mcp", Some("is this gateway itself"));
    upstream("https://mcp.example.com:443/other", Some("is this gateway itself"));
    upstream("https://127.0.0.1:8443/mcp", Some("is this gateway itself"));
    upstream("https://localhost:8443/mcp", Some("is this gateway itself"));
    for host in ["[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.1", "2130706433", "LOCALHOST."] {
        upstream(&format!("https://{host}:8443/mcp"), Some("is this gateway itself"));
        upstream(&format!("http://{host}:8444/mcp"), None);
    }
    upstream("https://mcp.example.com./mcp", Some("is this gateway itself"));
    let text = edited(BASE, "hosts = []", r#"hosts = ["gw.internal:9443"]"#);
    parse(&text).unwrap();
    let error =
        parse(&edited(&text, "http://127.0.0.1:3000/mcp", "https://gw.internal:9443/mcp")).unwrap_err();
    assert_eq!(error.key(), "server[0].upstream.http", "{error}");
    let text = edited(BASE, "0.0.0.0:8443", "127.0.0.1:3001");
    parse(&text).unwrap();
    parse(&edited(&text, "http://127.0.0.1:3000/mcp", "http://127.0.0.2:3001/mcp")).unwrap();
    parse(&edited(&text, "http://127.0.0.1:3000/mcp", "http://[::ffff:127.0.0.2]:3001/mcp")).unwrap();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "localhost."] {
        let error = parse(&edited(&text, "127.0.0.1:3000/mcp", &format!("{host}:3001/mcp"))).unwrap_err();
        assert_eq!(error.key(), "server[0].upstream.http", "{error}");
    }
}

#[test]
fn an_upstream_is_a_url_or_a_socket_with_a_path() {
    accepts(UPSTREAM, r#"upstream = { unix = "/run/mcp.sock", path = "/mcp" }"#);
    let key = "server[0].upstream";
    for to in [
        r#"upstream = { unix = "/run/mcp.sock" }"#,
        r#"upstream = { path = "/mcp" }"#,
        r#"upstream = { http = "http://127.0.0.1:3000", unix = "/run/mcp.sock", path = "/mcp" }"#,
        r#"upstream = { http = "http://127.0.0.1:3000", path = "/mcp" }"#,
        "upstream = {}",
    ] {
        refuses(UPSTREAM, to, key, "write `{ http =");
    }
    refuses(
        UPSTREAM,
        r#"upstream = { unix = "", path = "/mcp" }"#,
        "server[0].upstream.unix",
        "path of a socket",
    );
    refuses(UPSTREAM, r#"upstream = { http = "/mcp" }"#, "server[0].upstream.http", "relative URL");
}

#[track_caller]
fn path(path: &str, refusal: Option<&str>) {
    let to = format!("path = {path:?}");
    match refusal {
        Some(message) => refuses(PATH, &to, "server[0].path", message),
        None => drop(accepts(PATH, &to)),
    }
}

#[test]
fn o13_a_path_has_one_spelling() {
    path("/mcp", None);
    path("/", None);
    path("/team-a/files.v2_x~", None);
    path("mcp", Some("must start with `/`"));
    path("", Some("must start with `/`"));
    path("/mcp/", Some("must not end with `/`"));
    path("//mcp", Some("no empty"));
    path("/a//b", Some("no empty"));
    path("//", Some("no empty"));
    path("/.", Some("no empty, `.`"));
    path("/a/../b", Some("no empty, `.`"));
    for character in ["%6dcp", "a;b", "a\\b", "a?b", "a#b", "a b", "ä", "{x}", "*", ":x"] {
        path(&format!("/{character}"), Some("may hold letters"));
    }
}

#[test]
fn o13_the_gateways_own_paths_are_reserved() {
    for reserved in [
        "/.well-known",
        "/.well-known/oauth-protected-resource",
        "/mcp/.well-known/oauth-protected-resource",
        "/healthz",
        "/readyz",
        "/authorize",
        "/par",
        "/token",
        "/token/x",
        "/register",
        "/revoke",
        "/introspect",
        "/jwks",
        "/consent",
        "/sign-in",
        "/callback/x",
        "/account",
        "/connect",
        "/assets/x",
    ] {
        path(reserved, Some("one of the gateway's own paths"));
    }
    path("/tokens", None);
    path("/mcp/token", None);
}

#[test]
fn o13_no_two_servers_share_a_path() {
    let second = |path: &str| {
        let section = format!("[[server]]\npath = {path:?}\n{UPSTREAM}\n\n[limits]");
        parse(&edited(BASE, "[limits]", &section))
    };
    // Routes are exact, so a common beginning is no ambiguity.
    for path in ["/mcp2", "/mcp/2", "/"] {
        second(path).unwrap();
    }
    let error = second("/mcp").unwrap_err();
    assert_eq!((error.key(), error.line()), ("server[1].path", Some(22)), "{error}");
    assert!(error.message().contains("is the path of `server[0]` too"), "{error}");
}

#[test]
fn at_least_one_server_is_there() {
    let without = BASE.replace("[[server]]", "[ignored]");
    assert_eq!(parse(&without).unwrap_err().key(), "ignored");
    let error =
        parse("public_url = \"https://a.example\"\nlisten = { address = \"127.0.0.1:1\" }").unwrap_err();
    assert_eq!(error.key(), "server", "{error}");
    assert!(error.message().contains("`[[server]]` section is missing"), "{error}");
}

#[test]
fn o03_an_audience_is_exact() {
    let key = "server[0].audiences";
    let config = accepts(SCOPES, r#"audiences = ["api://files", "0000-11"]"#);
    assert_eq!(config.audiences(&config.servers[0]), ["api://files", "0000-11"]);
    refuses(SCOPES, "audiences = []", key, "accepts no audience at all");
    refuses(SCOPES, r#"audiences = [""]"#, &format!("{key}[0]"), "is empty");
    refuses(SCOPES, r#"audiences = ["a", "*"]"#, &format!("{key}[1]"), "no wildcard");
    refuses(SCOPES, r#"audiences = ["https://*.example.com"]"#, &format!("{key}[0]"), "no wildcard");
    refuses(SCOPES, r#"audiences = ["a b"]"#, &format!("{key}[0]"), "without spaces");
}

#[test]
fn o03_without_audiences_it_is_the_resource_identifier() {
    let config = accepts(PATH, PATH);
    assert_eq!(config.resource(&config.servers[0]).as_str(), "https://mcp.example.com/mcp");
    assert_eq!(config.audiences(&config.servers[0]), ["https://mcp.example.com/mcp"]);
    let config = accepts(PATH, r#"path = "/""#);
    assert_eq!(config.audiences(&config.servers[0]), ["https://mcp.example.com/", "https://mcp.example.com"]);
}

#[test]
fn scopes_are_permissions() {
    accepts(SCOPES, r#"scopes = ["files:read", "files:write"]"#);
    accepts(SCOPES, "scopes = []");
    refuses(
        SCOPES,
        r#"scopes = ["mcp", "offline_access"]"#,
        "server[0].scopes[1]",
        "wish for a refresh token",
    );
    refuses(SCOPES, r#"scopes = ["a b"]"#, "server[0].scopes[0]", "character");
}

#[test]
fn scopes_have_words_for_people() {
    let to = |words: &str| format!("scope_descriptions = {{ \"files:write\" = {words:?} }}");
    let config = accepts(SCOPES, &to("Change your files"));
    let scope = "files:write".parse().unwrap();
    assert_eq!(config.servers[0].scope_descriptions[&scope], "Change your files");
    let key = "server[0].scope_descriptions.files:write";
    refuses(SCOPES, &to(" "), key, "is empty");
    refuses(SCOPES, &to(&"a".repeat(121)), key, "one line of at most 120");
    accepts(SCOPES, &to(&"a".repeat(120)));
    let control = r#"scope_descriptions = { "files:write" = "a\u001Bb" }"#;
    refuses(SCOPES, control, key, "one line");
    let bad = "scope_descriptions = { \"a b\" = \"x\" }";
    let error = parse(&edited(BASE, SCOPES, bad)).unwrap_err();
    assert!(error.key().starts_with("server[0].scope_descriptions"), "{error}");
}

#[test]
fn a_server_names_configured_issuers() {
    let key = "server[0].authorization_servers";
    accepts(SCOPES, r#"authorization_servers = ["https://as.example.com/"]"#);
    let other = r#"authorization_servers = ["https://as.example.com"]"#;
    refuses(SCOPES, other, &format!("{key}[0]"), "compared byte for byte");
    refuses(SCOPES, "authorization_servers = []", key, "accepts no issuer at all");
}

#[test]
fn pages_are_web_pages() {
    accepts(SCOPES, r#"documentation = "https://docs.example.com/""#);
    for name in ["documentation", "policy", "terms"] {
        let to = format!("{name} = \"javascript:alert(1)\"");
        refuses(SCOPES, &to, &format!("server[0].{name}"), "must be an `https` URL");
    }
}

#[test]
fn e05_credentials_identity_and_framing_are_never_passed_on() {
    accepts("request_headers = []", r#"request_headers = ["X-Request-Tag", "Accept-Language"]"#);
    for name in [
        "Authorization",
        "cookie",
        "DPoP",
        "X-Forwarded-For",
        "X-MCP-Subject",
        "Connection",
        "Host",
        "x_user",
        "X-HTTP-Method-Override",
    ] {
        let to = format!("request_headers = [{name:?}]");
        refuses("request_headers = []", &to, "server[0].http.request_headers[0]", "never passed on");
    }
    accepts("response_headers = []", r#"response_headers = ["X-Request-Tag"]"#);
    for name in ["Set-Cookie", "WWW-Authenticate", "Access-Control-Allow-Origin", "Content-Length", "Refresh"]
    {
        let to = format!("response_headers = [{name:?}]");
        refuses("response_headers = []", &to, "server[0].http.response_headers[0]", "never passed on");
    }
}

#[test]
fn e05_the_identity_jwt_has_a_header_of_its_own() {
    let lifetime = r#"lifetime = "60s""#;
    for header in ["X-Caller", "Authorization"] {
        accepts(lifetime, &format!("header = {header:?}"));
    }
    for header in ["Cookie", "Host", "X-MCP-Subject", "Mcp-Session-Id", "Content-Type", "X-Forwarded-User"] {
        let to = format!("header = {header:?}");
        refuses(lifetime, &to, "server[0].identity.jwt.header", "has another meaning");
    }
}

#[test]
fn dpop_is_offered_unless_the_file_says_otherwise() {
    use crate::config::DpopMode;

    let to = |lines: &str| format!("{SCOPES}\n{lines}");
    let mode = |lines: &str| accepts(SCOPES, &to(lines)).servers[0].dpop;
    assert_eq!(mode(""), DpopMode::Offered);
    assert_eq!(mode("dpop = \"offered\"\ndpop_nonce = true"), DpopMode::Offered);
    assert_eq!(mode("dpop = \"required\"\ndpop_nonce = true"), DpopMode::Required);
    assert_eq!(mode("dpop = \"off\""), DpopMode::Off);
    refuses(SCOPES, "dpop = \"on\"", "server[0].dpop", "unknown variant");
    let nonce = "dpop_nonce = true\ndpop = \"off\"";
    refuses(SCOPES, nonce, "server[0].dpop_nonce", "that `dpop = \"off\"` refuses");
}

#[test]
fn an_upstream_of_the_old_transport_takes_a_second_path() {
    let sse = |url: &str| UPSTREAM.replace("http = \"http://127.0.0.1:3000/mcp\"", &format!("sse = {url:?}"));
    let config = accepts(UPSTREAM, &sse("http://127.0.0.1:3000/sse"));
    assert_eq!(config.servers[0].messages_path().as_deref(), Some("/mcp/message"));
    assert_eq!(accepts(UPSTREAM, UPSTREAM).servers[0].messages_path(), None);
    let text = edited(BASE, UPSTREAM, &sse("ftp://127.0.0.1/sse"));
    assert_eq!(parse(&text).unwrap_err().key(), "server[0].upstream.sse");
    let second = format!("[[server]]\npath = \"/mcp/message\"\n{UPSTREAM}\n\n[limits]");
    parse(&edited(BASE, "[limits]", &second)).unwrap();
    let both = edited(&edited(BASE, UPSTREAM, &sse("http://127.0.0.1:3000/sse")), "[limits]", &second);
    assert_eq!(parse(&both).unwrap_err().key(), "server[1].path");
}

#[track_caller]
fn stdio(keys: &str, refusal: Option<(&str, &str)>) {
    let to = format!("upstream = {{ {keys} }}");
    match refusal {
        Some((key, message)) => refuses_in(&without_identity(), UPSTREAM, &to, key, message),
        None => drop(parse(&edited(&without_identity(), UPSTREAM, &to)).unwrap()),
    }
}

/// The base for programs, which get no headers.
fn without_identity() -> String {
    edited(BASE, IDENTITY, "")
}

const IDENTITY: &str = r#"[server.identity]
jwt = { audience = "https://files.internal", lifetime = "60s", key = { file = "identity.pem" } }
"#;

#[test]
fn what_would_be_told_in_headers_is_not_promised_for_programs() {
    let program = r#"upstream = { stdio = ["python3"] }"#;
    let error = parse(&edited(BASE, UPSTREAM, program)).unwrap_err();
    assert_eq!((error.line(), error.key()), (Some(14), "server[0].identity"), "{error}");
    parse(&edited(&without_identity(), UPSTREAM, program)).unwrap();
    let headers = edited(BASE, IDENTITY, "[server.identity]\nheaders = true\n");
    parse(&headers).unwrap();
    assert_eq!(parse(&edited(&headers, UPSTREAM, program)).unwrap_err().key(), "server[0].identity");
}

#[test]
fn o16_a_program_is_started_without_a_shell() {
    let key = "server[0].upstream.stdio";
    stdio(r#"stdio = ["python3", "/srv/server.py", "-c"]"#, None);
    stdio(r#"stdio = ["sh", "/srv/start.sh"]"#, None);
    stdio(r#"stdio = ["sh", "-c", "python3 server.py"]"#, Some((key, "program itself")));
    stdio(r#"stdio = ["/bin/bash", "-lc", "id"]"#, Some((key, "program itself")));
    stdio(r#"stdio = ["python3", "a\u0000b"]"#, Some((key, "NUL")));
}

#[test]
fn e35_the_environment_of_a_program_holds_no_secret_in_the_file() {
    let key = "server[0].upstream.env.API_TOKEN";
    let with = |entry: &str| format!(r#"stdio = ["python3"], env = {{ {entry} }}"#);
    stdio(&with(r#"LOG_LEVEL = "info", API_TOKEN = { env = "NOTES_TOKEN" }"#), None);
    stdio(&with(r#"API_TOKEN = """#), None);
    stdio(&with(r#"API_TOKEN = "abc""#), Some((key, "sounds like a secret")));
    stdio(&with(r#""A=B" = "c""#), Some(("server[0].upstream.env.A=B", "no name")));
    stdio(&with(r#"LD_PRELOAD = "/tmp/x.so""#), Some(("server[0].upstream.env.LD_PRELOAD", "other code")));
}

#[test]
fn keys_of_a_program_go_with_a_program() {
    let key = "server[0].upstream";
    stdio(r#"stdio = ["python3"], directory = "/srv", shared = true"#, None);
    stdio(r"stdio = []", Some((key, "write `{ http")));
    stdio(r#"stdio = ["python3"], http = "http://127.0.0.1:3000/mcp""#, Some((key, "write `{ http")));
    stdio(r#"http = "http://127.0.0.1:3000/mcp", shared = true"#, Some((key, "write `{ http")));
}

#[test]
fn e36_what_a_program_may_use_is_bounded() {
    let with = |line: &str| format!("stdio = {{ {line} }}");
    for line in [r#"idle = "10s""#, r#"life = "7d""#, r#"memory = "256MiB""#, "children = 10000"] {
        accepts(SCOPES, &with(line));
    }
    for (line, key) in [
        (r#"idle = "9s""#, "idle"),
        (r#"life = "8d""#, "life"),
        (r#"start = "0s""#, "start"),
        (r#"memory = "1MiB""#, "memory"),
        ("children = 0", "children"),
        ("children_per_principal = 0", "children_per_principal"),
        (r#"message_bytes = "2GiB""#, "message_bytes"),
        ("open_files = 1", "open_files"),
    ] {
        refuses(SCOPES, &with(line), &format!("server[0].stdio.{key}"), "must be from");
    }
}

#[test]
fn a_program_finds_its_credential_in_its_environment() {
    let with =
        |upstream: &str, more: &str| format!("upstream = {{ stdio = [\"python3\"]{upstream} }}\n{more}");
    let secret = "credential = { secret = { env = \"S\" } }";
    parse(&edited(&without_identity(), UPSTREAM, &with(", credential_env = \"API_TOKEN\"", secret))).unwrap();
    let key = |upstream: &str, more: &str| {
        parse(&edited(&without_identity(), UPSTREAM, &with(upstream, more))).unwrap_err().key().to_owned()
    };
    assert_eq!(key("", secret), "server[0].credential");
    let variable = "server[0].upstream.credential_env";
    assert_eq!(key(", credential_env = \"API_TOKEN\"", ""), variable);
    assert_eq!(key(", credential_env = \"A-B\"", secret), variable);
    assert_eq!(key(", credential_env = \"A\", env = { A = \"b\" }", secret), variable);
    let of_each = "credential = { third_party = \"github\" }";
    assert_eq!(key(", credential_env = \"A\", shared = true", of_each), variable);
}

#[test]
fn e25_lists_of_the_old_transport_are_not_promised_to_be_filtered() {
    let sse = UPSTREAM.replace("http = \"http://127.0.0.1:3000/mcp\"", "sse = \"http://127.0.0.1:3000/sse\"");
    accepts(UPSTREAM, &sse);
    let error = parse(&edited(BASE, UPSTREAM, &format!("{sse}\nfilter_lists = true"))).unwrap_err();
    assert_eq!(error.key(), "server[0].filter_lists", "{error}");
}
