use rustls::RootCertStore;

use super::{
    corpus::{LITERAL_HOSTS, PUBLIC, SPECIAL},
    server::{Server, ok},
    setup::{AMPLE, STAGE, ScriptedLookup, client, development, get, local_client, outcome, strict},
    tls::Authority,
};
use crate::{GuardedClient, OutboundPolicy, guard::Guard};

fn bracketed(address: &str) -> String {
    if address.contains(':') { format!("[{address}]") } else { address.to_owned() }
}

#[tokio::test]
async fn h18_h19_c15_literal_hosts_of_special_use_get_no_packet() {
    let hosts: Vec<String> = SPECIAL
        .iter()
        .map(|it| bracketed(it))
        .chain(LITERAL_HOSTS.iter().map(|it| (*it).to_owned()))
        .collect();
    assert!(hosts.len() >= 100, "{}", hosts.len());
    let authority = Authority::new();
    let lookup = ScriptedLookup::local();
    let client = client(strict(), &lookup, authority.roots());
    let server = Server::tls(authority.server(&["127.0.0.1", "localhost"]), &ok("inside"));
    for host in hosts {
        let result = outcome(get(&client, &server.url("https", &host), AMPLE).await);
        assert!(["ForbiddenAddress", "InvalidUrl"].contains(&result.as_str()), "{host}: {result}");
    }
    assert_eq!((server.connections(), lookup.asked()), (0, 0));
}

/// The twin of the test above: the same server is reached as soon as its address counts as public.
#[tokio::test]
async fn h18_h19_a_literal_host_that_is_public_is_reached() {
    let authority = Authority::new();
    let client = client(STAGE, &ScriptedLookup::local(), authority.roots());
    let server = Server::tls(authority.server(&["127.0.0.1"]), &ok("outside"));
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "127.0.0.1."] {
        let result = get(&client, &server.url("https", host), AMPLE).await;
        assert_eq!(outcome(result), "200 outside", "{host}");
    }
}

#[test]
fn h19_literal_hosts_just_outside_the_special_ranges_are_admitted() {
    for address in PUBLIC {
        let url = format!("https://{}/", bracketed(address)).parse().unwrap();
        assert!(strict().admit(&url).is_ok(), "{address}");
    }
}

/// What the real resolver would say about names that strangers use for this purpose.
#[tokio::test]
async fn h18_names_of_special_use_addresses_get_no_packet() {
    let authority = Authority::new();
    let server = Server::tls(authority.server(&["localhost", "as.example"]), &ok("inside"));
    for (name, address) in [
        ("localhost", "127.0.0.1"),
        ("localhost.", "127.0.0.1"),
        ("LOCALHOST", "127.0.0.1"),
        ("a.localhost", "127.0.0.1"),
        ("ip6-localhost", "::1"),
        ("ip6-loopback", "::1"),
        ("metadata.google.internal", "169.254.169.254"),
        ("instance-data", "169.254.169.254"),
        ("metadata.azure.internal", "168.63.129.16"),
        ("127.0.0.1.nip.io", "127.0.0.1"),
        ("10-0-0-1.sslip.io", "10.0.0.1"),
        ("localtest.me", "127.0.0.1"),
        ("kubernetes.default.svc", "10.96.0.1"),
        ("host.docker.internal", "172.17.0.1"),
    ] {
        let client = client(strict(), &ScriptedLookup::new(&[&[address]]), authority.roots());
        let result = get(&client, &server.url("https", name), AMPLE).await;
        assert_eq!(outcome(result), "ForbiddenAddress", "{name}");
    }
    assert_eq!(server.connections(), 0);
    let client = client(STAGE, &ScriptedLookup::local(), authority.roots());
    let result = get(&client, &server.url("https", "as.example"), AMPLE).await;
    assert_eq!(outcome(result), "200 inside");
}

#[track_caller]
fn check_admitted(guard: Guard, url: &str, expected: &str) {
    let result = match guard.admit(&url.parse().unwrap()) {
        Ok(_) => "admitted".to_owned(),
        Err(error) => format!("{error:?}"),
    };
    assert_eq!(result, expected, "{url}");
}

#[test]
fn c15_only_https_without_user_information_is_admitted() {
    check_admitted(strict(), "https://as.example/jwks", "admitted");
    check_admitted(strict(), "https://as.example:8443/jwks?x=1", "admitted");
    check_admitted(strict(), "HTTPS://as.example/jwks", "admitted");
    check_admitted(strict(), "http://as.example/jwks", "NotHttps");
    check_admitted(strict(), "http://10.0.0.1/jwks", "NotHttps");
    check_admitted(strict(), "ftp://as.example/jwks", "NotHttps");
    check_admitted(strict(), "ws://as.example/jwks", "NotHttps");
    check_admitted(strict(), "https://user@as.example/jwks", "InvalidUrl");
    check_admitted(strict(), "https://user:password@as.example/jwks", "InvalidUrl");
    check_admitted(strict(), "https://:@as.example/jwks", "InvalidUrl");
    check_admitted(strict(), "https://127.0.0.1@as.example/jwks", "InvalidUrl");
    check_admitted(strict(), "/jwks", "InvalidUrl");
    check_admitted(strict(), "as.example:443", "InvalidUrl");
}

#[test]
fn loopback_is_a_switch_for_loopback_hosts_only() {
    for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "0x7f.1"] {
        check_admitted(development(), &format!("http://{host}:3000/"), "admitted");
        check_admitted(development(), &format!("https://{host}:3000/"), "admitted");
        check_admitted(strict(), &format!("http://{host}:3000/"), "NotHttps");
    }
    for host in ["as.example", "localhost.", "a.localhost", "localhost.evil.example", "10.0.0.1", "0.0.0.0"] {
        check_admitted(development(), &format!("http://{host}:3000/"), "NotHttps");
    }
    for host in ["10.0.0.1", "0.0.0.0", "[::ffff:127.0.0.1]", "[::]", "169.254.169.254"] {
        check_admitted(development(), &format!("https://{host}:3000/"), "ForbiddenAddress");
    }
}

#[tokio::test]
async fn loopback_switch_both_ways_over_the_wire() {
    let server = Server::answering(&ok("inside"));
    for host in ["localhost", "127.0.0.1"] {
        let allowed = get(&local_client(), &server.url("http", host), AMPLE).await;
        assert_eq!(outcome(allowed), "200 inside", "{host}");
        let strict = client(strict(), &ScriptedLookup::local(), RootCertStore::empty());
        let refused = get(&strict, &server.url("http", host), AMPLE).await;
        assert_eq!(outcome(refused), "NotHttps", "{host}");
    }
    assert_eq!(server.connections(), 2);
}

/// The whole client as the gateway builds it, with the system's resolver and roots.
#[tokio::test]
async fn h18_the_system_resolver_is_guarded_as_well() {
    let server = Server::answering(&ok("inside"));
    for (allow_loopback, scheme, expected) in
        [(true, "http", "200 inside"), (false, "http", "NotHttps"), (false, "https", "ForbiddenAddress")]
    {
        let policy = Authority::new().policy();
        let client = GuardedClient::new(OutboundPolicy { allow_loopback, ..policy }).unwrap();
        let result = get(&client, &server.url(scheme, "localhost"), AMPLE).await;
        assert_eq!(outcome(result), expected);
    }
    assert_eq!(server.connections(), 1);
}
