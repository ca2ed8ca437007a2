//! The authorization-server scenarios of the MCP conformance suite, for every revision that it offers.

use serde_json::{Value, json};

use super::{
    client::Client,
    stage::{Stage, alice},
};
use crate::support::client_output;

const REVISIONS: [&str; 4] = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];

#[tokio::test(flavor = "multi_thread")]
async fn every_check_of_every_revision_passes() {
    let stage = Stage::local();
    let loopback = json!({ "redirect_uris": ["http://127.0.0.1/callback"] });
    let client = Client::register_as(&stage.gateway, loopback).await;
    let resource = stage.url();
    for revision in REVISIONS {
        let arguments = ["--authorization", "--url", stage.gateway.origin(), "--revision", revision];
        let client = ["--client-id", &client.id, "--resource", &resource];
        let arguments = [&arguments[..], &client].concat();
        let output = client_output("conformance.mjs", &arguments, &mut alice()).await;
        let checks: Vec<Value> = output.lines.iter().map(|it| serde_json::from_str(it).unwrap()).collect();
        let names: Vec<_> = checks.iter().filter_map(|it| it["check"].as_str()).collect();
        assert!(names.contains(&"authorization-server-metadata"), "{revision}: {checks:#?}");
        assert!(names.contains(&"authorization-code-grant"), "{revision}: {checks:#?}");
        let failed: Vec<_> =
            checks.iter().filter(|it| it["check"].is_string() && it["status"] != "SUCCESS").collect();
        assert!(failed.is_empty(), "{revision}: {failed:#?}");
    }
}
