use std::{fs, path::Path};

use super::codes;
use crate::check::{FindingCode, Findings, Severity, reference_markdown};

fn findings() -> Findings {
    let mut findings = Findings::default();
    findings.add(FindingCode::Server, "server[0]", "resource https://mcp.example/mcp");
    findings.add(FindingCode::ScopesEmpty, "server[0].scopes", "no scope is needed");
    findings.add(FindingCode::UpstreamUnreachable, "server[0].upstream", "refused\n\u{1b}[2Jok");
    findings
}

#[test]
fn people_read_marks_in_columns() {
    let expected = "\
ok    server[0]           resource https://mcp.example/mcp
warn  server[0].scopes    no scope is needed [scopes_empty]
                          -> name at least one scope in `scopes`, unless the authorization server alone decides who gets a token
FAIL  server[0].upstream  refused  [2Jok [upstream_unreachable]
                          -> start it, or correct `upstream`; for https, add its CA to `http.ca_files`
1 error, 1 warning
";
    assert_eq!(findings().to_string(), expected);
    assert_eq!(Findings::default().to_string(), "0 errors, 0 warnings\n");
}

#[test]
fn programs_read_json() {
    let list: serde_json::Value = serde_json::from_str(&findings().to_json()).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 3);
    assert_eq!(
        list[0],
        serde_json::json!({
            "severity": "info",
            "subject": "server[0]",
            "code": "server",
            "message": "resource https://mcp.example/mcp",
        })
    );
    assert_eq!((&list[1]["severity"], &list[2]["severity"]), (&"warning".into(), &"error".into()));
    assert!(list[2]["remedy"].is_string());
    assert_eq!(Findings::default().to_json(), "[]");
}

#[test]
fn only_errors_are_errors() {
    let mut quiet = Findings::default();
    quiet.add(FindingCode::ScopesEmpty, "server[0].scopes", "no scope is needed");
    assert!(!quiet.has_errors());
    quiet.extend(findings());
    assert!(quiet.has_errors());
    assert_eq!(codes(&quiet), ["scopes_empty", "server", "scopes_empty", "upstream_unreachable"]);
}

#[test]
fn every_code_has_a_name_of_its_own_and_every_problem_a_remedy() {
    let mut names: Vec<_> = FindingCode::ALL.iter().map(|it| it.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FindingCode::ALL.len());
    for code in FindingCode::ALL {
        assert!(code.as_str().bytes().all(|it| it.is_ascii_lowercase() || it == b'_'), "{code}");
        assert!(code.meaning().ends_with('.') && !code.meaning().contains('|'), "{code}");
        assert_eq!(code.remedy().is_some(), code.severity() > Severity::Info, "{code}");
    }
}

#[test]
fn every_code_has_a_row_in_a_test() {
    let tests = concat!(
        include_str!("configurations.rs"),
        include_str!("certificates.rs"),
        include_str!("authorization_servers.rs"),
        include_str!("state.rs"),
        include_str!("third_party.rs"),
        include_str!("upstreams.rs"),
    );
    for code in FindingCode::ALL {
        assert!(tests.contains(&format!("\"{code}\"")), "no test names {code}");
    }
}

/// `cargo xtask codegen` writes the page; this holds it against the list of codes.
#[test]
fn the_reference_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/check.md");
    assert_eq!(fs::read_to_string(path).unwrap(), reference_markdown(), "run `cargo xtask codegen`");
}
