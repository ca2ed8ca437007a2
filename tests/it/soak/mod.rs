//! Fifty users at once through one gateway, all with the same JSON-RPC ids, progress tokens and names of sessions
//! (E31, E34, E37): no answer, event or question ever reaches another of them.
//!
//! The upstream says in each answer for whom it was made, in words of the gateway: the assertion that came with the
//! request. `cargo xtask soak` does a million calls, the gate a hundred thousand.

mod caller;
mod judge;
mod message;
mod stage;
mod stdio;
mod tally;
mod upstream;
mod wire;

use std::time::Instant;

use self::{
    stage::Stage,
    tally::{Counts, Kind},
    upstream::Fault,
};

#[tokio::test(flavor = "multi_thread")]
async fn e31_e34_e37_fifty_users_with_the_same_ids_get_their_own_answers() {
    let calls = calls();
    let start = Instant::now();
    let tally = Stage::set(None).await.play(calls).await;
    let (counts, seconds) = (tally.counts(), start.elapsed().as_secs_f64());
    println!("{}", tally.line(seconds));
    assert_eq!(counts, Counts { calls, ..Counts::default() }, "{:#?}", tally.examples());
    for kind in Kind::ALL {
        assert!(tally.of(kind) > calls / 100, "too few of {kind:?}: {}", tally.of(kind));
    }
}

/// Runs before an upstream with a fault, which the harness must see as what it is.
async fn seen(fault: Fault) -> (Counts, u64) {
    let mut stage = Stage::set(Some(fault)).await;
    let counts = stage.play(1_200).await.counts();
    (counts, stage.faults())
}

#[tokio::test(flavor = "multi_thread")]
async fn e34_e37_the_soak_sees_every_answer_that_crosses() {
    for fault in [Fault::AnswerOfAnother, Fault::NameOfAnother] {
        let (counts, faults) = seen(fault).await;
        assert!(faults > 3, "{fault:?} happened {faults} times");
        assert_eq!((counts.crossed, counts.lost, counts.refused), (faults, 0, 0), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e37_the_soak_sees_every_event_that_crosses() {
    let (counts, faults) = seen(Fault::EventForAnother).await;
    // Those at the very end may come when their reader has gone.
    assert!((4..=faults).contains(&counts.crossed), "{counts:?} of {faults}");
    assert_eq!((counts.lost, counts.refused), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_soak_sees_what_is_lost_and_what_is_refused() {
    let (counts, faults) = seen(Fault::Lost).await;
    assert!(faults > 3, "it happened {faults} times");
    assert_eq!((counts.crossed, counts.lost, counts.refused), (0, faults, 0));
    let (counts, faults) = seen(Fault::Refused).await;
    assert!(faults > 3, "it happened {faults} times");
    assert_eq!((counts.crossed, counts.lost, counts.refused), (0, 0, faults));
}

/// How many: two thousand in the tests, a hundred thousand in the gate, a million by the command.
#[expect(clippy::disallowed_methods, reason = "how `cargo xtask soak` says how many calls it wants")]
fn calls() -> u64 {
    let calls = std::env::var("SOAK_CALLS").ok();
    calls.map_or(2_000, |it| it.parse().expect("SOAK_CALLS is a number"))
}
