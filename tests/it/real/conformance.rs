//! The conformance suite of MCP, straight at a server and through the gateway: the gateway may lose nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::configuration;
use crate::support::{Issuer, Part, Setup, program_output, unix_now};

/// Each check of each scenario, in its order, with its outcome.
type Outcomes = BTreeMap<(String, String, u64), String>;

fn outcomes(url: &str, revision: &str) -> Outcomes {
    let output = program_output("conformance.mjs", &["--url", url, "--revision", revision]);
    let rows = output.lines().filter_map(|line| {
        let row: Value = serde_json::from_str(line).ok()?;
        let text = |name: &str| row.get(name)?.as_str().map(str::to_owned);
        Some(((text("scenario")?, text("check")?, row["nth"].as_u64()?), text("status")?))
    });
    rows.collect()
}

fn compare(revision: &str, least: usize) {
    let upstream = Part::start("upstream-fixtures.mjs", &[]);
    let issuer = Issuer::new("https://as.example");
    let gateway = Setup::new().keys("keys", &issuer).start(|listen| {
        configuration(listen, &upstream.url("/mcp"), "https://as.example", "keys = { file = \"keys.json\" }")
    });
    let token = issuer.token(&gateway.url("/mcp")).claim("exp", unix_now() + 3600).sign();
    let injector = Part::start("injector.mjs", &["--target", gateway.origin(), "--token", &token]);

    let direct = outcomes(&upstream.url("/mcp"), revision);
    let through = outcomes(&injector.url("/mcp"), revision);
    let passed = |it: &Outcomes| it.values().filter(|status| *status == "SUCCESS").count();
    println!(
        "{revision}: {} of {} checks pass directly, {} through the gateway",
        passed(&direct),
        direct.len(),
        passed(&through)
    );
    let failed: Vec<_> = direct.iter().filter(|(_, it)| !matches!(it.as_str(), "SUCCESS" | "INFO")).collect();
    assert!(failed.is_empty(), "not even directly: {failed:#?}");
    assert!(passed(&direct) >= least, "the suite has become smaller: {direct:?}");
    let lost: Vec<_> = direct
        .iter()
        .filter(|(check, status)| *status == "SUCCESS" && through.get(*check) != Some(status))
        .map(|(check, _)| (check, through.get(check)))
        .collect();
    assert!(lost.is_empty(), "lost by the gateway: {lost:#?}\n{}", gateway.output());
}

#[test]
fn nothing_of_2025_06_18_is_lost() {
    compare("2025-06-18", 56);
}

#[test]
fn nothing_of_2025_11_25_is_lost() {
    compare("2025-11-25", 84);
}

#[test]
fn nothing_of_2026_07_28_is_lost() {
    compare("2026-07-28", 152);
}
