//! The whole gateway, from a person's sign-in to the end of everything they allowed, in which the n-th operation of the
//! store, of the third party or of the clock fails, for every n (G27, K02, K03, FI-25).
//!
//! Whoever is told that something is unavailable tries again, as people and clients do; whoever is refused signs in
//! again, where that may happen at all.

mod clients;
mod flows;
mod gateway;
mod hub;
mod life;
mod outages;

use std::{sync::Arc, time::Duration};

use oauth_types::SteppingClock;
use storage::{Fault, FaultyStore, MemoryStore, RecordStore};

use self::{
    gateway::{Browser, Gateway},
    hub::Hub,
    life::{Broken, Step, Tokens},
};
use super::testing::NOW;

/// What goes wrong, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Store(Fault),
    /// The third party is not reached; or it is, and its answer is lost.
    ThirdParty(Fault),
    /// From the n-th look on the clock shows another time.
    Clock(i64),
}

/// What outlives a process.
struct Scene {
    store: Arc<FaultyStore>,
    clock: Arc<SteppingClock>,
    hub: Arc<Hub>,
    trouble: Trouble,
}

const HOUR: i64 = 3600;
const DECADE: i64 = 10 * 365 * 24 * HOUR;

#[tokio::test(start_paused = true)]
async fn g27_whichever_operation_of_the_store_fails_nobody_signs_in_twice_for_it() {
    let lives = check(Trouble::Store(Fault::Refused), <[String]>::is_empty).await;
    println!("G27: the whole life: {lives} operations of the store failed, each once, 0 broken promises");
    assert!(lives > 80, "only {lives} operations");
}

#[tokio::test(start_paused = true)]
async fn g27_whichever_answer_of_the_store_is_lost_nothing_is_used_twice() {
    // A code may have been redeemed without anybody knowing; the second attempt then looks like a theft.
    let lives = check(Trouble::Store(Fault::AnswerLost), |refusals| {
        refusals.iter().all(|it| it == "invalid_grant") && refusals.len() <= 1
    });
    let lives = lives.await;
    println!("G27: the whole life: {lives} answers of the store were lost, each once, 0 broken promises");
    assert!(lives > 80, "only {lives} operations");
}

#[tokio::test(start_paused = true)]
async fn k02_k03_whichever_call_of_the_third_party_fails_only_a_lost_rotation_costs_a_sign_in() {
    let failed = check(Trouble::ThirdParty(Fault::Refused), <[String]>::is_empty).await;
    assert!(failed > 5, "only {failed} calls");
    let mut lost = 0;
    let lives = check(Trouble::ThirdParty(Fault::AnswerLost), |refusals| {
        lost += refusals.len();
        refusals.iter().all(|it| it == "invalid_grant")
    });
    let unanswered = lives.await;
    assert!(unanswered > 5);
    println!(
        "G27: the whole life: {failed} questions to the third party failed, {unanswered} answers were lost, each once, 0 \
         broken promises"
    );
    assert!((1..=2).contains(&lost), "a rotation whose answer is lost, and nothing else: {lost}");
}

#[tokio::test(start_paused = true)]
async fn g19_fi25_whenever_the_clock_jumps_back_the_worst_is_another_sign_in() {
    check_jumps([-DECADE, -HOUR]).await;
}

#[tokio::test(start_paused = true)]
async fn g19_fi25_whenever_the_clock_jumps_ahead_the_worst_is_another_sign_in() {
    check_jumps([HOUR, DECADE]).await;
}

/// The clock jumps by each of `seconds`, at each of its readings.
async fn check_jumps(seconds: [i64; 2]) {
    for seconds in seconds {
        let lives = check(Trouble::Clock(seconds), |refusals| refusals.len() <= 2).await;
        println!("FI-25: the whole life: a jump of {seconds} s at each of {lives} readings, 0 resurrections");
        assert!(lives > 100, "the clock was read {lives} times");
    }
}

