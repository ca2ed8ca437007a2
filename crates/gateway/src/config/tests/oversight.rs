use std::path::Path;

use super::{accepts, refuses};
use crate::config::{Audit, AuditFailure, ByteSize, Period, QuotaPer};

/// Where a section of the server can stand.
const BEFORE: &str = "[server.identity]";

#[test]
fn a_quota_is_read_with_all_its_keys() {
    let quotas = |text: &str| accepts(BEFORE, &format!("{text}\n{BEFORE}")).servers.remove(0).quotas;
    assert!(quotas("").is_empty());
    let all = quotas(
        r#"[[server.quota]]
per = ["principal", "tool"]
tools = ["delete_*"]
requests = 600
period = "1m"
burst = 10
[[server.quota]]
per = ["client"]
requests = 1
period = "30d""#,
    );
    assert_eq!(
        (all[0].per.as_slice(), all[0].burst),
        ([QuotaPer::Principal, QuotaPer::Tool].as_slice(), Some(10))
    );
    assert_eq!((all[1].period, all[1].burst, &all[1].tools), (Period::from_days(30), None, &None));
}

#[test]
fn o22_a_quota_is_a_bound() {
    let good = [("per", r#"["principal"]"#), ("requests", "60"), ("period", r#""1m""#)];
    let with = |key: &str, value: &str| {
        let mut lines: Vec<_> =
            good.iter().filter(|it| it.0 != key).map(|(key, value)| format!("{key} = {value}\n")).collect();
        lines.push(format!("{key} = {value}\n"));
        lines.concat()
    };
    let check = |key: &str, fine: &[&str], bad: &[&str], message: &str| {
        for value in fine {
            accepts(BEFORE, &format!("[[server.quota]]\n{}{BEFORE}", with(key, value)));
        }
        for value in bad {
            let quota = format!("{key} = {value}\n");
            let others = with(key, value).replace(&quota, "");
            let base = super::edited(super::BASE, BEFORE, &format!("[[server.quota]]\n{others}#\n{BEFORE}"));
            super::refuses_in(&base, "#\n", &quota, &format!("server[0].quota[0].{key}"), message);
        }
    };
    check("requests", &["1", "1000000"], &["0", "1000001"], "must be from");
    check("period", &[r#""1s""#, r#""30d""#], &[r#""999ms""#, r#""31d""#], "must be from");
    check("burst", &["1", "60"], &["0", "61"], "must be from");
    check("per", &[r#"["client", "tool"]"#], &["[]"], "counts for nobody");
    check("per", &[], &[r#"["tool", "tool"]"#], "the same twice");
    check("tools", &[r#"["*"]"#], &["[]"], "no tool at all");
    let fast = "[[server.quota]]\nper = [\"principal\"]\nrequests = 600\nperiod = \"1m\"\nburst = 10\n";
    accepts(BEFORE, &format!("{fast}{BEFORE}"));
    let base = super::edited(super::BASE, BEFORE, &format!("{}{BEFORE}", fast.replace("burst = 10", "#")));
    super::refuses_in(&base, "#\n", "burst = 9\n", "server[0].quota[0].burst", "must be from 10 to 600");
}

#[test]
fn lists_are_filtered_by_rules_only() {
    let scopes = r#"scopes = ["mcp"]"#;
    refuses(scopes, &format!("filter_lists = true\n{scopes}"), "server[0].filter_lists", "no rules by which");
    let config = accepts(scopes, &format!("filter_lists = true\nrules_default = \"deny\"\n{scopes}"));
    assert!(config.servers[0].filter_lists);
}

#[test]
fn the_audit_is_off_unless_it_is_there() {
    let from = "[validation]";
    assert_eq!(accepts(from, from).audit, None);
    assert_eq!(accepts(from, &format!("[audit]\n{from}")).audit, Some(Audit::default()));
    let text = "[audit]\nfile = \"a.jsonl\"\nrotate_at = \"1MiB\"\nkeep = 3\nif_failing = \"refuse\"\n";
    let audit = accepts(from, &format!("{text}{from}")).audit.unwrap();
    assert_eq!(audit.file.as_deref(), Some(Path::new("a.jsonl")));
    assert_eq!(
        (audit.rotate_at, audit.keep, audit.if_failing),
        (ByteSize::from_kib(1024), 3, AuditFailure::Refuse)
    );
    for (key, bad) in [("rotate_at", "1023"), ("rotate_at", r#""2GiB""#), ("keep", "0"), ("keep", "1001")] {
        let base = super::edited(super::BASE, from, &format!("[audit]\n#\n{from}"));
        super::refuses_in(&base, "#\n", &format!("{key} = {bad}\n"), &format!("audit.{key}"), "must be from");
    }
}
