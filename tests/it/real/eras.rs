//! Clients of each era before servers of one era alone.

use serde_json::Value;

use super::{configuration, over_stdio};
use crate::support::{ISSUER, Issuer, Part, Person, Setup, client_output, unix_now};

/// Clients, and whether they know 2026-07-28.
const CLIENTS: [(&str, &[&str], bool); 5] = [
    ("client-typescript.mjs", &["--sdk", "v2"], true),
    ("client-python.py", &["--mode", "auto"], true),
    ("client-typescript.mjs", &["--sdk", "v1"], false),
    ("client-python.py", &["--mode", "legacy"], false),
    ("client-rmcp", &[], false),
];

/// What a client reports, if it could use the server at `url`.
async fn used(program: &str, options: &[&str], url: &str, token: &str) -> Option<Value> {
    let header = format!("authorization: Bearer {token}");
    let authorization = if program == "client-rmcp" { ["--header", &header] } else { ["--token", token] };
    let mut arguments = vec!["--url", url, "--call", "test_simple_text={}"];
    arguments.extend(authorization.iter().chain(options));
    let output = client_output(program, &arguments, &mut Person::new()).await;
    output.succeeded.then(|| output.report())
}

#[tokio::test(flavor = "multi_thread")]
async fn h19_a_server_without_sessions_is_used_by_whoever_knows_its_revision() {
    let fixtures = Part::start("upstream-fixtures.mjs", &["--modern-only"]);
    let ways = [
        format!("http = \"{}\"", fixtures.url("/mcp")),
        over_stdio("stdio-fixtures.mjs", &["--modern-only"]),
    ];
    for way in ways {
        let issuer = Issuer::new(ISSUER);
        let gateway = Setup::new()
            .keys("keys", &issuer)
            .start(|listen| configuration(listen, &way, ISSUER, "keys = { file = \"keys.json\" }"));
        let token = issuer.token(&gateway.url("/mcp")).claim("exp", unix_now() + 3600).sign();
        for (program, options, is_modern) in CLIENTS {
            let report = used(program, options, &gateway.url("/mcp"), &token).await;
            let said = format!("{program} {options:?} before {way}: {report:?}\n{}", gateway.output());
            assert_eq!(report.is_some(), is_modern, "{said}");
            let Some(report) = report else { continue };
            assert_eq!(report["protocol"], "2026-07-28", "{said}");
            assert!(report["calls"][0].to_string().contains("simple text"), "{said}");
        }
    }
    // Without a gateway it is the same.
    for (program, options, is_modern) in CLIENTS {
        let report = used(program, options, &fixtures.url("/mcp"), "none").await;
        assert_eq!(report.is_some(), is_modern, "{program} {options:?}: {report:?}");
    }
}
