//! Whole ways of a request, with grants that end when a test says so.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{StatusCode, header};
use http_body_util::BodyExt;
use mcp_proxy::{Proxy, SessionKey, UpstreamSettings, UpstreamTarget};
use oauth_types::{ManualClock, SystemEntropy, UnixTime};
use resource_metadata::ProtectedResource;
use test_support::{
    fake_http::FakeHttp,
    issuer::{NOW, RESOURCE, TestIssuer},
    upstream::{Answer, RecordingUpstream},
};
use token_validate::{
    IssuerPolicy, KeySet, KeySource, ResourcePolicy, ValidatedToken, Validator, ValidatorSettings,
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    adapters::Identity,
    credential::Credentials,
    edge::Origins,
    limits::{RequestLimit, StreamLimit},
    request_id::RequestIds,
};

mod oversight;
mod rules;

const ISSUER: &str = "https://as.example";

/// One grant behind every token.
#[derive(Debug, Default)]
struct Grant {
    ended: AtomicBool,
    /// Made by another process a moment ago, so that memory does not know it yet.
    is_new: AtomicBool,
    /// The store has not been heard of for too long.
    unheard: AtomicBool,
    end: CancellationToken,
}

impl Grant {
    fn end(&self) {
        self.ended.store(true, Relaxed);
        self.end.cancel();
    }
}

#[derive(Debug)]
struct Grants(Arc<Grant>);

#[async_trait]
impl GrantCheck for Grants {
    fn standing(&self, _: &ValidatedToken, now: UnixTime) -> GrantStanding {
        assert_eq!(now, UnixTime::from_seconds(NOW));
        if self.0.unheard.load(Relaxed) {
            GrantStanding::Unknown
        } else if self.0.ended.load(Relaxed) || self.0.is_new.load(Relaxed) {
            GrantStanding::Ended
        } else {
            GrantStanding::Live
        }
    }

    async fn ask(&self, token: &ValidatedToken, now: UnixTime) -> GrantStanding {
        self.0.is_new.store(false, Relaxed);
        self.standing(token, now)
    }

    fn watch(&self, _: &ValidatedToken) -> Option<Box<dyn GrantEnd>> {
        (!self.0.ended.load(Relaxed)).then(|| Box::new(Watch(self.0.end.clone())) as Box<dyn GrantEnd>)
    }
}

#[derive(Debug)]
struct Watch(CancellationToken);

impl GrantEnd for Watch {
    fn token(&self) -> &CancellationToken {
        &self.0
    }
}

struct World {
    issuer: TestIssuer,
    upstream: RecordingUpstream,
    grant: Arc<Grant>,
    server: ProtectedServer,
}

impl World {
    async fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::with(answers, |_| {}).await
    }

    /// A server whose parts are changed by `change`.
    async fn with(answers: impl IntoIterator<Item = Answer>, change: impl FnOnce(&mut ServerParts)) -> Self {
        let grant = Arc::<Grant>::default();
        let issuer = TestIssuer::new(ISSUER);
        let upstream = RecordingUpstream::answering(answers).await;
        let mut parts = parts(&issuer, &upstream, Arc::new(Grants(Arc::clone(&grant))));
        change(&mut parts);
        let server = ProtectedServer::new(parts);
        Self { issuer, upstream, grant, server }
    }

    /// A call, from a client of this protocol revision.
    async fn call(&self, revision: &str) -> Result<Response, Refusal> {
        serve(&self.server, &arrival(), self.request(revision)).await
    }

    fn request(&self, revision: &str) -> Request<Body> {
        Request::post("/mcp")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.issuer.token().sign()))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header("mcp-protocol-version", revision)
            .body(Body::from(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#))
            .unwrap()
    }
}

fn arrival() -> Arrival {
    Arrival::new(RequestIds::new(&SystemEntropy).next(), Ipv4Addr::LOCALHOST.into())
}

fn parts(issuer: &TestIssuer, upstream: &RecordingUpstream, grants: Arc<dyn GrantCheck>) -> ServerParts {
    let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(NOW)));
    let mut policy = IssuerPolicy::new(ISSUER.parse().unwrap());
    policy.keys = KeySource::Static(KeySet::from_jwks_json(issuer.jwks().to_string().as_bytes()).unwrap().0);
    let http = Arc::new(FakeHttp::new());
    let (validator, _) =
        Validator::new(vec![policy], ValidatorSettings::default(), http, Arc::<ManualClock>::clone(&clock));
    let settings = UpstreamSettings::new("/mcp", UpstreamTarget::Http(upstream.uri("/mcp")));
    let resource: oauth_types::ResourceUri = RESOURCE.parse().unwrap();
    ServerParts {
        resource: ProtectedResource::builder(resource, ISSUER.parse().unwrap()).build(),
        resource_policy: ResourcePolicy::new([RESOURCE]).unwrap(),
        validator,
        dpop: Dpop::Off,
        ways: Ways::default(),
        grants,
        origins: Origins::new(&RESOURCE.parse().unwrap(), &[]),
        policy: None,
        upstream: UpstreamKind::Http(Box::new(
            Proxy::new(settings, SessionKey::random(&SystemEntropy)).unwrap(),
        )),
        identity: Identity::default(),
        credentials: Credentials::None,
        messages_path: None,
        requests: RequestLimit::new(8),
        streams: StreamLimit::new(8, 8, None),
        bodies: BodyBounds { most: 1 << 20, idle: Duration::from_secs(30) },
        clock,
        leeway: Duration::from_secs(60),
        acceptance_ends: CancellationToken::new(),
        listening_ends: CancellationToken::new(),
        answering_ends: CancellationToken::new(),
        oversight: Oversight::default(),
    }
}

