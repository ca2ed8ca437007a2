//! A real client that proves its key, from the resource's metadata to its calls (RFC 9449).

use serde_json::json;

use super::{
    attacks::echo,
    stage::{LOCAL, alice, configuration, setup},
};
use crate::support::client_report;

/// With and without nonces: the client signs somebody in, refreshes and calls, and a thief of its tokens does not.
#[tokio::test(flavor = "multi_thread")]
async fn rfc9449_a_real_client_proves_its_key_to_both_servers() {
    for (nonce, least_nonces) in [(false, 0), (true, 1)] {
        let upstream = echo().await;
        let address = upstream.uri("/mcp").to_string();
        let gateway = setup().start(|listen| {
            let lines = format!("dpop = \"required\"\ndpop_nonce = {nonce}\n");
            let text = configuration(listen, &address, LOCAL, &lines);
            text.replacen("scopes = [\"mcp\"]\n", &format!("scopes = [\"mcp\"]\n{lines}"), 1)
        });
        let report = client_report("client-dpop.mjs", &["--url", &gateway.url("/mcp")], &mut alice()).await;
        let calls = &report["calls"];
        for name in ["first", "refreshed", "again"] {
            assert_eq!(calls[name], 200, "{name}: {report}");
        }
        assert_eq!((&calls["byAnotherKey"], &calls["asBearer"]), (&json!(401), &json!(401)), "{report}");
        assert_eq!(report["types"], json!(["dpop", "dpop"]), "{report}");
        assert_eq!(report["stolen"], "invalid_grant", "{report}");
        let asked = report["nonces"].as_u64().unwrap();
        assert!(asked >= least_nonces && (nonce || asked == 0), "{report}");
        // The refusal of the thief has ended nothing.
        assert_eq!(upstream.requests().len(), 3, "what reached the upstream");
    }
}
