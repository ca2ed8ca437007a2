use std::{fs, path::Path, time::Duration};

use oauth_client::{Lookups, ProviderKind, TokenAuth, local::LocalAccounts};
use oauth_server::{ClientAuthMethod, ClientOrigin};
use oauth_types::{ManualClock, SeededEntropy, UnixTime};
use tempfile::TempDir;

use super::*;
use crate::config::{Config, Loaded};

const MASTER: &str = "9LSWqdO3zQ1Y5tRZxk7mVb2uJ0cHnE8gPa6fTIwDyKo=";
const SECRET: &str = "qP4vT1xNb6RykX9vQ2mLr7TzB4nWc8Yp";

fn load(third_party: &str) -> Loaded {
    load_with("", third_party)
}

/// With further lines of the server.
fn load_with(server: &str, third_party: &str) -> Loaded {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("gateway.toml");
    let text = format!(
        "public_url = \"https://mcp.example.com\"\nlisten = {{ address = \"127.0.0.1:8443\" }}\n\
         [[server]]\npath = \"/mcp\"\nupstream = {{ http = \"http://127.0.0.1:3000/mcp\" }}\n{server}\
         [third_party]\nmaster_key = {{ env = \"MASTER\" }}\n{third_party}"
    );
    fs::write(&path, text).unwrap();
    let environment = |name: &str| match name {
        "MASTER" => Some(MASTER.to_owned()),
        "SECRET" => Some(SECRET.to_owned()),
        "OTHER" => Some(SECRET.chars().rev().collect()),
        _ => None,
    };
    Config::load(&path, &environment).unwrap_or_else(|error| panic!("{error}"))
}

const LOCAL: &str = r#"
[[third_party.provider]]
id = "staff"
preset = "local"
[[third_party.provider.account]]
username = "alice"
name = "Alice"
email = "alice@example.com"
groups = ["admins"]
password_hash = "$argon2id$v=19$m=19456,t=2,p=1$wwICYHBcIpWofTHVvgnUAQ$1NFz5pYdx7UsR4iYIkZ4L/8k2EynxmGpZ8yyDfaDzDA"
"#;

#[test]
fn without_any_key_the_defaults_are_those_of_the_crates() {
    let loaded = load(&format!("storage = {{ memory = true }}{LOCAL}"));
    let third_party = loaded.third_party().unwrap();
    let (grants, default) = (third_party.grants(), token_manager::GrantSettings::new(third_party.issuer()));
    assert_eq!(format!("{grants:?}"), format!("{default:?}"));
    grants.check().unwrap();
    assert_eq!(third_party.issuer().as_str(), "https://mcp.example.com");
    let keys = token_manager::SigningKeySettings::default();
    assert_eq!(format!("{:?}", third_party.signing_keys()), format!("{keys:?}"));
    assert_eq!(third_party.sessions(), session_binding::ThirdPartySessionLimits::default());
    assert_eq!(third_party.browser_sessions(), session_binding::BrowserSessionLimits::default());
    assert_eq!(third_party.storage(), StorageSettings::Memory);
    third_party.key_ring().unwrap();
}

#[test]
fn each_key_reaches_its_setting() {
    let loaded = load(&format!(
        "storage = {{ redb = \"/var/lib/state.redb\" }}\naccess_token_lifetime = \"1m\"\ncode_lifetime = \"2m\"\n\
         retry_window = \"3m\"\nidle_timeout = \"4d\"\nabsolute_timeout = \"5d\"\nsigning_key_rotation = \"8d\"\n\
         [third_party.sessions]\nidle_timeout = \"10d\"\nabsolute_timeout = \"11d\"\n\
         browser_idle_timeout = \"12m\"\nbrowser_absolute_timeout = \"13m\"{LOCAL}"
    ));
    let third_party = loaded.third_party().unwrap();
    let (minutes, days) =
        (|it: u64| Duration::from_secs(it * 60), |it: u64| Duration::from_secs(it * 86_400));
    let grants = third_party.grants();
    assert_eq!(
        [grants.access_token_lifetime, grants.code_lifetime, grants.retry_window],
        [1, 2, 3].map(minutes)
    );
    assert_eq!([grants.idle_timeout, grants.absolute_timeout], [4, 5].map(days));
    assert_eq!(third_party.signing_keys().rotate_every, days(8));
    let sessions = third_party.sessions();
    assert_eq!([sessions.idle_timeout, sessions.absolute_timeout], [10, 11].map(days));
    let browser = third_party.browser_sessions();
    assert_eq!([browser.idle_timeout, browser.absolute_timeout], [12, 13].map(minutes));
    let StorageSettings::Redb(redb) = third_party.storage() else { panic!() };
    assert_eq!(redb.path, Path::new("/var/lib/state.redb"));
}

