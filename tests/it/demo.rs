//! The demo of Option A.

use serde_json::Value;

use crate::support::program_output;

#[test]
fn the_demo_goes_as_it_must() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_mcp-gateway"))
        .args(DEMO)
        .arg("--once")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let statuses = [
        ("call without a token", "401"),
        ("metadata found from the challenge", "200"),
        ("tools/call with a good token", "200"),
        ("expired token", "401"),
        ("token for another audience", "401"),
        ("token of another issuer", "401"),
        ("token with a bad signature", "401"),
        ("token without the scope", "403"),
    ];
    for (step, status) in statuses {
        assert!(text.contains(&format!("  ok   {step}: {status} ")), "{step}:\n{text}");
    }
    assert!(!text.contains("FAIL"));
}

#[test]
fn the_demo_serves_a_real_client() {
    let mut demo = std::process::Command::new(env!("CARGO_BIN_EXE_mcp-gateway"))
        .args(DEMO)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut lines =
        std::io::BufRead::lines(std::io::BufReader::new(demo.stdout.take().unwrap())).map_while(Result::ok);
    let pasted = lines.find(|it| it.trim().starts_with("{\"mcpServers\"")).unwrap();
    let pasted: Value = serde_json::from_str(pasted.trim()).unwrap();
    let server = &pasted["mcpServers"]["demo"];
    let token = server["headers"]["Authorization"].as_str().unwrap().strip_prefix("Bearer ").unwrap();
    lines.find(|it| it.contains("stays up")).unwrap();
    for sdk in ["v1", "v2"] {
        let arguments = [
            "--url",
            server["url"].as_str().unwrap(),
            "--token",
            token,
            "--sdk",
            sdk,
            "--call",
            r#"add={"a":2,"b":3}"#,
        ];
        let output = program_output("client-typescript.mjs", &arguments);
        assert!(output.contains("\"5\""), "{output}");
    }
    demo.kill().unwrap();
    demo.wait().unwrap();
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_mcp-gateway"))
        .args(DEMO)
        .args(["--once", "--port", &address.port().to_string()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("cannot listen on {address}")), "{said}");
}

/// A build that has Option B shows that one unless it is told otherwise.
const DEMO: &[&str] = if cfg!(feature = "third-party") { &["demo", "--resource-server"] } else { &["demo"] };
