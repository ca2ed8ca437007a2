//! Row K16: processes on one store whose clocks differ, and what they tell of it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use oauth_types::{Clock, ManualClock, UnixTime};
use storage::{ChangeFeed, Changes, MemoryStore, Position, RecordStore, StoreError, Table};
use test_support::log;

use crate::{EndCause, GrantSettings, Liveness, Refusal, testing::*};

/// Two processes: our clock is right, as the database's is, and theirs is off.
struct Scene {
    ours: World,
    theirs: World,
    database: Arc<ManualClock>,
}

/// A store that has a clock.
#[derive(Debug)]
struct Timed(Arc<MemoryStore>, Arc<ManualClock>);

#[async_trait]
impl ChangeFeed for Timed {
    async fn position(&self) -> Result<Position, StoreError> {
        self.0.position().await
    }

    async fn changes(&self, table: Table, since: Position) -> Result<Changes, StoreError> {
        Ok(Changes { clock: Some(self.1.now()), ..self.0.changes(table, since).await? })
    }
}

impl Scene {
    async fn new(off: i64) -> Self {
        log::listen("token_manager::grants::clocks");
        let _ = log::take();
        let (store, database) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::new(NOW)));
        let feed = || Arc::new(Timed(Arc::clone(&store), Arc::clone(&database)));
        let change = |it: &mut GrantSettings| {
            (it.idle_timeout, it.absolute_timeout) = (IDLE, ABSOLUTE);
        };
        let ours = World::replica(store.clone(), feed(), change).await;
        let theirs = World::replica_at(shifted(NOW, off), store.clone(), feed(), change).await;
        Self { ours, theirs, database }
    }

    /// Both look, as they do every second.
    async fn look(&self) {
        for world in [&self.ours, &self.theirs] {
            world.grants.shared.catch_up().await.unwrap();
        }
    }

    /// All clocks go on.
    fn advance(&self, seconds: u64) {
        self.ours.advance(seconds);
        self.theirs.advance(seconds);
        self.database.advance(Duration::from_secs(seconds));
    }

    /// What was told since the last time, after each has looked several times.
    async fn told(&self) -> Vec<String> {
        for _ in 0..3 {
            self.look().await;
            self.advance(1);
        }
        log::take().iter().map(ToString::to_string).collect()
    }

    async fn upkeep(&self) {
        for world in [&self.ours, &self.theirs] {
            world.grants.upkeep().once().await.unwrap();
        }
    }

    fn ends(&self) -> [Vec<EndCause>; 2] {
        [self.ours.events.causes(), self.theirs.events.causes()]
    }
}

fn shifted(time: UnixTime, seconds: i64) -> UnixTime {
    UnixTime::from_seconds(time.as_seconds().saturating_add_signed(seconds))
}

/// When something is over that ends at `end` by a clock that is off by so much, which was right at 0.
fn over_at(end: Duration, off: i64) -> u64 {
    end.as_secs().saturating_add_signed(-off)
}

#[tokio::test]
async fn k16_clocks_that_differ_are_told_of_once() {
    for (off, side) in
        [(30, "ahead of"), (-30, "behind"), (300, "ahead of"), (-300, "behind"), (6, "ahead of")]
    {
        let scene = Scene::new(off).await;
        let difference = off.unsigned_abs();
        let alarm = format!(
            "the clock of this gateway is {side} that of the database; tokens and codes are judged by its own difference_s={difference}"
        );
        assert_eq!(scene.told().await, std::slice::from_ref(&alarm), "{off}");
        assert_eq!(scene.told().await, [""; 0], "{off}");
        scene.theirs.clock.set(scene.database.now());
        let end = "the clock of this gateway agrees with that of the database again difference_s=0";
        assert_eq!(scene.told().await, [end], "{off}");
        scene.theirs.clock.set(shifted(scene.database.now(), off));
        assert_eq!(scene.told().await, [alarm], "it begins anew: {off}");
    }
}

#[tokio::test]
async fn k16_clocks_that_agree_are_not_told_of() {
    for off in [0, 1, -1, 5, -5] {
        let scene = Scene::new(off).await;
        let tokens = scene.theirs.redeem(&scene.ours.code().await).await.unwrap();
        scene.ours.rotate(&tokens).await.unwrap();
        assert_eq!(scene.told().await, [""; 0], "{off}");
    }
}

/// Whole seconds of one difference are two numbers in turn.
#[tokio::test]
async fn k16_a_difference_at_the_border_is_told_of_once() {
    let scene = Scene::new(6).await;
    assert_eq!(scene.told().await.len(), 1);
    for off in [5, 6, 5, 6] {
        scene.theirs.clock.set(shifted(scene.database.now(), off));
        assert_eq!(scene.told().await, [""; 0], "{off}");
    }
}

/// Nobody can say when in between the database has looked at its clock.
#[tokio::test]
async fn k16_an_answer_that_took_long_is_no_difference() {
    let at = |seconds| shifted(NOW, seconds);
    for (theirs, asked_at, answered_at, expected) in [
        (at(0), at(0), at(60), 0),
        (at(60), at(0), at(60), 0),
        (at(66), at(0), at(60), 1),
        (at(-6), at(0), at(60), 1),
        (at(30), at(60), at(0), 0),
    ] {
        log::listen("token_manager::grants::clocks");
        let _ = log::take();
        super::super::clocks::Clocks::default().compare(theirs, asked_at, answered_at);
        assert_eq!(log::take().len(), expected, "{theirs:?} {asked_at:?} {answered_at:?}");
    }
}