#[test]
fn a_generic_preset_has_the_name_of_its_section() {
    let named = |preset: &str, further: &str| {
        let loaded = load(&format!(
            "storage = {{ memory = true }}\n[[third_party.provider]]\nid = \"work\"\npreset = \"{preset}\"\n\
             client_id = \"gw\"\nclient_secret = {{ env = \"SECRET\" }}\nallow = {{ users = [\"1\"] }}\n{further}"
        ));
        let providers = loaded.third_party().unwrap().providers();
        let [ConfiguredProvider::Remote { settings, .. }] = providers.as_slice() else {
            panic!("{providers:?}")
        };
        settings.display_name.clone()
    };
    let issuer = "issuer = \"https://login.example.com\"\n";
    assert_eq!(named("oidc", issuer).as_deref(), Some("work"));
    assert_eq!(named("oidc", &format!("{issuer}name = \"Work\"")).as_deref(), Some("Work"));
    assert_eq!(named("github", ""), None);
}

#[test]
fn a_third_party_reaches_its_settings() {
    let loaded = load(
        r#"storage = { memory = true }
[[third_party.provider]]
id = "work"
preset = "oidc"
name = "Work"
client_id = "gw"
client_secret = { env = "SECRET" }
issuer = "https://login.example.com/"
scopes = ["openid", "api"]
scope_prefix = "p/"
resource = "https://api.example.com"
offline = true
pkce = false
token_auth = "basic"
authorize_parameters = { prompt = "login" }
endpoints = { token = "https://login.example.com/t" }
claims = { groups = "roles" }
allow = { groups = ["staff"], email_domains = ["example.com"] }
"#,
    );
    let providers = loaded.third_party().unwrap().providers();
    let [ConfiguredProvider::Remote { settings: it, allow }] = providers.as_slice() else {
        panic!("{providers:?}")
    };
    assert_eq!((it.id.as_str(), it.kind, it.client_id.as_str()), ("work", ProviderKind::Oidc, "gw"));
    assert_eq!(it.client_secret.as_ref().unwrap().expose(), SECRET);
    assert_eq!(it.issuer.as_ref().unwrap().as_str(), "https://login.example.com/");
    assert_eq!((it.scopes.join(" "), it.scope_prefix.as_str()), ("openid api".to_owned(), "p/"));
    assert_eq!(
        (it.resource.as_deref(), it.offline, it.pkce),
        (Some("https://api.example.com"), Some(true), Some(false))
    );
    assert_eq!((it.token_auth, it.display_name.as_deref()), (Some(TokenAuth::Basic), Some("Work")));
    assert_eq!(it.authorize_parameters, [("prompt".to_owned(), "login".to_owned())]);
    assert_eq!(it.endpoints.token.as_ref().unwrap().as_str(), "https://login.example.com/t");
    assert_eq!(it.claims.groups.as_ref().unwrap().to_string(), "roles");
    assert!(it.lookups.groups && it.lookups.email && !it.lookups.teams);
    assert!(
        allow.groups.contains("staff") && allow.email_domains.contains("example.com") && !allow.everybody
    );
    it.check().unwrap();
}

/// Rules of servers widen what is asked of a third party, each for its own people.
#[test]
fn what_rules_of_servers_name_is_looked_up() {
    let github = |id: &str, client: &str, secret: &str| {
        format!(
            "[[third_party.provider]]\nid = \"{id}\"\npreset = \"github\"\nclient_id = \"{client}\"\n\
             client_secret = {{ env = \"{secret}\" }}\nallow = {{ everybody = true }}\n\
             endpoints = {{ token = \"https://{id}.example.com/token\" }}\n"
        )
    };
    let providers = format!(
        "storage = {{ memory = true }}\n{}{}",
        github("first", "a", "SECRET"),
        github("second", "b", "OTHER")
    );
    let lookups = |claims: &str| {
        let rule = format!("[[server.rule]]\nallow = {{ claims = {{ {claims} }} }}\n");
        let loaded = load_with(&rule, &providers);
        let found = loaded.third_party().unwrap().providers().into_iter();
        let found: Vec<_> = found
            .map(|it| match it {
                ConfiguredProvider::Remote { settings, allow } => (settings.lookups, allow.lookups()),
                ConfiguredProvider::Local { .. } => unreachable!(),
            })
            .collect();
        assert!(found.iter().all(|(_, allow)| *allow == Lookups::default()));
        [found[0].0, found[1].0]
    };
    let none = Lookups::default();
    assert_eq!(lookups("client_id = \"x\""), [none, none]);
    let organizations = Lookups { organizations: true, ..none };
    assert_eq!(lookups("organizations = [\"first:acme\"]"), [organizations, none]);
    let both = "organizations = \"first:acme\", teams = [\"first:acme/ops\", \"second:1\"]";
    let teams = Lookups { teams: true, ..none };
    assert_eq!(lookups(both), [organizations.union(teams), teams]);
}

