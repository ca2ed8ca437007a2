use super::{BASE, LOOPBACK, accepts, edited, parse, refuses, refuses_in};

const PUBLIC_URL: &str = r#"public_url = "https://mcp.example.com""#;
const TLS: &str = r#"tls = { certificate = "cert.pem", key = "key.pem" }"#;

#[track_caller]
fn public_url(text: &str, refusal: Option<&str>) {
    let to = format!("public_url = {text:?}");
    match refusal {
        Some(message) => refuses(PUBLIC_URL, &to, "public_url", message),
        None => drop(accepts(PUBLIC_URL, &to)),
    }
}

#[test]
fn o01_the_public_url_is_an_https_origin() {
    public_url("https://mcp.example.com", None);
    public_url("https://mcp.example.com/", None);
    public_url("https://mcp.example.com:8443", None);
    public_url("http://mcp.example.com", Some("must be https"));
    public_url("http://localhost.evil", Some("must be https"));
    public_url("https://mcp.example.com/base", Some("must be an origin without a path"));
    public_url("https://mcp.example.com?x=1", Some("no query and no fragment"));
    public_url("https://mcp.example.com/#x", Some("no query and no fragment"));
    public_url("https://me@mcp.example.com", Some("no user name and no password"));
    public_url("https://MCP.example.com", Some("must be written canonically, as `https://mcp.example.com`"));
    public_url(
        "https://MCP.example.com:443",
        Some("must be written canonically, as `https://mcp.example.com`"),
    );
    public_url("mcp.example.com", Some("is not an absolute URL"));
}

