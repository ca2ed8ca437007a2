#![cfg(unix)]

mod stdio;
#[cfg(feature = "third-party")]
mod third_party;

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use tempfile::TempDir;

use super::Loaded;
use crate::config::{Algorithm, Config, ConfigError, SecretSource, Upstream};

const CONFIGURATION: &str = r#"public_url = "https://mcp.example.com"

[listen]
address = "0.0.0.0:8443"
tls = { certificate = "cert.pem", key = "key.pem" }

[[server]]
path = "/mcp"
upstream = { unix = "mcp.sock", path = "/mcp" }

[server.http]
ca_files = ["ca.pem"]

[server.identity]
jwt = { audience = "https://files.internal", key = { file = "identity.pem" } }

[outbound]
ca_files = ["ca.pem"]

[sessions]
key = { file = "session.key" }

[[authorization_server]]
issuer = "https://as.example.com/"
keys = { file = "jwks.json" }

[authorization_server.introspection]
client_id = "gateway"
client_secret = { env = "CLIENT_SECRET" }
"#;

const SESSION_KEY: &str = "kX9vQ2mLr7TzB4nWc8YpJ5sHd1FgUe3A";
const CLIENT_SECRET: &str = "Zk8WqP4vT1xNb6Ry";
const JWKS: &str =
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// A folder with a configuration and everything it points at.
struct Folder {
    folder: TempDir,
    client_secret: Option<&'static str>,
}

