//! API keys beside tokens (groups A, E and K, as far as they are about credentials).

use std::process::{Command, Output};

use serde_json::Value;
use test_support::upstream::{Answer, Recorded};

use super::{
    gateway::{BODY, Gateway, Setup, bearer, post, request},
    wire::Message,
};

const KEYS: &str = "api_keys = { file = \"api-keys.json\" }\nidentity = { headers = true }\n";

/// A gateway whose server takes keys, and one good key.
struct World {
    gateway: Gateway,
    key: Key,
}

struct Key {
    id: String,
    text: String,
}

impl World {
    async fn new() -> Self {
        Self::of(Setup::default().server(KEYS).start().await).await
    }

    async fn of(gateway: Gateway) -> Self {
        let key = add(&gateway, &["--scope", "mcp"]).await;
        Self { gateway, key }
    }

    async fn with(&self, lines: &str) -> Message {
        self.gateway.ask(post("/mcp", lines, BODY)).await
    }

    /// The key is good all the same, and nothing else has reached the upstream.
    async fn ends_well(&self) {
        assert!(self.gateway.upstream.requests().is_empty());
        assert_eq!(self.with(&bearer(&self.key.text)).await.status(), 200);
    }
}

/// Runs `mcp-gateway api-keys` on the configuration of a gateway.
fn api_keys(gateway: &Gateway, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-gateway"));
    command.arg("api-keys").args(arguments).arg("--config").arg(gateway.config());
    command.output().unwrap()
}

