use storage::Fault;

use super::*;
use crate::testing::after_turns;

#[tokio::test]
async fn k01_k08_an_ended_session_names_its_grants_and_stays_dead() {
    let world = World::new().await;
    let (ada, bob) = (world.ada().await, world.signed_in(&person("github", "2")).await);
    world.sessions.bind(grant(1), ada.session()).await.unwrap();
    world.sessions.bind(grant(2), bob.session()).await.unwrap();

    let ended = world.sessions.end(ada.session(), EndCause::Revoked).await.unwrap().unwrap();
    assert_eq!((ended.cause, &ended.grants[..]), (EndCause::Revoked, &[grant(1)][..]));
    assert_eq!(world.liveness(&ada).await, Liveness::Ended(EndCause::Revoked));
    assert!(world.liveness(&bob).await.is_live());
    assert_eq!(world.sessions.bind(grant(3), ada.session()).await, Err(BindError::Ended(EndCause::Revoked)));
    assert!(world.sessions.bind(grant(3), bob.session()).await.is_ok());
}

#[tokio::test]
async fn ending_again_names_the_first_cause_and_what_is_left_to_do() {
    let world = World::new().await;
    let ada = world.ada().await;
    world.sessions.bind(grant(1), ada.session()).await.unwrap();
    let first = world.sessions.end(ada.session(), EndCause::NotAllowed).await.unwrap();
    let again = world.sessions.end(ada.session(), EndCause::SignedOut).await.unwrap();
    assert_eq!(first, again);
    world.sessions.forget_grants(ada.session(), &[grant(1)]).await.unwrap();
    let settled = world.sessions.end(ada.session(), EndCause::SignedOut).await.unwrap().unwrap();
    assert_eq!((settled.cause, settled.grants.len()), (EndCause::NotAllowed, 0));
}

#[tokio::test]
async fn a_session_that_ended_does_not_live_again_when_the_person_signs_in() {
    let world = World::new().await;
    let before = world.ada().await;
    world.sessions.bind(grant(1), before.session()).await.unwrap();
    world.sessions.end(before.session(), EndCause::Administrator).await.unwrap();

    let after = world.signed_in_as(&person("github", "1"), None).await;
    assert!(!after.renewed);
    assert_eq!(after.ended[0].grants, [grant(1)]);
    assert_eq!(after.ended[0].id, *before.session());
    assert_eq!(world.liveness(&before).await, Liveness::Ended(EndCause::Superseded));
    assert!(world.liveness(&after.who).await.is_live());
    assert_eq!(world.sessions.end(before.session(), EndCause::SignedOut).await, Ok(None));
    assert!(world.liveness(&after.who).await.is_live());
    assert!(world.grants_of(&after.who).await.is_empty());
    // The old grant is named until somebody has ended it.
    let left = world.sessions.overdue(None, 10, &unseen).await.unwrap().ended;
    assert_eq!(left[0].grants, [grant(1)]);
}

#[tokio::test]
async fn a_grant_bound_while_the_session_ends_is_refused_or_ends_with_it() {
    for turns in 0..6 {
        let world = World::new().await;
        let ada = world.ada().await;
        let bind = world.sessions.bind(grant(1), ada.session());
        let end = after_turns(turns, world.sessions.end(ada.session(), EndCause::Revoked));
        let (bound, ended) = tokio::join!(bind, end);
        let ends_with_it = ended.unwrap().unwrap().grants.contains(&grant(1));
        assert_eq!(bound.is_ok(), ends_with_it, "{turns}");
    }
}

#[tokio::test]
async fn k07_a_logout_of_the_third_party_ends_one_sign_in_or_all() {
    let world = World::new().await;
    let ada = person("github", "1");
    let first = world.signed_in_as(&ada, Some("a")).await.who;
    let second = world.signed_in_as(&ada, Some("b")).await.who;
    let bob = world.signed_in_as(&person("github", "2"), Some("a")).await.who;
    let logout = |sid| world.sessions.end_for_principal(&ada, sid, EndCause::BackChannelLogout);

    assert!(logout(Some("unknown")).await.unwrap().is_empty());
    assert_eq!(logout(Some("a")).await.unwrap().len(), 1);
    assert_eq!(world.liveness(&first).await, Liveness::Ended(EndCause::BackChannelLogout));
    assert!(world.liveness(&second).await.is_live());
    logout(None).await.unwrap();
    assert!(!world.liveness(&second).await.is_live());
    assert!(world.liveness(&bob).await.is_live());
}

#[tokio::test]
async fn k07_a_logout_by_name_alone_ends_that_sign_in_and_a_nameless_session_may_be_meant() {
    let world = World::new().await;
    let (ada, bob) = (person("corp", "ada"), person("corp", "bob"));
    let named = world.signed_in_as(&ada, Some("a")).await.who;
    let others = [
        world.signed_in_as(&ada, Some("b")).await.who,
        world.signed_in_as(&bob, Some("c")).await.who,
        world.signed_in_as(&person("github", "1"), Some("a")).await.who,
    ];
    let corp = "corp".parse().unwrap();
    let ended = world.sessions.end_for_sid(&corp, "a", EndCause::BackChannelLogout).await.unwrap();
    assert_eq!(ended.iter().map(|it| it.id).collect::<Vec<_>>(), [*named.session()]);
    for other in &others {
        assert!(world.liveness(other).await.is_live());
    }

    let nameless = world.signed_in_as(&bob, None).await.who;
    world.sessions.end_for_principal(&bob, Some("x"), EndCause::BackChannelLogout).await.unwrap();
    assert!(!world.liveness(&nameless).await.is_live());
    assert!(world.liveness(&others[1]).await.is_live(), "another name is another sign-in");
}

