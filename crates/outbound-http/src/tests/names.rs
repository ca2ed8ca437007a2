use std::{
    net::IpAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use rustls::RootCertStore;

use super::{
    server::{Server, ok},
    setup::{AMPLE, STAGE, ScriptedLookup, client, development, get, outcome},
    tls::Authority,
};
use crate::guard::Guard;

#[tokio::test]
async fn h20_one_forbidden_address_refuses_the_name() {
    let authority = Authority::new();
    let server = Server::tls(authority.server(&["as.example"]), &ok("hello"));
    for (answer, expected) in [
        (&["127.0.0.1"][..], "200 hello"),
        (&["127.0.0.1", "127.0.0.1"], "200 hello"),
        (&["127.0.0.1", "10.0.0.1"], "ForbiddenAddress"),
        (&["10.0.0.1", "127.0.0.1"], "ForbiddenAddress"),
        (&["127.0.0.1", "::1"], "ForbiddenAddress"),
        (&["127.0.0.1", "::ffff:10.0.0.1"], "ForbiddenAddress"),
        (&["8.8.8.8", "127.0.0.1", "169.254.169.254"], "ForbiddenAddress"),
        (&["127.0.0.2"], "ForbiddenAddress"),
        (&[], "Unresolved"),
    ] {
        let before = server.connections();
        let client = client(STAGE, &ScriptedLookup::new(&[answer]), authority.roots());
        let result = outcome(get(&client, &server.url("https", "as.example"), AMPLE).await);
        assert_eq!(result, expected, "{answer:?}");
        assert_eq!(server.connections() - before, usize::from(result.starts_with("200")), "{answer:?}");
    }
}

#[tokio::test]
async fn h20_a_name_that_changes_its_address_is_checked_each_time_it_is_dialled() {
    let authority = Authority::new();
    let server = Server::tls(authority.server(&["rebind.example"]), &ok("hello"));
    let lookup = ScriptedLookup::new(&[&["127.0.0.1"], &["10.0.0.1"], &["127.0.0.1"]]);
    let client = client(STAGE, &lookup, authority.roots());
    for (round, expected) in ["200 hello", "ForbiddenAddress", "200 hello"].iter().enumerate() {
        let result = get(&client, &server.url("https", "rebind.example"), AMPLE).await;
        assert_eq!(outcome(result), *expected, "round {round}");
        // One lookup for one dial: nothing is resolved again between check and use.
        assert_eq!(lookup.asked(), round + 1);
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn h21_the_address_that_answers_is_checked_again() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    fn public_when_first_asked(_: IpAddr) -> bool {
        ASKED.fetch_add(1, Ordering::SeqCst) == 0
    }
    let authority = Authority::new();
    let server = Server::tls(authority.server(&["as.example"]), &ok("hello"));
    let fickle = Guard { is_public: public_when_first_asked, ..STAGE };
    for (guard, expected) in [(STAGE, "200 hello"), (fickle, "ForbiddenAddress")] {
        let client = client(guard, &ScriptedLookup::local(), authority.roots());
        let result = get(&client, &server.url("https", "as.example"), AMPLE).await;
        assert_eq!(outcome(result), expected);
    }
    assert_eq!(ASKED.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn localhost_means_loopback_addresses_only() {
    let server = Server::answering(&ok("inside"));
    for (answer, expected) in [
        (&["127.0.0.1"][..], "200 inside"),
        (&["127.0.0.1", "::1"], "200 inside"),
        (&["8.8.8.8"], "ForbiddenAddress"),
        (&["127.0.0.1", "8.8.8.8"], "ForbiddenAddress"),
        (&["127.0.0.1", "10.0.0.1"], "ForbiddenAddress"),
        (&["::ffff:127.0.0.1"], "ForbiddenAddress"),
    ] {
        let client = client(development(), &ScriptedLookup::new(&[answer]), RootCertStore::empty());
        let result = get(&client, &server.url("http", "localhost"), AMPLE).await;
        assert_eq!(outcome(result), expected, "{answer:?}");
    }
}

/// Even in development another name for this machine is a stranger's trick.
#[tokio::test]
async fn h18_other_names_of_loopback_stay_refused_when_loopback_is_allowed() {
    let authority = Authority::new();
    let server = Server::tls(authority.server(&["localhost", "localtest.example"]), &ok("inside"));
    for (name, expected) in [
        ("localhost", "200 inside"),
        ("localtest.example", "ForbiddenAddress"),
        ("localhost.", "ForbiddenAddress"),
        ("a.localhost", "ForbiddenAddress"),
    ] {
        let client = client(development(), &ScriptedLookup::local(), authority.roots());
        let result = get(&client, &server.url("https", name), AMPLE).await;
        assert_eq!(outcome(result), expected, "{name}");
    }
}

#[tokio::test]
async fn h19_names_of_every_special_use_address_get_no_packet() {
    let authority = Authority::new();
    for address in super::corpus::SPECIAL.iter().filter(|it| **it != "127.0.0.1") {
        let client = client(STAGE, &ScriptedLookup::new(&[&[address]]), authority.roots());
        let result = get(&client, "https://as.example/", AMPLE).await;
        assert_eq!(outcome(result), "ForbiddenAddress", "{address}");
    }
}
