use oauth_types::UnixTime;

use super::{assert_found, codes, load};
use crate::{
    check::{Findings, offline, refused},
    config::Config,
};

/// Nothing in it deserves a warning.
const QUIET: &str = r#"public_url = "https://mcp.example"

[listen]
address = "0.0.0.0:443"
tls = { certificate = "cert.pem", key = "key.pem" }

[sessions]
key = { file = "session.key" }

[[server]]
path = "/mcp"
upstream = { http = "http://127.0.0.1:3000/mcp?key=hidden" }
scopes = ["mcp"]

[[authorization_server]]
issuer = "https://as.example"
"#;

const INTROSPECTION: &str = "[authorization_server.introspection]
client_id = \"gateway\"
client_secret = { env = \"SECRET\" }
";

fn offline_of(text: &str) -> Findings {
    offline::at(&load(text), UnixTime::from_seconds(test_support::issuer::NOW))
}

/// Quiet as it is, the configuration has no `code`; with `from` replaced by `to` it has.
#[track_caller]
fn check(code: &str, from: &str, to: &str) {
    assert!(QUIET.contains(from), "{from}");
    assert_found(code, false, &offline_of(QUIET));
    assert_found(code, true, &offline_of(&QUIET.replace(from, to)));
}

/// The configuration with `good` at its end has no `code`, with `bad` it has.
#[track_caller]
fn check_end(code: &str, bad: &str, good: &str) {
    assert_found(code, false, &offline_of(&format!("{QUIET}{good}")));
    assert_found(code, true, &offline_of(&format!("{QUIET}{bad}")));
}

#[test]
fn a_quiet_configuration_is_explained_without_a_warning() {
    let findings = offline_of(QUIET);
    assert_eq!(
        codes(&findings),
        ["certificate_good", "server", "authorization_server", "direct_use_unknown"],
        "{findings}"
    );
    let messages: Vec<_> = findings.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(
        messages[1],
        "resource https://mcp.example/mcp; \
         metadata https://mcp.example/.well-known/oauth-protected-resource/mcp; \
         upstream http://127.0.0.1:3000/mcp?..; scopes mcp; tokens of https://as.example"
    );
    assert!(messages[2].starts_with("https://as.example: keys by discovery; "), "{}", messages[2]);
    assert!(!findings.has_errors());
}

#[test]
fn a_refused_configuration_is_one_finding() {
    let text = QUIET.replace("scopes", "scope");
    let findings = refused(&Config::parse(&text, "gateway.toml").unwrap_err());
    assert_found("configuration_refused", true, &findings);
    let finding = findings.iter().next().unwrap();
    assert_eq!(finding.subject, "server[0].scope");
    assert!(finding.message.starts_with("gateway.toml:13: unknown field `scope`"), "{findings}");
}

#[test]
fn clients_come_in_over_tls() {
    let tls = "tls = { certificate = \"cert.pem\", key = \"key.pem\" }";
    check("behind_proxy", tls, "behind_proxy = [\"10.0.0.0/8\"]");
    let plain = QUIET.replace(tls, "").replace("0.0.0.0", "127.0.0.1");
    assert_found("plain_http", true, &offline_of(&plain));
    assert_found("plain_http", false, &offline_of(QUIET));
    check("public_url_loopback", "https://mcp.example", "https://localhost:8443");
}

#[test]
fn the_listener_has_the_port_that_clients_connect_to() {
    check("port_differs", "0.0.0.0:443", "0.0.0.0:8443");
    check("port_differs", "https://mcp.example", "https://mcp.example:8443");
    let both = QUIET.replace("0.0.0.0:443", "0.0.0.0:8443");
    let both = both.replace("https://mcp.example", "https://mcp.example:8443");
    assert_found("port_differs", false, &offline_of(&both));
    let tls = "tls = { certificate = \"cert.pem\", key = \"key.pem\" }";
    let proxied =
        QUIET.replace("0.0.0.0:443", "10.0.0.5:8080").replace(tls, "behind_proxy = [\"10.0.0.0/8\"]");
    assert_found("port_differs", false, &offline_of(&proxied));
    let local = |public: &str| {
        let plain = QUIET.replace(tls, "").replace("0.0.0.0:443", "127.0.0.1:8080");
        offline_of(&plain.replace("https://mcp.example", public))
    };
    assert_found("port_differs", true, &local("http://localhost:8081"));
    assert_found("port_differs", false, &local("http://localhost:8080"));
    assert_found("port_differs", false, &local("https://mcp.example"));
}

#[test]
fn a_certificate_is_for_clients_or_for_the_proxies() {
    check("certificate_other_host", "https://mcp.example", "https://other.example");
    let other = QUIET.replace("https://mcp.example", "https://other.example");
    let behind = other.replace("[sessions]", "behind_proxy = [\"10.0.0.0/8\"]\n[sessions]");
    let behind = behind.replace("key.pem\" }\n\n", "key.pem\" }\n");
    assert_found("certificate_other_host", false, &offline_of(&behind));
}

#[test]
fn servers_have_their_warnings() {
    check("scopes_empty", "scopes = [\"mcp\"]", "");
    let rule =
        |methods: &str| format!("scopes = [\"mcp\"]\nrule = [{{ methods = [\"{methods}\"], deny = true }}]");
    check("rule_method_unknown", "scopes = [\"mcp\"]", &rule("tool/call"));
    for good in ["tools/call", "tools/*", "*", "GET", "notifications/progress"] {
        let text = QUIET.replace("scopes = [\"mcp\"]", &rule(good));
        assert_found("rule_method_unknown", false, &offline_of(&text));
    }
    check("upstream_plain_http", "http://127.0.0.1:3000", "http://10.0.0.7:3000");
    check("identity_headers", "scopes = [\"mcp\"]", "scopes = [\"mcp\"]\nidentity = { headers = true }");
    let jwt =
        |more: &str| format!("scopes = [\"mcp\"]\nidentity = {{ jwt = {{ audience = \"files\"{more} }} }}");
    check("identity_key_random", "scopes = [\"mcp\"]", &jwt(""));
    let keyed = QUIET.replace("scopes = [\"mcp\"]", &jwt(", key = { file = \"identity.pem\" }"));
    assert_found("identity_key_random", false, &offline_of(&keyed));
}

#[test]
fn authorization_servers_have_their_warnings() {
    check_end("lenient_token_type", "token_type = \"lenient\"", "token_type = \"strict\"");
    check_end("token_lifetime_long", "max_token_lifetime = \"25h\"", "max_token_lifetime = \"24h\"");
    let introspection = |more: &str| format!("{INTROSPECTION}{more}");
    let row = |code, bad: &str, good: &str| check_end(code, &introspection(bad), &introspection(good));
    row("introspection_of_every", "for = \"every\"", "for = \"opaque\"");
    check_end("setup_refused", "keys = { file = \"weak.json\" }", "keys = { file = \"jwks.json\" }");
}

#[test]
fn presets_say_whether_clients_can_use_them() {
    for (preset, code) in [
        ("auth0", "direct_use_needs_setup"),
        ("keycloak", "direct_use_needs_setup"),
        ("okta", "direct_use_needs_setup"),
        ("entra-v1", "direct_use_needs_option_b"),
        ("entra-v2", "direct_use_needs_option_b"),
    ] {
        check_end(code, &format!("preset = \"{preset}\""), "");
        let findings = offline_of(&format!("{QUIET}preset = \"{preset}\""));
        let finding = findings.iter().find(|it| it.code.as_str() == code).unwrap();
        assert!(finding.remedy.unwrap().contains("Option B"), "{findings}");
        assert_found("direct_use_unknown", false, &findings);
    }
    let cognito = "preset = \"cognito\"\nclients = [\"client-1\"]";
    check_end("direct_use_needs_option_b", cognito, "clients = [\"client-1\"]");
}

#[test]
fn hosts_of_known_products_say_it_without_a_preset() {
    for (issuer, code) in [
        ("https://accounts.google.com", "direct_use_needs_option_b"),
        ("https://github.com", "direct_use_needs_option_b"),
        ("https://login.microsoftonline.com/TENANT/v2.0", "direct_use_needs_option_b"),
        ("https://tenant.eu.auth0.com/", "direct_use_needs_setup"),
    ] {
        check(code, "https://as.example", issuer);
    }
    check("preset_missing", "https://as.example", "https://tenant.eu.auth0.com/");
    for quiet in [
        "https://tenant.eu.auth0.com/\"\npreset = \"auth0",
        "https://tenant.eu.auth0.com/\"\ntoken_type = \"lenient",
        "https://accounts.google.com",
    ] {
        assert_found("preset_missing", false, &offline_of(&QUIET.replace("https://as.example", quiet)));
    }
}

#[test]
fn a_preset_needs_the_keys_of_its_product() {
    let row = |preset: &str, with: &str, complete: (&str, &str)| {
        let text = format!("{}preset = \"{preset}\"\n", QUIET.replace("https://as.example", with));
        assert_found("preset_incomplete", true, &offline_of(&text));
        let text = text.replace(complete.0, complete.1);
        assert_found("preset_incomplete", false, &offline_of(&text));
        assert_found("issuer_form", false, &offline_of(&text));
    };
    let audiences = |it| ("scopes = [\"mcp\"]", it);
    let v2 = "https://login.microsoftonline.com/TENANT/v2.0";
    row(
        "entra-v2",
        v2,
        audiences("scopes = [\"mcp\"]\naudiences = [\"6e74172b-be56-4843-9ff4-e66a39bb12e3\"]"),
    );
    let pool = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a";
    row("cognito", pool, ("preset = \"cognito\"", "preset = \"cognito\"\nclients = [\"c\"]"));
}

#[test]
fn an_issuer_has_the_form_of_its_product() {
    for (preset, bad, good) in [
        ("entra-v1", "https://login.microsoftonline.com/TENANT/v2.0", "https://sts.windows.net/TENANT/"),
        ("entra-v2", "https://sts.windows.net/TENANT/", "https://login.microsoftonline.com/TENANT/v2.0"),
        (
            "entra-v2",
            "https://login.microsoftonline.com/common/v2.0",
            "https://login.microsoftonline.com/TENANT/v2.0",
        ),
        (
            "entra-v2",
            "https://login.microsoftonline.com/{tenantid}/v2.0",
            "https://login.microsoftonline.com/TENANT/v2.0",
        ),
        ("okta", "https://tenant.okta.com", "https://tenant.okta.com/oauth2/default"),
        ("auth0", "https://tenant.auth0.com", "https://tenant.auth0.com/"),
    ] {
        let of = |issuer| {
            offline_of(&format!("{}preset = \"{preset}\"", QUIET.replace("https://as.example", issuer)))
        };
        assert_found("issuer_form", true, &of(bad));
        assert_found("issuer_form", false, &of(good));
    }
}

#[test]
fn the_process_has_its_warnings() {
    check("session_key_random", "key = { file = \"session.key\" }", "");
    check_end("stale_keys_long", "[validation]\nstale_keys = \"25h\"", "[validation]\nstale_keys = \"24h\"");
    let local = QUIET.replace("https://mcp.example", "https://localhost:8443");
    let with = |text: &str| format!("{local}[outbound]\nallow_loopback = {text}");
    assert_found("allow_loopback", false, &offline_of(&with("false")));
    assert_found("allow_loopback", true, &offline_of(&with("true")));
}

#[cfg(unix)]
#[test]
fn p13_programs_have_their_warnings() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let npx = folder.path().join("npx");
    std::fs::write(&npx, "").unwrap();
    std::fs::set_permissions(&npx, std::fs::Permissions::from_mode(0o755)).unwrap();
    let http = r#"{ http = "http://127.0.0.1:3000/mcp?key=hidden" }"#;
    let program = |more: &str| format!("{{ stdio = [{npx:?}, \"server{more}");
    check("program_unpinned", http, &program("\"] }"));
    check("program_shared", http, &program("@1.2.3\"], shared = true }"));
}