impl Folder {
    fn new() -> Self {
        let folder = Self { folder: TempDir::new().unwrap(), client_secret: Some(CLIENT_SECRET) };
        let pair = rcgen::generate_simple_self_signed(["mcp.example.com".to_owned()]).unwrap();
        folder.write("gateway.toml", CONFIGURATION);
        folder.write("cert.pem", &pair.cert.pem());
        folder.write("ca.pem", &pair.cert.pem());
        folder.write("key.pem", &pair.signing_key.serialize_pem());
        folder.write("identity.pem", &new_key(&rcgen::PKCS_ED25519));
        folder.write("session.key", SESSION_KEY);
        folder.write("jwks.json", JWKS);
        for private in ["key.pem", "identity.pem", "session.key"] {
            folder.mode(private, 0o600);
        }
        folder
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn mode(&self, name: &str, mode: u32) {
        let path = self.folder.path().join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn load(&self) -> Result<Loaded, ConfigError> {
        let environment =
            |name: &str| (name == "CLIENT_SECRET").then(|| self.client_secret.map(str::to_owned)).flatten();
        Config::load(&self.folder.path().join("gateway.toml"), &environment)
    }

    #[track_caller]
    fn accepts(&self) -> Loaded {
        self.load().unwrap_or_else(|error| panic!("{error}"))
    }

    #[track_caller]
    fn refuses(&self, key: &str, message: &str) {
        let error = self.load().err().unwrap_or_else(|| panic!("must be refused for {message:?}"));
        assert_eq!(error.key(), key, "{error}");
        assert!(error.message().contains(message), "{error}");
        assert!(error.line().is_some() && error.to_string().contains("gateway.toml:"), "{error}");
        for secret in [SESSION_KEY, CLIENT_SECRET] {
            assert!(!format!("{error} {error:?}").contains(secret), "{error}");
        }
    }
}

fn new_key(algorithm: &'static rcgen::SignatureAlgorithm) -> String {
    rcgen::KeyPair::generate_for(algorithm).unwrap().serialize_pem()
}

/// Overwrites one file of a good folder.
#[track_caller]
fn with_file(name: &str, text: &str, expected: Result<(), (&str, &str)>) {
    let folder = Folder::new();
    folder.write(name, text);
    match expected {
        Ok(()) => drop(folder.accepts()),
        Err((key, message)) => folder.refuses(key, message),
    }
}

#[test]
fn everything_is_read_and_paths_are_resolved() {
    let folder = Folder::new();
    let loaded = folder.accepts();
    let root = folder.folder.path();
    let (server, material) = loaded.servers().next().unwrap();
    assert!(matches!(&server.upstream, Upstream::Unix { socket, .. } if *socket == root.join("mcp.sock")));
    assert_eq!(loaded.config.sessions.key, Some(SecretSource::File(root.join("session.key"))));
    assert_eq!(material.roots.len(), 1);
    assert_eq!(material.identity_key.as_ref().map(super::IdentityKey::algorithm), Some(Algorithm::EdDsa));
    assert_eq!(loaded.material.outbound_roots.len(), 1);
    assert_eq!(loaded.material.tls.as_ref().map(|it| it.cert.len()), Some(1));
    assert_eq!(loaded.material.session_key.as_ref().map(super::Secret::expose), Some(SESSION_KEY));
    let (_, material) = loaded.authorization_servers().next().unwrap();
    assert_eq!(material.keys.as_deref(), Some(JWKS));
    assert_eq!(material.client_secret.as_ref().map(super::Secret::expose), Some(CLIENT_SECRET));
    let names: Vec<_> = loaded.files.iter().filter_map(|it| it.file_name()?.to_str()).collect();
    let expected =
        ["gateway.toml", "cert.pem", "key.pem", "session.key", "ca.pem", "identity.pem", "jwks.json"];
    assert_eq!(names, expected);
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let error = Config::load(Path::new("/nowhere/gateway.toml"), &|_: &str| None).unwrap_err();
    assert_eq!((error.file(), error.line()), ("/nowhere/gateway.toml", None));
    assert!(error.to_string().contains("cannot read the configuration"), "{error}");
}

#[test]
fn o06_private_files_are_not_for_everybody() {
    let identity = "server[0].identity.jwt.key.file";
    for (name, key) in
        [("key.pem", "listen.tls.key"), ("identity.pem", identity), ("session.key", "sessions.key.file")]
    {
        for mode in [0o644, 0o604, 0o620, 0o610, 0o601] {
            let folder = Folder::new();
            folder.mode(name, mode);
            folder.refuses(key, "run `chmod 600` on it");
            for mode in [0o400, 0o440, 0o640] {
                folder.mode(name, mode);
                folder.accepts();
            }
        }
    }
}

#[test]
fn o06_a_session_key_is_long_and_nobody_could_guess_it() {
    let key = "sessions.key";
    with_file("session.key", &format!("{SESSION_KEY}\n"), Ok(()));
    with_file("session.key", "", Err((key, "is empty")));
    with_file("session.key", "\n", Err((key, "is empty")));
    with_file("session.key", &SESSION_KEY[1..], Err((key, "has 31 bytes and needs 32")));
    with_file("session.key", &format!("{}\n", &SESSION_KEY[1..]), Err((key, "has 31 bytes and needs 32")));
    with_file("session.key", &"a".repeat(64), Err((key, "one character")));
    with_file("session.key", &format!("changeme{SESSION_KEY}"), Err((key, "placeholder")));
}

#[test]
fn o06_o10_a_client_secret_comes_from_a_variable_that_is_set() {
    let key = "authorization_server[0].introspection.client_secret";
    let check = |secret: Option<&'static str>, key: &str, message: &str| {
        let mut folder = Folder::new();
        folder.client_secret = secret;
        folder.refuses(key, message);
    };
    check(None, &format!("{key}.env"), "`CLIENT_SECRET` is not set");
    check(Some(""), key, "is empty");
    check(Some("Zk8WqP4vT1xNb6R"), key, "has 15 bytes and needs 16");
    check(Some("xxxxxxxxxxxxxxxx"), key, "one character");
    check(Some("your-secret-here"), key, "placeholder");
}

#[test]
fn o06_one_secret_has_one_purpose() {
    let mut folder = Folder::new();
    folder.client_secret = Some(SESSION_KEY);
    folder.refuses(
        "authorization_server[0].introspection.client_secret",
        "is the secret of `sessions.key` too",
    );
}

#[test]
fn certificate_and_key_belong_together() {
    let (certificate, key) = ("listen.tls.certificate", "listen.tls.key");
    with_file("key.pem", &new_key(&rcgen::PKCS_ECDSA_P256_SHA256), Err((key, "does not belong")));
    with_file("key.pem", "no key", Err((key, "holds no private key")));
    with_file("cert.pem", "no certificate", Err((certificate, "holds no certificate")));
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    with_file("cert.pem", garbage, Err((certificate, "malformed")));
    let open = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    with_file("cert.pem", open, Err((certificate, "no well-formed PEM")));
    let folder = Folder::new();
    fs::remove_file(folder.folder.path().join("cert.pem")).unwrap();
    folder.refuses(certificate, "cert.pem: No such file");
    fs::create_dir(folder.folder.path().join("cert.pem")).unwrap();
    folder.refuses(certificate, "is no regular file");
}

#[test]
fn a_certificate_authority_is_a_certificate() {
    let key = "outbound.ca_files[0]";
    with_file("ca.pem", "", Err((key, "holds no certificate")));
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    with_file("ca.pem", garbage, Err((key, "malformed")));
}

#[test]
fn an_identity_key_is_p256_or_ed25519() {
    let key = "server[0].identity.jwt.key";
    with_file("identity.pem", &new_key(&rcgen::PKCS_ECDSA_P256_SHA256), Ok(()));
    with_file("identity.pem", &pkcs8_version_1(), Ok(()));
    with_file("identity.pem", &new_key(&rcgen::PKCS_ECDSA_P384_SHA384), Err((key, "neither a P-256 nor")));
    with_file("identity.pem", "", Err((key, "no PKCS#8 private key")));
}

#[test]
fn key_files_hold_public_keys() {
    let key = "authorization_server[0].keys.file";
    let public = "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n";
    with_file("jwks.json", public, Ok(()));
    with_file("jwks.json", &new_key(&rcgen::PKCS_ED25519), Err((key, "holds a private key")));
    with_file("jwks.json", r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#, Err((key, "private or shared key")));
    with_file(
        "jwks.json",
        r#"{"keys":[{"kty":"OKP","x":"AA","d":"AA"}]}"#,
        Err((key, "private or shared key")),
    );
    with_file("jwks.json", r#"{"keys":[]}"#, Err((key, "without any key")));
    with_file("jwks.json", "{}", Err((key, "is neither a JWK set")));
    with_file("jwks.json", "", Err((key, "is neither a JWK set")));
}

#[test]
fn a_file_is_text_of_bounded_size() {
    let folder = Folder::new();
    fs::write(folder.folder.path().join("session.key"), [0xFF; 32]).unwrap();
    folder.refuses("sessions.key.file", "is no text");
    folder.write("session.key", &"a".repeat((4 << 20) + 1));
    folder.refuses("sessions.key.file", "is larger than 4 MiB");
}

#[test]
fn o18_a_bad_file_gives_no_configuration() {
    let folder = Folder::new();
    let before = folder.accepts();
    folder.write("gateway.toml", &CONFIGURATION.replace("0.0.0.0:8443", "0.0.0.0"));
    folder.refuses("listen.address", "write an IP address and a port");
    assert_eq!(before.config.listen.address.port(), 8443);
    folder.write("gateway.toml", CONFIGURATION);
    folder.accepts();
}

#[test]
fn o21_nothing_prints_a_secret() {
    let loaded = Folder::new().accepts();
    let printed = format!("{loaded:?} {loaded:#?}");
    for secret in [SESSION_KEY, CLIENT_SECRET] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(printed.contains("Secret(..)"), "{printed}");
    assert!(printed.contains("[secret key elided]"), "{printed}");
}

/// What `openssl genpkey -algorithm ed25519` writes: PKCS#8 version 1, without the public key.
fn pkcs8_version_1() -> String {
    let zeros = "A".repeat(43);
    format!("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI{zeros}\n-----END PRIVATE KEY-----\n")
}

#[test]
fn n05_keys_are_read_if_they_are_there_and_belong_to_one_server() {
    const KEY: &str = "server[0].api_keys.file";
    let with_keys = |other: &str| {
        let folder = Folder::new();
        let first = "[[server]]\napi_keys = { file = \"api-keys.json\" }";
        let second = format!(
            "[[server]]\npath = \"/other\"\nupstream = {{ http = \"http://127.0.0.1:3000/\" }}\n\
             api_keys = {{ file = \"{other}\" }}\n[outbound]"
        );
        let text = CONFIGURATION.replacen("[[server]]", first, 1).replacen("[outbound]", &second, 1);
        folder.write("gateway.toml", &text);
        folder
    };
    let folder = with_keys("other.json");
    let file = folder.folder.path().join("api-keys.json");
    let loaded = folder.accepts();
    assert_eq!(loaded.config.servers[0].api_keys.as_ref().map(|it| it.file.clone()), Some(file.clone()));
    folder.write("api-keys.json", r#"{"version":1,"keys":[]}"#);
    folder.mode("api-keys.json", 0o644);
    folder.refuses(KEY, "chmod 600");
    folder.mode("api-keys.json", 0o640);
    assert!(!folder.accepts().files.contains(&file), "it is watched apart");
    folder.write("api-keys.json", "{}");
    folder.refuses(KEY, "is no file of keys");
    with_keys("api-keys.json").refuses("server[1].api_keys.file", "the keys of /mcp too");
}
