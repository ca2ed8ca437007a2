//! What a child finds around it.

use super::*;

fn variable(name: &str, value: &str) -> Variable {
    Variable { name: name.to_owned(), value: VariableValue::new(value.to_owned()) }
}

#[tokio::test]
async fn e35_a_child_has_the_environment_that_was_granted_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = bridge(&["legacy"], |it| {
        it.ordinary = vec![variable("MODE", "that of the gateway")];
        it.environment = vec![variable("MODE", "plain $HOME; `id`")];
        it.directory = Some(folder.path().to_owned());
    });
    let mut alice = Somebody::named("alice");
    alice.environment = vec![variable("HER_TOKEN", "t-alice")];
    let session = Session::open(&bridge, &alice).await;
    let seen = session.tool(1, "env", json!({})).await.unwrap().json();
    assert_eq!(seen, json!({ "MODE": "plain $HOME; `id`", "HER_TOKEN": "t-alice" }));
    let at = session.tool(2, "folder", json!({})).await.unwrap();
    assert_eq!(at.text(), folder.path().canonicalize().unwrap().to_str().unwrap());
    let bob = Session::open(&bridge, &Somebody::named("bob")).await;
    assert_eq!(bob.tool(1, "env", json!({})).await.unwrap().json(), json!({ "MODE": "plain $HOME; `id`" }));
    bridge.stop().await;
}

/// What this process was started with and hands on: descriptors without `O_CLOEXEC`, which Rust never opens.
fn inherited() -> Vec<String> {
    let entries = std::fs::read_dir("/proc/self/fdinfo").unwrap().flatten();
    let kept = entries.filter(|it| {
        let info = std::fs::read_to_string(it.path()).unwrap_or_default();
        let flags = info.lines().find_map(|it| it.strip_prefix("flags:")).unwrap_or_default();
        u32::from_str_radix(flags.trim(), 8).is_ok_and(|it| it & 0o2_000_000 == 0)
    });
    let targets =
        kept.filter_map(|it| std::fs::read_link(format!("/proc/self/fd/{}", it.file_name().display())).ok());
    targets.map(|it| it.display().to_string()).collect()
}

#[tokio::test]
async fn e35_a_child_has_three_descriptors() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    let _open = std::fs::File::open(secret.path()).unwrap();
    let bridge = bridge(&["legacy"], |_| {});
    let others = Session::open(&bridge, &Somebody::named("bob")).await;
    let session = Session::open(&bridge, &Somebody::named("alice")).await;
    let files: Vec<String> =
        serde_json::from_value(session.tool(1, "open-files", json!({})).await.unwrap().json()).unwrap();
    let (own, rest) = files.split_at(3);
    assert!(own.iter().all(|it| it.starts_with("pipe:")), "{files:?}");
    let inherited = inherited();
    assert!(rest.iter().all(|it| inherited.contains(it)), "{rest:?} beyond {inherited:?}");
    drop(others);
    bridge.stop().await;
}

#[tokio::test]
async fn e36_memory_and_files_of_a_child_are_limited() {
    let bridge = bridge(&["legacy"], |it| {
        it.bounds.memory = Some(64 << 20);
        it.bounds.open_files = Some(77);
    });
    let session = Session::open(&bridge, &Somebody::named("alice")).await;
    let limits = session.tool(1, "limits", json!({})).await.unwrap();
    let limit = |name: &str| {
        let line = limits.text().lines().find(|it| it.starts_with(name)).unwrap();
        line[name.len()..].split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(limit("Max data size"), ["67108864", "67108864"]);
    assert_eq!(limit("Max open files"), ["77", "77"]);
    assert_eq!(limit("Max core file size"), ["0", "0"]);
    assert_eq!(session.tool(2, "allocate", json!({ "bytes": 1 << 20 })).await.unwrap().text(), "1048576");
    let refused = session.tool(3, "allocate", json!({ "bytes": 1 << 30 })).await;
    assert_eq!(reason(refused), StdioReason::Ended);
    bridge.stop().await;
}

#[tokio::test]
async fn e35_what_cannot_be_started_is_said_so() {
    let bridge = bridge(&["legacy"], |it| it.program = "/nonexistent/program".into());
    let alice = Somebody::named("alice");
    assert_eq!(reason(Session::try_open(&bridge, &alice).await.map(drop)), StdioReason::Start);
    bridge.stop().await;
}
