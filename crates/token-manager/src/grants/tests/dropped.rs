//! Whoever waits for the store goes away, and the store goes on: what it did, or did not, is found out.

use std::sync::Arc;

use futures_util::FutureExt;

use crate::{
    AuthorizationCode, EndCause, GrantWatch, IssuedTokens, Liveness, Refusal, RevokeSelector, testing::*,
};

/// When the store makes the change that nobody waits for any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    BeforeUpkeep,
    AfterUpkeep,
    Never,
}

const TIMES: [Made; 3] = [Made::BeforeUpkeep, Made::AfterUpkeep, Made::Never];

struct Scene {
    store: Arc<SlowStore>,
    world: World,
}

impl Scene {
    async fn new() -> Self {
        let store = Arc::new(SlowStore::default());
        let world = World::on(store.clone(), master(1), [], NOW, |_| {}).await;
        Self { store, world }
    }

    /// Begins `act`, and drops it while the store is at its change.
    fn begin(&self, act: impl Future) {
        self.store.hold();
        assert!(act.now_or_never().is_none(), "it was to wait for the store");
    }

    /// The upkeep comes, and the change before or after it or not at all; answers whether it was made.
    async fn settle(&self, made: Made) -> bool {
        let mut done = Vec::new();
        if made == Made::BeforeUpkeep {
            done = self.store.release().await;
        }
        self.world.grants.upkeep().once().await.unwrap();
        if made == Made::AfterUpkeep {
            done = self.store.release().await;
        }
        done.contains(&true)
    }
}

/// Something that ends a grant.
#[derive(Clone, Copy, Debug)]
enum Act {
    Revoke,
    UseSpentToken,
    UseCodeAgain,
}

impl Act {
    const ALL: [Self; 3] = [Self::Revoke, Self::UseSpentToken, Self::UseCodeAgain];

    fn cause(self) -> EndCause {
        match self {
            Self::Revoke => EndCause::SignedOut,
            Self::UseSpentToken => EndCause::RefreshReuse,
            Self::UseCodeAgain => EndCause::CodeReuse,
        }
    }

    /// A grant that this act would end, its newest tokens, and something that goes on for as long as it lives.
    async fn prepare(self, on: &Scene) -> (AuthorizationCode, [IssuedTokens; 3], GrantWatch) {
        let code = on.world.code().await;
        let first = on.world.redeem(&code).await.unwrap();
        let second = on.world.rotate(&first).await.unwrap();
        let third = on.world.rotate(&second).await.unwrap();
        let watch = on.world.grants.watch_end(&first.grant).unwrap();
        (code, [first, second, third], watch)
    }

    fn begin(self, on: &Scene, code: &AuthorizationCode, spent: &IssuedTokens) {
        let grant = RevokeSelector::Grant(spent.grant);
        match self {
            Self::Revoke => on.begin(on.world.grants.revoke(&grant, EndCause::SignedOut)),
            Self::UseSpentToken => on.begin(on.world.rotate(spent)),
            Self::UseCodeAgain => on.begin(on.world.redeem(code)),
        }
    }
}

#[tokio::test]
async fn g27_k08_k09_an_end_that_nobody_waits_for_is_refused_at_once_and_then_told_or_taken_back() {
    for act in Act::ALL {
        for made in TIMES {
            let scene = Scene::new().await;
            let world = &scene.world;
            let (code, [first, _, newest], watch) = act.prepare(&scene).await;
            let (grant, other) = (first.grant, world.live().await);
            act.begin(&scene, &code, &first);
            assert_eq!(
                world.grants.is_live(&grant),
                Liveness::Ended,
                "{act:?}: nobody knows, so it does not"
            );
            assert!(watch.token().is_cancelled() && world.grants.watch_end(&grant).is_none());
            assert_eq!(world.grants.is_live(&other.grant), Liveness::Live);
            assert_eq!(world.events.causes(), []);

            let ended = scene.settle(made).await;
            assert_eq!(ended, made == Made::BeforeUpkeep, "what comes after the upkeep comes too late");
            let liveness = if ended { Liveness::Ended } else { Liveness::Live };
            assert_eq!(world.grants.is_live(&grant), liveness, "{act:?} {made:?}");
            assert_eq!(world.events.causes(), Vec::from_iter(ended.then(|| act.cause())));
            world.grants.upkeep().once().await.unwrap();
            match world.rotate(&newest).await {
                Ok(_) => assert!(!ended),
                outcome => assert_eq!(refused(outcome), Refusal::Ended(act.cause())),
            }
            assert_eq!(world.events.causes().len(), usize::from(ended), "told once");
        }
    }
}

