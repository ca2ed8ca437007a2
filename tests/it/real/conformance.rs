//! The conformance suite of MCP, straight at a server and through the gateway: the gateway may lose nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{configuration, over_stdio};
use crate::support::{Issuer, Part, Setup, program_output, unix_now};

/// Each check of each scenario, in its order, with its outcome.
type Outcomes = BTreeMap<(String, String, u64), String>;

/// What the suite says of one server.
struct Verdict {
    outcomes: Outcomes,
    /// The scenarios that the revision required when it was released.
    required: BTreeSet<String>,
}

impl Verdict {
    /// Of the server at `url`.
    fn of(url: &str, revision: &str) -> Self {
        let output = program_output("conformance.mjs", &["--url", url, "--revision", revision]);
        let rows: Vec<Value> = output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let text = |row: &Value, name: &str| row.get(name)?.as_str().map(str::to_owned);
        let outcome = |row: &Value| {
            let nth = row["nth"].as_u64()?;
            Some(((text(row, "scenario")?, text(row, "check")?, nth), text(row, "status")?))
        };
        Self {
            outcomes: rows.iter().filter_map(outcome).collect(),
            required: rows.iter().filter_map(|row| text(row, "required")).collect(),
        }
    }

    /// The scenarios in which something was checked.
    fn scenarios(&self) -> BTreeSet<String> {
        self.outcomes.keys().map(|(scenario, ..)| scenario.clone()).collect()
    }
}

/// The way from the gateway to the fixtures.
#[derive(Clone, Copy)]
enum Behind {
    /// The server that the direct run speaks to.
    Http,
    /// A process that the gateway starts.
    Stdio,
}

impl Behind {
    /// What the gateway is told.
    fn upstream(self, fixtures: &Part) -> String {
        match self {
            Self::Http => format!("http = \"{}\"", fixtures.url("/mcp")),
            Self::Stdio => over_stdio("stdio-fixtures.mjs", &[]),
        }
    }

    /// What cannot pass on this way: scenario and check.
    fn baseline(self, revision: &str) -> BTreeSet<(String, String)> {
        let way = match self {
            Self::Http => "http",
            Self::Stdio => "stdio",
        };
        let rows: Vec<Value> =
            serde_json::from_str(include_str!("../../real/conformance-baseline.json")).unwrap();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let rows = rows.iter().filter(|it| it["behind"] == way && it["revision"] == revision);
        rows.map(|it| (text(it, "scenario"), text(it, "check"))).collect()
    }
}

/// Runs `revision` straight at the fixtures and through the gateway, which reaches them, or a process with the same, as
/// `behind` says: no check may be lost but those of the baseline, and those must be.
fn compare(behind: Behind, revision: &str, frozen: usize, least: usize) {
    let fixtures = Part::start("upstream-fixtures.mjs", &[]);
    let upstream = behind.upstream(&fixtures);
    let issuer = Issuer::new("https://as.example");
    let gateway = Setup::new().keys("keys", &issuer).start(|listen| {
        configuration(listen, &upstream, "https://as.example", "keys = { file = \"keys.json\" }")
    });
    let token = issuer.token(&gateway.url("/mcp")).claim("exp", unix_now() + 3600).sign();
    let injector = Part::start("injector.mjs", &["--target", gateway.origin(), "--token", &token]);

    let direct = Verdict::of(&fixtures.url("/mcp"), revision);
    let through = Verdict::of(&injector.url("/mcp"), revision);
    assert_eq!(direct.required.len(), frozen, "{:?}", direct.required);
    for verdict in [&direct, &through] {
        let left_out: Vec<_> = verdict.required.difference(&verdict.scenarios()).cloned().collect();
        assert!(left_out.is_empty(), "required and not run: {left_out:?}");
    }
    let (direct, through) = (direct.outcomes, through.outcomes);
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
    let lost: BTreeSet<_> = direct
        .iter()
        .filter(|(check, status)| *status == "SUCCESS" && through.get(*check) != Some(status))
        .map(|((scenario, check, _), _)| (scenario.clone(), check.clone()))
        .collect();
    assert_eq!(lost, behind.baseline(revision), "lost by the gateway: {through:#?}\n{}", gateway.output());
}

#[test]
fn nothing_of_2025_06_18_is_lost() {
    compare(Behind::Http, "2025-06-18", 0, 56);
}

#[test]
fn nothing_of_2025_11_25_is_lost() {
    compare(Behind::Http, "2025-11-25", 30, 84);
}

#[test]
fn nothing_of_2026_07_28_is_lost() {
    compare(Behind::Http, "2026-07-28", 37, 152);
}

#[test]
fn a_bridge_loses_nothing_of_2025_06_18() {
    compare(Behind::Stdio, "2025-06-18", 0, 56);
}

#[test]
fn a_bridge_loses_nothing_of_2025_11_25() {
    compare(Behind::Stdio, "2025-11-25", 30, 84);
}

#[test]
fn a_bridge_loses_nothing_of_2026_07_28() {
    compare(Behind::Stdio, "2026-07-28", 37, 152);
}
