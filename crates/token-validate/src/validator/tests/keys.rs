//! Fetching, in tokio's paused time: sleeping and the clock move together, and only when nothing else can happen.

use oauth_types::SeededEntropy;
use test_support::{
    fake_http::Reply,
    issuer::{TestKey, pem},
};
use tokio::{
    sync::Notify,
    task::{JoinHandle, JoinSet, yield_now},
    time::{Instant, sleep},
};

use super::*;

/// The paused time of tokio as a clock that begins at [`NOW`].
#[derive(Debug)]
struct PausedClock(Instant);

impl Clock for PausedClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(NOW) + self.0.elapsed()
    }
}

/// One issuer whose keys are fetched.
struct Net {
    issuer: TestIssuer,
    http: FakeHttp,
    clock: Arc<PausedClock>,
    validator: Validator,
    refresher: JoinHandle<()>,
}

impl Net {
    /// An issuer that answers as it should.
    fn start() -> Self {
        let issuer = TestIssuer::new(ISSUER);
        let http = FakeHttp::new();
        serve(&http, &issuer);
        Self::start_with(issuer, http)
    }

    fn start_with(issuer: TestIssuer, http: FakeHttp) -> Self {
        let policies = vec![IssuerPolicy::new(issuer.issuer().parse().unwrap())];
        Self::start_policies(issuer, http, policies)
    }

    fn start_policies(issuer: TestIssuer, http: FakeHttp, policies: Vec<IssuerPolicy>) -> Self {
        let clock = Arc::new(PausedClock(Instant::now()));
        let (validator, refresher) =
            Validator::new(policies, settings(), Arc::new(http.clone()), clock.clone());
        Self { issuer, http, clock, validator, refresher: tokio::spawn(refresher.run(sleep)) }
    }

    async fn validate(&self, token: &TokenBuilder) -> Result<(), Reason> {
        validate_with(self.validator.clone(), token.sign()).await
    }

    /// A token of the present moment.
    fn token(&self) -> TokenBuilder {
        self.issuer.token().issued_at(self.clock.now())
    }

    fn jwks_fetches(&self) -> usize {
        self.http.count(&self.issuer.urls().1)
    }

    fn set_jwks(&self, reply: Reply) {
        self.http.set(&self.issuer.urls().1, reply);
    }
}

fn settings() -> ValidatorSettings {
    ValidatorSettings { entropy: Arc::new(SeededEntropy::new(1)), ..ValidatorSettings::default() }
}

async fn validate_with(validator: Validator, text: String) -> Result<(), Reason> {
    let resource = ResourcePolicy::new([RESOURCE]).unwrap();
    validator.validate(&bearer(&text), &resource).await.map(drop).map_err(|it| it.reason)
}

