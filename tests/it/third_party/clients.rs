//! The official SDKs from nothing but the URL to tools, by whatever the person does in the browser.

use serde_json::Value;
use url::form_urlencoded;

use super::{
    documents::Documents,
    stage::{Stage, alice, corp_alice},
};
use crate::support::{Gateway, Part, Person, client_output, client_report};

/// Every client, as its users start it.
const CLIENTS: [(&str, &[&str]); 5] = [
    ("client-typescript.mjs", &["--sdk", "v1"]),
    ("client-typescript.mjs", &["--sdk", "v2"]),
    ("client-python.py", &["--mode", "auto"]),
    ("client-python.py", &["--mode", "legacy"]),
    ("client-rmcp", &[]),
];
const CALL: [&str; 2] = ["--call", r#"add={"a":2,"b":3}"#];

/// How a client makes itself known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known<'a> {
    Registered,
    /// By the document at this address.
    Published(&'a str),
}

/// The client connects, calls a tool, lets its access token go bad, and calls again.
async fn connects(
    gateway: &Gateway,
    (program, options): (&str, &[&str]),
    known: Known<'_>,
    person: &mut Person,
) {
    let url = gateway.url("/mcp");
    let mut arguments = [&["--url", &url, "--oauth", "--refresh"], &CALL[..], options].concat();
    if let Known::Published(document) = known {
        arguments.extend(["--client-metadata-url", document]);
    }
    let report = client_report(program, &arguments, person).await;
    let results: Vec<_> =
        report["calls"].as_array().unwrap().iter().map(|it| it["content"][0].clone()).collect();
    assert_eq!(results, ["5", "5"], "{program} {options:?}: {report}");
    let opened = person.visited().iter().filter(|it| it.contains("/authorize?")).count();
    assert_eq!(opened, 1, "one sign-in serves for all: {:#?}", person.visited());
    if let Some(requests) = report["requests"].as_array() {
        assert_way(gateway.origin(), known, requests);
    }
    if let Known::Published(document) = known {
        let id: String = form_urlencoded::byte_serialize(document.as_bytes()).collect();
        assert!(
            person.visited().iter().any(|it| it.contains(&format!("client_id={id}"))),
            "{:#?}",
            person.visited()
        );
    }
}

/// Every request went the way that the specification describes.
#[track_caller]
fn assert_way(gateway: &str, known: Known<'_>, requests: &[Value]) {
    let asked = |path: &str, status: u64| {
        let is_it = |it: &&Value| {
            it["url"].as_str().is_some_and(|it| it.strip_prefix(gateway) == Some(path))
                && it["status"] == status
        };
        requests.iter().filter(is_it).count()
    };
    assert!(asked("/mcp", 401) >= 1, "{requests:#?}");
    assert_eq!(asked("/.well-known/oauth-protected-resource/mcp", 200).min(1), 1, "{requests:#?}");
    assert_eq!(asked("/register", 201), usize::from(known == Known::Registered), "{requests:#?}");
    assert_eq!(asked("/token", 200), 2, "a code and a refresh: {requests:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_comes_in_by_a_password() {
    let stage = Stage::local();
    for client in CLIENTS {
        connects(&stage.gateway, client, Known::Registered, &mut alice()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_come_in_by_an_openid_provider() {
    let stage = Stage::with_corp();
    for client in [CLIENTS[1], CLIENTS[4]] {
        let mut person = corp_alice();
        connects(&stage.gateway, client, Known::Registered, &mut person).await;
        let corp = stage.third_party.as_ref().unwrap().origin();
        assert!(person.visited().iter().any(|it| it.contains(corp)), "{:#?}", person.visited());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_comes_in_by_its_metadata_document() {
    let documents = Documents::publish().await;
    let upstream = Part::start("server-python.py", &[]);
    let gateway = documents.gateway(&upstream.url("/mcp"));
    let document = documents.url("/client.json");
    for client in [CLIENTS[0], CLIENTS[1], CLIENTS[2], CLIENTS[4]] {
        connects(&gateway, client, Known::Published(&document), &mut alice()).await;
    }
    assert_eq!(documents.requests(), 1, "the document may be kept for ten minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_hears_of_a_denial() {
    let stage = Stage::local();
    let url = stage.url();
    let arguments = ["--url", &url, "--oauth", "--sdk", "v2"];
    let mut person = Person::new().presses("decision=deny");
    let output = client_output("client-typescript.mjs", &arguments, &mut person).await;
    assert!(!output.succeeded);
    let error = output.report()["error"]["message"].to_string();
    assert!(error.contains("access_denied"), "{error}");
}