#[tokio::test]
async fn g27_an_end_that_nobody_waited_for_is_told_by_whoever_finds_it_first() {
    let scene = Scene::new().await;
    let world = &scene.world;
    let tokens = world.live().await;
    scene.begin(world.grants.revoke(&RevokeSelector::Grant(tokens.grant), EndCause::SignedOut));
    assert_eq!(scene.store.release().await, [true]);
    assert_eq!(refused(world.rotate(&tokens).await), Refusal::Ended(EndCause::SignedOut));
    assert_eq!(world.events.causes(), [EndCause::SignedOut]);
    world.grants.upkeep().once().await.unwrap();
    assert_eq!(world.events.causes(), [EndCause::SignedOut]);
}

#[tokio::test]
async fn g27_an_end_in_doubt_can_be_made_sure_by_the_same_call() {
    for made in [Made::BeforeUpkeep, Made::Never] {
        let scene = Scene::new().await;
        let world = &scene.world;
        let tokens = world.live().await;
        let grant = RevokeSelector::Grant(tokens.grant);
        scene.begin(world.grants.revoke(&grant, EndCause::SignedOut));
        if made == Made::BeforeUpkeep {
            scene.store.release().await;
        }
        world.grants.revoke(&grant, EndCause::SignedOut).await.unwrap();
        assert_eq!(world.events.causes(), [EndCause::SignedOut]);
        scene.settle(Made::AfterUpkeep).await;
        assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Ended);
        assert_eq!(world.events.causes(), [EndCause::SignedOut]);
    }
}

#[tokio::test]
async fn g29_a_redemption_that_nobody_waits_for_lives_as_the_store_has_it() {
    for made in TIMES {
        let scene = Scene::new().await;
        let world = &scene.world;
        let (grant, code) = world.grants.issue_code(new_grant()).await.unwrap();
        scene.begin(world.redeem(&code));
        // The store may take longer than codes are remembered.
        world.advance(3600);
        if scene.settle(made).await {
            assert_eq!(world.grants.count(), (1, 0), "{made:?}");
            assert!(world.grants.find(grant).await.unwrap().is_some(), "its person can see and end it");
            world
                .grants
                .revoke(&RevokeSelector::Principal(person("1")), EndCause::PersonRevoked)
                .await
                .unwrap();
            assert_eq!(world.events.causes(), [EndCause::PersonRevoked]);
        } else {
            assert_eq!(world.grants.count().0, 0, "{made:?}");
            assert!(world.grants.find(grant).await.unwrap().is_none());
        }
    }
}

#[tokio::test]
async fn g29_a_code_whose_redemption_was_not_made_is_good_still() {
    let scene = Scene::new().await;
    let world = &scene.world;
    let code = world.code().await;
    scene.begin(world.redeem(&code));
    assert!(!scene.settle(Made::AfterUpkeep).await);
    let tokens = world.redeem(&code).await.unwrap();
    assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Live);
}

#[tokio::test]
async fn g29_a_rotation_that_nobody_waits_for_costs_nobody_a_token() {
    for made in TIMES {
        let scene = Scene::new().await;
        let world = &scene.world;
        let tokens = world.live().await;
        scene.begin(world.rotate(&tokens));
        assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Live, "{made:?}");
        scene.settle(made).await;
        let again = world.rotate(&tokens).await.expect("the same token may be presented again");
        assert!(world.rotate(&again).await.is_ok());
        assert_eq!(world.events.causes(), []);
    }
}
