//! Every operation of the store fails once, at every place (G27), and what holds must hold.

use storage::{Fault, RecordStore};

use super::super::record;
use crate::{EndCause, GrantError, IssuedTokens, Liveness, Refusal, RevokeSelector, testing::*};

const FAULTS: [Fault; 2] = [Fault::Refused, Fault::AnswerLost];

#[tokio::test]
async fn g27_l17_l18_a_code_under_faults_is_redeemed_once_at_most() {
    for fault in FAULTS {
        for n in 1.. {
            let world = World::new().await;
            let code = world.code().await;
            world.store.fail_nth(n, fault);
            let outcome = world.redeem(&code).await;
            if world.store.is_pending() {
                assert!(outcome.is_ok());
                break;
            }
            unavailable(outcome);
            assert_eq!(world.grants.count().0, 0, "nothing lives that nobody has");
            // Either nothing was done, or it was and the answer is lost: the code is then spent.
            match world.redeem(&code).await {
                Ok(tokens) => assert!(world.rotate(&tokens).await.is_ok()),
                outcome => {
                    assert_eq!(fault, Fault::AnswerLost);
                    assert_eq!(refused(outcome), Refusal::Ended(EndCause::CodeReuse));
                }
            }
        }
    }
}

#[tokio::test]
async fn g27_l17_l18_a_refresh_under_faults_loses_nobody() {
    for fault in FAULTS {
        for n in 1.. {
            let world = World::new().await;
            let tokens = world.live().await;
            world.store.fail_nth(n, fault);
            let outcome = world.rotate(&tokens).await;
            if world.store.is_pending() {
                assert!(outcome.is_ok());
                break;
            }
            unavailable(outcome);
            assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Live);
            let again = world.rotate(&tokens).await.expect("the same token may be presented again");
            assert!(world.rotate(&again).await.is_ok());
        }
    }
}

#[tokio::test]
async fn g27_l17_l18_an_end_under_faults_is_told_once_and_never_half_done() {
    for fault in FAULTS {
        for n in 1.. {
            let world = World::new().await;
            let tokens = world.live().await;
            let all = RevokeSelector::Principal(person("1"));
            world.store.fail_nth(n, fault);
            let outcome = world.grants.revoke(&all, EndCause::SignedOut).await;
            let (done, reached) = (outcome.is_ok(), !world.store.is_pending());
            world.store.fail_nth(u64::MAX, fault);
            if !done {
                world.grants.revoke(&all, EndCause::SignedOut).await.unwrap();
            }
            assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Ended, "{fault:?} at {n}");
            assert_eq!(refused(world.rotate(&tokens).await), Refusal::Ended(EndCause::SignedOut));
            assert_eq!(world.events.causes(), [EndCause::SignedOut], "{fault:?} at {n}");
            if !reached {
                assert!(done);
                break;
            }
        }
    }
}

#[tokio::test]
async fn g27_reuse_under_faults_is_503_until_the_grant_has_ended() {
    for fault in FAULTS {
        for n in 1.. {
            let world = World::new().await;
            let first = world.live().await;
            let second = world.rotate(&first).await.unwrap();
            world.rotate(&second).await.unwrap();
            world.store.fail_nth(n, fault);
            let outcome = world.rotate(&first).await;
            if let Err(GrantError::Unavailable(_)) = outcome {
                assert!(!world.store.is_pending());
            }
            let outcome = if matches!(outcome, Err(GrantError::Unavailable(_))) {
                world.rotate(&first).await
            } else {
                outcome
            };
            assert_eq!(refused(outcome), Refusal::Ended(EndCause::RefreshReuse));
            assert_eq!(world.grants.is_live(&first.grant), Liveness::Ended);
            assert_eq!(world.events.causes(), [EndCause::RefreshReuse]);
            if world.store.is_pending() {
                break;
            }
        }
    }
}

#[tokio::test]
async fn g27_a_code_that_was_not_stored_is_not_given_out() {
    for fault in FAULTS {
        let world = World::new().await;
        world.store.fail_nth(1, fault);
        assert!(world.grants.issue_code(new_grant()).await.is_err());
        assert_eq!(world.grants.count(), (0, 0));
    }
}

#[tokio::test]
async fn g28_refusals_leave_every_byte_as_it_was() {
    let world = World::new().await;
    let first = world.live().await;
    let second = world.rotate(&first).await.unwrap();
    let ended = world.live().await;
    world.grants.revoke(&RevokeSelector::Grant(ended.grant), EndCause::PersonRevoked).await.unwrap();
    let before = dump(&world).await;

    let (client, other) = (client(), "client-b".parse().unwrap());
    let elsewhere = ["https://mcp.example/other".parse().unwrap()];
    let unknown = "nothing".parse().unwrap();
    let rotations: [(&IssuedTokens, crate::RotateCheck<'_>); 5] = [
        (&second, rotate_check(&other)),
        (&first, rotate_check(&other)),
        (&second, crate::RotateCheck { resources: &elsewhere, ..rotate_check(&client) }),
        (&second, crate::RotateCheck { scope: Some(&unknown), ..rotate_check(&client) }),
        (&ended, rotate_check(&client)),
    ];
    for (tokens, check) in rotations {
        refused(world.grants.rotate(refresh_token(tokens), check).await);
        assert_eq!(dump(&world).await, before);
    }
    world.rotate(&first).await.expect("a repetition");
    assert_eq!(dump(&world).await, before, "a repetition writes nothing either");
    world.rotate(&second).await.unwrap();
    assert_ne!(dump(&world).await, before, "the dump sees what changes");
}

async fn dump(world: &World) -> Vec<(storage::Key, storage::Versioned)> {
    world.store.scan(record::TABLE, None, 100).await.unwrap()
}
