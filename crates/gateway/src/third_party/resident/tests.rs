//! Starts, stops and reloads.

mod routes;

use std::{error::Error, fs, net::Ipv4Addr, path::Path};

use axum::{Router, body::Body};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use oauth_types::{GrantId, ManualClock, Principal, SystemEntropy};
use serde_json::{Value, json};
use session_binding::SignIn;
use tempfile::TempDir;
use token_manager::NewGrant;
use tower_service::Service;

use super::*;
use crate::{
    config::Config,
    request_id::RequestIds,
    serve::{Running, StartError},
    service::Arrival,
    third_party::{
        adapters::session_key,
        testing::{NOW, REDIRECT, VERIFIER},
    },
};

const PUBLIC_URL: &str = "http://127.0.0.1:8443";
const SECTION: &str =
    "[third_party]\nstorage = { redb = \"state.redb\" }\nmaster_key = { env = \"MASTER\" }\n";
const RESOURCE: &str = "http://127.0.0.1:8443/mcp";
const MASTER: &str = "9LSWqdO3zQ1Y5tRZxk7mVb2uJ0cHnE8gPa6fTIwDyKo=";
const OTHER_MASTER: &str = "b3f1c07d6a2e984512fd7e30c9a8b1645fe20d738c4bb6aa19e7f3502d8c6491";

const ALICE: &str = r#"
[[third_party.provider]]
id = "staff"
preset = "local"
[[third_party.provider.account]]
username = "alice"
password_hash = "$argon2id$v=19$m=19456,t=2,p=1$wwICYHBcIpWofTHVvgnUAQ$1NFz5pYdx7UsR4iYIkZ4L/8k2EynxmGpZ8yyDfaDzDA"
"#;

const GITHUB: &str = r#"
[[third_party.provider]]
id = "github"
preset = "github"
client_id = "Ov23"
client_secret = { env = "GITHUB" }
allow = { everybody = true }
"#;

/// A configuration in a folder of its own, which keeps its state there.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn state(&self) -> std::path::PathBuf {
        self.0.path().join("state.redb")
    }

    /// With `[third_party]`, whose tables follow.
    fn option_b(&self, tables: &str) -> Loaded {
        self.option_b_under(MASTER, tables)
    }

    fn option_b_under(&self, master: &str, tables: &str) -> Loaded {
        load(self.0.path(), PUBLIC_URL, master, &format!("{SECTION}{tables}"))
    }

    /// With another `public_url`.
    fn elsewhere(&self, public_url: &str, tables: &str) -> Loaded {
        load(self.0.path(), public_url, MASTER, &format!("{SECTION}{tables}"))
    }

    fn option_a(&self) -> Loaded {
        load(
            self.0.path(),
            PUBLIC_URL,
            MASTER,
            "[[authorization_server]]\nissuer = \"https://as.example.com\"\n",
        )
    }
}

fn load(folder: &Path, public_url: &str, master: &str, rest: &str) -> Loaded {
    let path = folder.join("gateway.toml");
    let text = format!(
        "public_url = \"{public_url}\"\nlisten = {{ address = \"127.0.0.1:8443\" }}\n\
         [[server]]\npath = \"/mcp\"\nscopes = [\"mcp\"]\n\
         upstream = {{ http = \"http://127.0.0.1:3000/mcp\" }}\n{rest}"
    );
    fs::write(&path, text).unwrap();
    let environment = |name: &str| match name {
        "MASTER" => Some(master.to_owned()),
        "OLD_MASTER" => Some(MASTER.to_owned()),
        "GITHUB" => Some("Zk8WqP4vT1xNb6Ry".to_owned()),
        _ => None,
    };
    Config::load(&path, &environment).unwrap_or_else(|error| panic!("{error}"))
}

fn client(id: &str) -> String {
    format!(
        "[[third_party.client]]\nclient_id = \"{id}\"\nname = \"App\"\nredirect_uris = [\"{REDIRECT}\"]\n"
    )
}

/// One process.
struct Process {
    resident: Resident,
    router: Router,
    ids: RequestIds,
}

