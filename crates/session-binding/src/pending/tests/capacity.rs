use std::{sync::Arc, time::Duration};

use oauth_types::SeededEntropy;

use super::*;
use crate::ThirdPartySessionLimits;

const SMALL: PendingLimits = PendingLimits {
    step_timeout: Duration::from_secs(600),
    total_timeout: Duration::from_secs(3600),
    max_open: 3,
    max_open_of_a_source: 2,
    protected_for: Duration::from_secs(60),
};

async fn small_world() -> World {
    World::with(SMALL, ThirdPartySessionLimits::default()).await
}

#[tokio::test]
async fn f22_l22_open_transactions_are_bounded_and_the_oldest_goes() {
    let world = small_world().await;
    let first = world.begin().await;
    world.clock.advance(Duration::from_secs(1));
    let second = world.begin().await;
    world.begin().await;
    let busy = world.pending.begin(Purpose::Account, None).await;
    assert_eq!(busy.unwrap_err(), BeginError::Busy { retry_after: Duration::from_secs(60) });
    assert_eq!(world.stored().await, 3);

    world.clock.advance(Duration::from_secs(59));
    world.begin().await;
    assert_eq!(world.stored().await, 3);
    assert_eq!(world.load(&first).await.unwrap_err(), StepError::Gone);
    assert!(world.load(&second).await.is_ok());
}

#[tokio::test]
async fn f22_one_source_cannot_take_all_places() {
    let world = small_world().await;
    let begin = async |source: &[u8]| world.pending.begin(Purpose::Account, Some(source)).await;
    let first = begin(b"192.0.2.1").await.unwrap();
    begin(b"192.0.2.1").await.unwrap();
    let busy = begin(b"192.0.2.1").await.map(drop);
    assert_eq!(busy, Err(BeginError::Busy { retry_after: Duration::from_secs(60) }));
    begin(b"192.0.2.2").await.unwrap();
    assert_eq!(world.stored().await, 3);

    let csrf = first.csrf_token(None);
    world.pending.deny(first, csrf.expose(), None).await.unwrap();
    begin(b"192.0.2.1").await.unwrap();
    assert_eq!(world.stored().await, 3);
}

#[tokio::test]
async fn f22_the_one_that_made_a_step_is_not_the_oldest() {
    let world = small_world().await;
    let (first, second, _third) = (world.begin().await, world.begin().await, world.begin().await);
    world.clock.advance(Duration::from_secs(60));
    let csrf = first.csrf_token(None);
    let first = world.pending.approve(first, csrf.expose(), provider("github"), None).await.unwrap();
    let csrf = second.csrf_token(None);
    let second = world.pending.approve(second, csrf.expose(), provider("github"), None).await.unwrap();
    world.begin().await;
    assert!(world.load(&first).await.is_ok());
    assert!(world.load(&second).await.is_ok());
    assert_eq!(world.stored().await, 3);
}

#[tokio::test]
async fn f22_finished_transactions_make_room() {
    let world = small_world().await;
    for _ in 0..10 {
        let begun = world.begin().await;
        let csrf = begun.csrf_token(None);
        world.pending.deny(begun, csrf.expose(), None).await.unwrap();
    }
}

#[tokio::test]
async fn f22_a_restart_remembers_how_many_are_open() {
    let world = small_world().await;
    let first = world.begin().await;
    world.begin().await;
    world.begin().await;
    let entropy = Arc::new(SeededEntropy::new(8));
    let reopened =
        PendingAuthorizations::open(world.store.clone(), world.clock.clone(), entropy, SMALL).await.unwrap();
    assert!(matches!(reopened.begin(Purpose::Account, None).await, Err(BeginError::Busy { .. })));
    assert!(reopened.load(first.id(), first.binding()).await.is_ok());
}

#[tokio::test]
async fn l22_a_request_that_is_too_large_is_not_stored() {
    let world = World::new().await;
    let named = |length: usize| {
        let mut request = request();
        request.client.name = Some("n".repeat(length));
        Purpose::Authorize(Box::new(request))
    };
    assert!(world.pending.begin(named(1_000), None).await.is_ok());
    assert_eq!(world.pending.begin(named(40_000), None).await.unwrap_err(), BeginError::TooLarge);
    assert_eq!(world.stored().await, 1);
}