#[tokio::test]
async fn k16_half_a_minute_between_clocks_changes_nothing_for_clients() {
    for off in [-30, 0, 30] {
        let scene = Scene::new(off).await;
        let (ours, theirs) = (&scene.ours, &scene.theirs);
        for (maker, redeemer) in [(ours, theirs), (theirs, ours)] {
            let mut tokens = redeemer.redeem(&maker.code().await).await.unwrap();
            for turn in [maker, redeemer, maker] {
                scene.advance(1);
                let next = turn.rotate(&tokens).await.unwrap();
                // The answer got lost, and the client asks the other one.
                let again = if std::ptr::eq(turn, ours) { theirs } else { ours };
                let repeated = again.rotate(&tokens).await.unwrap();
                assert_eq!(refresh_token(&repeated), refresh_token(&next), "{off}");
                tokens = next;
                for world in [ours, theirs] {
                    assert_eq!(world.grants.ask(&tokens.grant).await, Liveness::Live, "{off}");
                }
            }
        }
        scene.upkeep().await;
        assert_eq!(scene.ends(), [[], []], "{off}");
    }
}

#[tokio::test]
async fn k16_a_code_is_good_for_its_time_and_the_difference_at_most() {
    let lifetime = GrantSettings::new(ISSUER.parse().unwrap()).code_lifetime;
    for off in [-300_i64, -30, 0, 30, 300] {
        for ours_makes in [true, false] {
            // How far the clock of whoever redeems it is ahead of the maker's.
            let ahead = if ours_makes { off } else { -off };
            let last = over_at(lifetime, ahead).saturating_sub(1);
            for (after, good) in [(last, ahead < 60), (last + 1, false)] {
                let scene = Scene::new(off).await;
                let (maker, redeemer) =
                    if ours_makes { (&scene.ours, &scene.theirs) } else { (&scene.theirs, &scene.ours) };
                let code = maker.code().await;
                scene.advance(after);
                let outcome = redeemer.redeem(&code).await;
                if good {
                    outcome.unwrap();
                } else {
                    assert_eq!(refused(outcome), Refusal::CodeExpired, "{off} {after}");
                    // Whose clock says otherwise may still redeem it: the refusal has changed nothing.
                    assert_eq!(
                        maker.redeem(&code).await.is_ok(),
                        after < lifetime.as_secs(),
                        "{off} {after}"
                    );
                }
                assert_eq!(scene.ends(), [[], []], "{off} {after}");
            }
        }
    }
}

#[tokio::test]
async fn k16_a_grant_ends_by_the_clock_of_whoever_ends_it() {
    for off in [-300_i64, -30, 0, 30, 300] {
        for (end, is_used, cause) in
            [(IDLE, false, EndCause::IdleTimeout), (ABSOLUTE, true, EndCause::AbsoluteTimeout)]
        {
            let scene = Scene::new(off).await;
            let (ours, theirs) = (&scene.ours, &scene.theirs);
            let tokens = ours.live().await;
            scene.look().await;
            let over = over_at(end, off.max(0));
            if is_used {
                for _ in 0..(over - 1) / 3000 {
                    scene.advance(3000);
                    ours.grants.ask(&tokens.grant).await;
                    theirs.grants.ask(&tokens.grant).await;
                    scene.upkeep().await;
                }
            }
            let passed = scene.database.now().saturating_since(NOW).as_secs();
            scene.advance(over - passed - 1);
            scene.upkeep().await;
            assert_eq!(scene.ends(), [[], []], "{off} {cause:?}: over by no clock");
            scene.advance(1);
            scene.upkeep().await;
            let (first, second) = if off > 0 { (theirs, ours) } else { (ours, theirs) };
            assert_eq!(first.events.causes(), [cause], "{off}: over by the clock that is ahead");
            assert_eq!(second.events.causes(), [], "{off}: told of once");
            scene.look().await;
            for world in [ours, theirs] {
                assert_eq!(world.grants.ask(&tokens.grant).await, Liveness::Ended, "{off} {cause:?}");
                refused(world.rotate(&tokens).await);
            }
        }
    }
}

/// What is refused, and what goes on, when clocks are far apart.
#[tokio::test]
async fn k16_five_minutes_between_clocks_refuse_and_panic_nowhere() {
    for off in [-300_i64, 300] {
        let scene = Scene::new(off).await;
        let (ours, theirs) = (&scene.ours, &scene.theirs);
        let mut tokens = ours.live().await;
        for turn in [theirs, ours, theirs, theirs, ours] {
            tokens = turn.rotate(&tokens).await.unwrap();
            scene.advance(1);
            scene.upkeep().await;
            for world in [ours, theirs] {
                assert_eq!(world.grants.ask(&tokens.grant).await, Liveness::Live, "{off}");
                world.store.sweep(world.clock.now(), 100).await.unwrap();
            }
        }
        let end = ours.clock.now().max(theirs.clock.now()) + Duration::from_secs(3600);
        for world in [ours, theirs] {
            tokens = world.rotate(&tokens).await.unwrap();
            assert!(world.clock.now() + tokens.expires_in <= end, "{off}");
        }
        assert_eq!(scene.ends(), [[], []], "{off}");
        // For the one whose clock is off the time for repetitions is not now, so a repetition may be a thief's.
        let next = ours.rotate(&tokens).await.unwrap();
        assert_eq!(refresh_token(&ours.rotate(&tokens).await.unwrap()), refresh_token(&next));
        assert_eq!(refused(theirs.rotate(&tokens).await), Refusal::Ended(EndCause::RefreshReuse));
        assert_eq!(scene.ends(), [vec![], vec![EndCause::RefreshReuse]], "{off}");
    }
}

const IDLE: Duration = Duration::from_secs(2 * 3600);
const ABSOLUTE: Duration = Duration::from_secs(10 * 3600);
