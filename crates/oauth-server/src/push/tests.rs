use http::Method;
use oauth_types::JwkThumbprint;
use serde_json::Value;
use test_support::golden;

use super::requests::{MOST, MOST_OF_A_SOURCE};
use crate::{
    AuthorizationRequest, AuthorizePageError, AuthorizeRefusal, DpopError, DpopProof, DpopProofVerifier,
    PushEndpoint,
    testing::{Form, Post, SECRET, World, block_on, good_query, outcome, text},
};

/// The good request of `client`, to be pushed.
fn request(client: &str) -> Post {
    let post = Post::new(&good_query().pairs()).with("client_id", client);
    match client {
        "basic" => post.without("client_id").basic(client, SECRET),
        "post" => post.with("client_secret", SECRET),
        _ => post,
    }
}

/// The name that a good request gets.
#[track_caller]
fn pushed(world: &World, post: &Post) -> String {
    let answer = world.post_push(post);
    assert_eq!(outcome(&answer), "201", "{post:?}");
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(body["expires_in"], 90);
    body["request_uri"].as_str().unwrap().to_owned()
}

/// What a browser brings.
fn brought(client: &str, request_uri: &str) -> Form {
    Form::new(&[("client_id", client), ("request_uri", request_uri)])
}

#[expect(clippy::result_large_err, reason = "it is looked at once")]
fn bring(world: &World, query: &Form) -> Result<AuthorizationRequest, AuthorizeRefusal> {
    block_on(world.authorize().check(Some(&query.encode()), None))
}

#[track_caller]
fn gone(world: &World, query: &Form) {
    match bring(world, query) {
        Err(AuthorizeRefusal::Page(error)) => {
            assert_eq!(error.to_string(), "the pushed request is not known here", "{query:?}");
        }
        other => panic!("{query:?}: {other:?}"),
    }
}

#[track_caller]
fn check(client: &str, change: impl FnOnce(Post) -> Post, expected: &str) {
    let post = change(request(client));
    assert_eq!(outcome(&World::new().post_push(&post)), expected, "{post:?}");
}

#[test]
fn a_pushed_request_is_the_one_that_was_made() {
    let world = World::new();
    let directly = bring(&world, &good_query().with("client_id", "basic")).unwrap();
    for client in ["public", "basic", "post"] {
        let request_uri = pushed(&world, &request(client));
        let found = bring(&world, &brought(client, &request_uri)).unwrap();
        let AuthorizationRequest { client: found_client, .. } = &found;
        assert_eq!(found_client.id.as_str(), client);
        assert_eq!(AuthorizationRequest { client: directly.client.clone(), ..found }, directly);
    }
}

#[test]
fn f11_a_pushed_request_is_used_once_in_time_and_by_its_client() {
    let world = World::new();
    let request_uri = pushed(&world, &request("public"));
    gone(&world, &brought("other", &request_uri));
    gone(&world, &brought("basic", &request_uri));
    bring(&world, &brought("public", &request_uri)).unwrap();
    gone(&world, &brought("public", &request_uri));
    let request_uri = pushed(&world, &request("public"));
    world.clock.advance(std::time::Duration::from_secs(89));
    let other = pushed(&world, &request("public"));
    world.clock.advance(std::time::Duration::from_secs(1));
    gone(&world, &brought("public", &request_uri));
    bring(&world, &brought("public", &other)).unwrap();
}

#[test]
fn f11_only_a_whole_name_of_ours_is_looked_up() {
    let world = World::new();
    let request_uri = pushed(&world, &request("public"));
    for bad in [
        request_uri[..request_uri.len() - 1].to_owned(),
        format!("{request_uri}x"),
        format!("{}!", &request_uri[..request_uri.len() - 1]),
        "urn:ietf:params:oauth:request_uri:".to_owned(),
    ] {
        gone(&world, &brought("public", &bad));
    }
    // Any other would have to be fetched, or read; without a redirect_uri of its own nobody can be told.
    for bad in ["https://evil.example/request", "urn:example:x", &request_uri.to_uppercase()] {
        let refusal = bring(&world, &good_query().with("request_uri", bad)).unwrap_err();
        let AuthorizeRefusal::Redirect(error) = refusal else { panic!("{refusal:?}") };
        assert_eq!(error.code.as_str(), "request_not_supported", "{bad}");
        assert!(matches!(bring(&world, &brought("public", bad)), Err(AuthorizeRefusal::Page(_))), "{bad}");
    }
    bring(&world, &brought("public", &request_uri)).unwrap();
}

