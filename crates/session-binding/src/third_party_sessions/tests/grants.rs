use super::*;

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
    let left = world.sessions.overdue(None, 10).await.unwrap().ended;
    assert_eq!(left.iter().map(|it| &it.grants[..]).collect::<Vec<_>>(), [[grant(1)]]);
    assert!(world.liveness(&ada).await.is_live());
}