impl Process {
    async fn start(loaded: &Loaded) -> Result<Self, ResidentError> {
        let (clock, entropy) = (Arc::new(ManualClock::new(NOW)), Arc::new(SystemEntropy));
        let resident = Resident::open(loaded, StateFile::MayBeMade, clock, entropy).await?;
        let mut process = Self { resident, router: Router::new(), ids: RequestIds::new(&SystemEntropy) };
        process.reload(loaded).await?;
        Ok(process)
    }

    async fn reload(&mut self, loaded: &Loaded) -> Result<(), ResidentError> {
        let (own, prepared) = self.resident.prepare(loaded).await?;
        self.resident.put_to_work(prepared);
        self.router = own.router;
        Ok(())
    }

    async fn stop(self) {
        drop(self.router);
        self.resident.stop().await;
    }

    fn state(&self) -> &State {
        &self.resident.0.as_ref().unwrap().state
    }

    fn is_live(&self, grant: GrantId) -> bool {
        self.state().foundations.grants.watch_end(&grant).is_some()
    }

    async fn send(&self, method: Method, target: &str, kind: &str, body: String) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(target).header("content-type", kind);
        let arrival = Arrival::new(self.ids.next(), Ipv4Addr::LOCALHOST.into());
        request.extensions_mut().unwrap().insert(arrival);
        let answer = self.router.clone().call(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (head.status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn get(&self, target: &str) -> (StatusCode, Value) {
        self.send(Method::GET, target, "text/plain", String::new()).await
    }

    /// Whether a client of this id may ask for something.
    async fn knows(&self, client: &str) -> bool {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("resource", RESOURCE),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        let query = query.extend_pairs(pairs).finish();
        self.get(&format!("/authorize?{query}")).await.0 == StatusCode::SEE_OTHER
    }

    async fn token(&self, pairs: &[(&str, &str)]) -> (StatusCode, Value) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.send(Method::POST, "/token", "application/x-www-form-urlencoded", body).await
    }

    async fn refresh(&self, client: &str, refresh_token: &str) -> (StatusCode, Value) {
        let pairs =
            [("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", refresh_token)];
        self.token(&pairs).await
    }

    /// A client that registers itself.
    async fn register(&self) -> String {
        let body = json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none" });
        let (status, answer) =
            self.send(Method::POST, "/register", "application/json", body.to_string()).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["client_id"].as_str().unwrap().to_owned()
    }

    /// What alice has allowed a client, and its refresh token.
    async fn grant(&self, client: &str) -> (GrantId, String) {
        let on = &self.state().foundations;
        let principal = Principal { provider: "staff".parse().unwrap(), subject: "alice".parse().unwrap() };
        let sign_in = SignIn { principal: principal.clone(), display_name: None, sid: None };
        let session = *on.sessions.sign_in(sign_in).await.unwrap().who.session();
        let new = NewGrant {
            client_id: client.parse().unwrap(),
            principal,
            redirect_uri: REDIRECT.parse().unwrap(),
            scope: "mcp".parse().unwrap(),
            resource: RESOURCE.parse().unwrap(),
            code_challenge: oauth_types::CodeChallenge::of(&VERIFIER.parse().unwrap()),
            session: Some(session_key(&session)),
            refreshable: true,
            key: None,
        };
        let (grant, code) = on.grants.issue_code(new).await.unwrap();
        on.sessions.bind(grant, &session).await.unwrap();
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code.expose()),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        let (status, answer) = self.token(&pairs).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        (grant, answer["refresh_token"].as_str().unwrap().to_owned())
    }
}

#[tokio::test]
async fn l05_clients_grants_refresh_tokens_and_keys_outlive_the_process() {
    let folder = Folder::new();
    let loaded = folder.option_b(ALICE);
    let process = Process::start(&loaded).await.unwrap();
    let client = process.register().await;
    let (grant, refresh_token) = process.grant(&client).await;
    let (_, keys) = process.get("/jwks").await;
    process.stop().await;

    let process = Process::start(&loaded).await.unwrap();
    assert!(process.is_live(grant) && process.knows(&client).await);
    assert_eq!(process.get("/jwks").await.1, keys);
    let (status, answer) = process.refresh(&client, &refresh_token).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    process.stop().await;
}