#[test]
fn f05_what_was_pushed_wins_over_what_a_browser_says() {
    let world = World::new();
    let request_uri = pushed(&world, &request("public").with("scope", "mcp"));
    let query =
        good_query().with("scope", "files:read").with("state", "other").with("request_uri", &request_uri);
    let found = bring(&world, &query.with("redirect_uri", "https://evil.example/")).unwrap();
    assert_eq!(found.scope.to_string(), "mcp");
    assert_eq!(found.state.as_deref(), Some(&b"st&te="[..]));
    assert_eq!(found.redirect_uri.as_str(), crate::testing::REDIRECT_URI);
    let request_uri = pushed(&world, &request("public"));
    let twice = brought("public", &request_uri).and("request_uri", &request_uri);
    assert!(matches!(bring(&world, &twice), Err(AuthorizeRefusal::Page(_))));
    bring(&world, &brought("public", &request_uri)).unwrap();
}

#[test]
fn every_check_of_the_authorization_endpoint_is_made_at_the_push() {
    check("public", |it| it, "201");
    check("public", |it| it.without("redirect_uri"), "400 invalid_request");
    check("public", |it| it.with("redirect_uri", "https://evil.example/"), "400 invalid_request");
    check("public", |it| it.with("response_type", "token"), "400 unsupported_response_type");
    check("public", |it| it.without("code_challenge"), "400 invalid_request");
    check("public", |it| it.with("code_challenge_method", "plain"), "400 invalid_request");
    check("public", |it| it.with("response_mode", "fragment"), "400 invalid_request");
    check("public", |it| it.with("resource", "https://evil.example/mcp"), "400 invalid_target");
    check("public", |it| it.with("scope", "\"mcp\""), "400 invalid_scope");
    check("public", |it| it.with("prompt", "none"), "400 consent_required");
    check("public", |it| it.with("claims", "{}"), "400 invalid_request");
    check("public", |it| it.with("authorization_details", "[]"), "400 invalid_request");
    check("public", |it| it.with("request", "eyJhbGciOiJub25lIn0.e30."), "400 request_not_supported");
    check(
        "public",
        |it| it.with("request_uri", "urn:ietf:params:oauth:request_uri:x"),
        "400 invalid_request",
    );
    check("public", |it| it.with("state", &"s".repeat(4097)), "400 invalid_request");
    check("public", |it| it.and("state", "again"), "400 invalid_request");
    check("machine", |it| it.with("client_secret", SECRET), "400 unauthorized_client");
}

#[test]
fn rfc9449_10_a_pushed_request_binds_its_code_to_a_key_as_any_other() {
    let mut world = World::new();
    world.settings.dpop_algorithms = vec!["ES256".to_owned()];
    let key = JwkThumbprint::from_bytes([1; 32]);
    let request_uri = pushed(&world, &request("public").with("dpop_jkt", &key.to_string()));
    assert_eq!(bring(&world, &brought("public", &request_uri)).unwrap().key, Some(key));
    let request_uri = pushed(&world, &request("public"));
    assert_eq!(bring(&world, &brought("public", &request_uri)).unwrap().key, None);
    assert_eq!(
        outcome(&world.post_push(&request("public").with("dpop_jkt", "short"))),
        "400 invalid_request"
    );
}

/// A verifier that takes the name of a key for a proof by it.
#[derive(Debug)]
struct Named;

#[derive(Debug)]
struct NamedProof(JwkThumbprint);

impl DpopProof for NamedProof {
    fn key(&self) -> JwkThumbprint {
        self.0
    }

    fn spend(&self) -> Result<(), DpopError> {
        panic!("a stranger could fill the memory of used proofs")
    }
}

impl DpopProofVerifier for Named {
    fn verify(&self, headers: &http::HeaderMap, url: &str) -> Result<Box<dyn DpopProof>, DpopError> {
        assert_eq!(url, "https://mcp.example/par");
        let key = headers["dpop"].to_str().unwrap().parse();
        Ok(Box::new(NamedProof(key.map_err(|_| DpopError::Invalid("the DPoP proof is malformed"))?)))
    }

    fn nonce(&self) -> Option<String> {
        Some("n-1".to_owned())
    }
}