#[test]
fn o07_plain_http_is_for_loopback_or_behind_a_proxy() {
    let address = r#"address = "0.0.0.0:8443""#;
    let plain = |address: &str, rest: &str| {
        let text = edited(BASE, r#"address = "0.0.0.0:8443""#, address);
        edited(&text, TLS, rest)
    };
    for (address, rest, passes) in [
        (address, TLS, true),
        (address, r#"behind_proxy = ["10.0.0.0/8"]"#, true),
        (r#"address = "127.0.0.1:8443""#, "", true),
        (r#"address = "[::1]:8443""#, "", true),
        (address, "", false),
        (r#"address = "[::]:8443""#, "", false),
        (r#"address = "192.168.1.5:8443""#, "", false),
    ] {
        let outcome = parse(&plain(address, rest));
        assert_eq!(outcome.is_ok(), passes, "{address} {rest}");
        if let Err(error) = outcome {
            assert_eq!((error.key(), error.line()), ("listen.address", Some(6)), "{error}");
            assert!(error.message().contains("plain HTTP"), "{error}");
        }
    }
}

#[test]
fn n09_figures_are_served_at_private_addresses_only() {
    let at = |address: &str| parse(&format!("{BASE}\n[admin]\nmetrics = \"{address}\"\n"));
    for address in ["127.0.0.1:9464", "[::1]:9464", "10.1.2.3:9464", "192.168.0.9:9464", "[fd00::1]:9464"] {
        assert_eq!(at(address).unwrap().admin.metrics, Some(address.parse().unwrap()), "{address}");
    }
    for address in ["0.0.0.0:9464", "[::]:9464", "203.0.113.7:9464", "[2001:db8::1]:9464"] {
        let error = at(address).unwrap_err();
        assert_eq!(error.key(), "admin.metrics", "{address}: {error}");
        assert!(error.message().contains("anybody could read the figures"), "{error}");
    }
}

#[test]
fn o07_a_tls_listener_needs_an_https_url() {
    let to = r#"address = "127.0.0.1:8080"
tls = { certificate = "cert.pem", key = "key.pem" }"#;
    let text = edited(LOOPBACK, r#"address = "127.0.0.1:8080""#, to);
    let error = parse(&text).unwrap_err();
    assert_eq!((error.key(), error.line()), ("listen.tls", Some(5)), "{error}");
    parse(&edited(&text, r#""http://127.0.0.1:8080""#, r#""https://127.0.0.1:8080""#)).unwrap();
}

#[test]
fn the_address_to_listen_on_is_no_name() {
    let address = r#"address = "0.0.0.0:8443""#;
    refuses(address, r#"address = "localhost:8443""#, "listen.address", "write an IP address and a port");
}

#[test]
fn the_header_of_the_proxy_can_be_named() {
    use crate::config::ForwardedHeader;

    let with = |name: &str| format!("forwarded_header = \"{name}\"\nbehind_proxy = [\"10.0.0.0/8\"]");
    let named = |name: &str| accepts(TLS, &with(name)).listen.forwarded_header;
    assert_eq!(named("x-forwarded-for"), Some(ForwardedHeader::XForwardedFor));
    assert_eq!(named("forwarded"), Some(ForwardedHeader::Forwarded));
    refuses(TLS, &with("x-real-ip"), "listen.forwarded_header", "unknown variant");
}

#[test]
fn o08_proxy_networks_do_not_cover_everything() {
    accepts(TLS, r#"behind_proxy = ["10.0.0.0/8", "fd00::/8", "192.0.2.7/32"]"#);
    let entry = |list: &str, index: usize, message: &str| {
        let key = format!("listen.behind_proxy[{index}]");
        refuses(TLS, &format!("behind_proxy = {list}"), &key, message);
    };
    entry(r#"["0.0.0.0/0"]"#, 0, "covers addresses that are not your proxies");
    entry(r#"["10.0.0.0/8", "::/0"]"#, 1, "covers addresses that are not your proxies");
    entry(r#"["128.0.0.0/1"]"#, 0, "covers addresses");
    entry(r#"["2000::/3"]"#, 0, "covers addresses");
    entry(r#"["::ffff:0:0/96"]"#, 0, "covers addresses");
    refuses(TLS, "behind_proxy = []", "listen.behind_proxy", "names no network");
    refuses(TLS, r#"behind_proxy = ["*"]"#, "listen.behind_proxy[0]", "write a network or an address");
    let one = accepts(TLS, r#"behind_proxy = ["192.0.2.7"]"#);
    assert_eq!(one.listen.behind_proxy.unwrap()[0].to_string(), "192.0.2.7/32");
}

#[test]
fn o17_only_private_networks_can_be_opened() {
    let key = "outbound.allow_networks[1]";
    let with =
        |network: &str| format!("allow_networks = [\"10.20.0.0/16\", \"{network}\"]\nallow_loopback = false");
    for network in ["192.168.0.0/16", "100.64.1.0/24", "fd12::/16"] {
        accepts("allow_loopback = false", &with(network));
    }
    for network in
        ["0.0.0.0/0", "8.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.0.0.0/8", "::1/128", "fe80::/10"]
    {
        refuses("allow_loopback = false", &with(network), key, "is no private network");
    }
}

#[test]
fn o17_loopback_fetches_are_for_a_loopback_gateway() {
    let key = "outbound.allow_loopback";
    refuses("allow_loopback = false", "allow_loopback = true", key, "is for development");
    let off = "allow_loopback = false";
    let text = edited(LOOPBACK, "allow_loopback = true", off);
    let error = parse(&text).unwrap_err();
    assert_eq!((error.key(), error.line()), ("authorization_server[0].issuer", Some(14)), "{error}");
    refuses_in(
        LOOPBACK,
        r#"public_url = "http://127.0.0.1:8080""#,
        r#"public_url = "http://10.0.0.1:8080""#,
        "public_url",
        "must be https",
    );
}

#[test]
fn hosts_and_origins_are_exact() {
    accepts("hosts = []", r#"hosts = ["mcp.internal:8443", "10.1.2.3", "[::1]:8443"]"#);
    for host in ["*", "*.example.com", "MCP.internal", "https://mcp.internal", "mcp.internal/", "a@b", ""] {
        refuses("hosts = []", &format!("hosts = [{host:?}]"), "hosts[0]", "write a host in lower case");
    }
    accepts("hosts = []", r#"hosts = ["mcp.internal:80"]"#);
    refuses("hosts = []", r#"hosts = ["mcp.internal:443"]"#, "hosts[0]", "leave out `:443`");
    let origins = "allowed_origins = []";
    accepts(origins, r#"allowed_origins = ["https://inspector.example.com", "http://localhost:6274"]"#);
    for origin in ["*", "null"] {
        refuses(origins, &format!("allowed_origins = [{origin:?}]"), "allowed_origins[0]", "no wildcard");
    }
    for origin in
        ["https://*.example.com", "https://a.example/", "https://A.example", "a.example", "file:///x", ""]
    {
        refuses(origins, &format!("allowed_origins = [{origin:?}]"), "allowed_origins[0]", "write an origin");
    }
}
