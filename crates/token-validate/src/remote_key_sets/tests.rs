use futures_util::future::join_all;
use oauth_types::ManualClock;
use test_support::{
    fake_http::{FakeHttp, Reply},
    issuer::{NOW, TestIssuer, TestKey, TokenBuilder},
};
use tokio::sync::Notify;

use super::*;

const URL: &str = "https://as.example/jwks";

struct World {
    issuer: TestIssuer,
    http: FakeHttp,
    clock: Arc<ManualClock>,
    sets: Arc<RemoteKeySets>,
}

impl World {
    fn new() -> Self {
        let issuer = TestIssuer::new("https://as.example");
        let http = FakeHttp::new();
        http.set(URL, Reply::json(&issuer.jwks()));
        let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(NOW)));
        let sets = Arc::new(RemoteKeySets::new(Arc::new(http.clone()), clock.clone(), 2));
        Self { issuer, http, clock, sets }
    }

    fn token(&self) -> TokenBuilder {
        self.issuer.token().header("typ", "JWT")
    }

    fn after(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    async fn verify_at(&self, url: &str, token: &TokenBuilder) -> Result<(), RemoteJwsError> {
        self.sets.verify(&url.parse().unwrap(), &token.sign(), Algorithm::ALL).await.map(drop)
    }

    async fn verify(&self, token: &TokenBuilder) -> Result<(), RemoteJwsError> {
        self.verify_at(URL, token).await
    }

    #[track_caller]
    fn fetched(&self, times: usize) {
        assert_eq!(self.http.count(URL), times);
    }
}

#[track_caller]
fn refused(outcome: Result<(), RemoteJwsError>, expected: JwsError) {
    assert!(matches!(&outcome, Err(RemoteJwsError::Token(it)) if *it == expected), "{outcome:?}");
}

