//! The endpoints as programs see them, in process.

use std::net::Ipv4Addr;

use axum::{body::Body, extract::Request, response::Response};
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use oauth_server::{
    Client, ClientAuthMethod, ClientOrigin, ClientProof, ClientSources, Clients, ConfiguredClient, GrantPort,
    GrantType, OfferedResource, RegistrationSettings, SecretDigest, ServerSettings,
};
use oauth_types::SystemEntropy;
use serde_json::{Value, json};
use tower_service::Service;

use super::*;
use crate::{
    reason::Reason,
    request_id::RequestIds,
    service::Arrival,
    third_party::{adapters::ClientAssertions, testing::*},
};

const SECRET: &str = "c0nf1dent1al";

struct Served {
    world: World,
    router: Router,
}

impl Served {
    async fn new(registration: bool) -> Self {
        let world = World::new().await;
        let router = router(endpoints(&world, registration).await);
        Self { world, router }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_from(Ipv4Addr::LOCALHOST, method, path, headers, body).await
    }

    async fn send_from(
        &self,
        from: Ipv4Addr,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        let arrival = Arrival::new(RequestIds::new(&SystemEntropy).next(), from.into());
        request.extensions_mut().insert(arrival);
        Answer::of(self.router.clone().call(request).await.unwrap()).await
    }

    async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let body = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        self.send(Method::POST, path, &[("content-type", "application/x-www-form-urlencoded")], &body).await
    }
}

