//! One whole life, from the first start to the sweep after the end, in which the n-th operation of the store, of the
//! third party or of the clock fails, for every n (G27, FI-25).
//!
//! Whoever is told that something is unavailable tries again, as clients do; nothing else may go wrong for them.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use async_trait::async_trait;
use oauth_types::{Clock, GrantId, ProviderId, SteppingClock, SystemEntropy, UnixTime};
use storage::{Fault, FaultyStore, MemoryStore, RecordStore};
use tokio::task::JoinHandle;

use crate::{testing::*, *};

/// What goes wrong, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Store(Fault),
    /// The third party is not reached; or it is, and its answer is lost.
    Port(Fault),
    /// From the n-th look on the clock shows another time.
    Clock(i64),
}

/// What outlives a process.
struct Scene {
    store: Arc<FaultyStore>,
    clock: Arc<SteppingClock>,
    third_party: Arc<ThirdParty>,
    events: Arc<Recorder>,
    trouble: Trouble,
}

/// One process.
struct Process {
    grants: Grants,
    signing_keys: SigningKeys,
    tokens: ThirdPartyTokens,
    keeper: JoinHandle<()>,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// How a life went on.
#[derive(Debug, PartialEq, Eq)]
enum Life {
    /// To its end, as it was meant.
    Whole,
    /// The grant ended early.
    Ended(Refusal),
}

const HOUR: i64 = 3600;
const DECADE: i64 = 10 * 365 * 24 * HOUR;

#[tokio::test(start_paused = true)]
async fn g27_whichever_operation_of_the_store_fails_the_life_goes_on() {
    for fault in [Fault::Refused, Fault::AnswerLost] {
        let lives = check(Trouble::Store(fault), |life| *life == Life::Whole).await;
        println!(
            "G27: the life of a grant: {lives} operations of the store, each {fault:?} once, 0 broken promises"
        );
        assert!(lives > 40, "only {lives} operations");
    }
}

#[tokio::test(start_paused = true)]
async fn k02_k03_whichever_call_of_the_third_party_fails_the_life_goes_on_or_ends_with_its_reason() {
    let failed = check(Trouble::Port(Fault::Refused), |life| *life == Life::Whole).await;
    assert!(failed >= 1);
    // It rotates its refresh tokens and takes the old one no more, and nobody has the new one.
    let lost = Life::Ended(Refusal::Ended(EndCause::ThirdPartyEnded));
    let lives = check(Trouble::Port(Fault::AnswerLost), |life| *life == lost).await;
    println!(
        "G27: the life of a grant: {failed} questions to the third party failed, {lives} answers were lost, each once, 0 \
         broken promises"
    );
    assert!(lives >= 1);
}

#[tokio::test(start_paused = true)]
async fn g19_fi25_whenever_the_clock_jumps_nothing_is_used_twice_or_lives_too_long() {
    for seconds in [-DECADE, -HOUR, HOUR, DECADE] {
        let lives = check(Trouble::Clock(seconds), |life| match life {
            Life::Whole => true,
            Life::Ended(refusal) => is_of_window(*refusal) || seconds > 0 && is_of_time(*refusal),
        })
        .await;
        println!(
            "FI-25: the life of a grant: a jump of {seconds} s at each of {lives} readings, 0 resurrections"
        );
        assert!(lives > 20, "the clock was read {lives} times");
    }
}

fn is_of_time(refusal: Refusal) -> bool {
    matches!(
        refusal,
        Refusal::CodeExpired
            | Refusal::Unknown
            | Refusal::Expired
            | Refusal::Ended(EndCause::AbsoluteTimeout | EndCause::IdleTimeout)
    )
}

/// A clock that jumps either way ends the retry window.
fn is_of_window(refusal: Refusal) -> bool {
    refusal == Refusal::Ended(EndCause::RefreshReuse)
}

/// Plays lives until nothing is left to fail; answers how many.
async fn check(trouble: Trouble, expected: impl Fn(&Life) -> bool) -> u64 {
    for n in 1.. {
        let scene = Scene::new(trouble, n);
        let life = scene.live().await;
        if scene.is_pending() {
            assert_eq!(life, Life::Whole);
            return n - 1;
        }
        assert!(expected(&life), "{trouble:?} at {n}: {life:?}");
    }
    unreachable!()
}

impl Scene {
    fn new(trouble: Trouble, n: u64) -> Self {
        let scene = Self {
            store: Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()))),
            clock: Arc::new(SteppingClock::new(NOW)),
            third_party: Arc::new(ThirdParty::default()),
            events: Arc::new(Recorder::default()),
            trouble,
        };
        match trouble {
            Trouble::Store(fault) => scene.store.fail_nth(n, fault),
            Trouble::Port(fault) => *scene.third_party.fails.lock().unwrap() = Some((n, fault)),
            Trouble::Clock(seconds) => scene.clock.jump_at(n, seconds),
        }
        scene
    }

    fn is_pending(&self) -> bool {
        match self.trouble {
            Trouble::Store(_) => self.store.is_pending(),
            Trouble::Port(_) => self.third_party.fails.lock().unwrap().is_some(),
            Trouble::Clock(_) => self.clock.is_pending(),
        }
    }

    /// The second attempt succeeds where the first failed for a reason that passes.
    async fn again<T, E: std::fmt::Debug>(&self, attempt: impl AsyncFn() -> Result<T, E>) -> T {
        match attempt().await {
            Ok(done) => done,
            Err(first) => attempt().await.unwrap_or_else(|second| {
                panic!("{:?}: failed twice, with {first:?}, then with {second:?}", self.trouble)
            }),
        }
    }

    async fn open(&self) -> Process {
        self.again(async || self.try_to_open().await).await
    }

    async fn try_to_open(&self) -> Result<Process, Box<dyn std::error::Error>> {
        let ring = Arc::new(KeyRing::new(&master(1), [])?);
        ring.check(self.store.as_ref()).await?;
        let (store, clock, entropy) = (self.store.clone(), self.clock.clone(), Arc::new(SystemEntropy));
        let settings = SigningKeySettings::default();
        let signing_keys =
            SigningKeys::open(store.clone(), ring.clone(), clock.clone(), entropy.clone(), settings).await?;
        let parts = GrantParts {
            store: store.clone(),
            feed: None,
            ring: ring.clone(),
            signing_keys: signing_keys.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            events: self.events.clone(),
        };
        let grants = Grants::open(parts, GrantSettings::new(ISSUER.parse()?)).await?;
        let refresher = self.third_party.clone();
        let parts = ThirdPartyTokenParts { store, ring, refresher, grants: grants.clone(), clock, entropy };
        let (tokens, keeper) = ThirdPartyTokens::new(parts, ThirdPartyTokenSettings::default());
        let keeper = tokio::spawn(keeper.run(tokio::time::sleep, pending()));
        Ok(Process { grants, signing_keys, tokens, keeper })
    }

    async fn live(&self) -> Life {
        match self.live_or_be_refused().await {
            Ok(()) => Life::Whole,
            Err(refusal) => Life::Ended(refusal),
        }
    }

    async fn live_or_be_refused(&self) -> Result<(), Refusal> {
        let process = self.open().await;
        let first = self.sign_in(&process).await?;
        let keep_until = self.clock.now() + Duration::from_secs(1_000_000);
        self.again(async || process.tokens.store(&session(), token_set(self.clock.now()), keep_until).await)
            .await;
        let second = self.rotate(&process, &first).await?;

        // A second process takes over, and the tokens of the third party have to be refreshed.
        drop(process);
        let process = self.open().await;
        self.clock.advance(Duration::from_secs(3590));
        self.fresh_third_party_token(&process, &second).await?;
        let third = self.rotate(&process, &second).await?;
        assert_eq!(self.third_party.calls.load(SeqCst), 1 + u64::from(self.is_port() && !self.is_pending()));

        // Uses are noted, and keys rotate; what the old key signed can still be verified.
        self.clock.advance(Duration::from_secs(25 * HOUR as u64));
        let alive = process.grants.is_live(&third.grant) == Liveness::Live;
        self.again(async || process.grants.upkeep().once().await).await;
        if !alive {
            // The clock says that the time of the grant is over.
            let refusal =
                refusal_of(process.grants.rotate(refresh_token(&third), rotate_check(&client())).await);
            return Err(refusal.expect("a grant that does not live gives no tokens"));
        }
        self.rotate_keys(&process, &third).await;
        let fourth = self.rotate(&process, &third).await?;
        self.end(&process, &fourth).await;
        Ok(())
    }

    /// A code whose redemption was done without an answer is spent, and the person signs in again.
    async fn sign_in(&self, process: &Process) -> Result<IssuedTokens, Refusal> {
        let client = client();
        loop {
            let (grant, code) = self.again(async || process.grants.issue_code(new_grant()).await).await;
            let redeem = async || process.grants.redeem(code.expose(), redeem_check(&client)).await;
            let outcome = match redeem().await {
                Err(GrantError::Unavailable(_)) => redeem().await,
                outcome => outcome,
            };
            match outcome {
                Ok(tokens) => {
                    assert_eq!(tokens.grant, grant);
                    let forward = matches!(self.trouble, Trouble::Clock(seconds) if seconds > 0);
                    assert!(process.grants.is_live(&grant) == Liveness::Live || forward);
                    return Ok(tokens);
                }
                Err(GrantError::Refused(Refusal::Ended(EndCause::CodeReuse))) => {
                    assert_eq!(self.trouble, Trouble::Store(Fault::AnswerLost));
                    self.is_dead(process, grant).await;
                }
                Err(GrantError::Refused(refusal)) => {
                    self.is_dead(process, grant).await;
                    return Err(refusal);
                }
                Err(GrantError::Unavailable(error)) => panic!("{:?}: {error}", self.trouble),
            }
        }
    }

    /// The same token may be presented until the answer comes, and then once more: its successor is the same.
    async fn rotate(&self, process: &Process, tokens: &IssuedTokens) -> Result<IssuedTokens, Refusal> {
        let client = client();
        let rotate = async || process.grants.rotate(refresh_token(tokens), rotate_check(&client)).await;
        let mut answers = Vec::new();
        for _ in 0..3 {
            match rotate().await {
                Ok(next) => answers.push(next),
                Err(GrantError::Unavailable(_)) => {}
                Err(GrantError::Refused(refusal)) => {
                    self.is_dead(process, tokens.grant).await;
                    return Err(refusal);
                }
            }
        }
        let last = answers.pop().expect("one operation fails, not two");
        assert!(!answers.is_empty(), "one operation fails, not two");
        for answer in answers {
            assert_eq!(refresh_token(&answer), refresh_token(&last), "one successor");
        }
        assert_ne!(refresh_token(&last), refresh_token(tokens));
        Ok(last)
    }

    async fn fresh_third_party_token(&self, process: &Process, tokens: &IssuedTokens) -> Result<(), Refusal> {
        for _ in 0..3 {
            match process.tokens.access_token(&session()).await {
                Ok(token) if token.expose() != "access-0" => return Ok(()),
                Ok(_) => {}
                Err(error) if error.is_temporary() => {}
                // The keeper may have been told before, without anybody asking.
                Err(ThirdPartyTokenError::Ended(_) | ThirdPartyTokenError::Unknown) => {
                    self.is_dead(process, tokens.grant).await;
                    let refusal = refusal_of(
                        process.grants.rotate(refresh_token(tokens), rotate_check(&client())).await,
                    );
                    return Err(refusal.expect("a grant that has ended gives no tokens"));
                }
                Err(error) => panic!("{:?}: {error}", self.trouble),
            }
            // Past the pause after a failure.
            self.clock.advance(Duration::from_secs(5));
        }
        match self.trouble {
            // The old one is good for another while by this clock.
            Trouble::Clock(seconds) if seconds < 0 => {
                self.third_party.calls.store(1, SeqCst);
                Ok(())
            }
            other => panic!("{other:?}: the token was not refreshed"),
        }
    }

    async fn rotate_keys(&self, process: &Process, tokens: &IssuedTokens) {
        let outcome = match process.signing_keys.rotate().await {
            // It may have been done.
            Err(SigningError::Store(_)) => process.signing_keys.rotate().await,
            outcome => outcome,
        };
        match outcome {
            Ok(()) => {}
            Err(SigningError::TooSoon(_)) => {
                assert!(matches!(self.trouble, Trouble::Store(Fault::AnswerLost) | Trouble::Clock(_)));
            }
            Err(error) => panic!("{:?}: {error}", self.trouble),
        }
        let kid = key_id_of(tokens.access_token.expose());
        let published = process.signing_keys.jwks();
        let forward = matches!(self.trouble, Trouble::Clock(seconds) if seconds > 0);
        assert!(published.as_json().contains(&kid) || forward, "the key of a token that holds is published");
    }

    async fn end(&self, process: &Process, tokens: &IssuedTokens) {
        let all = RevokeSelector::Principal(person("1"));
        self.again(async || process.grants.revoke(&all, EndCause::SignedOut).await).await;
        self.is_dead(process, tokens.grant).await;
        // Another process knows of it, and sweeps it in the end.
        let process = self.open().await;
        self.is_dead(&process, tokens.grant).await;
        self.clock.advance(Duration::from_secs(2 * DECADE as u64));
        self.again(async || process.grants.upkeep().once().await).await;
        let left =
            self.again(async || self.store.scan(storage::Table::new("grants", 1), None, 10).await).await;
        assert_eq!(left, [], "{:?}", self.trouble);
        self.is_dead(&process, tokens.grant).await;
        let causes = self.events.causes();
        let ended = causes.iter().filter(|it| **it == EndCause::SignedOut).count();
        assert!((1..=2).contains(&ended), "each grant's end is told once: {causes:?}");
    }

    async fn is_dead(&self, process: &Process, grant: GrantId) {
        assert_eq!(process.grants.is_live(&grant), Liveness::Ended, "{:?}", self.trouble);
        assert_eq!(self.again(async || process.grants.find(grant).await).await, None, "{:?}", self.trouble);
    }

    fn is_port(&self) -> bool {
        matches!(self.trouble, Trouble::Port(_))
    }
}