#[track_caller]
fn without_keys(outcome: Result<(), RemoteJwsError>) {
    assert!(matches!(outcome, Err(RemoteJwsError::Keys(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_key_set_is_used_for_ten_minutes() {
    let world = World::new();
    world.verify(&world.token()).await.unwrap();
    world.after(599);
    world.verify(&world.token()).await.unwrap();
    world.fetched(1);
    world.after(1);
    world.verify(&world.token()).await.unwrap();
    world.fetched(2);
}

#[tokio::test]
async fn a_withdrawn_key_is_gone_after_ten_minutes_even_if_the_address_is_dead() {
    let world = World::new();
    world.verify(&world.token()).await.unwrap();
    world.http.set(URL, Reply::status(500));
    world.after(600);
    without_keys(world.verify(&world.token()).await);
}

#[tokio::test]
async fn an_unknown_key_causes_one_fetch_in_thirty_seconds() {
    let world = World::new();
    let next = TestKey::generate("ES256", "key-2");
    let token = world.token().key(&next);
    refused(world.verify(&token).await, JwsError::KeyUnknown);
    world.http.set(URL, Reply::json(&world.issuer.with_keys([next.clone()]).jwks()));
    world.after(29);
    for kid in ["key-2", "key-3", "key-4"] {
        refused(world.verify(&token.clone().header("kid", kid)).await, JwsError::KeyUnknown);
    }
    world.fetched(1);
    world.after(1);
    world.verify(&token).await.unwrap();
    refused(world.verify(&world.token()).await, JwsError::KeyUnknown);
    world.fetched(2);
}

#[tokio::test]
async fn what_can_be_refused_without_a_key_causes_no_fetch() {
    let world = World::new();
    refused(world.verify(&world.token().header("alg", "none")).await, JwsError::Algorithm);
    refused(world.verify(&world.token().header("jku", URL)).await, JwsError::Header);
    refused(world.verify(&world.token().raw_claims("{")).await, JwsError::Malformed);
    world.fetched(0);
    world.verify(&world.token()).await.unwrap();
    refused(
        world.verify(&world.token().key(&TestKey::generate("ES256", "key-1"))).await,
        JwsError::Signature,
    );
    world.fetched(1);
}

#[tokio::test]
async fn an_address_that_fails_is_tried_again_after_five_seconds() {
    let world = World::new();
    for bad in [Reply::status(404), Reply::Unresolved, Reply::ok("{}"), Reply::ok(r#"{"keys":[]}"#)] {
        let before = world.http.count(URL);
        world.http.set(URL, bad);
        without_keys(world.verify(&world.token()).await);
        world.after(4);
        without_keys(world.verify(&world.token()).await);
        world.fetched(before + 1);
        world.after(1);
    }
    world.http.set(URL, Reply::json(&world.issuer.jwks()));
    world.verify(&world.token()).await.unwrap();
}

#[tokio::test]
async fn one_fetch_is_under_way_however_many_wait() {
    let world = World::new();
    let go = Arc::new(Notify::new());
    world.http.set(URL, Reply::json(&world.issuer.jwks()).held(&go));
    let token = world.token();
    let all = join_all((0..20).map(|_| world.verify(&token)));
    let release = async {
        world.http.wait_for(URL, 1).await;
        go.notify_one();
    };
    let (outcomes, ()) = tokio::join!(all, release);
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    world.fetched(1);
}

#[tokio::test]
async fn whoever_gives_up_does_not_clear_the_way_for_the_next_fetch() {
    let world = World::new();
    world.http.set(URL, Reply::Never);
    let token = world.token();
    {
        let given_up = world.verify(&token);
        tokio::select! {
            _ = given_up => panic!("there is no answer"),
            () = world.http.wait_for(URL, 1) => {}
        }
    }
    world.http.set(URL, Reply::json(&world.issuer.jwks()));
    without_keys(world.verify(&token).await);
    world.fetched(1);
    world.after(30);
    world.verify(&token).await.unwrap();
}

#[tokio::test]
async fn the_longest_unused_address_makes_room_and_each_has_its_own_keys() {
    let world = World::new();
    let other = TestIssuer::new("https://other.example");
    let urls = ["https://b.example/jwks", "https://c.example/jwks"];
    for url in urls {
        world.http.set(url, Reply::json(&other.jwks()));
    }
    world.verify(&world.token()).await.unwrap();
    world.after(1);
    refused(world.verify_at(urls[0], &world.token()).await, JwsError::Signature);
    world.verify_at(urls[0], &other.token()).await.unwrap();
    world.after(1);
    world.verify(&world.token()).await.unwrap();
    world.fetched(1);
    world.after(1);
    world.verify_at(urls[1], &other.token()).await.unwrap();
    world.verify(&world.token()).await.unwrap();
    world.fetched(1);
    world.verify_at(urls[0], &other.token()).await.unwrap();
    assert_eq!(world.http.count(urls[0]), 2);
}

#[tokio::test]
async fn keys_are_found_by_the_metadata_of_their_issuer() {
    let world = World::new();
    let issuer = "https://as.example".parse().unwrap();
    let token = world.token().sign();
    let verify = || world.sets.verify_of_issuer(&issuer, &token, Algorithm::ALL);
    without_keys(verify().await.map(drop));
    let (metadata, jwks) = world.issuer.urls();
    world.http.set(&metadata, Reply::json(&world.issuer.metadata()));
    world.http.set(&jwks, Reply::json(&world.issuer.jwks()));
    world.after(5);
    verify().await.unwrap();
    verify().await.unwrap();
    assert_eq!(
        (world.http.count(&metadata), world.http.count(&jwks)),
        (2, 1),
        "one that failed and one for both"
    );
}

#[tokio::test]
async fn c01_metadata_of_another_issuer_name_no_keys() {
    let world = World::new();
    let (metadata, jwks) = world.issuer.urls();
    let mut foreign = world.issuer.metadata();
    foreign["issuer"] = "https://evil.example".into();
    world.http.set(&metadata, Reply::json(&foreign));
    world.http.set(&jwks, Reply::json(&world.issuer.jwks()));
    let issuer = "https://as.example".parse().unwrap();
    without_keys(world.sets.verify_of_issuer(&issuer, &world.token().sign(), Algorithm::ALL).await.map(drop));
    assert_eq!(world.http.count(&jwks), 0);
}