/// Plays lives until nothing is left to fail; answers up to which operation.
async fn check(trouble: Trouble, mut expected: impl FnMut(&[String]) -> bool) -> u64 {
    for n in EACH {
        let scene = Scene::new(trouble, n);
        let refusals = scene.live().await;
        if scene.is_pending() {
            assert_eq!(refusals, [""; 0], "nothing has failed");
            return n - 1;
        }
        assert!(expected(&refusals), "{trouble:?} at {n}: {refusals:?}");
    }
    unreachable!()
}

impl Scene {
    fn new(trouble: Trouble, n: u64) -> Self {
        let scene = Self::before(trouble);
        scene.fail_nth(n);
        scene
    }

    /// Nothing goes wrong yet.
    fn before(trouble: Trouble) -> Self {
        Self {
            store: Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()))),
            clock: Arc::new(SteppingClock::new(NOW)),
            hub: Arc::new(Hub::default()),
            trouble,
        }
    }

    /// Lets it go wrong at the `n`-th operation from now.
    fn fail_nth(&self, n: u64) {
        match self.trouble {
            Trouble::Store(fault) => self.store.fail_nth(n, fault),
            Trouble::ThirdParty(fault) => self.hub.fail_nth(n, fault),
            Trouble::Clock(seconds) => self.clock.jump_at(n, seconds),
        }
    }

    fn is_pending(&self) -> bool {
        match self.trouble {
            Trouble::Store(_) => self.store.is_pending(),
            Trouble::ThirdParty(_) => self.hub.is_pending(),
            Trouble::Clock(_) => self.clock.is_pending(),
        }
    }

    async fn open(&self) -> Gateway {
        let open = async || {
            let store: Arc<dyn RecordStore> = Arc::<FaultyStore>::clone(&self.store);
            Gateway::open(store, self.clock.clone(), self.hub.clone()).await
        };
        match open().await {
            Ok(gateway) => gateway,
            Err(first) => {
                open().await.unwrap_or_else(|second| panic!("{:?}: {first}, then {second}", self.trouble))
            }
        }
    }

    /// The process ends, and another begins.
    async fn restart(&self, gateway: Gateway) -> Gateway {
        gateway.stop().await;
        self.open().await
    }

    /// A whole life; answers what was refused on the way, each of which cost the person a sign-in.
    async fn live(&self) -> Vec<String> {
        let mut refusals = Vec::new();
        let mut gateway = self.open().await;
        loop {
            let (after, outcome) = self.connect_and_refresh(gateway).await;
            gateway = after;
            match outcome {
                Ok(tokens) => {
                    gateway = self.revoke(gateway, &tokens).await;
                    break;
                }
                Err(refusal) => refusals.push(refusal),
            }
            assert!(refusals.len() < 4, "{:?}: {refusals:?}", self.trouble);
        }
        gateway = self.end_on_the_account_page(gateway, &mut refusals).await;
        assert_eq!(gateway.state.foundations.grants.count().0, 0, "{:?}: something lives on", self.trouble);
        gateway.stop().await;
        refusals
    }

    /// Signs in, restarts, and refreshes twice: once when the third party's tokens are due, and once when the person
    /// has to be asked about again.
    async fn connect_and_refresh(&self, gateway: Gateway) -> (Gateway, Result<Tokens, String>) {
        let first = match self.connect(&gateway, &mut Browser::default()).await {
            Ok(first) => first,
            Err(refusal) => return (gateway, Err(refusal)),
        };
        // What was answered is in the store.
        let gateway = self.restart(gateway).await;
        if !gateway.takes(&first.access) {
            assert!(self.is_clock(), "{:?}: an answered token is not taken", self.trouble);
            return (gateway, Err("the token is too old".to_owned()));
        }
        self.clock.advance(Duration::from_secs(3590));
        let second = match self.refresh(&gateway, &first).await {
            Ok(second) => second,
            Err(refusal) => return (gateway, Err(refusal)),
        };
        let gateway = self.restart(gateway).await;
        self.clock.advance(Duration::from_secs(301));
        let third = self.refresh(&gateway, &second).await;
        (gateway, third)
    }

    /// A sign-in and its tokens; the person tries again as long as something is only unavailable.
    async fn connect(&self, gateway: &Gateway, browser: &mut Browser) -> Result<Tokens, String> {
        let code = self.again(async || life::sign_in(gateway, &mut *browser).await).await?;
        let tokens = self.again(async || life::redeem(gateway, &code).await).await?;
        assert_eq!(life::claims(&tokens.access)["aud"], super::testing::RESOURCE);
        Ok(tokens)
    }

    /// The same token may be presented until the answer comes, and once more: its successor is the same.
    async fn refresh(&self, gateway: &Gateway, tokens: &Tokens) -> Result<Tokens, String> {
        let first = self.again(async || life::refresh(gateway, &tokens.refresh).await).await?;
        let again = self.again(async || life::refresh(gateway, &tokens.refresh).await).await?;
        assert_eq!(first.refresh, again.refresh, "{:?}: two branches", self.trouble);
        assert_ne!(first.refresh, tokens.refresh);
        if !self.is_clock() {
            assert!(gateway.takes(&again.access), "{:?}", self.trouble);
        }
        Ok(again)
    }

    /// After the answer nothing is live, here and in the next process.
    async fn revoke(&self, gateway: Gateway, tokens: &Tokens) -> Gateway {
        self.again(async || life::revoke(&gateway, &tokens.refresh).await).await.unwrap();
        self.is_dead(&gateway, tokens).await;
        let gateway = self.restart(gateway).await;
        self.is_dead(&gateway, tokens).await;
        gateway
    }

    async fn end_on_the_account_page(&self, gateway: Gateway, refusals: &mut Vec<String>) -> Gateway {
        let mut browser = Browser::default();
        let tokens = loop {
            match self.connect(&gateway, &mut browser).await {
                Ok(tokens) => break tokens,
                Err(refusal) => refusals.push(refusal),
            }
            assert!(refusals.len() < 4, "{:?}: {refusals:?}", self.trouble);
        };
        while let Err(refusal) = self.again(async || life::end_all(&gateway, &mut browser).await).await {
            // The browser is signed in no more.
            assert!(self.is_clock(), "{:?}: {refusal}", self.trouble);
            let _ = self.connect(&gateway, &mut browser).await;
        }
        self.is_dead(&gateway, &tokens).await;
        let gateway = self.restart(gateway).await;
        self.is_dead(&gateway, &tokens).await;
        gateway
    }

    async fn is_dead(&self, gateway: &Gateway, tokens: &Tokens) {
        assert!(!gateway.takes(&tokens.access), "{:?}: an access token lives on", self.trouble);
        let refused = self.again(async || life::refresh(gateway, &tokens.refresh).await).await;
        assert_eq!(refused.err().as_deref(), Some("invalid_grant"), "{:?}", self.trouble);
    }

    /// Tries again what is unavailable, past the pause after a failure of the third party; one operation fails, and so
    /// it is available soon.
    async fn again<T>(&self, mut attempt: impl AsyncFnMut() -> Step<T>) -> Result<T, String> {
        for _ in 0..3 {
            match attempt().await {
                Ok(done) => return Ok(done),
                Err(Broken::Refused(refusal)) => return Err(refusal),
                Err(broken) => assert!(broken.is_unavailable()),
            }
            self.clock.advance(Duration::from_secs(5));
        }
        panic!("{:?}: it stays unavailable", self.trouble)
    }

    const fn is_clock(&self) -> bool {
        matches!(self.trouble, Trouble::Clock(_))
    }
}

const EACH: std::ops::RangeFrom<u64> = 1..;