fn answer(gateway: &Gateway, arguments: &[&str]) -> Value {
    let output = api_keys(gateway, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A key that the gateway knows already.
async fn add(gateway: &Gateway, arguments: &[&str]) -> Key {
    let added = answer(gateway, &[&["add", "--label", "of a test"], arguments].concat());
    let text = |name: &str| added[name].as_str().unwrap().to_owned();
    let key = Key { id: text("id"), text: text("key") };
    becomes(gateway, &text("server"), &key.text, |it| it != "api_key_unknown").await;
    key
}

async fn revoke(gateway: &Gateway, key: &Key) {
    let revoked = answer(gateway, &["revoke", &key.id]);
    assert_eq!(revoked["already"], false);
    becomes(gateway, "/mcp", &key.text, |it| it == "api_key_revoked").await;
}

/// Asks with the key until the log says what is waited for.
async fn becomes(gateway: &Gateway, path: &str, key: &str, is_there: impl Fn(&str) -> bool) {
    let started = std::time::Instant::now();
    while !is_there(&reason(gateway, probe(path, key)).await) {
        assert!(started.elapsed() < super::gateway::PATIENCE, "the gateway never saw the change");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// A request that is refused for its size once its key is found good, so that no upstream sees it.
fn probe(path: &str, key: &str) -> String {
    request("POST", path, &format!("{}Content-Length: 99999999999\r\n", bearer(key)))
}

/// The reason in the log for what came of `request`.
async fn reason(gateway: &Gateway, request: String) -> String {
    let mut wire = gateway.connect().await;
    wire.send(request).await;
    let answer = wire.head().await.expect("an answer");
    let id = answer.header("x-request-id").unwrap().to_owned();
    let line = gateway.log.line_with(&format!("\"request.id\":\"{id}\"")).await;
    let line: Value = serde_json::from_str(&line).unwrap();
    line["reason"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[tokio::test]
async fn a01_e01_a_key_is_good_in_either_header_and_reaches_neither_upstream_nor_log() {
    let world = World::new().await;
    let key = &world.key.text;
    for lines in [bearer(key), format!("X-API-Key: {key}\r\n"), format!("x-api-key: {key}\r\n")] {
        assert_eq!(world.with(&lines).await.status(), 200, "{lines}");
    }
    let requests = world.gateway.upstream.requests();
    assert_eq!(requests.len(), 3);
    for request in &requests {
        assert_eq!(request.header("x-mcp-subject"), Some(format!("api_key:{}", world.key.id).as_str()));
        assert_eq!(request.header("x-mcp-issuer"), Some("urn:mcp-gateway:api-key"));
        assert_eq!(request.header("x-mcp-client-id"), Some(""));
        assert_eq!(request.header("x-mcp-scope"), Some("mcp"));
        assert!(request.header("x-api-key").is_none() && request.header("authorization").is_none());
    }
    let shown = format!("{requests:?}");
    assert!(!shown.contains(key), "{shown}");
    world.with("").await.is_401_bare();
    assert!(!world.gateway.stop().await.contains(&key[6..]));
}

#[tokio::test]
async fn a_page_may_send_a_key_and_parameters_of_tools_only_where_they_are_taken() {
    let with_keys = Setup::default().server(KEYS).start().await;
    let without_keys = Setup::default().start().await;
    let page = "Origin: https://mcp.example\r\nAccess-Control-Request-Method: POST\r\n";
    let asked = "Access-Control-Request-Headers: x-api-key, MCP-Param-Region,mcp-param-, cookie\r\n";
    for (gateway, takes_keys) in [(&with_keys, true), (&without_keys, false)] {
        let answer = gateway.ask(request("OPTIONS", "/mcp", &format!("{page}{asked}"))).await;
        let allowed = answer.header("access-control-allow-headers").unwrap().to_ascii_lowercase();
        let allows = |name: &str| allowed.split(", ").any(|it| it == name);
        assert_eq!(allows("x-api-key"), takes_keys, "{answer:?}");
        assert!(allows("authorization") && allows("mcp-param-region"), "{answer:?}");
        assert!(!allows("cookie") && !allowed.contains('*'), "{answer:?}");
        assert_eq!(answer.header("vary"), Some("Access-Control-Request-Headers"));
        // What is not asked for is not added, and a foreign page is told nothing.
        let little = gateway.ask(request("OPTIONS", "/mcp", page)).await;
        assert!(!little.header("access-control-allow-headers").unwrap().contains("param"), "{little:?}");
        let foreign = page.replace("mcp.example", "evil.example");
        let foreign = gateway.ask(request("OPTIONS", "/mcp", &format!("{foreign}{asked}"))).await;
        assert_eq!((foreign.status(), foreign.header("access-control-allow-headers")), (403, None));
    }
}

#[tokio::test]
async fn a02_a03_a_key_beside_another_credential_is_refused_whichever_is_good() {
    let world = World::new().await;
    let key = &world.key.text;
    let header = format!("X-API-Key: {key}\r\n");
    let token = bearer(&world.gateway.token().sign());
    for lines in [
        format!("{header}{token}"),
        format!("{token}{header}"),
        format!("{header}{}", bearer(key)),
        format!("{header}{header}"),
        format!("{header}X-API-Key: bad\r\n"),
        format!("X-API-Key: bad\r\n{token}"),
        format!("X-API-Key: \r\n{token}"),
        format!("{header}Authorization: Basic YTpi\r\n"),
        format!("{}{}", bearer(key), token),
    ] {
        let refused = world.with(&lines).await;
        assert_eq!(refused.status(), 400, "{lines}");
        assert!(refused.challenge().contains("error=\"invalid_request\""), "{refused:?}");
    }
    assert_eq!(
        reason(&world.gateway, post("/mcp", &format!("{header}{token}"), BODY)).await,
        "credentials_repeated"
    );
    world.ends_well().await;
    assert_eq!(world.with(&token).await.status(), 200);
}

#[tokio::test]
async fn a04_a05_a13_a_key_elsewhere_is_no_credential_and_is_not_logged() {
    let world = World::new().await;
    let key = &world.key.text;
    for query in ["api_key", "x-api-key", "X-API-Key", "apikey", "access_token", "anything"] {
        let target = format!("/mcp?{query}={key}");
        world.gateway.ask(post(&target, "", BODY)).await.is_401_bare();
        for lines in [bearer(key), format!("X-API-Key: {key}\r\n")] {
            let both = world.gateway.ask(post(&target, &lines, BODY)).await;
            assert_eq!(both.status(), 400, "{query} {lines}");
        }
    }
    for name in ["Api-Key", "X-Api_Key", "X-API-Key-Id", "X-Auth-Token", "Proxy-Authorization", "Apikey"] {
        world.with(&format!("{name}: {key}\r\n")).await.is_401_bare();
    }
    world.with(&format!("Cookie: x-api-key={key}\r\n")).await.is_401_bare();
    world.gateway.ask(post("/mcp", "", &format!("api_key={key}"))).await.is_401_bare();
    world.ends_well().await;
    assert!(!world.gateway.stop().await.contains(&key[6..]));
}

#[tokio::test]
async fn a06_a08_a09_a10_what_is_no_key_to_the_letter_is_none_and_still_leads_to_the_sign_in() {
    let world = World::new().await;
    let key = &world.key.text;
    let mut other = key.clone();
    other.replace_range(10..12, if &key[10..12] == "00" { "11" } else { "00" });
    let token = world.gateway.token().sign();
    for value in [
        &other,
        &key.to_uppercase(),
        &key.replace("mcpgw_", "MCPGW_"),
        &key[..77].to_owned(),
        &format!("{key}0"),
        &"mcpgw_".to_owned(),
        &format!("mcpgw_{token}"),
    ] {
        world.with(&bearer(value)).await.is_401_invalid();
        let refused = world.with(&format!("X-API-Key: {value}\r\n")).await;
        refused.is_401_invalid();
        assert!(refused.challenge().contains("scope=\"mcp\""), "{refused:?}");
    }
    // A token is none in the header of keys, and a key none under other schemes.
    for value in [&token, &format!("Bearer {key}"), &String::new(), &"x".repeat(9000)] {
        world.with(&format!("X-API-Key: {value}\r\n")).await.is_401_invalid();
    }
    for scheme in ["Basic", "ApiKey", "Token"] {
        world.with(&format!("Authorization: {scheme} {key}\r\n")).await.is_401_bare();
    }
    world.with(&format!("Authorization: DPoP {key}\r\n")).await.is_401_invalid();
    let lower = format!("Authorization: bearer {key}\r\n");
    world.ends_well().await;
    assert_eq!(world.with(&lower).await.status(), 200, "the scheme has no case");
}

#[tokio::test]
async fn b22_e24_a_key_opens_its_own_server_and_no_other() {
    let other = "[[server]]\npath = \"/other\"\nupstream = { http = \"http://127.0.0.1:9/\" }\n\
                 api_keys = { file = \"other.json\" }\n\
                 [[server]]\npath = \"/none\"\nupstream = { http = \"http://127.0.0.1:9/\" }\n";
    let gateway = Setup::default().server(KEYS).sections(other).start().await;
    let key = add(&gateway, &["--server", "/mcp", "--scope", "mcp"]).await;
    let foreign = add(&gateway, &["--server", "/other"]).await;
    for lines in [bearer(&foreign.text), format!("X-API-Key: {}\r\n", foreign.text)] {
        gateway.ask(post("/mcp", &lines, BODY)).await.is_401_invalid();
    }
    let at = async |path: &str, lines: &str| reason(&gateway, post(path, lines, BODY)).await;
    assert_eq!(at("/mcp", &bearer(&foreign.text)).await, "api_key_unknown");
    assert_eq!(at("/other", &bearer(&key.text)).await, "api_key_unknown");
    assert_eq!(at("/none", &bearer(&key.text)).await, "api_key_not_taken");
    assert_eq!(at("/none", &format!("X-API-Key: {}\r\n", key.text)).await, "token_missing");
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(at("/mcp", &bearer(&key.text)).await, "ok");
}

#[tokio::test]
async fn b27_a_key_is_held_to_its_scopes_as_a_token_is() {
    let world = World::new().await;
    let output = api_keys(&world.gateway, &["add", "--label", "x", "--scope", "other"]);
    assert!(
        !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("`mcp`"),
        "{output:?}"
    );
    world.gateway.change_config("scopes = [\"mcp\"]", "scopes = [\"admin\"]");
    world.gateway.log.line_with("the configuration was reloaded").await;
    let refused = world.with(&bearer(&world.key.text)).await;
    assert_eq!(refused.status(), 403);
    assert!(refused.challenge().contains("error=\"insufficient_scope\""), "{refused:?}");
    assert!(refused.challenge().contains("scope=\"admin\""), "{refused:?}");
    let admin = add(&world.gateway, &["--scope", "admin"]).await;
    assert_eq!(world.with(&bearer(&admin.text)).await.status(), 200);
}

#[tokio::test]
async fn b21_n05_an_expired_key_is_refused_and_a_file_for_everybody_changes_nothing() {
    let world = World::new().await;
    let file = world.gateway.config().with_file_name("api-keys.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut keys: Value = serde_json::from_str(&text).unwrap();
    keys["keys"][0]["expires_at"] = 1_000_000_000.into();
    std::fs::write(&file, keys.to_string()).unwrap();
    becomes(&world.gateway, "/mcp", &world.key.text, |it| it == "api_key_expired").await;
    world.with(&bearer(&world.key.text)).await.is_401_invalid();
    std::fs::write(&file, &text).unwrap();
    becomes(&world.gateway, "/mcp", &world.key.text, |it| it != "api_key_expired").await;
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&file, open).unwrap();
    world.gateway.log.line_with("so others than its owner and group may use it").await;
    assert_eq!(world.with(&bearer(&world.key.text)).await.status(), 200);
}

#[tokio::test]
async fn k08_e38_a_key_that_is_revoked_while_serving_is_refused_and_its_streams_end() {
    let (events, stream) = Answer::events();
    let mut answers = vec![stream];
    let script = move |it: &Recorded| match it.header("accept-language") {
        Some("stream") => answers.pop().unwrap(),
        _ => Answer::json("{}"),
    };
    let world = World::of(Setup::default().server(KEYS).start_before(script).await).await;
    let other = add(&world.gateway, &["--scope", "mcp"]).await;
    let mut wire = world.gateway.connect().await;
    wire.send(post("/mcp", &format!("Accept-Language: stream\r\n{}", bearer(&world.key.text)), BODY)).await;
    assert_eq!(wire.head().await.unwrap().status(), 200);
    events.send("data: 1\n\n").await.unwrap();
    assert_eq!(wire.chunk().await.unwrap(), "data: 1\n\n");
    revoke(&world.gateway, &world.key).await;
    assert_eq!(wire.chunk().await, None);
    events.closed().await;
    let refused = world.with(&bearer(&world.key.text)).await;
    refused.is_401_invalid();
    assert!(refused.body.contains("the API key is not valid"), "{refused:?}");
    assert_eq!(world.with(&bearer(&other.text)).await.status(), 200);
    assert_eq!(world.with(&bearer(&world.gateway.token().sign())).await.status(), 200);
}

/// An upstream that opens a session for whoever has none.
fn sessions(request: &Recorded) -> Answer {
    let answer = Answer::json("{}");
    if request.header("mcp-session-id").is_some() { answer } else { answer.header("mcp-session-id", "one") }
}

#[tokio::test]
async fn e31_a_session_belongs_to_its_key_and_to_no_token_that_is_named_like_it() {
    let world = World::of(Setup::default().server(KEYS).start_before(sessions).await).await;
    let opened = world.with(&bearer(&world.key.text)).await;
    let session = format!("Mcp-Session-Id: {}\r\n", opened.header("mcp-session-id").unwrap());
    let subject = format!("api_key:{}", world.key.id);
    let namesake = world.gateway.token().claim("sub", subject.as_str()).without("client_id").sign();
    let other = add(&world.gateway, &["--scope", "mcp"]).await;
    for stranger in [namesake, world.gateway.token_of(&subject), other.text] {
        let refused = world.with(&format!("{session}{}", bearer(&stranger))).await;
        assert_eq!(refused.status(), 404, "{refused:?}");
        assert_eq!(world.with(&bearer(&stranger)).await.status(), 200);
    }
    assert_eq!(world.with(&format!("{session}{}", bearer(&world.key.text))).await.status(), 200);
}

#[tokio::test]
async fn a_list_shows_no_key_and_is_escaped() {
    let world = World::new().await;
    let listed = answer(&world.gateway, &["list"]);
    assert_eq!(listed[0]["id"], world.key.id.as_str());
    assert_eq!(listed[0]["state"], "live");
    assert_eq!(listed[0]["scopes"], serde_json::json!(["mcp"]));
    let words = String::from_utf8(api_keys(&world.gateway, &["list"]).stdout).unwrap();
    assert!(words.contains(&world.key.id) && words.contains("of a test"), "{words}");
    for text in [listed.to_string(), words] {
        assert!(!text.contains(&world.key.text[6..30]), "{text}");
    }
}