#[test]
fn rfc9449_10_1_a_proof_at_the_push_binds_the_code_to_its_key() {
    let mut world = World::new();
    world.settings.dpop_algorithms = vec!["ES256".to_owned()];
    let (own, other) = (JwkThumbprint::from_bytes([1; 32]), JwkThumbprint::from_bytes([2; 32]));
    let settings = std::sync::Arc::new(world.settings.clone());
    let endpoint = PushEndpoint::new(settings, world.clients(), world.pushed.clone())
        .with_dpop(std::sync::Arc::new(Named));
    let push = |proof: &str, named: Option<JwkThumbprint>| {
        let post = request("public").header(http::HeaderName::from_static("dpop"), proof);
        let post = named.into_iter().fold(post, |it, key| it.with("dpop_jkt", &key.to_string()));
        block_on(endpoint.answer(&post.method, &post.headers, None, &post.body(), None))
    };
    for named in [None, Some(own)] {
        let answer = push(&own.to_string(), named);
        assert_eq!(
            (outcome(&answer).as_str(), &answer.headers()["dpop-nonce"]),
            ("201", &"n-1".parse().unwrap())
        );
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        let query = brought("public", body["request_uri"].as_str().unwrap());
        assert_eq!(bring(&world, &query).unwrap().key, Some(own));
    }
    assert_eq!(outcome(&push(&own.to_string(), Some(other))), "400 invalid_dpop_proof");
    assert_eq!(outcome(&push("bad", None)), "400 invalid_dpop_proof");
}

#[test]
fn f22_what_is_kept_of_a_pushed_request_is_bounded_too() {
    let long = |it: Post, bytes: usize| it.with("prompt", &"p".repeat(bytes));
    check("public", |it| long(it, 8 * 1024), "201");
    check("public", |it| long(it, 60 * 1024), "413 invalid_request");
    let many = |it: Post| (0..1000).fold(it, |it, _| it.and("resource", crate::testing::RESOURCE));
    check("public", many, "413 invalid_request");
}

#[test]
fn g09_a_client_pushes_as_it_authenticates_for_tokens() {
    check("basic", |it| it, "201");
    check("post", |it| it, "201");
    check("post", |it| it.with("client_secret", "wrong"), "401 invalid_client");
    check("post", |it| it.without("client_secret"), "401 invalid_client");
    check("public", |it| it.with("client_secret", SECRET), "401 invalid_client");
    check("public", |it| it.with("client_id", "nobody"), "401 invalid_client");
    check("public", |it| it.without("client_id"), "401 invalid_client");
    check("basic", |it| it.with("client_id", "public"), "400 invalid_request");
}

#[test]
fn g13_a_push_is_a_form_in_the_body() {
    let got = |mut it: Post| {
        it.method = Method::GET;
        it
    };
    check("public", got, "405 invalid_request");
    let in_the_query = |mut it: Post| {
        it.query = Some("x=1".to_owned());
        it
    };
    check("public", in_the_query, "400 invalid_request");
    check("public", |it| it.raw(vec![b'a'; 64 * 1024 + 1]), "413 invalid_request");
    check("public", |it| it.header(http::header::CONTENT_TYPE, "application/json"), "400 invalid_request");
}

#[test]
fn a_request_that_must_be_pushed_is_not_taken_from_a_browser() {
    let mut world = World::new();
    bring(&world, &good_query()).unwrap();
    world.settings.require_pushed_authorization_requests = true;
    let AuthorizeRefusal::Redirect(error) = bring(&world, &good_query()).unwrap_err() else { panic!() };
    assert_eq!(
        (error.code.as_str(), error.description),
        ("invalid_request", "the authorization request must be pushed")
    );
    let request_uri = pushed(&world, &request("public"));
    bring(&world, &brought("public", &request_uri)).unwrap();
}