#[tokio::test]
async fn o18_a_reload_replaces_providers_and_clients_while_grants_live_on() {
    let folder = Folder::new();
    let first = format!("{}{ALICE}", client("app"));
    let mut process = Process::start(&folder.option_b(&first)).await.unwrap();
    let registered = process.register().await;
    let (grant, refresh_token) = process.grant(&registered).await;
    assert!(process.knows("app").await && !process.knows("other").await);

    let second = format!("{}{ALICE}{GITHUB}", client("other"));
    process.reload(&folder.option_b(&second)).await.unwrap();
    assert!(!process.knows("app").await && process.knows("other").await && process.knows(&registered).await);
    assert!(format!("{:?}", process.state().foundations.providers).contains("github"));
    let (status, answer) = process.refresh(&registered, &refresh_token).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(process.is_live(grant));

    // K05: the account is gone, and with it whatever rests on it.
    let third = ALICE.replace("alice", "bob");
    process.reload(&folder.option_b(&third)).await.unwrap();
    let (status, answer) = process.refresh(&registered, answer["refresh_token"].as_str().unwrap()).await;
    assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    assert!(!process.is_live(grant));
    process.stop().await;
}

#[tokio::test]
async fn o18_what_is_only_prepared_changes_nothing() {
    let folder = Folder::new();
    let process = Process::start(&folder.option_b(ALICE)).await.unwrap();
    let before = format!("{:?}", process.state().foundations.providers);
    let prepared = process.resident.prepare(&folder.option_b(&format!("{ALICE}{GITHUB}"))).await.unwrap();
    assert_eq!(format!("{:?}", process.state().foundations.providers), before);
    process.resident.put_to_work(prepared.1);
    assert_ne!(format!("{:?}", process.state().foundations.providers), before);
    drop(prepared.0);
    process.stop().await;
}

#[tokio::test]
async fn o18_the_section_comes_and_goes_by_a_restart_only() {
    let folder = Folder::new();
    let (with, without) = (folder.option_b(ALICE), folder.option_a());
    Process::start(&with).await.unwrap().stop().await;
    for (started, reloaded) in [(&with, &without), (&without, &with)] {
        let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        let running = Running::start_on(started, socket).await.unwrap();
        let error = running.reload(reloaded).await.unwrap_err();
        assert!(matches!(&error, StartError::ThirdParty(ResidentError::NeedsRestart)), "{error:?}");
        assert_eq!(error.to_string(), "`[third_party]` was added or removed, which needs a restart");
        // The old configuration is in force, and may be loaded again.
        running.reload(started).await.unwrap();
        running.stop(std::future::pending()).await;
    }
}

#[tokio::test]
async fn o18_another_public_url_needs_a_restart_and_changes_nothing() {
    let folder = Folder::new();
    let mut process = Process::start(&folder.option_b(ALICE)).await.unwrap();
    let (_, before) = process.get("/.well-known/oauth-authorization-server").await;
    let providers = format!("{:?}", process.state().foundations.providers);
    let other = folder.elsewhere("http://127.0.0.1:9443", &format!("{ALICE}{GITHUB}"));
    let error = process.reload(&other).await.unwrap_err();
    assert!(matches!(&error, ResidentError::IssuerNeedsRestart(_)), "{error:?}");
    let expected = "`public_url` was changed, which needs a restart: http://127.0.0.1:8443 is the issuer of the \
                    tokens that are out";
    assert_eq!(error.to_string(), expected);
    assert_eq!(process.get("/.well-known/oauth-authorization-server").await.1, before);
    assert_eq!(format!("{:?}", process.state().foundations.providers), providers);
    // The same one may be loaded again, with other things changed.
    process.reload(&folder.option_b(&format!("{ALICE}{GITHUB}"))).await.unwrap();
    assert_ne!(format!("{:?}", process.state().foundations.providers), providers);
    process.stop().await;

    let process = Process::start(&other).await.unwrap();
    let (_, after) = process.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(after["issuer"], json!("http://127.0.0.1:9443"));
    process.stop().await;
}

