//! Keys, their file, and what a gateway that serves makes of both.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use oauth_types::SeededEntropy;
use tempfile::TempDir;

use super::{file::KeyFileError, text::KeyDigest, *};
use crate::{config::Config, reason::Reason};

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

/// A configuration whose two servers take keys, in a folder of its own.
struct Desk {
    folder: TempDir,
    config: Config,
}

impl Desk {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("gateway.toml");
        fs::write(&path, CONFIGURATION).unwrap();
        Self { config: Config::read(&path).unwrap(), folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("a.json")
    }

    fn add(
        &self,
        server: &str,
        scopes: &[&str],
        lifetime: Option<Duration>,
    ) -> Result<AddedKey, ApiKeyError> {
        let scopes = scopes.iter().map(|it| it.parse().unwrap()).collect();
        let new = NewKey { label: "of a test".to_owned(), scopes, lifetime };
        add(&self.config, Some(server), new, NOW, &SystemEntropy)
    }

    fn good(&self) -> AddedKey {
        self.add("/a", &["mcp", "files:read"], Some(DAY)).unwrap()
    }

    fn ring(&self) -> KeyRing {
        KeyRing::open(&self.file()).unwrap()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const CONFIGURATION: &str = r#"public_url = "https://mcp.example.com"
[listen]
address = "0.0.0.0:8443"
tls = { certificate = "cert.pem", key = "key.pem" }
[[server]]
path = "/a"
upstream = { http = "http://127.0.0.1:3000/mcp" }
scopes = ["mcp"]
api_keys = { file = "a.json" }
[[server]]
path = "/b"
upstream = { http = "http://127.0.0.1:3001/mcp" }
api_keys = { file = "b.json" }
[[server]]
path = "/c"
upstream = { http = "http://127.0.0.1:3002/mcp" }
[[authorization_server]]
issuer = "https://as.example.com/"
"#;

#[test]
fn a_key_has_a_prefix_and_a_check_by_which_scanners_know_it() {
    let key = ApiKeyText::draw(&SeededEntropy::new(1));
    let text = key.expose();
    assert_eq!((text.len(), &text[..6]), (78, "mcpgw_"));
    assert!(text[6..].bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')), "{text}");
    assert!(KeyDigest::of_presented(text).is_some());
    assert_ne!(text, ApiKeyText::draw(&SeededEntropy::new(2)).expose());
}

#[test]
fn a06_a07_a_key_is_exact_to_the_letter() {
    let key = ApiKeyText::draw(&SeededEntropy::new(1));
    let text = key.expose();
    assert_eq!(KeyDigest::of_presented(text), Some(key.digest()));
    let mut flipped = text.to_owned();
    flipped.replace_range(20..21, if &text[20..21] == "0" { "1" } else { "0" });
    let others = [
        flipped,
        text.to_uppercase(),
        text.replace("mcpgw_", "MCPGW_"),
        text.replace("mcpgw_", "mcpgw-"),
        text.replace("mcpgw_", ""),
        text[..77].to_owned(),
        format!("{text}0"),
        format!(" {text}"),
        format!("{text} "),
        format!("{}é", &text[..76]),
        "mcpgw_".to_owned(),
        String::new(),
    ];
    for other in others {
        assert_eq!(KeyDigest::of_presented(&other), None, "{other:?}");
    }
}

#[test]
fn what_is_meant_as_a_key_is_never_taken_for_a_token() {
    for key in ["mcpgw_", "mcpgw_00", "MCPGW_x.y.z", "McpGw_"] {
        assert!(is_meant_as_key(key), "{key}");
    }
    for token in ["eyJhbGciOiJSUzI1NiJ9.e30.AA", "mcpgw", "mcpgw-1", "xmcpgw_1", "", "é"] {
        assert!(!is_meant_as_key(token), "{token}");
    }
}

#[test]
fn m01_m02_a_key_is_in_no_file_and_in_no_debug_text() {
    let desk = Desk::new();
    let added = desk.good();
    let text = added.key.expose();
    assert!(!format!("{added:?}").contains(text));
    let ring = desk.ring();
    ring.find(text, NOW).unwrap();
    ring.write_last_use().unwrap();
    assert!(!format!("{ring:?}").contains(text));
    for entry in fs::read_dir(desk.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let contents = fs::read_to_string(&path).unwrap();
        assert!(!contents.contains(&text[..20]) && !contents.contains(&text[20..]), "{path:?}");
    }
}

#[test]
fn the_file_is_for_its_owner_only_and_keeps_the_mode_that_a_group_was_given() {
    let desk = Desk::new();
    desk.good();
    assert_eq!(mode(&desk.file()), 0o600);
    fs::set_permissions(desk.file(), fs::Permissions::from_mode(0o640)).unwrap();
    desk.good();
    assert_eq!(mode(&desk.file()), 0o640);
    assert_eq!(list(&desk.config, Some("/a"), NOW).unwrap().len(), 2);
}

#[test]
fn n05_a_file_that_others_may_use_is_refused() {
    let desk = Desk::new();
    let key = desk.good();
    let ring = desk.ring();
    for open in [0o644, 0o606, 0o660, 0o666, 0o777] {
        fs::set_permissions(desk.file(), fs::Permissions::from_mode(open)).unwrap();
        assert!(matches!(KeyRing::open(&desk.file()), Err(KeyFileError::Unreadable(_))), "{open:o}");
        assert!(desk.add("/a", &["mcp"], None).is_err(), "{open:o}");
        assert!(matches!(ring.look(), Err(KeyFileError::Unreadable(_))), "{open:o}");
        assert!(ring.look().unwrap().is_none(), "told once only");
    }
    ring.find(key.key.expose(), NOW).expect("the keys of before");
    fs::set_permissions(desk.file(), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(ring.look().unwrap(), Some(1));
    ring.find(key.key.expose(), NOW).unwrap();
}

#[test]
fn keys_that_are_made_at_the_same_time_are_all_there() {
    let desk = Desk::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| desk.good());
        }
    });
    assert_eq!(list(&desk.config, None, NOW).unwrap().len(), 8);
}

