//! The commands that a build with `third-party` has beside the others, as an operator calls them.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

pub(super) fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mcp-gateway"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn configuration(hash: &str) -> String {
    format!(
        r#"public_url = "http://localhost:8080"
[listen]
address = "127.0.0.1:8080"
[[server]]
path = "/mcp"
upstream = {{ http = "http://127.0.0.1:3000/mcp" }}
scopes = ["mcp"]
[third_party]
storage = {{ redb = "state.redb" }}
master_key = {{ file = "master.key" }}
[[third_party.provider]]
id = "staff"
preset = "local"
[[third_party.provider.account]]
username = "alice"
password_hash = "{hash}"
"#
    )
}

#[test]
fn what_the_commands_make_is_what_the_configuration_takes() {
    let folder = tempfile::tempdir().unwrap();
    let hashed = run(folder.path(), &["hash-password"], "correct horse battery\n");
    assert_eq!(hashed.status.code(), Some(0), "{}", text(&hashed.stderr));
    let hash = text(&hashed.stdout);
    assert!(
        hash.starts_with("$argon2id$v=19$") && hash.ends_with('\n') && hash.lines().count() == 1,
        "{hash}"
    );
    let key = run(folder.path(), &["keys", "generate-master", "master.key"], "");
    assert_eq!(key.status.code(), Some(0), "{}", text(&key.stderr));
    fs::write(folder.path().join("mcp-gateway.toml"), configuration(hash.trim_end())).unwrap();
    let checked = run(folder.path(), &["check"], "");
    let findings = text(&checked.stdout);
    assert_eq!(checked.status.code(), Some(0), "{findings}{}", text(&checked.stderr));
    assert!(findings.contains("1 built-in account") && findings.contains("0 errors"), "{findings}");
}

#[test]
fn o06_a_master_key_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["keys", "generate-master", "a.key"], "").status.code(), Some(0));
    let before = fs::read(folder.path().join("a.key")).unwrap();
    let again = run(folder.path(), &["keys", "generate-master", "a.key"], "");
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("a.key: File exists"), "{}", text(&again.stderr));
    assert_eq!(fs::read(folder.path().join("a.key")).unwrap(), before);
}

#[test]
fn a_password_that_is_too_short_is_not_hashed_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(folder.path(), &["hash-password"], "hunter2\n");
    assert_eq!((refused.status.code(), text(&refused.stdout)), (Some(1), String::new()));
    let said = text(&refused.stderr);
    assert!(said.contains("at least 8 characters") && !said.contains("hunter2"), "{said}");
}