#[test]
fn a_client_can_say_that_its_requests_are_pushed() {
    let world = World::new();
    let json = |push: &str| {
        let rest =
            r#""redirect_uris":["https://client.example/callback"],"token_endpoint_auth_method":"none""#;
        format!(r#"{{{rest},"require_pushed_authorization_requests":{push}}}"#)
    };
    let headers = http::HeaderMap::from_iter([(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    )]);
    let register = |push: &str| block_on(world.registrations.register(&headers, json(push).as_bytes(), None));
    assert_eq!(outcome(&register("\"true\"")), "400 invalid_client_metadata");
    for (push, is_refused) in [("true", true), ("false", false)] {
        let made = register(push);
        assert_eq!(made.status(), 201);
        let made: Value = serde_json::from_slice(made.body()).unwrap();
        assert_eq!(made["require_pushed_authorization_requests"].as_bool().unwrap_or_default(), is_refused);
        let id = made["client_id"].as_str().unwrap();
        assert_eq!(bring(&world, &good_query().with("client_id", id)).is_err(), is_refused);
        let request_uri = pushed(&world, &request("public").with("client_id", id));
        bring(&world, &brought(id, &request_uri)).unwrap();
    }
}

#[test]
fn f22_pushed_requests_are_bounded_and_the_oldest_makes_room() {
    let world = World::new();
    let oldest = pushed(&world, &request("public"));
    world.clock.advance(std::time::Duration::from_secs(1));
    for _ in 1..MOST {
        assert_eq!(world.post_push(&request("public")).status(), 201);
    }
    let refused = world.post_push(&request("public"));
    assert_eq!(outcome(&refused), "429 temporarily_unavailable");
    assert_eq!(refused.headers()["retry-after"], "60");
    world.clock.advance(std::time::Duration::from_secs(59));
    let newest = pushed(&world, &request("public"));
    gone(&world, &brought("public", &oldest));
    bring(&world, &brought("public", &newest)).unwrap();
}

#[test]
fn f22_one_source_cannot_take_all_places_of_pushed_requests() {
    let world = World::new();
    let push = |source: &[u8]| world.post_push_from(Some(source), &request("public"));
    let names = |answer: &http::Response<bytes::Bytes>| {
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        brought("public", body["request_uri"].as_str().unwrap())
    };
    let other = push(b"192.0.2.2");
    let first = push(b"192.0.2.1");
    world.clock.advance(std::time::Duration::from_secs(1));
    let second = push(b"192.0.2.1");
    for _ in 2..MOST_OF_A_SOURCE {
        assert_eq!(push(b"192.0.2.1").status(), 201);
    }
    let refused = push(b"192.0.2.1");
    assert_eq!(outcome(&refused), "429 temporarily_unavailable");
    assert_eq!(refused.headers()["retry-after"], "60");
    assert_eq!(push(b"192.0.2.2").status(), 201);

    // One that a browser has brought makes room, and so does its own oldest when nobody has brought it.
    bring(&world, &names(&second)).unwrap();
    assert_eq!(push(b"192.0.2.1").status(), 201);
    assert_eq!(push(b"192.0.2.1").status(), 429);
    world.clock.advance(std::time::Duration::from_secs(59));
    assert_eq!(push(b"192.0.2.1").status(), 201);
    gone(&world, &names(&first));
    bring(&world, &names(&other)).unwrap();
}

#[test]
fn g27_a_store_in_trouble_is_503_and_loses_no_request() {
    let world = World::new();
    let request_uri = pushed(&world, &request("public"));
    world.store.set_down(true);
    let refused = world.post_push(&request("public"));
    assert_eq!(outcome(&refused), "503 temporarily_unavailable");
    assert_eq!(refused.headers()["retry-after"], "5");
    let page = bring(&world, &brought("public", &request_uri)).unwrap_err();
    assert!(matches!(page, AuthorizeRefusal::Page(AuthorizePageError::Unavailable(_))), "{page:?}");
    world.store.set_down(false);
    bring(&world, &brought("public", &request_uri)).unwrap();
}

#[test]
fn on_the_wire() {
    let world = World::new();
    let good = text(&world.post_push(&request("public")));
    let refused = text(&world.post_push(&request("public").with("redirect_uri", "https://evil.example/")));
    golden!("push.txt", &format!("{good}\n{refused}"));
}

#[test]
fn l12_neither_name_nor_credential_is_stored() {
    let world = World::new();
    let request_uri = pushed(&world, &request("post"));
    let records = block_on(storage::RecordStore::scan(
        world.store.as_ref(),
        storage::Table::new("pushed_requests", 1),
        None,
        9,
    ));
    let records = records.unwrap();
    assert_eq!(records.len(), 1);
    let body = String::from_utf8(records[0].1.record.body.clone()).unwrap();
    assert!(
        body.contains("redirect_uri=") && !body.contains(SECRET) && !body.contains("client_secret"),
        "{body}"
    );
    assert!(!body.contains(request_uri.rsplit(':').next().unwrap()));
}