#[test]
fn a_file_that_is_none_of_ours_is_refused_and_changes_nothing() {
    let desk = Desk::new();
    let key = desk.good();
    let ring = desk.ring();
    let good = fs::read_to_string(desk.file()).unwrap();
    let twice = good.replace("\"keys\": [", &format!("\"keys\": [{},", one_record(&good)));
    for bad in ["", "{", "[]", r#"{"version":2,"keys":[]}"#, r#"{"version":1,"keys":[],"x":1}"#, &twice] {
        fs::write(desk.file(), bad).unwrap();
        assert!(KeyRing::open(&desk.file()).is_err(), "{bad}");
        assert!(ring.look().is_err(), "{bad}");
        ring.find(key.key.expose(), NOW).expect("the keys of before stay good");
        assert!(desk.add("/a", &["mcp"], None).is_err());
        assert_eq!(fs::read_to_string(desk.file()).unwrap(), bad);
    }
    fs::write(desk.file(), &good).unwrap();
    assert_eq!(ring.look().unwrap(), Some(1));
}

fn one_record(file: &str) -> String {
    let contents: serde_json::Value = serde_json::from_str(file).unwrap();
    contents["keys"][0].to_string()
}

#[test]
fn an_added_key_is_found_and_a_key_of_another_server_is_not() {
    let desk = Desk::new();
    let ring = desk.ring();
    assert_eq!(ring.look().unwrap(), None);
    let key = desk.good();
    let other = desk.add("/b", &[], None).unwrap();
    assert_eq!(ring.look().unwrap(), Some(1));
    let found = ring.find(key.key.expose(), NOW).unwrap();
    assert_eq!(found.subject().as_str(), format!("api_key:{}", key.id));
    assert_eq!(found.scope().to_string(), "files:read mcp");
    assert_eq!(ring.find(other.key.expose(), NOW).unwrap_err(), Reason::ApiKeyUnknown);
    assert_eq!(ring.find("mcpgw_0", NOW).unwrap_err(), Reason::ApiKeyMalformed);
}

#[test]
fn k08_e38_a_revoked_key_is_refused_and_its_streams_end_and_no_others() {
    let desk = Desk::new();
    let (revoked, kept) = (desk.good(), desk.good());
    let ring = desk.ring();
    let held = [&revoked, &kept].map(|it| ring.find(it.key.expose(), NOW).unwrap());
    assert!(!revoke(&desk.config, None, &revoked.id, NOW).unwrap().already);
    assert_eq!(ring.look().unwrap(), Some(1));
    assert_eq!(ring.find(revoked.key.expose(), NOW).unwrap_err(), Reason::ApiKeyRevoked);
    assert!(held[0].ended().is_cancelled());
    assert_eq!(held[0].still(NOW), Err(Reason::ApiKeyRevoked), "also for who was let in before");
    assert_eq!(held[1].still(NOW), Ok(()));
    assert_eq!(held[1].still(NOW + DAY), Err(Reason::ApiKeyExpired));
    let again = ring.find(kept.key.expose(), NOW).unwrap();
    assert!(Arc::ptr_eq(&again, &held[1]) && !held[1].ended().is_cancelled());
    assert!(revoke(&desk.config, None, &revoked.id, NOW + DAY).unwrap().already);
    assert!(matches!(revoke(&desk.config, None, &"0".parse().unwrap(), NOW), Err(ApiKeyError::Unknown(_))));
}