fn serve(http: &FakeHttp, issuer: &TestIssuer) {
    let (metadata, jwks) = issuer.urls();
    http.set(&metadata, Reply::json(&issuer.metadata()));
    http.set(&jwks, Reply::json(&issuer.jwks()));
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn c01_unknown_kids_cause_one_fetch_in_30_s() {
    let net = Net::start();
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    assert_eq!(net.jwks_fetches(), 1);
    for round in 1..=4 {
        for attempt in 0..500 {
            let stranger = net.token().header("kid", format!("random-{round}-{attempt}"));
            assert_eq!(net.validate(&stranger).await, Err(Reason::KeyUnknown));
            assert_eq!(net.validate(&net.token()).await, Ok(()));
        }
        assert_eq!(net.jwks_fetches(), 1 + round);
        sleep(Duration::from_secs(30)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn c01_a_token_that_is_bad_anyway_causes_no_fetch() {
    let net = Net::start();
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    let stranger = || net.token().header("kid", "random");
    for (token, reason) in [
        (stranger().claim("aud", "https://other.example"), Reason::AudienceMismatch),
        (stranger().claim("exp", NOW - 100), Reason::TokenExpired),
        (stranger().header("typ", "JWT"), Reason::TypeNotAccepted),
        (net.token().header("alg", "HS256"), Reason::AlgorithmNotAllowed),
        (net.token().key(&TestKey::generate("ES256", "key-1")), Reason::SignatureInvalid),
    ] {
        assert_eq!(net.validate(&token).await, Err(reason));
    }
    assert_eq!(net.jwks_fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn c02_a_cold_start_makes_one_fetch_for_all() {
    let issuer = TestIssuer::new(ISSUER);
    let http = FakeHttp::new();
    serve(&http, &issuer);
    let gate = Arc::new(Notify::new());
    http.set(&issuer.urls().1, Reply::json(&issuer.jwks()).held(&gate));
    let net = Net::start_with(issuer, http);
    let mut waiting = JoinSet::new();
    for _ in 0..1_000 {
        waiting.spawn(validate_with(net.validator.clone(), net.token().sign()));
    }
    net.http.wait_for(&net.issuer.urls().1, 1).await;
    gate.notify_one();
    assert!(waiting.join_all().await.into_iter().all(|it| it == Ok(())));
    assert_eq!((net.jwks_fetches(), net.http.requests().len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn b21_a_token_that_ends_while_its_key_is_waited_for_is_refused() {
    for (left, expected) in [(3, Err(Reason::TokenExpired)), (30, Ok(()))] {
        let issuer = TestIssuer::new(ISSUER);
        let http = FakeHttp::new();
        serve(&http, &issuer);
        let gate = Arc::new(Notify::new());
        http.set(&issuer.urls().1, Reply::json(&issuer.jwks()).held(&gate));
        let net = Net::start_with(issuer, http);
        // Within the leeway of a minute, for so many seconds more.
        let token = net.token().issued_at(UnixTime::from_seconds(NOW - 100)).claim("exp", NOW - 60 + left);
        let waiting = tokio::spawn(validate_with(net.validator.clone(), token.sign()));
        sleep(Duration::from_secs(4)).await;
        gate.notify_one();
        assert_eq!(waiting.await.unwrap(), expected, "{left} s");
    }
}

#[tokio::test(start_paused = true)]
async fn c03_a_new_key_is_found_by_its_first_token() {
    let mut net = Net::start();
    let old = net.token();
    assert_eq!(net.validate(&old).await, Ok(()));
    let new_key = TestKey::generate("ES256", "key-2");
    net.issuer = net.issuer.with_keys([net.issuer.key().clone(), new_key.clone()]);
    net.set_jwks(Reply::json(&net.issuer.jwks()));
    assert_eq!(net.validate(&net.token().key(&new_key)).await, Ok(()));
    assert_eq!(net.validate(&old).await, Ok(()));
    assert_eq!(net.jwks_fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn c04_b31_a_withdrawn_key_dies_within_10_minutes_also_for_remembered_tokens() {
    let mut net = Net::start();
    let token = net.token().sign();
    assert_eq!(validate_with(net.validator.clone(), token.clone()).await, Ok(()));
    let withdrawn = net.issuer.key().clone();
    net.issuer = net.issuer.with_keys([TestKey::generate("ES256", "key-2")]);
    net.set_jwks(Reply::json(&net.issuer.jwks()));
    assert_eq!(validate_with(net.validator.clone(), token.clone()).await, Ok(()));
    sleep(10 * MINUTE).await;
    assert_eq!(validate_with(net.validator.clone(), token.clone()).await, Err(Reason::KeyUnknown));
    assert_eq!(net.validate(&net.token().key(&withdrawn)).await, Err(Reason::KeyUnknown));
    assert_eq!(net.validate(&net.token()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn c04_e38_a_withdrawn_key_is_told_to_whoever_still_serves_its_tokens() {
    let net = Net::start();
    let (stays, goes) = (net.issuer.key().clone(), TestKey::generate("ES256", "key-2"));
    let publish = |keys: &[&TestKey]| {
        let keys = keys.iter().map(|it| (*it).clone());
        net.set_jwks(Reply::json(&net.issuer.with_keys(keys).jwks()));
    };
    publish(&[&stays, &goes]);
    let resource = ResourcePolicy::new([RESOURCE]).unwrap();
    let validate = async |key: &TestKey| {
        let token = net.token().key(key).sign();
        net.validator.validate(&bearer(&token), &resource).await.unwrap()
    };
    let (remembered, of_stays, of_goes) =
        (validate(&goes).await, validate(&stays).await, validate(&goes).await);
    publish(&[&TestKey::generate("ES256", "key-3"), &stays]);
    sleep(10 * MINUTE).await;
    let is_withdrawn = |token: &ValidatedToken| token.key_withdrawn().unwrap().is_cancelled();
    assert!(is_withdrawn(&remembered) && is_withdrawn(&of_goes));
    assert!(!is_withdrawn(&of_stays) && !is_withdrawn(&validate(&stays).await));
    publish(&[&goes]);
    sleep(10 * MINUTE).await;
    assert!(is_withdrawn(&of_stays));
    assert!(!is_withdrawn(&validate(&goes).await), "a key that comes back is a new one");
}

#[tokio::test(start_paused = true)]
async fn c05_keys_outlive_an_authorization_server_that_is_down_up_to_the_limit() {
    for failure in [Reply::Timeout, Reply::Unresolved, Reply::status(503), Reply::Never] {
        let net = Net::start();
        assert_eq!(net.validate(&net.token()).await, Ok(()));
        net.http.set(&net.issuer.urls().0, failure.clone());
        net.set_jwks(failure);
        sleep(23 * 60 * MINUTE).await;
        assert_eq!(net.validate(&net.token()).await, Ok(()));
        assert_eq!(net.validate(&net.token().header("kid", "new")).await, Err(Reason::KeyUnknown));
        let status = net.validator.status().remove(0);
        assert!(status.ready && status.usable_keys == 1 && status.last_error.is_some(), "{status:?}");
        sleep(61 * MINUTE).await;
        assert_eq!(net.validate(&net.token()).await, Err(Reason::KeysUnavailable));
        assert!(!net.validator.status()[0].ready);
    }
}

/// Almost a day without the authorization server, which has another key besides when it is back.
#[tokio::test(start_paused = true)]
async fn c05_fi06_no_call_fails_in_a_day_without_the_server_and_half_a_minute_later_all_is_well() {
    let mut net = Net::start();
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    net.http.set(&net.issuer.urls().0, Reply::Timeout);
    net.set_jwks(Reply::Timeout);
    let mut calls = 0;
    for _ in 1..24 * 60 {
        sleep(MINUTE).await;
        assert_eq!(net.validate(&net.token()).await, Ok(()), "after {calls} calls");
        calls += 1;
    }
    let new_key = TestKey::generate("ES256", "key-2");
    net.issuer = net.issuer.with_keys([net.issuer.key().clone(), new_key.clone()]);
    serve(&net.http, &net.issuer);
    sleep(Duration::from_secs(30)).await;
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    assert_eq!(net.validate(&net.token().key(&new_key)).await, Ok(()));
    println!("{calls} calls in a day without the authorization server, 0 failed");
}

#[tokio::test(start_paused = true)]
async fn c06_a_server_that_is_down_at_start_is_found_when_it_comes() {
    let issuer = TestIssuer::new(ISSUER);
    let net = Net::start_with(issuer, FakeHttp::new());
    assert_eq!(net.validate(&net.token()).await, Err(Reason::KeysUnavailable));
    assert!(!net.validator.status()[0].ready);
    assert!(net.validator.status()[0].last_error.as_ref().unwrap().contains("404"));
    sleep(60 * MINUTE).await;
    serve(&net.http, &net.issuer);
    sleep(Duration::from_secs(30)).await;
    assert!(net.validator.status()[0].ready);
    assert_eq!(net.validator.status()[0].last_error, None);
    assert_eq!(net.validate(&net.token()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn c07_a_silent_issuer_holds_up_nobody() {
    let (issuer, silent) = (TestIssuer::new(ISSUER), TestIssuer::new("https://silent.example"));
    let http = FakeHttp::new();
    serve(&http, &issuer);
    http.set(&silent.urls().0, Reply::Never);
    let policies = [&silent, &issuer].map(|it| IssuerPolicy::new(it.issuer().parse().unwrap()));
    let net = Net::start_policies(issuer, http, policies.to_vec());
    let start = Instant::now();
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(net.validate(&silent.token()).await, Err(Reason::KeysUnavailable));
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(net.validate(&silent.token()).await, Err(Reason::KeysUnavailable));
    assert_eq!(start.elapsed().as_secs(), 5);
    serve(&net.http, &silent);
    sleep(Duration::from_secs(30)).await;
    assert_eq!(net.validate(&silent.token()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn c08_c10_an_unusable_answer_keeps_the_old_keys() {
    for reply in [
        Reply::ok("<html></html>"),
        Reply::status(204),
        Reply::status(302),
        Reply::Answer {
            status: http::StatusCode::FORBIDDEN,
            body: TestIssuer::new(ISSUER).jwks().to_string().into(),
        },
        Reply::ok("{}"),
        Reply::ok(r#"{"keys":[]}"#),
        Reply::ok(r#"{"keys":{}}"#),
        Reply::ok(r#"{"keys":[{"kty":"oct","k":"AAAA","kid":"key-1"}]}"#),
        Reply::ok(vec![b' '; 10 * 1024 * 1024]),
    ] {
        let net = Net::start();
        assert_eq!(net.validate(&net.token()).await, Ok(()));
        net.set_jwks(reply.clone());
        sleep(10 * MINUTE).await;
        assert!(net.jwks_fetches() >= 2);
        assert_eq!(net.validate(&net.token()).await, Ok(()), "{reply:.80?}");
        assert!(net.validator.status()[0].last_error.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn c14_metadata_of_another_issuer_is_refused_whole() {
    for found in ["https://as.example/", "https://AS.example", "https://evil.example"] {
        let issuer = TestIssuer::new(ISSUER);
        let http = FakeHttp::new();
        serve(&http, &issuer);
        let mut metadata = issuer.metadata();
        metadata["issuer"] = found.into();
        http.set(&issuer.urls().0, Reply::json(&metadata));
        let net = Net::start_with(issuer, http);
        assert_eq!(net.validate(&net.token()).await, Err(Reason::KeysUnavailable));
        assert_eq!(net.jwks_fetches(), 0);
        assert!(net.validator.status()[0].last_error.as_ref().unwrap().contains(found));
    }
    let net = Net::start();
    assert_eq!(net.validate(&net.token()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn c14_discovery_tries_the_openid_location_next() {
    let issuer = TestIssuer::new("https://as.example/realms/r");
    let http = FakeHttp::new();
    http.set("https://as.example/realms/r/.well-known/openid-configuration", Reply::json(&issuer.metadata()));
    http.set(&issuer.urls().1, Reply::json(&issuer.jwks()));
    let net = Net::start_with(issuer, http);
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    let urls: Vec<_> = net.http.requests().into_iter().map(|it| it.url).collect();
    assert_eq!(
        urls,
        [
            "https://as.example/.well-known/oauth-authorization-server/realms/r",
            "https://as.example/.well-known/openid-configuration/realms/r",
            "https://as.example/realms/r/.well-known/openid-configuration",
            "https://as.example/realms/r/jwks",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn c15_a_key_set_is_at_an_https_url() {
    async fn check(issuer: &str, jwks_uri: &str, expected: Result<(), Reason>) {
        let issuer = TestIssuer::new(issuer);
        let http = FakeHttp::new();
        let mut metadata = issuer.metadata();
        metadata["jwks_uri"] = jwks_uri.into();
        http.set(&issuer.urls().0, Reply::json(&metadata));
        http.set(jwks_uri, Reply::json(&issuer.jwks()));
        let net = Net::start_with(issuer, http);
        assert_eq!(net.validate(&net.token()).await, expected, "{jwks_uri}");
        assert_eq!(net.http.count(jwks_uri), usize::from(expected.is_ok()), "{jwks_uri}");
    }
    let refused = Err(Reason::KeysUnavailable);
    check(ISSUER, "https://as.example/jwks", Ok(())).await;
    check(ISSUER, "https://keys.example/jwks?v=1", Ok(())).await;
    check(ISSUER, "http://as.example/jwks", refused).await;
    check(ISSUER, "http://127.0.0.1/jwks", refused).await;
    check(ISSUER, "https://me:pw@as.example/jwks", refused).await;
    check(ISSUER, "file:///etc/passwd", refused).await;
    check(ISSUER, "data:,{}", refused).await;
    check("http://127.0.0.1:8080", "http://localhost:8080/jwks", Ok(())).await;
    check("http://127.0.0.1:8080", "http://as.example/jwks", refused).await;
}

#[tokio::test(start_paused = true)]
async fn c16_a_cancelled_request_cancels_no_fetch() {
    let mut net = Net::start();
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    let new_key = TestKey::generate("ES256", "key-2");
    net.issuer = net.issuer.with_keys([new_key.clone()]);
    let gate = Arc::new(Notify::new());
    net.set_jwks(Reply::json(&net.issuer.jwks()).held(&gate));

    let first = tokio::spawn(validate_with(net.validator.clone(), net.token().sign()));
    net.http.wait_for(&net.issuer.urls().1, 2).await;
    let second = tokio::spawn(validate_with(net.validator.clone(), net.token().sign()));
    yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    gate.notify_one();
    assert_eq!(second.await.unwrap(), Ok(()));
    assert_eq!(net.jwks_fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn c16_without_a_refresher_nobody_waits() {
    let net = Net::start();
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    net.refresher.abort();
    yield_now().await;
    assert_eq!(net.validate(&net.token().header("kid", "new")).await, Err(Reason::KeyUnknown));
    assert_eq!(net.validate(&net.token()).await, Ok(()));

    let policies = vec![IssuerPolicy::new(ISSUER.parse().unwrap())];
    let (validator, refresher) =
        Validator::new(policies, settings(), Arc::new(net.http.clone()), net.clock.clone());
    drop(refresher);
    assert_eq!(validate_with(validator, net.token().sign()).await, Err(Reason::KeysUnavailable));
}

#[tokio::test(start_paused = true)]
async fn c17_failures_are_retried_with_growing_pauses_and_jitter() {
    let issuer = TestIssuer::new(ISSUER);
    let http = FakeHttp::new();
    let net = Net::start_with(issuer, http);
    let mut pauses = Vec::new();
    net.http.wait_for(&net.issuer.urls().0, 1).await;
    for attempt in 2..=9 {
        let before = Instant::now();
        net.http.wait_for(&net.issuer.urls().0, attempt).await;
        pauses.push(before.elapsed());
    }
    for (pause, longest) in pauses.iter().zip([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]) {
        let range = Duration::from_millis(longest * 8 / 10)..=Duration::from_millis(longest + 10);
        assert!(range.contains(pause), "{pauses:?}");
    }
    assert_ne!(pauses[6], pauses[7]);
}

#[tokio::test(start_paused = true)]
async fn c17_replicas_do_not_fetch_in_step() {
    let issuer = TestIssuer::new(ISSUER);
    let http = FakeHttp::new();
    serve(&http, &issuer);
    let clock = Arc::new(PausedClock(Instant::now()));
    let mut times = Vec::new();
    for seed in 1..=2 {
        let settings = ValidatorSettings { entropy: Arc::new(SeededEntropy::new(seed)), ..settings() };
        let before = http.count(&issuer.urls().1);
        let policies = vec![IssuerPolicy::new(ISSUER.parse().unwrap())];
        let (_validator, refresher) =
            Validator::new(policies, settings, Arc::new(http.clone()), clock.clone());
        let start = Instant::now();
        let task = tokio::spawn(refresher.run(sleep));
        http.wait_for(&issuer.urls().1, before + 2).await;
        times.push(start.elapsed());
        task.abort();
    }
    assert_ne!(times[0], times[1]);
    assert!(
        times.iter().all(|it| (4 * MINUTE..=5 * MINUTE + Duration::from_secs(1)).contains(it)),
        "{times:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn c18_a_changed_jwks_uri_is_followed_after_validation_only() {
    let net = Net::start();
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    let moved_keys = TestIssuer::new(ISSUER);
    net.http.set("https://as.example/moved", Reply::json(&moved_keys.jwks()));
    let mut metadata = net.issuer.metadata();
    metadata["jwks_uri"] = "https://as.example/moved".into();
    let mut foreign = metadata.clone();
    foreign["issuer"] = "https://evil.example".into();

    net.http.set(&net.issuer.urls().0, Reply::json(&foreign));
    sleep(10 * MINUTE).await;
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    assert_eq!(net.http.count("https://as.example/moved"), 0);

    net.http.set(&net.issuer.urls().0, Reply::json(&metadata));
    sleep(10 * MINUTE).await;
    assert_eq!(net.validate(&moved_keys.token().issued_at(net.clock.now())).await, Ok(()));
    assert_eq!(net.validate(&net.token()).await, Err(Reason::SignatureInvalid));
}

#[tokio::test(start_paused = true)]
async fn an_explicit_jwks_uri_needs_no_discovery() {
    let issuer = TestIssuer::new(ISSUER);
    let http = FakeHttp::new();
    http.set("https://keys.example/set", Reply::json(&issuer.jwks()));
    let mut policy = IssuerPolicy::new(ISSUER.parse().unwrap());
    policy.keys = KeySource::JwksUri("https://keys.example/set".parse().unwrap());
    let net = Net::start_policies(issuer, http, vec![policy]);
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    assert_eq!(net.http.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn keys_from_a_file_are_never_fetched_nor_stale() {
    let issuer = TestIssuer::new(ISSUER);
    let mut policy = IssuerPolicy::new(ISSUER.parse().unwrap());
    let file = pem("PUBLIC KEY", &issuer.key().public_der());
    policy.keys = KeySource::Static(KeySet::from_pem(file.as_bytes()).unwrap());
    let net = Net::start_policies(issuer, FakeHttp::new(), vec![policy]);
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    sleep(48 * 60 * MINUTE).await;
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    assert!(net.validator.status()[0].ready);
    assert_eq!(net.http.requests().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_reload_keeps_fetched_keys_of_the_same_source_only() {
    let net = Net::start();
    assert_eq!(net.validate(&net.token()).await, Ok(()));
    let down = FakeHttp::new();
    let inherit = |policy: IssuerPolicy| {
        let http = Arc::new(down.clone());
        Validator::new_inheriting(&net.validator, vec![policy], settings(), http, net.clock.clone())
    };
    let mut same = IssuerPolicy::new(ISSUER.parse().unwrap());
    let (validator, _refresher) = inherit(same.clone());
    assert_eq!(validate_with(validator, net.token().sign()).await, Ok(()));

    same.allowed_clients = Some(vec![]);
    let (validator, _refresher) = inherit(same);
    assert_eq!(validate_with(validator, net.token().sign()).await, Err(Reason::ClientNotAllowed));

    let mut other = IssuerPolicy::new(ISSUER.parse().unwrap());
    other.keys = KeySource::JwksUri("https://keys.example/set".parse().unwrap());
    let (validator, refresher) = inherit(other);
    tokio::spawn(refresher.run(sleep));
    assert_eq!(validate_with(validator, net.token().sign()).await, Err(Reason::KeysUnavailable));
}
