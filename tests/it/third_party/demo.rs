//! The demo of the whole product.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use crate::support::{Person, client_report};

#[test]
fn the_demo_walks_through_its_own_flow() {
    let output = Command::new(env!("CARGO_BIN_EXE_mcp-gateway")).args(["demo", "--once"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let steps = [
        "call without a token: 401",
        "registration of a client: 201",
        "the person says no: 303",
        "a wrong password: 403",
        "the right password: 303",
        "the code for tokens: 200",
        "tools/call with the access token: 200",
        "refresh: 200",
        "the same refresh again, as after a lost response: 200",
        "revocation of the refresh token: 200",
        "tools/call after the revocation: 401",
    ];
    for step in steps {
        assert!(text.contains(&format!("  ok   {step} ")), "{step}:\n{text}");
    }
    assert!(!text.contains("FAIL"), "{text}");
}

/// A running demo; killed when dropped.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn real_clients_connect_to_the_demo_with_what_it_prints() {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_mcp-gateway"));
    let mut demo = Demo(demo.arg("demo").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut lines = BufReader::new(demo.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut printed = |name: &str| {
        let line = lines.find_map(|it| it.trim().strip_prefix(name).map(|it| it.trim().to_owned()));
        line.unwrap_or_else(|| panic!("the demo says no {name}"))
    };
    let (url, name, password) = (printed("MCP endpoint"), printed("sign in as"), printed("password"));
    let reader = std::thread::spawn(move || lines.count());
    let person = Person::new().types("username", &name).types("password", &password);
    let person = person.presses("decision=provider:local").presses("decision=provider:demo");
    for client in [("client-typescript.mjs", "--sdk=v2"), ("client-rmcp", "--refresh")] {
        let arguments = ["--url", &url, "--oauth", client.1, "--call", r#"add={"a":2,"b":3}"#];
        let report = client_report(client.0, &arguments, &mut person.clone()).await;
        assert_eq!(report["calls"][0]["content"][0], "5", "{report}");
    }
    drop(demo);
    reader.join().unwrap();
}
