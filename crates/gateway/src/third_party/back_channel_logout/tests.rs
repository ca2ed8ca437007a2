use std::net::Ipv4Addr;

use oauth_client::{AllowRules, Known, Provider, ProviderKind, ProviderPorts, ProviderSettings};
use oauth_types::{Principal, SystemEntropy};
use session_binding::{Liveness, SignIn, ThirdPartySessionId};
use storage::Fault;
use test_support::{
    fake_http::{FakeHttp, Reply},
    issuer::{TestIssuer, TestKey, TokenBuilder},
};
use tower_service::Service;

use super::*;
use crate::{
    request_id::RequestIds,
    third_party::{
        adapters::{IdTokens, NamedMemberships, SignInProvider},
        testing::{NOW, World},
    },
};

const CORP: &str = "https://corp.example";

struct Scene {
    world: World,
    issuer: TestIssuer,
    http: FakeHttp,
    router: Router,
}

impl Scene {
    async fn set() -> Self {
        let world = World::new().await;
        let (issuer, http) = (TestIssuer::new(CORP), FakeHttp::new());
        http.set(&format!("{CORP}/jwks"), Reply::json(&issuer.jwks()));
        let metadata = json!({
            "issuer": CORP, "authorization_endpoint": format!("{CORP}/authorize"), "jwks_uri": format!("{CORP}/jwks"),
            "token_endpoint": format!("{CORP}/token"), "backchannel_logout_session_supported": true,
        });
        http.set(&format!("{CORP}/.well-known/openid-configuration"), Reply::json(&metadata));
        world.state.foundations.providers.replace([corp(&world, &http)], NamedMemberships::default());
        let router = router(BackChannelLogout {
            foundations: world.state.foundations.clone(),
            store: Arc::clone(&world.state.store),
            clock: world.clock.clone(),
            failures: Failures::new(world.clock.clone()),
            body_idle: Duration::from_secs(5),
        });
        Self { world, issuer, http, router }
    }

    async fn signed_in(&self, subject: &str, sid: Option<&str>) -> ThirdPartySessionId {
        let principal = Principal { provider: "corp".parse().unwrap(), subject: subject.parse().unwrap() };
        let known = Known::of(principal.clone());
        let sign_in = SignIn { principal, display_name: None, sid: sid.map(str::to_owned) };
        let on = &self.world.state.foundations;
        let session = *on.sessions.sign_in(sign_in).await.unwrap().who.session();
        on.remembered.keep(&session, &known, on.providers.now()).await.unwrap();
        session
    }

    async fn lives(&self, session: &ThirdPartySessionId) -> bool {
        matches!(
            self.world.state.foundations.sessions.liveness(session).await.unwrap(),
            Liveness::Live { .. }
        )
    }

