//! Servers and clients of HTTP+SSE, the transport of MCP 2024-11-05.

use serde_json::Value;

use super::Stage;
use crate::support::{Part, Person, call, client_report, open};

/// The reference server as of 2024, behind the gateway.
fn stage() -> Stage {
    let upstream = Part::start("server-everything.mjs", &["--transport", "sse"]);
    let address = format!("sse = \"{}\"", upstream.url("/sse"));
    Stage::before(upstream, &address, &["--alg", "ES256"], "", &[])
}

#[track_caller]
fn assert_called(report: &Value) {
    let calls = report["calls"].as_array().unwrap_or_else(|| panic!("no calls: {report}"));
    assert_eq!(calls.len(), 2, "{report}");
    // The last notification comes together with the result, and may find that its client has done with the call.
    assert!(calls[0]["progress"].as_array().unwrap().len() >= 4, "{report}");
    assert!(calls[1]["content"].to_string().contains('5'), "{report}");
}

const CALLS: [&str; 4] = [
    "--call",
    r#"trigger-long-running-operation={"duration":0.5,"steps":5}"#,
    "--call",
    r#"get-sum={"a":2,"b":3}"#,
];

#[tokio::test(flavor = "multi_thread")]
async fn e28_old_clients_use_an_old_server_and_find_their_own_way_to_a_token() {
    let stage = stage();
    stage.ready().await;
    let url = stage.url();
    for (program, options) in [
        ("client-typescript.mjs", ["--sdk", "v1", "--transport", "sse"]),
        ("client-typescript.mjs", ["--sdk", "v2", "--transport", "sse"]),
        ("client-python.py", ["--mode", "legacy", "--transport", "sse"]),
        ("client-python.py", ["--mode", "auto", "--transport", "sse"]),
    ] {
        let mut arguments = vec!["--url", &url, "--oauth"];
        arguments.extend(options.iter().chain(&CALLS));
        let report = client_report(program, &arguments, &mut Person::new()).await;
        assert_called(&report);
        let requests = report["requests"].to_string();
        assert!(
            !requests.contains(stage.upstream().origin()),
            "{program} went around the gateway: {requests}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_both_transports_fall_back_to_the_old_one() {
    let stage = stage();
    stage.ready().await;
    let url = stage.url();
    for sdk in ["v1", "v2"] {
        let mut arguments = vec!["--url", &url, "--oauth", "--sdk", sdk, "--transport", "both"];
        arguments.extend(CALLS);
        let report = client_report("client-typescript.mjs", &arguments, &mut Person::new()).await;
        assert_called(&report);
        let requests = report["requests"].as_array().unwrap();
        let refused = requests.iter().any(|it| it["method"] == "POST" && it["status"] == 405);
        assert!(refused, "{report}");
    }
}

/// A request of whoever has `token`, to an address at the gateway.
fn request(method: &str, url: &str, token: Option<&str>) -> http::Request<String> {
    let request = http::Request::builder().method(method).uri(url).header("content-type", "application/json");
    let request =
        token.iter().fold(request, |it, token| it.header("authorization", format!("Bearer {token}")));
    request.body(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#.to_owned()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn e28_both_endpoints_of_an_old_server_are_protected() {
    use http_body_util::BodyExt;

    let issuer = crate::support::Issuer::new("https://as.example");
    let upstream = Part::start("server-everything.mjs", &["--transport", "sse"]);
    let address = upstream.url("/sse");
    let gateway = crate::support::Setup::new().keys("keys", &issuer).start(|listen| {
        let port = listen.rsplit(':').next().unwrap();
        format!(
            "public_url = \"http://localhost:{port}\"\nlisten = {{ address = \"{listen}\" }}\n\
             [[authorization_server]]\nissuer = \"https://as.example\"\nkeys = {{ file = \"keys.json\" }}\n\
             [[server]]\npath = \"/mcp\"\nupstream = {{ sse = \"{address}\" }}\nscopes = [\"mcp\"]\n"
        )
    });
    let url = gateway.url("/mcp");
    let alice = issuer.token(&url).sign();
    let bob = issuer.token(&url).claim("sub", "bob").sign();
    let weak = issuer.token(&url).claim("scope", "other").sign();

    let mut stream = open(request("GET", &url, Some(&alice))).await.into_body();
    let first = stream.frame().await.unwrap().unwrap().into_data().unwrap();
    let first = String::from_utf8(first.to_vec()).unwrap();
    let named = first.lines().find_map(|it| it.strip_prefix("data: ")).unwrap();
    assert!(named.starts_with("/mcp/message?session="), "{first}");
    let messages = gateway.url(named);
    // Nobody posts there without the token of the one whose stream it is, and nobody else's address is theirs.
    for (token, status) in [(None, 401), (Some(&weak), 403), (Some(&bob), 404), (Some(&alice), 202)] {
        let answer = call(request("POST", &messages, token.map(String::as_str))).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.header("www-authenticate").is_empty(), status == 404 || status == 202);
    }
    for (url, status) in [(gateway.url("/mcp/message"), 404), (format!("{messages}x"), 404)] {
        assert_eq!(call(request("POST", &url, Some(&alice))).await.status, status, "{url}");
    }
    for path in ["/mcp/message/", "/message", "/sse", "/mcp/sse"] {
        assert_eq!(call(request("POST", &gateway.url(path), Some(&alice))).await.status, 404, "{path}");
    }
    let refused = call(request("POST", &url, Some(&alice))).await;
    assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "GET, OPTIONS"));
    let refused = call(request("GET", &messages, Some(&alice))).await;
    assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "POST, OPTIONS"));
    // The answer to the ping of alice comes on her stream.
    let mut text = String::new();
    while !text.contains("\"id\":1") {
        let frame = stream.frame().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    drop(upstream);
}
