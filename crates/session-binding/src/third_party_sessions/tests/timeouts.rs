use super::*;

#[tokio::test]
async fn k06_a_session_that_nothing_uses_ends() {
    let world = World::new().await;
    let ada = world.ada().await;
    world.clock.set(NOW + 30 * DAY - Duration::from_secs(1));
    assert_eq!(world.liveness(&ada).await, Liveness::Live { until: NOW + 30 * DAY });
    world.clock.set(NOW + 30 * DAY);
    assert_eq!(world.liveness(&ada).await, Liveness::Ended(EndCause::Idle));
    assert_eq!(world.sessions.touch(ada.session()).await, Ok(Liveness::Ended(EndCause::Idle)));
    let refused = world.sessions.bind(grant(1), ada.session()).await;
    assert_eq!(refused, Err(BindError::Ended(EndCause::Idle)));
}

#[tokio::test]
async fn k06_traffic_keeps_a_session_until_its_absolute_end() {
    let world = World::new().await;
    let ada = world.ada().await;
    for day in 1..90 {
        world.clock.set(NOW + day * DAY);
        assert!(world.sessions.touch(ada.session()).await.unwrap().is_live(), "day {day}");
    }
    world.clock.set(NOW + 90 * DAY - Duration::from_secs(1));
    assert_eq!(world.sessions.touch(ada.session()).await, Ok(Liveness::Live { until: NOW + 90 * DAY }));
    world.clock.set(NOW + 90 * DAY);
    assert_eq!(world.sessions.touch(ada.session()).await, Ok(Liveness::Ended(EndCause::Expired)));
}

#[tokio::test]
async fn k06_a_clock_that_steps_back_revives_nothing_that_was_ended() {
    let world = World::new().await;
    let ada = world.ada().await;
    world.clock.set(NOW + 30 * DAY);
    let ended = world.sessions.end(ada.session(), EndCause::SignedOut).await.unwrap().unwrap();
    assert_eq!(ended.cause, EndCause::Idle);
    world.clock.set(NOW);
    assert_eq!(world.liveness(&ada).await, Liveness::Ended(EndCause::Idle));
}

#[tokio::test]
async fn touching_writes_now_and_then_only() {
    let world = World::new().await;
    let ada = world.ada().await;
    let revision = async || world.store.all("third_party_sessions").await[0].1.revision;
    let before = revision().await;
    world.clock.advance(30 * DAY / 50);
    world.sessions.touch(ada.session()).await.unwrap();
    assert_eq!(revision().await, before);
    world.clock.advance(Duration::from_secs(1));
    world.sessions.touch(ada.session()).await.unwrap();
    assert_ne!(revision().await, before);
}

#[tokio::test]
async fn k06_a_timed_out_session_is_found_with_its_grants_until_they_are_forgotten() {
    let world = World::new().await;
    let (ada, bob) = (world.ada().await, world.signed_in(&person("github", "2")).await);
    world.sessions.bind(grant(1), ada.session()).await.unwrap();
    world.clock.set(NOW + 29 * DAY);
    world.sessions.bind(grant(2), bob.session()).await.unwrap();
    assert_eq!(world.sessions.overdue(None, 10, &unseen).await.unwrap().ended, []);

    world.clock.set(NOW + 30 * DAY);
    for _ in 0..2 {
        let found = world.sessions.overdue(None, 10, &unseen).await.unwrap();
        let [ended] = &found.ended[..] else { panic!("{found:?}") };
        assert_eq!(
            (ended.id, ended.cause, &ended.grants[..]),
            (*ada.session(), EndCause::Idle, &[grant(1)][..])
        );
    }
    world.sessions.forget_grants(ada.session(), &[grant(1)]).await.unwrap();
    let [left] = &world.sessions.overdue(None, 10, &unseen).await.unwrap().ended[..] else { panic!() };
    assert_eq!((left.id, &left.grants[..]), (*ada.session(), &[][..]), "something else may be left of it");
    world.sessions.tidied(ada.session()).await.unwrap();
    assert_eq!(world.sessions.overdue(None, 10, &unseen).await.unwrap().ended, []);
}