#[tokio::test]
async fn k03_an_end_whose_answer_was_lost_can_be_repeated() {
    for fault in [Fault::Refused, Fault::AnswerLost] {
        for operation in 1..=2 {
            let world = World::new().await;
            let ada = world.ada().await;
            world.sessions.bind(grant(1), ada.session()).await.unwrap();
            world.store.faults.fail_nth(operation, fault);
            assert!(world.sessions.end(ada.session(), EndCause::Revoked).await.is_err());
            let ended = world.sessions.end(ada.session(), EndCause::SignedOut).await.unwrap().unwrap();
            assert_eq!(ended.grants, [grant(1)]);
            assert!(!world.liveness(&ada).await.is_live());
        }
    }
}

#[tokio::test]
async fn a_store_without_answer_is_not_taken_for_a_live_session() {
    let world = World::new().await;
    let ada = world.ada().await;
    world.store.faults.set_down(true);
    assert!(world.sessions.liveness(ada.session()).await.is_err());
    assert!(world.sessions.touch(ada.session()).await.is_err());
    assert!(world.sessions.bind(grant(1), ada.session()).await.is_err());
    world.store.faults.set_down(false);
    assert!(world.liveness(&ada).await.is_live());
}

/// What the walk says may be ended, after a minute in which nothing happens.
async fn unused_after_a_minute(world: &World) -> Vec<UnusedSession> {
    world.clock.advance(Duration::from_secs(60));
    world.sessions.overdue(None, 10, &unseen).await.unwrap().unused
}

#[tokio::test]
async fn k08_a_session_without_a_grant_is_unused_once_its_person_has_had_a_minute() {
    let world = World::new().await;
    let (ada, bob) = (world.ada().await, world.signed_in(&person("github", "2")).await);
    world.sessions.bind(grant(1), bob.session()).await.unwrap();
    world.clock.advance(Duration::from_secs(59));
    assert_eq!(world.sessions.overdue(None, 10, &unseen).await.unwrap().unused, [], "just signed in");
    world.clock.advance(Duration::from_secs(1));
    let found = world.sessions.overdue(None, 10, &unseen).await.unwrap();
    assert_eq!(found.unused.iter().map(|it| *it.id()).collect::<Vec<_>>(), [*ada.session()]);
    assert_eq!(found.live.len(), 2, "both live");

    let ended = world.sessions.end_unused(&found.unused[0]).await.unwrap().unwrap();
    assert_eq!((ended.id, ended.cause), (*ada.session(), EndCause::Unused));
    assert_eq!(world.liveness(&ada).await, Liveness::Ended(EndCause::Unused));
    assert_eq!(world.sessions.end_unused(&found.unused[0]).await, Ok(None), "once");

    world.sessions.forget_grants(bob.session(), &[grant(1)]).await.unwrap();
    let [of_bob] = unused_after_a_minute(&world).await[..] else { panic!() };
    assert_eq!(of_bob.id(), bob.session());
}

#[tokio::test]
async fn k08_a_session_that_ended_unused_is_named_until_nothing_is_left_of_it() {
    let world = World::new().await;
    let ada = world.ada().await;
    let [unused] = unused_after_a_minute(&world).await[..] else { panic!() };
    let first = world.sessions.end_unused(&unused).await.unwrap().unwrap();
    let ended = async || world.sessions.overdue(None, 10, &unseen).await.unwrap().ended;
    assert_eq!(ended().await, std::slice::from_ref(&first));
    assert_eq!(ended().await, [first], "nobody has tidied up");
    world.sessions.tidied(ada.session()).await.unwrap();
    assert_eq!(ended().await, []);
    assert_eq!(world.liveness(&ada).await, Liveness::Ended(EndCause::Unused));

    // A session that took its place is none of that.
    let next = world.ada().await;
    world.sessions.tidied(ada.session()).await.unwrap();
    assert!(world.liveness(&next).await.is_live());
    let [unused] = unused_after_a_minute(&world).await[..] else { panic!() };
    let second = world.sessions.end_unused(&unused).await.unwrap().unwrap();
    world.sessions.tidied(ada.session()).await.unwrap();
    assert_eq!(ended().await, [second], "what is left of it is still to be tidied up");
    world.sessions.tidied(next.session()).await.unwrap();
    assert_eq!(ended().await, []);
}

#[tokio::test]
async fn k08_a_session_that_is_used_after_the_walk_came_by_does_not_end() {
    let world = World::new().await;
    let ada = world.ada().await;
    let [unused] = unused_after_a_minute(&world).await[..] else { panic!() };
    world.sessions.bind(grant(1), ada.session()).await.unwrap();
    assert_eq!(world.sessions.end_unused(&unused).await, Ok(None));
    world.sessions.forget_grants(ada.session(), &[grant(1)]).await.unwrap();
    let [unused] = unused_after_a_minute(&world).await[..] else { panic!() };
    world.ada().await;
    assert_eq!(world.sessions.end_unused(&unused).await, Ok(None), "signed in again");
    let [unused] = unused_after_a_minute(&world).await[..] else { panic!() };
    assert!(world.sessions.end_unused(&unused).await.unwrap().is_some());
}
