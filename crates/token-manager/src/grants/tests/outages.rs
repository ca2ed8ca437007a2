//! A store that is away for half a minute, as while another machine takes it over (K09, L18).

use futures_util::future::join_all;

use crate::{EndCause, GrantError, IssuedTokens, Liveness, RevokeSelector, testing::*};

const OUTAGE_SECONDS: u64 = 30;
const TRIES: usize = 50;

/// Tries each second while the store is away, and `TRIES` times at once when it is back.
async fn over_an_outage<F: Future<Output = Result<IssuedTokens, GrantError>>>(
    world: &World,
    attempt: impl Fn() -> F,
) -> Vec<Result<IssuedTokens, GrantError>> {
    world.store.set_down(true);
    for _ in 0..OUTAGE_SECONDS {
        unavailable(attempt().await);
        world.advance(1);
    }
    world.store.set_down(false);
    join_all((0..TRIES).map(|_| attempt())).await
}

#[tokio::test]
async fn l18_a_code_that_waited_for_the_store_is_redeemed_once() {
    let world = World::new().await;
    let code = world.code().await;
    let outcomes = over_an_outage(&world, || world.redeem(&code)).await;
    assert_eq!(outcomes.iter().filter(|it| it.is_ok()).count(), 1);
    // The others were no retries of it: they came when it was spent.
    assert_eq!(world.events.causes(), [EndCause::CodeReuse]);

    let patient = world.code().await;
    world.store.set_down(true);
    unavailable(world.redeem(&patient).await);
    world.store.set_down(false);
    let tokens = world.redeem(&patient).await.expect("whoever tries again once is served");
    assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Live);
}

#[tokio::test]
async fn l18_a_refresh_that_waited_for_the_store_has_one_successor() {
    let world = World::new().await;
    let first = world.live().await;
    let outcomes = over_an_outage(&world, || world.rotate(&first)).await;
    let successors: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    assert!(successors.iter().all(|it| refresh_token(it) == refresh_token(&successors[0])));
    assert!(world.rotate(&successors[0]).await.is_ok());
    assert_eq!(world.events.causes(), []);
}

#[tokio::test]
async fn k09_while_the_store_is_away_no_end_is_forgotten_and_none_is_pretended() {
    let world = World::new().await;
    let (ended, lives) = (world.live().await, world.live().await);
    let grant = |it: &IssuedTokens| RevokeSelector::Grant(it.grant);
    world.grants.revoke(&grant(&ended), EndCause::SignedOut).await.unwrap();

    world.store.set_down(true);
    for _ in 0..OUTAGE_SECONDS {
        assert_eq!(world.grants.is_live(&ended.grant), Liveness::Ended);
        assert_eq!(world.grants.is_live(&lives.grant), Liveness::Live, "nobody has ended it");
        let outcome = world.grants.revoke(&grant(&lives), EndCause::SignedOut).await;
        assert!(outcome.is_err(), "who wants an end hears that there is none yet");
        world.advance(1);
    }
    assert_eq!(world.events.causes(), [EndCause::SignedOut]);

    world.store.set_down(false);
    world.grants.revoke(&grant(&lives), EndCause::SignedOut).await.unwrap();
    assert_eq!(world.grants.is_live(&lives.grant), Liveness::Ended, "before the answer");
    assert_eq!(world.restarted().await.grants.is_live(&lives.grant), Liveness::Ended);
}
