use std::{fs, path::Path, sync::Arc};

use oauth_types::{Clock, ManualClock, UnixTime};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::config::{Audit, AuditFailure, ByteSize};

fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::new(NOW))
}

const NOW: UnixTime = UnixTime::from_seconds(1_764_361_537);

fn audit(file: &Path) -> Audit {
    Audit { file: Some(file.to_owned()), ..Audit::default() }
}

fn opened(audit: &Audit) -> Trail {
    let trail = Trail::default();
    trail.open(Some(audit), &clock()).unwrap();
    trail
}

fn say(trail: &Trail, text: &str) {
    trail.event(|line| line.text("say", text));
}

fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

#[test]
fn a_closed_trail_asks_for_nothing() {
    let trail = Trail::default();
    assert!(!trail.is_open());
    trail.event(|_| panic!("a line was made for nobody"));
}

#[test]
fn m04_whatever_a_value_holds_it_is_one_line_of_printable_ascii() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    let trail = opened(&audit(&path));
    let evil = "a\r\n{\"outcome\":\"allowed\"}\u{1b}[2J\u{202e}\u{2028}\u{7f}\u{85}\u{1f600}\"\\";
    trail.event(|line| {
        line.text("text", evil);
        line.arguments("arguments", &[(evil.to_owned(), json!({evil: [evil]}))]);
        line.texts("texts", [evil, evil].into_iter());
    });
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.strip_suffix('\n').unwrap().bytes().all(|it| matches!(it, b' '..=b'~')), "{text}");
    let expected = json!({
        "time": "2025-11-28T20:25:37Z",
        "text": evil,
        "arguments": {evil: {evil: [evil]}},
        "texts": [evil, evil],
    });
    assert_eq!(lines(&path), [expected]);
}

#[test]
fn m04_values_are_bounded() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    let trail = opened(&audit(&path));
    let long = "\u{e9}".repeat(9999);
    let many: Vec<_> = (0..99).map(|it| (it.to_string(), json!({"a": long}))).collect();
    trail.event(|line| {
        line.text("text", &long);
        line.texts("few", std::iter::repeat_n(&*long, 16));
        line.texts("many", std::iter::repeat_n(&*long, 103));
        line.arguments("arguments", &many);
    });
    let line = &lines(&path)[0];
    assert_eq!(line["text"].as_str().unwrap().chars().count(), 513);
    let lengths = |name: &str| -> Vec<usize> {
        line[name].as_array().unwrap().iter().map(|it| it.as_str().unwrap().chars().count()).collect()
    };
    assert_eq!(lengths("few"), [513; 16]);
    assert_eq!(lengths("many")[..100], [129; 100]);
    assert_eq!(line["many"].as_array().unwrap()[100..], ["\u{2026} 3 more"], "nothing is left out unsaid");
    assert_eq!(line["arguments"].as_object().unwrap().len(), 16);
    assert!(line["arguments"]["0"].as_str().unwrap().starts_with(r#"{"a":"\u00e9"#));
    assert!(fs::metadata(&path).unwrap().len() < 256 * 1024);
}

#[test]
fn a_full_file_makes_room_and_the_oldest_goes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    let settings = Audit { rotate_at: ByteSize::from_kib(1), keep: 2, ..audit(&path) };
    let trail = opened(&settings);
    for number in 0..200 {
        say(&trail, &number.to_string());
    }
    let files: Vec<_> = ["audit.2", "audit.1", "audit"].map(|it| folder.path().join(it)).into();
    assert!(files.iter().all(|it| fs::metadata(it).unwrap().len() <= 1024));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    let said: Vec<usize> = files
        .iter()
        .flat_map(|it| lines(it))
        .map(|it| it["say"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(said.len() > 40 && said.len() < 100, "{said:?}");
    assert!(said.iter().copied().eq(200 - said.len()..200), "{said:?}");
}

#[test]
fn the_file_is_for_its_owner_alone_and_is_appended_to() {
    use std::os::unix::fs::PermissionsExt;

    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    say(&opened(&audit(&path)), "before");
    say(&opened(&audit(&path)), "after");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(lines(&path).len(), 2);
}

#[test]
fn opening_anew_follows_a_file_that_was_moved_away() {
    let folder = TempDir::new().unwrap();
    let (path, moved) = (folder.path().join("audit"), folder.path().join("moved"));
    let trail = opened(&audit(&path));
    say(&trail, "1");
    fs::rename(&path, &moved).unwrap();
    say(&trail, "2");
    trail.open(Some(&audit(&path)), &clock()).unwrap();
    say(&trail, "3");
    assert_eq!((lines(&moved).len(), lines(&path).len()), (2, 1));
    assert!(trail.open(Some(&audit(&folder.path().join("missing/audit"))), &clock()).is_err());
    say(&trail, "4");
    assert_eq!(lines(&path).len(), 2, "what was open stays open");
    trail.open(None, &clock()).unwrap();
    say(&trail, "5");
    assert_eq!(lines(&path).len(), 2);
}

#[test]
fn lost_lines_are_counted_and_the_audit_says_how_many() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    let trail = opened(&audit(Path::new("/dev/full")));
    say(&trail, "1");
    say(&trail, "2");
    trail.open(Some(&audit(&path)), &clock()).unwrap();
    assert_eq!(trail.lost_lines().get(), 2);
    say(&trail, "3");
    say(&trail, "4");
    assert_eq!(trail.clone().lost_lines().get(), 2, "a figure only grows, and none of these was lost");
    let told: Vec<_> = lines(&path).iter().map(|it| (it["lines"].clone(), it["say"].clone())).collect();
    let expected = [(json!(2), Value::Null), (Value::Null, json!("3")), (Value::Null, json!("4"))];
    assert_eq!(told, expected);
}

#[test]
fn a_line_that_cannot_be_written_refuses_only_where_the_configuration_says_so() {
    let outcome = |file: &Path, if_failing| {
        let trail = opened(&Audit { if_failing, ..audit(file) });
        trail.write(line::EventLine::at(NOW)).is_ok()
    };
    let folder = TempDir::new().unwrap();
    let (good, full) = (folder.path().join("audit"), Path::new("/dev/full"));
    assert!(outcome(&good, AuditFailure::Refuse));
    assert!(!outcome(full, AuditFailure::Refuse));
    assert!(outcome(full, AuditFailure::Continue));
}
