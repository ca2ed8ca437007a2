//! A stdio server for MCP clients in one line, as the guide has it.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use test_support::parts;

use crate::support::{Person, client_report, get};

/// The program behind one line; killed when dropped.
struct OneLine {
    child: Child,
    log: tempfile::NamedTempFile,
    origin: String,
}

impl OneLine {
    /// `serve --public-url … --state … -- COMMAND` on loopback, ready to serve.
    async fn start(state: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let origin = format!("http://localhost:{port}");
        let log = tempfile::NamedTempFile::new().unwrap();
        let everything = ".parts/node/node_modules/@modelcontextprotocol/server-everything/dist/index.js";
        let node = parts::command("common.mjs");
        let child = Command::new(env!("CARGO_BIN_EXE_mcp-gateway"))
            .args(["serve", "--public-url", &origin, "--listen", &format!("127.0.0.1:{port}"), "--state"])
            .arg(state)
            .arg("--")
            .arg(node.get_program())
            .arg(parts::root().join(everything))
            .arg("stdio")
            .stderr(log.reopen().unwrap())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let one_line = Self { child, log, origin };
        let deadline = Instant::now() + Duration::from_secs(60);
        while !one_line.said().contains("listening on") {
            assert!(Instant::now() < deadline, "{}", one_line.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(get(&format!("{}/healthz", one_line.origin)).await.status, 200);
        one_line
    }

    fn said(&self) -> String {
        fs::read_to_string(self.log.path()).unwrap()
    }

    /// The password, if it was shown.
    fn password(&self) -> Option<String> {
        let said = self.said();
        let line = said.lines().find_map(|it| it.trim().strip_prefix("password "))?;
        Some(line.trim().to_owned())
    }

    /// A client finds its way in, with `person` before the browser, and uses a tool.
    async fn use_tool(&self, person: &mut Person) {
        let url = format!("{}/mcp", self.origin);
        let arguments = ["--url", &url, "--oauth", "--sdk", "v2", "--call", r#"get-sum={"a":2,"b":3}"#];
        let report = client_report("client-typescript.mjs", &arguments, person).await;
        assert!(report["calls"][0].to_string().contains('5'), "{report}");
    }
}

impl Drop for OneLine {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn me(password: &str) -> Person {
    Person::new()
        .types("username", "me")
        .types("password", password)
        .presses("decision=signed-in")
        .presses("decision=provider:account")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stdio_server_is_protected_by_one_line() {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("made");
    let first = OneLine::start(&folder).await;
    let password = first.password().unwrap_or_else(|| panic!("no password: {}", first.said()));
    first.use_tool(&mut me(&password)).await;
    drop(first);
    for file in ["", "master.key", "password-hash", "state.redb"] {
        let mode = fs::metadata(folder.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file:?} is open to others: {mode:o}");
    }
    // It is shown once, and good for ever.
    let second = OneLine::start(&folder).await;
    assert_eq!(second.password(), None);
    second.use_tool(&mut me(&password)).await;
}

#[test]
fn l07_one_line_makes_no_state_beside_a_key_that_was_there() {
    const ON: &str = "cannot listen on 192.0.2.1";
    let state = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_mcp-gateway"))
            .args(arguments)
            .args(["--public-url", "https://mcp.example.com", "--listen", "192.0.2.1:0"])
            .args(["--behind-proxy", "192.0.2.0/24", "--state"])
            .arg(state.path())
            .args(["--", "/bin/cat"])
            .output()
            .unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    // It is made with its key, also by a look, and before anything else could fail.
    run(&["check"]);
    let file = state.path().join("state.redb");
    assert!(file.exists() && state.path().join("master.key").exists());
    let said = run(&["serve"]);
    assert!(said.contains(ON), "{said}");

    fs::remove_file(&file).unwrap();
    for arguments in [&["check"], &["serve"]] {
        let said = run(arguments);
        assert!(!file.exists(), "{said}");
        assert!(arguments == &["check"] || said.contains("serve --init"), "{said}");
    }
    let said = run(&["serve", "--init"]);
    assert!(said.contains(ON) && file.exists(), "{said}");
}

#[test]
fn o01_one_line_is_as_strict_as_a_file() {
    let state = tempfile::tempdir().unwrap();
    let state = state.path().to_str().unwrap();
    let server = ["--", "/bin/cat"];
    let rows: [(&[&str], &str); 5] = [
        (
            &["--public-url", "https://mcp.example.com", "--listen", "0.0.0.0:8080", "--state", state],
            "plain HTTP",
        ),
        (&["--public-url", "http://mcp.example.com", "--state", state], "https"),
        (
            &["--public-url", "https://mcp.example.com", "--authorization-server", "http://as.example"],
            "issuer",
        ),
        (&["--config", "x.toml", "--public-url", "https://mcp.example.com"], "cannot be used"),
        (&[], "--public-url"),
    ];
    for (arguments, expected) in rows {
        let output = Command::new(env!("CARGO_BIN_EXE_mcp-gateway"))
            .arg("serve")
            .args(arguments)
            .args(server)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}