struct Answer {
    status: u16,
    headers: http::HeaderMap,
    reason: Option<Reason>,
    body: String,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self {
            status: head.status.as_u16(),
            headers: head.headers,
            reason: head.extensions.get().copied(),
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

async fn endpoints(world: &World, registration: bool) -> Endpoints {
    let state = &world.state;
    let offered = OfferedResource {
        resource: RESOURCE.parse().unwrap(),
        scopes: "mcp".parse().unwrap(),
        default_scopes: "mcp".parse().unwrap(),
    };
    let mut settings = ServerSettings::new(ISSUER.parse().unwrap(), vec![offered]).unwrap();
    settings.client_credentials.insert("server".parse().unwrap(), "mcp".parse().unwrap());
    let settings = Arc::new(settings);
    let grants: Arc<dyn GrantPort> = Arc::new(world.access.clone());
    let endpoint = format!("{ISSUER}/register").parse().unwrap();
    let registrations = Registrations::open(
        Arc::clone(&state.store),
        Arc::clone(&grants),
        world.clock.clone(),
        Arc::new(SystemEntropy),
        RegistrationSettings::new(endpoint),
    );
    let registrations = Some(registrations.await.unwrap()).filter(|_| registration);
    let clients = Clients::new(ClientSources {
        issuer: ISSUER.parse().unwrap(),
        configured: vec![public(), confidential()],
        documents: None,
        registrations: registrations.clone(),
        store: Arc::clone(&state.store),
        assertions: Arc::new(ClientAssertions::new(Arc::new(world.http.clone()), world.clock.clone())),
        clock: world.clock.clone(),
    });
    Endpoints {
        metadata: ServerMetadata::new(&settings),
        token: TokenEndpoint::new(Arc::clone(&settings), clients.clone(), Arc::clone(&grants))
            .with_direct_grants(Arc::new(world.access.clone())),
        push: PushEndpoint::new(Arc::clone(&settings), clients.clone(), state.pushed.clone()),
        revoke: RevokeEndpoint::new(clients.clone(), Arc::clone(&grants)),
        introspect: IntrospectEndpoint::new(settings, clients, grants),
        registrations,
        signing_keys: state.signing_keys.clone(),
        failures: Failures::new(world.clock.clone()),
        body_idle: Duration::from_secs(10),
    }
}

fn known(id: &str, auth_method: ClientAuthMethod) -> Client {
    Client {
        id: id.parse().unwrap(),
        origin: ClientOrigin::Configured,
        name: None,
        host: None,
        redirect_uris: vec![REDIRECT.parse().unwrap()],
        auth_method,
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        scope: None,
        default_scope: None,
        dpop_bound_access_tokens: false,
        require_pushed_authorization_requests: false,
    }
}

fn public() -> ConfiguredClient {
    let client = known(client().as_str(), ClientAuthMethod::None);
    ConfiguredClient::new(client, ClientProof::Nothing).unwrap()
}

fn confidential() -> ConfiguredClient {
    let client = known("server", ClientAuthMethod::ClientSecretPost);
    ConfiguredClient::new(client, ClientProof::Secret(SecretDigest::of(SECRET))).unwrap()
}

#[tokio::test]
async fn metadata_is_at_every_place_where_clients_look_for_it() {
    let served = Served::new(true).await;
    let places = [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration/mcp",
        "/mcp/.well-known/openid-configuration",
    ];
    for place in places {
        let answer = served.send(Method::GET, place, &[], "").await;
        assert_eq!((answer.status, answer.json()["issuer"].as_str()), (200, Some(ISSUER)), "{place}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.reason, None);
        assert_eq!(served.send(Method::HEAD, place, &[], "").await.status, 200);
        let refused = served.send(Method::POST, place, &[], "").await;
        assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD, OPTIONS"));
        assert_eq!(refused.reason, Some(Reason::MethodNotAllowed));
    }
}

#[tokio::test]
async fn discovery_and_keys_are_answered_whatever_state_the_store_is_in() {
    let served = Served::new(true).await;
    served.world.store.set_down(true);
    let token = served.form("/token", &[("grant_type", "refresh_token"), ("client_id", "x")]).await;
    assert_eq!((token.status, token.reason), (503, Some(Reason::OauthUnavailable)));
    for place in ["/.well-known/oauth-authorization-server", "/jwks"] {
        assert_eq!(served.send(Method::GET, place, &[], "").await.status, 200, "{place}");
    }
    let keys = served.send(Method::GET, "/jwks", &[], "").await;
    assert_eq!(keys.header("content-type"), "application/jwk-set+json");
    assert!(keys.json()["keys"].as_array().is_some_and(|it| !it.is_empty()));
    assert!(!keys.body.contains("\"d\""), "no private half");
}

#[tokio::test]
async fn d10_a_page_may_ask_before_it_calls_and_no_credentials_are_allowed() {
    let served = Served::new(true).await;
    let rows = [
        ("/token", "POST, OPTIONS"),
        ("/par", "POST, OPTIONS"),
        ("/revoke", "POST, OPTIONS"),
        ("/introspect", "POST, OPTIONS"),
        ("/register", "POST, OPTIONS"),
        ("/register/abc", "GET, PUT, DELETE, OPTIONS"),
        ("/jwks", "GET, HEAD, OPTIONS"),
    ];
    for (place, methods) in rows {
        let answer = served.send(Method::OPTIONS, place, &[("origin", "https://page.example")], "").await;
        assert_eq!((answer.status, answer.header("access-control-allow-methods")), (204, methods), "{place}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.headers.get("access-control-allow-credentials").is_none());
        let other = served.send(Method::PATCH, place, &[], "").await;
        assert_eq!((other.status, other.header("access-control-allow-origin")), (405, "*"), "{place}");
        assert!(!other.header("allow").is_empty() && other.json()["error"].is_string(), "{place}");
    }
}

#[tokio::test]
async fn tokens_are_issued_rotated_introspected_and_revoked() {
    let served = Served::new(true).await;
    let session = served.world.sign_in("1").await;
    let (grant, code) = served.world.code(&session, "1").await;
    let encoded = "http%3A%2F%2F127.0.0.1%3A33418%2Fcallback";
    let redeem = [
        ("grant_type", "authorization_code"),
        ("client_id", "client-a"),
        ("code", &code),
        ("redirect_uri", encoded),
        ("code_verifier", VERIFIER),
    ];
    let mut wrong = redeem;
    wrong[4].1 = "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong";
    let refused = served.form("/token", &wrong).await;
    assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some("invalid_grant")));
    assert_eq!(refused.reason, Some(Reason::OauthRefused));
    let issued = served.form("/token", &redeem).await;
    assert_eq!((issued.status, issued.header("cache-control")), (200, "no-store"), "{}", issued.body);
    assert_eq!(issued.json()["token_type"].as_str().map(str::to_lowercase).as_deref(), Some("bearer"));
    let first = issued.json()["refresh_token"].as_str().unwrap().to_owned();
    let refresh = [("grant_type", "refresh_token"), ("client_id", "client-a"), ("refresh_token", &*first)];
    let rotated = served.form("/token", &refresh).await.json();
    let access = rotated["access_token"].as_str().unwrap();

    let ask = async |token: &str| {
        let pairs = [("client_id", "server"), ("client_secret", SECRET), ("token", token)];
        served.form("/introspect", &pairs).await.json()["active"].clone()
    };
    // Another client's token is nobody's business.
    assert_eq!(ask(access).await, json!(false));
    assert!(served.world.is_live(grant));
    let gone = served.form("/revoke", &[("client_id", "client-a"), ("token", access)]).await;
    assert_eq!((gone.status, gone.reason), (200, None));
    assert!(!served.world.is_live(grant));
    assert_eq!(served.form("/token", &refresh).await.status, 400);
}

#[tokio::test]
async fn a_client_that_acts_for_itself_holds_a_grant_like_any_other() {
    let served = Served::new(false).await;
    let own = [("client_id", "server"), ("client_secret", SECRET)];
    let with = |further: (&'static str, &str)| {
        [own[0], own[1], (further.0, further.1)].map(|(a, b)| (a, b.to_owned()))
    };
    let form = async |path: &str, further: (&'static str, &str)| {
        let pairs = with(further);
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        served.form(path, &pairs).await
    };
    let issued = form("/token", ("grant_type", "client_credentials")).await;
    assert_eq!((issued.status, issued.header("cache-control")), (200, "no-store"), "{}", issued.body);
    let issued = issued.json();
    assert_eq!((&issued["scope"], issued.get("refresh_token")), (&json!("mcp"), None));
    let access = issued["access_token"].as_str().unwrap();
    let facts = form("/introspect", ("token", access)).await.json();
    assert_eq!(
        (&facts["active"], &facts["sub"], &facts["client_id"]),
        (&json!(true), &json!("server"), &json!("server"))
    );
    assert_eq!(form("/revoke", ("token", access)).await.status, 200);
    assert_eq!(form("/introspect", ("token", access)).await.json()["active"], json!(false));
    served.world.store.set_down(true);
    let refused = form("/token", ("grant_type", "client_credentials")).await;
    assert_eq!((refused.status, refused.reason), (503, Some(Reason::OauthUnavailable)));
}

#[tokio::test]
async fn g35_whoever_guesses_codes_waits_and_others_do_not() {
    let served = Served::new(false).await;
    let (_, _, tokens) = served.world.live("1").await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let guess = "grant_type=authorization_code&client_id=client-a&code=ac1.x&redirect_uri=x&code_verifier=x";
    let good =
        format!("grant_type=refresh_token&client_id=client-a&refresh_token={}", refresh_token(&tokens));
    let from = |last: u8| Ipv4Addr::new(192, 0, 2, last);
    let post = async |last: u8, path: &str, body: &str| {
        served.send_from(from(last), Method::POST, path, &form, body).await
    };
    // However often it succeeds, nothing is counted.
    for _ in 0..601 {
        assert_eq!(post(2, "/token", &good).await.status, 200);
    }
    for _ in 0..600 {
        assert_eq!(post(1, "/token", guess).await.status, 400);
    }
    for path in ["/token", "/par", "/revoke", "/introspect"] {
        let refused = post(1, path, guess).await;
        assert_eq!((refused.status, refused.reason), (429, Some(Reason::AddressFails)), "{path}");
        assert_eq!(refused.header("retry-after"), "60");
        assert_eq!(refused.json()["error"], "temporarily_unavailable");
    }
    assert_eq!(post(2, "/token", &good).await.status, 200);
    let discovery =
        served.send_from(from(1), Method::GET, "/.well-known/oauth-authorization-server", &[], "");
    assert_eq!(discovery.await.status, 200);
    served.world.advance(60);
    assert_eq!(post(1, "/token", guess).await.status, 400);
}

#[tokio::test]
async fn f22_one_address_cannot_take_all_places_at_par() {
    let served = Served::new(false).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", "client-a")
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", REDIRECT)
        .append_pair("resource", RESOURCE)
        .append_pair("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        .append_pair("code_challenge_method", "S256")
        .finish();
    let push = async |last: u8| {
        served.send_from(Ipv4Addr::new(192, 0, 2, last), Method::POST, "/par", &form, &body).await
    };
    for _ in 0..500 {
        let pushed = push(1).await;
        assert_eq!(pushed.status, 201, "{}", pushed.body);
    }
    let refused = push(1).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
    assert_eq!(push(2).await.status, 201);
    served.world.advance(60);
    assert_eq!(push(1).await.status, 201);
}

#[tokio::test]
async fn g12_bodies_are_bounded_and_forms() {
    let served = Served::new(true).await;
    for place in ["/token", "/par", "/revoke", "/introspect", "/register"] {
        let large = "a".repeat(200 * 1024);
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let answer = served.send(Method::POST, place, &form, &large).await;
        assert_eq!((answer.status, answer.reason), (413, Some(Reason::BodyTooLarge)), "{place}");
        let text = served.send(Method::POST, place, &[("content-type", "text/plain")], "x").await;
        let expected = if place == "/register" { 415 } else { 400 };
        assert_eq!(text.status, expected, "{place} {}", text.body);
        assert!(text.json()["error"].is_string());
    }
}

#[tokio::test]
async fn registrations_are_made_read_changed_and_deleted() {
    let served = Served::new(true).await;
    let json = ("content-type", "application/json");
    let metadata = json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "client_secret_post" });
    let made = served.send(Method::POST, "/register", &[json], &metadata.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    let uri = made["registration_client_uri"].as_str().unwrap();
    let path = uri.strip_prefix(ISSUER).unwrap();
    let bearer = format!("Bearer {}", made["registration_access_token"].as_str().unwrap());
    let own = ("authorization", &*bearer);
    assert_eq!(served.send(Method::GET, path, &[], "").await.status, 401);
    assert_eq!(served.send(Method::GET, path, &[own], "").await.json()["client_id"], made["client_id"]);
    let mut changed = metadata.clone();
    changed["client_id"] = made["client_id"].clone();
    changed["client_name"] = json!("Changed");
    let answer = served.send(Method::PUT, path, &[own, json], &changed.to_string()).await;
    assert_eq!((answer.status, answer.json()["client_name"].clone()), (200, json!("Changed")));
    let refused = served.send(Method::POST, path, &[own], "").await;
    assert_eq!((refused.status, refused.header("allow")), (405, "GET, PUT, DELETE, OPTIONS"));
    assert_eq!(served.send(Method::DELETE, path, &[own], "").await.status, 204);
    let gone = served.send(Method::GET, path, &[own], "").await;
    assert_eq!((gone.status, gone.reason), (401, Some(Reason::OauthRefused)));
}

#[tokio::test]
async fn without_registration_there_is_no_such_place() {
    let served = Served::new(false).await;
    for place in ["/register", "/register/abc"] {
        let answer = served.send(Method::POST, place, &[], "{}").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{place}");
    }
    assert_eq!(served.form("/token", &[]).await.status, 400);
}

#[test]
fn h11_registrations_are_counted_by_address_and_by_network_of_ipv6() {
    let source = |text: &str| source(text.parse().unwrap());
    assert_eq!(source("192.0.2.1"), source("::ffff:192.0.2.1"));
    assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
    assert_eq!(source("2001:db8::1"), source("2001:db8::ffff"));
    assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
}
