use std::{fs, os::unix::fs::PermissionsExt};

use tempfile::TempDir;

use crate::config::{Config, ConfigError, Loaded, SecretSource, Storage};

const CONFIGURATION: &str = r#"public_url = "https://mcp.example.com"
listen = { address = "127.0.0.1:8443" }
sessions = { key = { file = "session.key" } }

[[server]]
path = "/mcp"
upstream = { http = "http://127.0.0.1:3000/mcp" }

[third_party]
storage = { redb = "state.redb" }
master_key = { file = "master.key" }
old_master_keys = [{ file = "old.key" }]

[third_party.registration]
initial_access_tokens = [{ env = "INITIAL" }]

[[third_party.client]]
client_id = "app"
name = "App"
redirect_uris = ["https://app.example.com/cb"]
auth = "client_secret_basic"
client_secret = { env = "APP_SECRET" }

[[third_party.client]]
client_id = "job"
name = "Job"
introspect = true
auth = "private_key_jwt"
keys = { file = "jwks.json" }

[[third_party.provider]]
id = "github"
preset = "github"
client_id = "Ov23"
client_secret = { env = "GITHUB_SECRET" }
allow = { everybody = true }
"#;

const MASTER: &str = "9LSWqdO3zQ1Y5tRZxk7mVb2uJ0cHnE8gPa6fTIwDyKo=";
const OLD: &str = "b3f1c07d6a2e984512fd7e30c9a8b1645fe20d738c4bb6aa19e7f3502d8c6491";
const SESSION: &str = "kX9vQ2mLr7TzB4nWc8YpJ5sHd1FgUe3A";
const APP: &str = "qP4vT1xNb6RykX9vQ2mLr7TzB4nWc8Yp";
const INITIAL: &str = "J5sHd1FgUe3AqP4vT1xNb6RykX9vQ2mL";
const GITHUB: &str = "Zk8WqP4vT1xNb6Ry";
const JWKS: &str =
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

