use super::*;
use crate::testing::after_turns;

#[tokio::test]
async fn grants_of_one_session_are_listed_once_each() {
    let world = World::new().await;
    let ada = world.ada().await;
    for number in [1, 2, 1] {
        let bound = world.sessions.bind(grant(number), ada.session()).await.unwrap();
        assert_eq!(bound.pushed_out, None);
    }
    assert_eq!(world.grants_of(&ada).await, [grant(1), grant(2)]);
    world.sessions.forget_grants(ada.session(), &[grant(1)]).await.unwrap();
    assert_eq!(world.grants_of(&ada).await, [grant(2)]);
}

#[tokio::test]
async fn the_names_of_clients_are_kept_as_long_as_their_grants() {
    let world = World::new().await;
    let ada = world.ada().await;
    let names = async || world.sessions.find(ada.session()).await.unwrap().unwrap().client_names;
    world.sessions.bind_for(grant(1), ada.session(), Some("An editor")).await.unwrap();
    world.sessions.bind_for(grant(2), ada.session(), Some(&"x".repeat(101))).await.unwrap();
    world.sessions.bind_for(grant(3), ada.session(), None).await.unwrap();
    world.ada().await;
    assert_eq!(names().await, [(grant(1), "An editor".to_owned()), (grant(2), "x".repeat(100))]);
    world.sessions.forget_grants(ada.session(), &[grant(1)]).await.unwrap();
    assert_eq!(names().await, [(grant(2), "x".repeat(100))]);
    world.sessions.end(ada.session(), EndCause::SignedOut).await.unwrap();
    assert_eq!(names().await, []);
}

#[tokio::test]
async fn l22_grants_that_never_were_push_out_none_that_lives() {
    for walks in [true, false] {
        let world = world_with(ThirdPartySessionLimits { max_grants: 4, ..Default::default() }).await;
        let ada = world.ada().await;
        world.sessions.bind_for(grant(1), ada.session(), Some("An editor")).await.unwrap();
        let mut pushed_out = Vec::new();
        for abandoned in 2..10 {
            let bound = world.sessions.bind_for(grant(abandoned), ada.session(), Some("In vain")).await;
            pushed_out.extend(bound.unwrap().pushed_out);
            if walks {
                let lives = |it: &GrantId| (*it == grant(1)).then_some(NOW);
                let walk = world.sessions.overdue(None, 10, &lives).await.unwrap();
                assert_eq!((walk.ended, walk.live), (vec![], vec![(*ada.session(), NOW)]));
                let shown = world.sessions.find(ada.session()).await.unwrap().unwrap();
                assert_eq!(shown.grants, [grant(1)]);
                assert_eq!(shown.client_names, [(grant(1), "An editor".to_owned())]);
            }
        }
        assert_eq!(pushed_out.contains(&grant(1)), !walks);
        assert_eq!(pushed_out.is_empty(), walks);
    }
}

#[tokio::test]
async fn l22_a_walk_forgets_no_grant_that_is_bound_meanwhile() {
    for turns in 0..6 {
        let world = World::new().await;
        let ada = world.ada().await;
        world.sessions.bind(grant(1), ada.session()).await.unwrap();
        let lives = |it: &GrantId| (*it == grant(2)).then_some(NOW);
        let bind = after_turns(turns, world.sessions.bind(grant(2), ada.session()));
        let (bound, walk) = tokio::join!(bind, world.sessions.overdue(None, 10, &lives));
        bound.unwrap();
        walk.unwrap();
        world.sessions.overdue(None, 10, &lives).await.unwrap();
        assert_eq!(world.grants_of(&ada).await, [grant(2)], "{turns}");
    }
}

#[tokio::test]
async fn grants_that_are_bound_at_once_are_all_kept() {
    let world = World::new().await;
    let ada = world.ada().await;
    let bind = |number| world.sessions.bind(grant(number), ada.session());
    let (first, second, third) = tokio::join!(bind(1), bind(2), bind(3));
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    let mut grants = world.grants_of(&ada).await;
    grants.sort();
    assert_eq!(grants, [grant(1), grant(2), grant(3)]);
}

#[tokio::test]
async fn l22_a_grant_too_many_pushes_out_the_oldest() {
    let limits = ThirdPartySessionLimits { max_grants: 2, ..Default::default() };
    let world = world_with(limits).await;
    let ada = world.ada().await;
    let mut pushed_out = Vec::new();
    for number in 1..=3 {
        pushed_out.push(world.sessions.bind(grant(number), ada.session()).await.unwrap().pushed_out);
    }
    assert_eq!(pushed_out, [None, None, Some(grant(1))]);
    assert_eq!(world.grants_of(&ada).await, [grant(2), grant(3)]);
    // Whoever crashed before ending it finds it again.
    let left = world.sessions.overdue(None, 10, &unseen).await.unwrap().ended;
    assert_eq!(left.iter().map(|it| &it.grants[..]).collect::<Vec<_>>(), [[grant(1)]]);
    assert!(world.liveness(&ada).await.is_live());
}