#[test]
fn a_file_that_is_gone_has_no_keys() {
    let desk = Desk::new();
    let key = desk.good();
    let ring = desk.ring();
    let held = ring.find(key.key.expose(), NOW).unwrap();
    fs::remove_file(desk.file()).unwrap();
    assert_eq!(ring.look().unwrap(), Some(0));
    assert_eq!(ring.find(key.key.expose(), NOW).unwrap_err(), Reason::ApiKeyUnknown);
    assert!(held.ended().is_cancelled());
}

#[test]
fn b21_a_key_is_good_until_its_time_and_not_a_second_longer() {
    let desk = Desk::new();
    let (key, endless) = (desk.good(), desk.add("/a", &["mcp"], None).unwrap());
    let ring = desk.ring();
    let end = NOW + DAY;
    assert_eq!(key.expires_at, Some(end));
    ring.find(key.key.expose(), end - Duration::from_secs(1)).unwrap();
    assert_eq!(ring.find(key.key.expose(), end).unwrap_err(), Reason::ApiKeyExpired);
    ring.find(endless.key.expose(), end + DAY * 10_000).unwrap();
    let states: Vec<_> = list(&desk.config, None, end).unwrap().iter().map(|it| it.state).collect();
    assert_eq!(states, [KeyState::Expired, KeyState::Live]);
}

#[test]
fn the_last_use_is_written_when_it_has_changed_and_survives_a_restart() {
    let desk = Desk::new();
    let key = desk.good();
    let used = || list(&desk.config, None, NOW).unwrap()[0].used_at;
    let ring = desk.ring();
    ring.write_last_use().unwrap();
    assert_eq!(used(), None);
    ring.find(key.key.expose(), NOW).unwrap();
    assert_eq!(used(), None, "no request writes");
    ring.write_last_use().unwrap();
    assert_eq!(used(), Some(NOW));
    let later = desk.ring();
    later.write_last_use().unwrap();
    assert_eq!(used(), Some(NOW));
    let after = NOW + Duration::from_secs(5);
    later.find(key.key.expose(), after).unwrap();
    later.write_last_use().unwrap();
    assert_eq!(used(), Some(after));
    assert_eq!(mode(&desk.folder.path().join("a.json.last-use")), 0o600);
    let end = after + Duration::from_secs(5);
    later.find(key.key.expose(), end).unwrap();
    revoke(&desk.config, None, &key.id, end).unwrap();
    later.look().unwrap();
    later.write_last_use().unwrap();
    assert_eq!(used(), Some(end), "also of a key that was revoked before it was written");
}

#[test]
fn a_key_that_could_do_nothing_is_not_made() {
    let desk = Desk::new();
    assert!(matches!(desk.add("/a", &["files:read"], None), Err(ApiKeyError::Scopes { .. })));
    assert!(matches!(desk.add("/c", &["mcp"], None), Err(ApiKeyError::Server(_))));
    assert!(matches!(desk.add("/d", &["mcp"], None), Err(ApiKeyError::Server(_))));
    let unnamed = |path, label: &str| {
        let new = NewKey { label: label.to_owned(), scopes: vec!["mcp".parse().unwrap()], lifetime: None };
        add(&desk.config, path, new, NOW, &SystemEntropy)
    };
    assert!(matches!(unnamed(None, "ci"), Err(ApiKeyError::Server(_))), "there are two");
    for label in ["", "a\nb", "\u{1b}[2J", &"x".repeat(101)] {
        assert!(matches!(unnamed(Some("/a"), label), Err(ApiKeyError::Label)), "{label:?}");
    }
    assert!(!desk.file().exists());
    unnamed(Some("/a"), "ci").unwrap();
}

#[test]
fn one_ring_serves_every_configuration_that_names_its_file() {
    let desk = Desk::new();
    let key = desk.good();
    let rings = KeyRings::default();
    let first = rings.ring(&desk.file()).unwrap();
    let held = first.find(key.key.expose(), NOW).unwrap();
    let second = rings.ring(&desk.file()).unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert!(Arc::ptr_eq(&held, &second.find(key.key.expose(), NOW).unwrap()));
}