fn refusal_of(outcome: Result<IssuedTokens, GrantError>) -> Option<Refusal> {
    match outcome {
        Err(GrantError::Refused(refusal)) => Some(refusal),
        _ => None,
    }
}

fn key_id_of(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

fn token_set(now: UnixTime) -> TokenSet {
    TokenSet {
        provider: "github".parse().unwrap(),
        access_token: ThirdPartyAccessToken::new("access-0".to_owned()),
        refresh_token: Some(ThirdPartyRefreshToken::new("refresh-0".to_owned())),
        expires_at: Some(now + Duration::from_secs(3600)),
        scope: "repo".parse().unwrap(),
    }
}

/// A third party that rotates its refresh tokens, and takes each once.
#[derive(Debug, Default)]
struct ThirdParty {
    calls: AtomicU64,
    rotations: AtomicU64,
    fails: Mutex<Option<(u64, Fault)>>,
}

#[async_trait]
impl Refresher for ThirdParty {
    async fn refresh(
        &self,
        _provider: &ProviderId,
        _session: &SessionKey,
        refresh_token: &ThirdPartyRefreshToken,
    ) -> Result<RefreshedTokens, RefreshFailure> {
        let call = self.calls.fetch_add(1, SeqCst) + 1;
        let fault = self.fails.lock().unwrap().take_if(|(n, _)| *n == call).map(|(_, fault)| fault);
        if fault == Some(Fault::Refused) {
            return Err(RefreshFailure::Temporary { retry_after: None });
        }
        let rotation = self.rotations.load(SeqCst);
        if refresh_token.expose() != format!("refresh-{rotation}") {
            return Err(RefreshFailure::Ended);
        }
        let rotation = self.rotations.fetch_add(1, SeqCst) + 1;
        if fault == Some(Fault::AnswerLost) {
            return Err(RefreshFailure::Temporary { retry_after: None });
        }
        Ok(RefreshedTokens {
            access_token: ThirdPartyAccessToken::new(format!("access-{rotation}")),
            refresh_token: Some(ThirdPartyRefreshToken::new(format!("refresh-{rotation}"))),
            expires_in: Some(Duration::from_secs(10 * 24 * 3600)),
            scope: None,
        })
    }
}