#[test]
fn m10_an_audit_that_cannot_be_written_is_found_before_the_start() {
    let folder = tempfile::TempDir::new().unwrap();
    let at = |file: &std::path::Path| format!("[audit]\nfile = {:?}\n", file.display().to_string());
    let (new, old) = (folder.path().join("audit"), folder.path().join("audit.old"));
    std::fs::write(&old, "a line\n").unwrap();
    let missing = folder.path().join("missing/audit");
    for good in [&new, &old] {
        for bad in [&missing, &old.join("audit"), folder.path()] {
            check_end("audit_unwritable", &at(bad), &at(good));
        }
    }
    // Standard output, and what is neither file nor folder, are not looked at.
    for quiet in ["[audit]\n", "[audit]\nfile = \"/dev/null\"\n"] {
        check_end("audit_unwritable", &at(&missing), quiet);
    }
    // A check leaves nothing behind and changes nothing.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(std::fs::read_to_string(&old).unwrap(), "a line\n");
}

#[test]
fn m10_an_audit_in_a_folder_without_room_for_older_files_is_found() {
    // Names there are of at most 255 bytes: the file has one, and nothing beside it can be longer.
    let folder = tempfile::TempDir::new().unwrap();
    let (tight, roomy) = (folder.path().join("a".repeat(255)), folder.path().join("audit"));
    std::fs::write(&tight, "").unwrap();
    std::fs::write(&roomy, "").unwrap();
    let at = |file: &std::path::Path| format!("[audit]\nfile = {:?}\n", file.display().to_string());
    check_end("audit_not_rotated", &at(&tight), &at(&roomy));
}