struct Folder {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Folder {
    fn new() -> Self {
        let variables = [("APP_SECRET", APP), ("INITIAL", INITIAL), ("GITHUB_SECRET", GITHUB)];
        let variables = variables.map(|(name, value)| (name, value.to_owned())).to_vec();
        let folder = Self { folder: TempDir::new().unwrap(), variables };
        for (name, text) in [
            ("gateway.toml", CONFIGURATION),
            ("master.key", MASTER),
            ("old.key", OLD),
            ("session.key", SESSION),
            ("jwks.json", JWKS),
        ] {
            folder.write(name, text.as_bytes());
        }
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn load(&self) -> Result<Loaded, ConfigError> {
        let environment = |name: &str| {
            self.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
        };
        Config::load(&self.folder.path().join("gateway.toml"), &environment)
    }

    #[track_caller]
    fn refuses(&self, key: &str, message: &str) {
        let error = self.load().err().unwrap_or_else(|| panic!("must be refused for {message:?}"));
        assert_eq!(error.key(), key, "{error}");
        assert!(error.message().contains(message) && error.line().is_some(), "{error}");
        for secret in [MASTER, OLD, SESSION, APP, INITIAL, GITHUB] {
            assert!(!format!("{error} {error:?}").contains(secret), "{error}");
        }
    }
}

/// Overwrites one file of a good folder.
#[track_caller]
fn with_file(name: &str, bytes: &[u8], expected: Result<(), (&str, &str)>) {
    let folder = Folder::new();
    folder.write(name, bytes);
    match expected {
        Ok(()) => drop(folder.load().unwrap_or_else(|error| panic!("{error}"))),
        Err((key, message)) => folder.refuses(key, message),
    }
}

/// Sets one variable of a good folder.
#[track_caller]
fn with_variable(name: &'static str, value: &str, key: &str, message: &str) {
    let mut folder = Folder::new();
    folder.variables.retain(|(known, _)| *known != name);
    folder.variables.push((name, value.to_owned()));
    folder.refuses(key, message);
}

/// The URL of a database in the place of the file.
#[track_caller]
fn in_database(url: &str) -> Result<Loaded, ConfigError> {
    let mut folder = Folder::new();
    folder.variables.push(("DATABASE_URL", url.to_owned()));
    let to = r#"storage = { postgres = { env = "DATABASE_URL" } }"#;
    let text = CONFIGURATION.replace(r#"storage = { redb = "state.redb" }"#, to);
    folder.write("gateway.toml", text.as_bytes());
    folder.load()
}

#[cfg(feature = "postgres")]
#[test]
fn l20_the_state_is_in_no_database_elsewhere_that_proves_nothing() {
    let loaded = in_database("postgres://gateway:hunter2hunter2@127.0.0.1/gateway").unwrap();
    assert!(!format!("{loaded:?}").contains("hunter2"), "the password is not printed");
    in_database("postgres://gateway:hunter2hunter2@db.example.com/gateway?sslmode=verify-full").unwrap();
    for mode in ["", "?sslmode=require", "?sslmode=verify-ca"] {
        let error = in_database(&format!("postgres://gateway:hunter2hunter2@db.example.com/gateway{mode}"));
        let error = error.unwrap_err();
        assert_eq!(error.key(), "third_party.storage.postgres", "{error}");
        let text = error.to_string();
        assert!(text.contains("set `sslmode=verify-full`") && !text.contains("hunter2"), "{text}");
    }
}

#[cfg(not(feature = "postgres"))]
#[test]
fn a_build_without_databases_says_so() {
    let error = in_database("postgres://gateway@127.0.0.1/gateway").unwrap_err();
    assert_eq!(error.key(), "third_party.storage.postgres", "{error}");
    assert!(error.to_string().contains("`--features postgres`"), "{error}");
}

#[test]
fn everything_is_read_and_paths_are_resolved() {
    let folder = Folder::new();
    let loaded = folder.load().unwrap_or_else(|error| panic!("{error}"));
    let root = folder.folder.path();
    let config = loaded.config.third_party.as_ref().unwrap();
    assert_eq!(config.storage, Storage::Redb(root.join("state.redb")));
    assert_eq!(config.master_key, SecretSource::File(root.join("master.key")));
    let material = loaded.material.third_party.as_ref().unwrap();
    assert_eq!(material.master_key.expose(), MASTER);
    assert_eq!(material.old_master_keys[0].expose(), OLD);
    assert_eq!(material.initial_access_tokens[0].expose(), INITIAL);
    assert_eq!(material.provider_secrets[0].as_ref().unwrap().expose(), GITHUB);
    assert_eq!(material.clients[0].secret.as_ref().unwrap().expose(), APP);
    assert_eq!(material.clients[1].keys.as_deref(), Some(JWKS));
    let names: Vec<_> = loaded.files.iter().filter_map(|it| it.file_name()?.to_str()).collect();
    assert_eq!(names, ["gateway.toml", "session.key", "master.key", "old.key", "jwks.json"]);
    let printed = format!("{loaded:?}");
    for secret in [MASTER, OLD, SESSION, APP, INITIAL, GITHUB] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn o06_a_master_key_is_base64_hex_or_raw() {
    let key = "third_party.master_key";
    let raw: Vec<u8> = (0..32_u8).map(|it| it.wrapping_mul(it).wrapping_mul(37) ^ 0xC5).collect();
    assert!(String::from_utf8(raw.clone()).is_err());
    with_file("master.key", format!("{MASTER}\n").as_bytes(), Ok(()));
    with_file("master.key", &OLD.to_uppercase().replace("B3F1", "B3F2").into_bytes(), Ok(()));
    with_file("master.key", &raw, Ok(()));
    with_file("master.key", &raw[..31], Err((key, "has 31 bytes and needs 32")));
    with_file("master.key", &[0xFF; 32], Err((key, "is a pattern")));
    with_file("master.key", b"", Err((key, "is empty")));
    with_file(
        "master.key",
        b"a passphrase that somebody remembers well",
        Err((key, "is neither base64 nor hex")),
    );
    let folder = Folder::new();
    for mode in [0o644, 0o604, 0o620] {
        let path = folder.folder.path().join("master.key");
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        folder.refuses("third_party.master_key.file", "run `chmod 600` on it");
    }
    fs::remove_file(folder.folder.path().join("master.key")).unwrap();
    folder.refuses("third_party.master_key.file", "No such file");
}

#[test]
fn o06_one_secret_has_one_purpose() {
    let too = "too";
    with_file("old.key", MASTER.as_bytes(), Err(("third_party.old_master_keys[0]", too)));
    with_file(
        "old.key",
        MASTER.trim_end_matches('=').as_bytes(),
        Err(("third_party.old_master_keys[0]", too)),
    );
    with_file("master.key", SESSION.repeat(2).as_bytes(), Ok(()));
    with_variable("APP_SECRET", SESSION, "third_party.client[0].client_secret", too);
    with_variable("INITIAL", MASTER, "third_party.registration.initial_access_tokens[0]", too);
    with_variable("GITHUB_SECRET", APP, "third_party.provider[0].client_secret", too);
}

#[test]
fn o06_o10_secrets_are_set_and_strong() {
    let app = "third_party.client[0].client_secret";
    with_variable("APP_SECRET", &APP[1..], app, "has 31 bytes and needs 32");
    with_variable(
        "INITIAL",
        "changeme-changeme-changeme-changeme",
        "third_party.registration.initial_access_tokens[0]",
        "placeholder",
    );
    let github = "third_party.provider[0].client_secret";
    with_variable("GITHUB_SECRET", "", github, "is empty");
    with_variable("GITHUB_SECRET", &GITHUB[1..], github, "has 15 bytes and needs 16");
    let mut folder = Folder::new();
    folder.variables.clear();
    folder.refuses("third_party.registration.initial_access_tokens[0].env", "`INITIAL` is not set");
}

#[test]
fn keys_of_clients_are_public_jwk_sets() {
    let key = "third_party.client[1].keys.file";
    with_file("jwks.json", b"-----BEGIN PUBLIC KEY-----", Err((key, "is a PEM file")));
    with_file("jwks.json", br#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#, Err((key, "private or shared key")));
    with_file("jwks.json", br#"{"keys":[]}"#, Err((key, "without any key")));
    with_file("jwks.json", b"{}", Err((key, "is neither a JWK set")));
}