#[tokio::test]
async fn l05_l07_l15_a_store_that_cannot_be_used_is_named_and_stays_as_it_is() {
    let folder = Folder::new();
    let process = Process::start(&folder.option_b(ALICE)).await.unwrap();
    let client = process.register().await;
    process.stop().await;
    let good = fs::read(folder.state()).unwrap();

    let foreign = folder.option_b_under(OTHER_MASTER, ALICE);
    let error = Process::start(&foreign).await.err().unwrap();
    assert!(chain(&error).contains("master key"), "{}", chain(&error));
    assert!(fs::read(folder.state()).unwrap() == good);

    let mut damaged = good.clone();
    damaged.truncate(good.len() / 2);
    fs::write(folder.state(), &damaged).unwrap();
    let error = Process::start(&folder.option_b(ALICE)).await.err().unwrap();
    assert!(chain(&error).contains("state.redb"), "{}", chain(&error));
    assert!(fs::read(folder.state()).unwrap() == damaged);

    fs::write(folder.state(), &good).unwrap();
    let process = Process::start(&folder.option_b(ALICE)).await.unwrap();
    assert!(process.knows(&client).await);
    process.stop().await;
}

#[tokio::test]
async fn l07_l10_a_reload_takes_a_master_key_that_opens_what_is_sealed_and_no_other() {
    let folder = Folder::new();
    let tables = format!("{}{ALICE}", client("app"));
    let mut process = Process::start(&folder.option_b(&tables)).await.unwrap();
    let (grant, refresh_token) = process.grant("app").await;
    let in_force = process.state().ring.current();
    let error = process.reload(&folder.option_b_under(OTHER_MASTER, &tables)).await.unwrap_err();
    assert!(chain(&error).contains("master key"), "{}", chain(&error));
    assert_eq!(process.state().ring.current(), in_force);

    let both = format!("old_master_keys = [{{ env = \"OLD_MASTER\" }}]\n{tables}");
    process.reload(&folder.option_b_under(OTHER_MASTER, &both)).await.unwrap();
    assert_ne!(process.state().ring.current(), in_force);
    let (status, answer) = process.refresh("app", &refresh_token).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(process.is_live(grant));
    process.stop().await;
}

#[tokio::test]
async fn a_backup_is_written_where_the_operator_says_and_not_beside_the_process() {
    let folder = Folder::new();
    let process = Process::start(&folder.option_b(ALICE)).await.unwrap();
    let back_up = async |path: &Path| {
        let question = json!({ "path": path }).to_string();
        let request = Request::post("/storage/backup").body(Body::from(question)).unwrap();
        let answer = process.resident.admin().unwrap().call(request).await.unwrap();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    };
    let refused = back_up(Path::new("backup-of-a-test.redb")).await;
    assert!(refused.contains("backup-of-a-test.redb is no absolute path"), "{refused}");
    assert!(!Path::new("backup-of-a-test.redb").exists());
    let path = folder.0.path().join("backup.redb");
    assert!(back_up(&path).await.contains("\"records\":"));
    assert!(path.exists());
    process.stop().await;
}

/// An error with its causes, as the program prints it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn token_requests_may_be_json_if_the_operator_lets_them() {
    for (tables, expected) in [
        (ALICE.to_owned(), "invalid_request"),
        (format!("json_token_requests = true\n{ALICE}"), "invalid_grant"),
    ] {
        let process = Process::start(&Folder::new().option_b(&tables)).await.unwrap();
        let client = process.register().await;
        let body = json!({
            "grant_type": "refresh_token", "client_id": client, "refresh_token": "rt1.nobody-knows-it",
        });
        let (status, answer) =
            process.send(Method::POST, "/token", "application/json", body.to_string()).await;
        assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &json!(expected)), "{answer}");
        process.stop().await;
    }
}