#[test]
fn built_in_accounts_reach_theirs() {
    let loaded = load(&format!("storage = {{ memory = true }}{LOCAL}"));
    let providers = loaded.third_party().unwrap().providers();
    let [ConfiguredProvider::Local { id, name, accounts, allow }] = providers.as_slice() else { panic!() };
    assert_eq!((id.as_str(), name.as_deref(), accounts.len()), ("staff", None, 1));
    assert_eq!(accounts[0].email.as_ref().unwrap().as_str(), "alice@example.com");
    assert!(allow.everybody && accounts[0].groups.contains("admins"));
    let clock = std::sync::Arc::new(ManualClock::new(UnixTime::from_seconds(1)));
    LocalAccounts::new(id.clone(), accounts.clone(), clock, &SeededEntropy::new(1)).unwrap();
}

#[test]
fn clients_reach_theirs() {
    let loaded = load(&format!(
        "storage = {{ memory = true }}\n[[third_party.client]]\nclient_id = \"app\"\nname = \"App\"\n\
         redirect_uris = [\"https://app.example.com/cb\"]\nauth = \"client_secret_post\"\n\
         client_secret = {{ env = \"SECRET\" }}\nscopes = [\"mcp\"]\n\
         require_pushed_authorization_requests = true\n\
         [[third_party.client]]\nclient_id = \"job\"\nname = \"Job\"\nintrospect = true\n\
         auth = \"private_key_jwt\"\nkeys = {{ jwks_uri = \"https://job.example.com/jwks\" }}\n{LOCAL}"
    ));
    let third_party = loaded.third_party().unwrap();
    let clients = third_party.clients();
    let app = &clients[0];
    assert_eq!((app.client.id.as_str(), app.client.origin), ("app", ClientOrigin::Configured));
    assert_eq!(app.client.auth_method, ClientAuthMethod::ClientSecretPost);
    assert_eq!((app.secret.unwrap().expose(), app.introspect), (SECRET, false));
    assert_eq!(app.client.scope.as_ref().unwrap().to_string(), "mcp");
    assert!(app.client.require_pushed_authorization_requests);
    let job = &clients[1];
    assert!(!job.client.require_pushed_authorization_requests);
    assert!(job.introspect && job.client.redirect_uris.is_empty() && job.client.scope.is_none());
    assert!(
        matches!(job.keys, Some(ConfiguredKeys::JwksUri(url)) if url.as_str() == "https://job.example.com/jwks")
    );
}

#[test]
fn option_a_has_none_of_it() {
    let loaded = load(&format!("storage = {{ memory = true }}{LOCAL}"));
    assert!(loaded.third_party().is_some());
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("gateway.toml");
    fs::write(
        &path,
        "public_url = \"https://mcp.example.com\"\nlisten = { address = \"127.0.0.1:8443\" }\n\
         [[server]]\npath = \"/mcp\"\nupstream = { http = \"http://127.0.0.1:3000/mcp\" }\n\
         [[authorization_server]]\nissuer = \"https://as.example.com\"\n",
    )
    .unwrap();
    assert!(Config::load(&path, &|_: &str| None).unwrap().third_party().is_none());
}

#[test]
fn a_password_is_hashed_so_that_the_configuration_takes_it() {
    let hash = hash_password("correct horse".to_owned()).unwrap();
    load(&format!(
        "storage = {{ memory = true }}{}",
        LOCAL.replace(&LOCAL[LOCAL.find("$argon2id").unwrap()..LOCAL.len() - 2], &hash)
    ));
    assert_ne!(hash, hash_password("correct horse".to_owned()).unwrap());
    assert!(hash_password("short".to_owned()).is_err());
}

#[cfg(unix)]
#[test]
fn o06_a_new_master_key_is_random_private_and_never_overwrites_another() {
    use std::os::unix::fs::PermissionsExt;

    let folder = TempDir::new().unwrap();
    let (one, two) = (folder.path().join("one.key"), folder.path().join("two.key"));
    write_master_key(&one).unwrap();
    write_master_key(&two).unwrap();
    let text = fs::read_to_string(&one).unwrap();
    assert_eq!(fs::metadata(&one).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(crate::config::load::master_key::decode(text.trim_end()).unwrap().len(), 32);
    assert_ne!(text, fs::read_to_string(&two).unwrap());
    assert_eq!(write_master_key(&one).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&one).unwrap(), text);
}
