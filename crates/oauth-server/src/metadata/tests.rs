use oauth_types::AuthorizationServerMetadata;
use serde_json::Value;
use test_support::golden;

use super::*;
use crate::testing::{ISSUER, World};

fn pretty(document: &ServerMetadata) -> String {
    let value: Value = serde_json::from_slice(document.body()).unwrap();
    serde_json::to_string_pretty(&value).unwrap() + "\n"
}

#[test]
fn d09_the_document_has_everything_by_default_and_only_what_is_there_otherwise() {
    let mut settings = World::new().settings;
    golden!("metadata.json", &pretty(&ServerMetadata::new(&settings)));
    settings.dpop_algorithms = vec!["ES256".to_owned(), "EdDSA".to_owned()];
    let document = pretty(&ServerMetadata::new(&settings));
    assert!(document.contains("dpop_signing_alg_values_supported"), "{document}");
    settings.dpop_algorithms = Vec::new();
    settings.registration = false;
    settings.client_id_metadata_documents = false;
    settings.response_issuer = false;
    settings.pushed_authorization_requests = false;
    settings.auth_methods = vec![ClientAuthMethod::ClientSecretPost];
    golden!("metadata_smallest.json", &pretty(&ServerMetadata::new(&settings)));
}

#[test]
fn d09_the_grant_types_are_those_that_somebody_may_use() {
    let mut settings = World::new().settings;
    let listed = |settings: &ServerSettings| {
        let document: Value = serde_json::from_slice(ServerMetadata::new(settings).body()).unwrap();
        document["grant_types_supported"].to_string()
    };
    assert_eq!(listed(&settings), r#"["authorization_code","refresh_token"]"#);
    settings.client_credentials.insert("post".parse().unwrap(), "mcp".parse().unwrap());
    assert_eq!(listed(&settings), r#"["authorization_code","refresh_token","client_credentials"]"#);
}

#[test]
fn d09_identity_assertions_are_named_when_somebody_is_trusted() {
    let mut settings = World::new().settings;
    let member = |settings: &ServerSettings, name: &str| {
        let document: Value = serde_json::from_slice(ServerMetadata::new(settings).body()).unwrap();
        document.get(name).map(ToString::to_string)
    };
    let (profiles, types) = ("authorization_grant_profiles_supported", "grant_types_supported");
    assert_eq!(member(&settings, profiles), None);
    settings.trusted_issuers.push(crate::TrustedIssuer {
        issuer: "https://idp.example".parse().unwrap(),
        clients: ["post".parse().unwrap()].into(),
        scopes: None,
    });
    let found = member(&settings, profiles).unwrap();
    assert_eq!(found, r#"["urn:ietf:params:oauth:grant-profile:id-jag"]"#);
    assert!(member(&settings, types).unwrap().contains("urn:ietf:params:oauth:grant-type:jwt-bearer"));
}

#[test]
fn d09_that_requests_must_be_pushed_is_said_when_it_is_so() {
    let mut settings = World::new().settings;
    let required = |settings: &ServerSettings| {
        let document: Value = serde_json::from_slice(ServerMetadata::new(settings).body()).unwrap();
        document.get("require_pushed_authorization_requests").cloned()
    };
    assert_eq!(required(&settings), None);
    settings.require_pushed_authorization_requests = true;
    assert_eq!(required(&settings), Some(true.into()));
}

#[test]
fn our_own_client_can_read_it() {
    let document = ServerMetadata::new(&World::new().settings);
    let read: AuthorizationServerMetadata = serde_json::from_slice(document.body()).unwrap();
    assert_eq!(read.issuer.as_str(), ISSUER);
    assert_eq!(read.code_challenge_methods_supported, ["S256"]);
    assert_eq!(read.token_endpoint.unwrap().as_str(), "https://mcp.example/token");
}

#[test]
fn offline_access_is_named_once_and_here() {
    let mut settings = World::new().settings;
    settings = ServerSettings::new(
        settings.issuer().clone(),
        settings
            .resources()
            .iter()
            .cloned()
            .map(|mut it| {
                it.scopes = it.scopes.union(&"offline_access".parse().unwrap());
                it
            })
            .collect(),
    )
    .unwrap();
    let document: Value = serde_json::from_slice(ServerMetadata::new(&settings).body()).unwrap();
    let scopes = document["scopes_supported"].as_array().unwrap();
    assert_eq!(scopes.iter().filter(|it| *it == OFFLINE_ACCESS).count(), 1);
}

#[test]
fn it_is_where_clients_look() {
    let document = ServerMetadata::new(&World::new().settings);
    golden!("metadata_locations.txt", &(document.locations().join("\n") + "\n"));
}

#[test]
fn it_may_be_kept_for_a_short_time() {
    let answer = ServerMetadata::new(&World::new().settings).answer();
    golden!("metadata_answer.txt", &headers(&answer));
}

fn headers(answer: &Response<Bytes>) -> String {
    let lines = answer.headers().iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
    format!("{}\n{}", answer.status(), lines.collect::<String>())
}
