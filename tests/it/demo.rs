//! The demo of Option A.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Stdio,
    time::{Duration, Instant},
};

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

/// What a shell prints for each command of the demo's guide, which may need the lines before it.
fn outputs(guide: &[String]) -> Vec<(String, String)> {
    let is_command = |it: &&String| it.starts_with("curl ") || it.starts_with("TOKEN=");
    let (tokens, calls): (Vec<_>, Vec<_>) =
        guide.iter().filter(is_command).partition(|it| it.starts_with("TOKEN="));
    let run = |call: &String| {
        let script = format!("{}\n{call} -w '\\nstatus=%{{http_code}}'", tokens[0]);
        let output = std::process::Command::new("sh").args(["-ec", &script]).output().unwrap();
        (call.clone(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    assert_eq!(tokens.len(), 1, "{guide:?}");
    calls.into_iter().map(run).collect()
}

/// The demo, and the lines that it prints.
fn demo() -> (std::process::Child, impl Iterator<Item = String>) {
    let mut demo = std::process::Command::new(env!("CARGO_BIN_EXE_mcp-gateway"))
        .args(DEMO)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let says = BufReader::new(demo.stdout.take().unwrap()).lines().map_while(Result::ok);
    (demo, says)
}

#[test]
fn every_line_for_a_shell_works_with_the_real_curl() {
    let (mut demo, mut says) = demo();
    let guide: Vec<_> =
        says.by_ref().map(|it| it.trim().to_owned()).take_while(|it| !it.contains("stays up")).collect();
    let outputs = outputs(&guide);
    demo.kill().unwrap();
    demo.wait().unwrap();
    let expected: [(&str, &[&str]); 4] = [
        ("-X POST", &["status=401", "HTTP/1.1 401", "resource_metadata="]),
        ("/.well-known/oauth-protected-resource/mcp", &["status=200", "\"authorization_servers\""]),
        ("\"name\":\"add\"", &["status=200", "\"5\""]),
        ("\"name\":\"count\"", &["status=200", "notifications/progress", "\"result\""]),
    ];
    assert_eq!(outputs.len(), expected.len(), "{outputs:#?}");
    for ((command, output), (part, texts)) in outputs.iter().zip(expected) {
        assert!(command.contains(part), "{command}");
        for text in texts {
            assert!(output.contains(text), "{command}\n{output}");
        }
    }
}

/// How long the demo goes on, with a request under way, after Ctrl-C was pressed so many times.
fn stops_after(presses: usize) -> Duration {
    let (mut demo, mut says) = demo();
    let pasted = says.find(|it| it.trim().starts_with("{\"mcpServers\"")).unwrap();
    let pasted: Value = serde_json::from_str(pasted.trim()).unwrap();
    let server = &pasted["mcpServers"]["demo"];
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    let (url, authorization) = (text(&server["url"]), text(&server["headers"]["Authorization"]));
    let host = url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    says.find(|it| it.contains("stays up")).unwrap();
    let mut under_way = TcpStream::connect(&host).unwrap();
    // Its body never comes whole.
    write!(
        under_way,
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
    )
    .unwrap();
    let mut continues = [0; 12];
    under_way.read_exact(&mut continues).unwrap();
    assert_eq!(&continues, b"HTTP/1.1 100", "it is under way");
    let press = || {
        let pid = demo.id().to_string();
        assert!(std::process::Command::new("kill").args(["-s", "INT", &pid]).status().unwrap().success());
    };
    let began = Instant::now();
    press();
    // It takes nobody new once it has heard of it.
    while TcpStream::connect(&host).is_ok() {
        assert!(began.elapsed() < Duration::from_secs(30), "it does not stop");
    }
    (1..presses).for_each(|_| press());
    assert!(demo.wait().unwrap().success());
    began.elapsed()
}

#[test]
fn a_second_press_of_ctrl_c_does_not_wait_for_what_is_under_way() {
    assert!(stops_after(1) >= GRACE, "one press lets answers finish");
    // A busy machine may take its time, once or twice.
    let took: Vec<_> = (0..5).map(|_| stops_after(2)).collect();
    assert!(took.iter().any(|it| *it < GRACE), "{took:?}");
}

/// What the demo gives to what is under way.
const GRACE: Duration = Duration::from_secs(1);

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
