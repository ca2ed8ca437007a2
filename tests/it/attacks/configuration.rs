//! Configurations with an open door are refused before there is a socket (group O).

use std::{net::TcpListener, path::Path, process::Output};

use test_support::issuer::TestIssuer;

use super::gateway::{ISSUER, command};

/// The address of every configuration is taken: one that gets as far as its socket ends with code 1.
struct Folder {
    folder: tempfile::TempDir,
    taken: TcpListener,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("keys.json"), TestIssuer::new(ISSUER).jwks().to_string()).unwrap();
        Self { folder, taken: TcpListener::bind("127.0.0.1:0").unwrap() }
    }

    /// A configuration that works, but for its address.
    fn good(&self) -> String {
        format!(
            "public_url = \"https://mcp.example\"\n\
             [listen]\naddress = \"{}\"\n\
             [[server]]\npath = \"/mcp\"\nupstream = {{ http = \"http://127.0.0.1:9/up\" }}\n\
             [[authorization_server]]\nissuer = \"{ISSUER}\"\nkeys = {{ file = \"keys.json\" }}\n",
            self.taken.local_addr().unwrap()
        )
    }

    fn outcome(&self, text: &str) -> Output {
        let config = self.folder.path().join("mcp-gateway.toml");
        std::fs::write(&config, text).unwrap();
        run(&config)
    }

    /// The good configuration with `old` replaced is refused, with a word about it.
    #[track_caller]
    fn refused(&self, old: &str, new: &str, named: &str) {
        let text = self.good().replacen(old, new, 1);
        assert_ne!(text, self.good(), "{old} is not there");
        let output = self.outcome(&text);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{new}: {said}");
        assert!(said.contains(named), "{new} without {named}: {said}");
        assert!(!said.contains("panicked") && !said.contains("listening"), "{said}");
    }

    /// The good configuration with `old` replaced gets as far as its socket.
    #[track_caller]
    fn accepted(&self, old: &str, new: &str) {
        let output = self.outcome(&self.good().replacen(old, new, 1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{new}: {said}");
        assert!(said.contains("cannot listen"), "{said}");
    }
}

fn run(config: &Path) -> Output {
    command(config)
        .env_remove("ATTACK_UNSET")
        .env("ATTACK_EMPTY", "")
        .env("ATTACK_SHORT", "short")
        .output()
        .unwrap()
}

const PUBLIC: &str = "public_url = \"https://mcp.example\"";
const ISSUER_LINE: &str = "issuer = \"https://as.example\"";
const KEYS_LINE: &str = "keys = { file = \"keys.json\" }";
const UPSTREAM: &str = "http://127.0.0.1:9/up";
const PATH_LINE: &str = "path = \"/mcp\"";

#[test]
fn o01_o02_urls_that_are_not_https_or_say_too_much() {
    let folder = Folder::new();
    folder.accepted("", "");
    for url in [
        "http://mcp.example",
        "https://mcp.example/?a=b",
        "https://mcp.example/#a",
        "https://user@mcp.example",
        "ftp://mcp.example",
    ] {
        folder.refused(PUBLIC, &format!("public_url = \"{url}\""), "public_url");
    }
    for issuer in
        ["http://as.example", "https://as.example?a=b", "https://as.example#a", "https://u:p@as.example"]
    {
        folder.refused(ISSUER_LINE, &format!("issuer = \"{issuer}\""), "issuer");
    }
    folder.refused(KEYS_LINE, "keys = { jwks_uri = \"http://as.example/jwks\" }", "jwks_uri");
    folder.accepted(KEYS_LINE, "keys = { jwks_uri = \"https://as.example/jwks\" }");
}

#[test]
fn o03_o04_o20_what_would_accept_tokens_of_others() {
    let folder = Folder::new();
    for audiences in ["[]", "[\"\"]", "[\"*\"]", "[\"https://*.example\"]"] {
        folder.refused(PATH_LINE, &format!("{PATH_LINE}\naudiences = {audiences}"), "audiences");
    }
    folder.accepted(PATH_LINE, &format!("{PATH_LINE}\naudiences = [\"https://api.example\"]"));
    for algorithms in ["[\"none\"]", "[\"HS256\"]", "[\"ES256\", \"HS512\"]", "[\"XX\"]", "[]"] {
        folder.refused(KEYS_LINE, &format!("{KEYS_LINE}\nalgorithms = {algorithms}"), "algorithms");
    }
    folder.accepted(KEYS_LINE, &format!("{KEYS_LINE}\nalgorithms = [\"ES256\"]"));
    folder.refused(KEYS_LINE, &format!("{KEYS_LINE}\npreset = \"google\""), "google");
    folder.refused(KEYS_LINE, &format!("{KEYS_LINE}\naudience_claim = \"client_id\""), "clients");
}

#[test]
fn o06_secrets_that_are_none() {
    let folder = Folder::new();
    let end = "[limits]\nbody_bytes = \"1MiB\"\n";
    let with = |key: &str| format!("[sessions]\nkey = {key}\n\n[[server]]");
    for key in [
        "{ env = \"ATTACK_UNSET\" }",
        "{ env = \"ATTACK_EMPTY\" }",
        "{ env = \"ATTACK_SHORT\" }",
        "\"a-literal-secret-that-is-long-enough-for-all\"",
        "{ file = \"nowhere\" }",
    ] {
        folder.refused("[[server]]", &with(key), "sessions.key");
    }
    let (open, private) = (folder.folder.path().join("open"), folder.folder.path().join("private"));
    for path in [&open, &private] {
        std::fs::write(path, "hXn6xkX0cq7u1xq1v0m1N2l3p4Q5r6S7t8U9").unwrap();
    }
    set_mode(&open, 0o644);
    set_mode(&private, 0o600);
    folder.refused("[[server]]", &with("{ file = \"open\" }"), "sessions.key");
    folder.accepted("[[server]]", &with("{ file = \"private\" }"));
    folder.accepted("[[server]]", &format!("{end}[[server]]"));
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn o07_o08_o17_plain_http_and_development_switches_in_the_open() {
    let folder = Folder::new();
    folder.refused("address = \"127.0.0.1", "address = \"0.0.0.0", "listen");
    folder.refused("address = \"127.0.0.1", "address = \"192.0.2.1", "listen");
    for networks in ["[\"0.0.0.0/0\"]", "[\"::/0\"]", "[\"10.0.0.0/8\", \"0.0.0.0/1\"]", "[]"] {
        folder.refused("[[server]]", &format!("behind_proxy = {networks}\n[[server]]"), "behind_proxy");
    }
    folder.accepted("[[server]]", "behind_proxy = [\"10.0.0.0/8\"]\n[[server]]");
    let development = "[outbound]\nallow_loopback = true\n[[server]]";
    folder.refused("[[server]]", development, "allow_loopback");
    let text = folder.good().replace(PUBLIC, "public_url = \"http://localhost:1\"");
    assert_eq!(folder.outcome(&text.replacen("[[server]]", development, 1)).status.code(), Some(1));
}

#[test]
fn o10_o22_unknown_keys_and_limits_that_are_none() {
    let folder = Folder::new();
    for (text, named) in [
        ("skip_auth = true\n[[server]]", "skip_auth"),
        ("adress = \"127.0.0.1:1\"\n[[server]]", "adress"),
        ("[limit]\n[[server]]", "limit"),
        ("[limits]\nbody_bytes = 0\n[[server]]", "body_bytes"),
        ("[limits]\nheader_read = \"0s\"\n[[server]]", "header_read"),
        ("[limits]\nconnections = -1\n[[server]]", "connections"),
        ("[validation]\nleeway = \"1h\"\n[[server]]", "leeway"),
        ("[[server]]\nauth = false", "auth"),
    ] {
        folder.refused("[[server]]", text, named);
    }
    folder.refused(PUBLIC, "", "public_url");
    folder.refused(PUBLIC, &format!("{PUBLIC}\n{PUBLIC}"), "public_url");
    folder.accepted("[[server]]", "[limits]\nheader_read = \"5s\"\n[[server]]");
}

#[test]
fn o12_o13_upstreams_and_paths_that_are_somebody_elses() {
    let folder = Folder::new();
    for upstream in [
        "http://user:pass@127.0.0.1:9/up",
        "ftp://127.0.0.1/up",
        "http://169.254.169.254/latest",
        "http://metadata.google.internal/",
        "https://mcp.example/mcp",
        "",
    ] {
        folder.refused(UPSTREAM, upstream, "upstream");
    }
    for path in ["/mcp/", "mcp", "/m%63p", "//mcp", "/a/../mcp", "/healthz", "/.well-known/x", "/mcp?x"] {
        folder.refused(PATH_LINE, &format!("path = \"{path}\""), "path");
    }
    let second = |path: &str| {
        format!("[[server]]\npath = \"{path}\"\nupstream = {{ http = \"http://127.0.0.1:9/2\" }}\n[[server]]")
    };
    folder.refused("[[server]]", &second("/mcp"), "path");
    folder.accepted("[[server]]", &second("/mcp2"));
}

#[test]
fn o10_files_that_cannot_be_used_are_named_and_nothing_panics() {
    let folder = Folder::new();
    let nowhere = run(&folder.folder.path().join("nowhere.toml"));
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(String::from_utf8(nowhere.stderr).unwrap().contains("nowhere.toml"));
    for text in ["", "\0", "public_url", "[[[", "\u{feff}[listen]", "= ="] {
        let output = folder.outcome(text);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
    for keys in [
        "",
        "{}",
        "{\"keys\":[]}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
        "-----BEGIN X-----",
        "\u{0}",
    ] {
        std::fs::write(folder.folder.path().join("bad.json"), keys).unwrap();
        folder.refused(KEYS_LINE, "keys = { file = \"bad.json\" }", "keys");
    }
    folder.refused(KEYS_LINE, "keys = { file = \"nowhere.json\" }", "nowhere.json");
    folder.accepted("", "");
}