#[tokio::test]
async fn k06_the_use_of_a_grant_is_use_of_its_session() {
    let world = World::new().await;
    let (ada, bob) = (world.ada().await, world.signed_in(&person("github", "2")).await);
    world.sessions.bind(grant(1), ada.session()).await.unwrap();
    world.sessions.bind(grant(2), bob.session()).await.unwrap();
    let seen = |it: &GrantId| Some(NOW + if *it == grant(1) { 29 * DAY } else { Duration::ZERO });
    world.clock.set(NOW + 29 * DAY);
    world.sessions.overdue(None, 10, &seen).await.unwrap();
    world.clock.set(NOW + 58 * DAY);
    let found = world.sessions.overdue(None, 10, &unseen).await.unwrap();
    assert_eq!(found.live, [(*ada.session(), NOW + 29 * DAY)]);
    assert_eq!(found.ended.iter().map(|it| it.id).collect::<Vec<_>>(), [*bob.session()]);

    // Not beyond its absolute end, nor once it has been ended; what is seen in the future is seen now.
    let always = |_: &GrantId| Some(NOW + 1000 * DAY);
    world.clock.set(NOW + 90 * DAY);
    assert_eq!(world.sessions.overdue(None, 10, &always).await.unwrap().live, []);
    let eve = world.signed_in(&person("github", "3")).await;
    world.sessions.bind(grant(3), eve.session()).await.unwrap();
    world.clock.set(NOW + 91 * DAY);
    let live = world.sessions.overdue(None, 10, &always).await.unwrap().live;
    assert_eq!(live, [(*eve.session(), NOW + 91 * DAY)]);
    world.sessions.end(eve.session(), EndCause::SignedOut).await.unwrap();
    assert_eq!(world.sessions.overdue(None, 10, &always).await.unwrap().live, []);
}

#[tokio::test]
async fn the_walk_goes_over_all_pages() {
    let world = World::new().await;
    for number in 0..7 {
        let who = world.signed_in(&person("github", &number.to_string())).await;
        world.sessions.bind(grant(number), who.session()).await.unwrap();
    }
    world.clock.set(NOW + 30 * DAY);
    let (mut found, mut cursor) = (0, None);
    loop {
        let page = world.sessions.overdue(cursor.as_ref(), 3, &unseen).await.unwrap();
        found += page.ended.len();
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, 7);
}

#[tokio::test]
async fn l21_a_sweep_removes_a_session_only_after_its_grants_had_time_to_end() {
    let world = World::new().await;
    let ada = world.ada().await;
    world.clock.set(NOW + 37 * DAY - Duration::from_secs(1));
    assert!(world.store.sweep(NOW + 37 * DAY - Duration::from_secs(1), 10).await.unwrap().is_empty());
    assert_eq!(world.store.sweep(NOW + 37 * DAY, 10).await.unwrap().len(), 1);
    assert_eq!(world.liveness(&ada).await, Liveness::Ended(EndCause::Unknown));
}

/// One record that makes no sense keeps no other session from ending.
#[tokio::test]
async fn k06_a_record_that_cannot_be_read_is_passed_over() {
    let world = World::new().await;
    let people = [world.ada().await, world.signed_in(&person("github", "2")).await];
    world.clock.advance(30 * DAY);
    let (key, found) = world.store.all("third_party_sessions").await.into_iter().next().unwrap();
    let rotten = storage::Record { body: b"rotten".to_vec(), ..found.record };
    world.store.put(super::super::TABLE, &key, rotten).await.unwrap();
    let walked = world.sessions.overdue(None, 10, &|_| None).await.unwrap();
    assert_eq!((walked.unreadable, walked.next), (1, None));
    let live = [
        world.sessions.liveness(people[0].session()).await,
        world.sessions.liveness(people[1].session()).await,
    ];
    let ended = live.iter().filter(|it| matches!(it, Ok(Liveness::Ended(EndCause::Idle)))).count();
    assert_eq!((ended, live.iter().filter(|it| it.is_err()).count()), (1, 1), "{live:?}");
    let revisions = world.store.all("third_party_sessions").await;
    let again = world.sessions.overdue(None, 10, &|_| None).await.unwrap();
    assert_eq!(again.unreadable, 1);
    assert_eq!(world.store.all("third_party_sessions").await.len(), revisions.len());
}