    /// A good token about one sign-in of alice.
    fn token(&self) -> TokenBuilder {
        self.issuer
            .token()
            .header("typ", "logout+jwt")
            .claim("aud", "gateway")
            .claim("iat", NOW.as_seconds())
            .claim("exp", NOW.as_seconds() + 120)
            .claim("sub", "alice")
            .claim("sid", "s1")
            .claim("jti", "token-1")
            .claim("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} }))
    }

    async fn post(&self, path: &str, body: &str) -> (u16, String) {
        self.post_as("application/x-www-form-urlencoded", path, body).await
    }

    async fn post_as(&self, kind: &str, path: &str, body: &str) -> (u16, String) {
        let request = Request::post(path).header("content-type", kind);
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        let id = RequestIds::new(&SystemEntropy).next();
        request.extensions_mut().insert(Arrival::new(id, Ipv4Addr::LOCALHOST.into()));
        let response = self.router.clone().call(request).await.unwrap();
        let status = response.status().as_u16();
        assert!(status == 429 || response.headers()[header::CACHE_CONTROL] == "no-store");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn tell(&self, token: &TokenBuilder) -> u16 {
        self.post("/backchannel-logout/corp", &format!("logout_token={}", token.sign())).await.0
    }
}

fn corp(world: &World, http: &FakeHttp) -> SignInProvider {
    let settings = ProviderSettings {
        issuer: Some(CORP.parse().unwrap()),
        client_secret: Some(oauth_client::ClientSecret::new("secret".to_owned())),
        ..ProviderSettings::new("corp".parse().unwrap(), ProviderKind::Oidc, "gateway".parse().unwrap())
    };
    let http: Arc<dyn outbound_http::HttpClient> = Arc::new(http.clone());
    let ports = ProviderPorts {
        id_tokens: Arc::new(IdTokens::new(Arc::clone(&http), world.clock.clone(), Duration::from_secs(60))),
        http,
        clock: world.clock.clone(),
        entropy: Arc::new(SystemEntropy),
    };
    let provider = Arc::new(Provider::new(settings, ports).unwrap());
    let rules = AllowRules { everybody: true, ..AllowRules::default() };
    SignInProvider::ThirdParty { provider, rules, name: "Corp".to_owned() }
}

#[tokio::test]
async fn k07_a_logout_ends_the_sign_in_it_names_and_its_grants_at_once() {
    let scene = Scene::set().await;
    let (doomed, spared) =
        (scene.signed_in("alice", Some("s1")).await, scene.signed_in("alice", Some("s2")).await);
    let bob = scene.signed_in("bob", Some("s1")).await;
    let (_, code) = scene.world.code(&doomed, "alice").await;
    let tokens = scene.world.redeem(&code).await.unwrap();
    assert_eq!(scene.tell(&scene.token()).await, 200);
    assert!(!scene.lives(&doomed).await);
    assert!(scene.lives(&spared).await && scene.lives(&bob).await);
    assert!(scene.world.refresh(&tokens).await.is_err(), "the grant has ended with it");

    assert_eq!(scene.tell(&scene.token().claim("jti", "token-2").without("sid")).await, 200);
    assert!(!scene.lives(&spared).await, "without a name, every sign-in of the person is meant");
    assert!(scene.lives(&bob).await);
    assert_eq!(scene.tell(&scene.token().claim("jti", "token-3").without("sub")).await, 200);
    assert!(!scene.lives(&bob).await, "a name alone is enough");
}

#[tokio::test]
async fn k07_b23_a_token_that_differs_in_one_point_ends_nothing() {
    let scene = Scene::set().await;
    let session = scene.signed_in("alice", Some("s1")).await;
    let good = scene.token();
    let now = NOW.as_seconds();
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let rows = [
        ("alg none", good.clone().header("alg", "none")),
        ("another key", good.clone().key(&TestKey::generate("ES256", "key-1"))),
        ("an unknown key", good.clone().header("kid", "key-9")),
        ("type of an access token", good.clone().header("typ", "at+jwt")),
        ("another issuer", good.clone().claim("iss", "https://other.example")),
        ("no issuer", good.clone().without("iss")),
        ("another audience", good.clone().claim("aud", "another")),
        ("no audience", good.clone().without("aud")),
        ("no iat", good.clone().without("iat")),
        ("iat ahead", good.clone().claim("iat", now + 61)),
        ("too old", good.clone().claim("iat", now - 361).without("exp")),
        ("expired", good.clone().claim("exp", now - 61)),
        ("exp no time", good.clone().claim("exp", "soon")),
        ("no events", good.clone().without("events")),
        ("another event", good.clone().claim("events", json!({ "https://other.example": {} }))),
        ("event no object", good.clone().claim("events", json!({ event: true }))),
        ("with a nonce", good.clone().claim("nonce", "n")),
        ("nonce null", good.clone().claim("nonce", json!(null))),
        ("no jti", good.clone().without("jti")),
        ("jti no text", good.clone().claim("jti", 7)),
        ("nobody", good.clone().without("sub").without("sid")),
    ];
    for (name, token) in rows {
        assert_eq!(scene.tell(&token).await, 400, "{name}");
        assert!(scene.lives(&session).await, "{name}");
    }
    assert_eq!(
        scene.tell(&good.without_header("typ").without("exp")).await,
        200,
        "as older versions have it"
    );
    assert!(!scene.lives(&session).await);
}

#[tokio::test]
async fn k07_a_token_that_was_here_ends_nothing_again() {
    let scene = Scene::set().await;
    scene.signed_in("alice", Some("s1")).await;
    assert_eq!(scene.tell(&scene.token()).await, 200);
    let again = scene.signed_in("alice", Some("s1")).await;
    let lasting = scene.token().without("exp");
    for seconds in [0, 120, 239] {
        scene.world.advance(seconds);
        let now = scene.world.clock.now();
        scene.world.store.sweep(now, 100).await.unwrap();
        assert_eq!(scene.tell(&lasting).await, 400, "still fresh, and remembered");
        assert!(scene.lives(&again).await);
    }
    assert_eq!(scene.tell(&lasting.claim("jti", "token-2")).await, 200);
    assert!(!scene.lives(&again).await);
}

#[tokio::test]
async fn k07_what_failed_can_be_told_again() {
    let scene = Scene::set().await;
    let session = scene.signed_in("alice", Some("s1")).await;
    scene.http.set(&format!("{CORP}/jwks"), Reply::status(500));
    assert_eq!(scene.tell(&scene.token()).await, 503);
    scene.http.set(&format!("{CORP}/jwks"), Reply::json(&scene.issuer.jwks()));
    scene.world.advance(60);
    scene.world.store.fail_nth(3, Fault::Refused);
    assert_eq!(scene.tell(&scene.token()).await, 503);
    assert_eq!(scene.tell(&scene.token()).await, 200);
    assert!(!scene.lives(&session).await);
}

#[tokio::test]
async fn k07_what_is_no_such_request_is_refused() {
    let scene = Scene::set().await;
    let session = scene.signed_in("alice", Some("s1")).await;
    let token = scene.token().sign();
    for (path, body, status) in [
        ("/backchannel-logout/corp", String::new(), 400),
        ("/backchannel-logout/corp", format!("logout_token={token}&logout_token={token}"), 400),
        ("/backchannel-logout/corp", "logout_token=x".to_owned(), 400),
        ("/backchannel-logout/another", format!("logout_token={token}"), 404),
        ("/backchannel-logout/CORP", format!("logout_token={token}"), 404),
    ] {
        let (answered, text) = scene.post(path, &body).await;
        assert_eq!(answered, status, "{path} {body}: {text}");
        assert!(!text.contains(&token));
    }
    let body = format!("logout_token={token}");
    assert_eq!(scene.post_as("text/plain", "/backchannel-logout/corp", &body).await.0, 400);
    assert!(scene.lives(&session).await);
}

/// A token that an assertion of the enterprise gave rests on no sign-in here, and ends with the person's all the same.
#[tokio::test]
async fn k07_a_sign_out_everywhere_ends_what_assertions_gave() {
    let scene = Scene::set().await;
    let grants = &scene.world.state.foundations.grants;
    let issue = async |subject: &str| {
        let new = token_manager::DirectGrant {
            client_id: "agent".parse().unwrap(),
            principal: Principal { provider: "corp".parse().unwrap(), subject: subject.parse().unwrap() },
            scope: "mcp".parse().unwrap(),
            resource: crate::third_party::testing::RESOURCE.parse().unwrap(),
            key: None,
            rests_on: None,
        };
        grants.issue_tokens(new).await.unwrap().grant
    };
    let (alice, bob) = (issue("alice").await, issue("bob").await);
    let lives = |grant| grants.is_live(grant) == token_manager::Liveness::Live;
    // One session says nothing of the others.
    assert_eq!(scene.tell(&scene.token()).await, 200);
    assert!(lives(&alice) && lives(&bob));
    assert_eq!(scene.tell(&scene.token().without("sid").claim("jti", "token-2")).await, 200);
    assert!(!lives(&alice) && lives(&bob));
}

#[tokio::test]
async fn g35_whoever_sends_bad_tokens_without_end_is_not_heard_any_more() {
    let scene = Scene::set().await;
    for _ in 0..600 {
        assert_eq!(scene.post("/backchannel-logout/corp", "logout_token=x").await.0, 400);
    }
    assert_eq!(scene.post("/backchannel-logout/corp", "logout_token=x").await.0, 429);
    scene.world.advance(60);
    assert_eq!(scene.post("/backchannel-logout/corp", "logout_token=x").await.0, 400);
}