async fn next(response: &mut Response) -> Option<Bytes> {
    Some(response.body_mut().frame().await?.unwrap().into_data().unwrap())
}

/// Bytes that are moved about for each request under way, and kept until its answer begins.
const LARGEST_REQUEST: usize = 4 * 1024;

const REVISIONS: [&str; 2] = ["2025-06-18", "2026-07-28"];

#[tokio::test]
async fn what_few_requests_need_makes_none_larger() {
    let world = World::new([Answer::json("{}")]).await;
    let arrival = arrival();
    let served = serve(&world.server, &arrival, world.request(REVISIONS[0]));
    let size = size_of_val(&served);
    assert!(size <= LARGEST_REQUEST, "{size} bytes");
    assert_eq!(served.await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn k08_a_token_whose_grant_has_ended_is_refused_at_once_and_the_upstream_sees_nothing() {
    let world = World::new([Answer::json("{}"), Answer::json("{}")]).await;
    assert_eq!(world.call(REVISIONS[0]).await.unwrap().status(), StatusCode::OK);
    world.grant.end();
    let refusal = world.call(REVISIONS[0]).await.unwrap_err();
    assert_eq!(refusal.reason, Reason::GrantEnded);
    let answer = refusal.into_response(RequestIds::new(&SystemEntropy).next());
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let challenge = answer.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned();
    assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
    assert!(challenge.contains("resource_metadata="), "{challenge}");
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["error"], "invalid_token");
    assert_eq!(world.upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_grant_that_another_process_made_a_moment_ago_is_asked_for() {
    let world = World::new([Answer::json("{}"), Answer::json("{}")]).await;
    world.grant.is_new.store(true, Relaxed);
    assert_eq!(world.call(REVISIONS[0]).await.unwrap().status(), StatusCode::OK);
    world.grant.end();
    world.grant.is_new.store(true, Relaxed);
    assert_eq!(world.call(REVISIONS[0]).await.unwrap_err().reason, Reason::GrantEnded, "the store knows");
}

#[tokio::test]
async fn l18_a_grant_of_which_nobody_can_tell_is_refused_without_a_challenge() {
    let world = World::new([Answer::json("{}")]).await;
    world.grant.unheard.store(true, Relaxed);
    let refusal = world.call(REVISIONS[0]).await.unwrap_err();
    assert_eq!(refusal.reason, Reason::GrantUnknown);
    let answer = refusal.into_response(RequestIds::new(&SystemEntropy).next());
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()[header::RETRY_AFTER], "2");
    assert!(!answer.headers().contains_key(header::WWW_AUTHENTICATE), "nobody signs in again for it");
    assert_eq!(world.upstream.requests().len(), 0);
    world.grant.unheard.store(false, Relaxed);
    assert_eq!(world.call(REVISIONS[0]).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn e38_a_stream_ends_with_its_grant_here_and_at_the_upstream() {
    for revision in REVISIONS {
        let (events, answer) = Answer::events();
        let world = World::new([answer]).await;
        let mut response = world.call(revision).await.unwrap();
        events.send("data: 1\n\n").await.unwrap();
        assert_eq!(next(&mut response).await.unwrap(), "data: 1\n\n");
        world.grant.end();
        assert_eq!(next(&mut response).await, None, "{revision}");
        events.closed().await;
    }
}

#[tokio::test]
async fn e38_a_stream_of_a_living_grant_goes_on_to_its_end() {
    let (events, answer) = Answer::events();
    let world = World::new([answer]).await;
    let mut response = world.call(REVISIONS[0]).await.unwrap();
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        events.send(event).await.unwrap();
        assert_eq!(next(&mut response).await.unwrap(), event);
    }
    drop(events);
    assert_eq!(next(&mut response).await, None);
}

#[tokio::test]
async fn e38_a_grant_that_ends_before_its_stream_begins_gets_none() {
    for revision in REVISIONS {
        let (events, answer) = Answer::events();
        let (release, answer) = answer.held();
        let world = World::new([answer]).await;
        let end = async {
            world.grant.end();
            release.send(()).unwrap();
        };
        // The call is on its way when the grant ends: it is polled first, and the upstream holds its answer.
        let (outcome, ()) = tokio::join!(world.call(revision), end);
        assert_eq!(outcome.unwrap_err().reason, Reason::GrantEnded, "{revision}");
        events.closed().await;
    }
}
