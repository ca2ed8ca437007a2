use super::*;

#[tokio::test]
async fn signing_in_again_renews_the_session_and_keeps_its_grants() {
    let world = World::new().await;
    let first = world.signed_in_as(&person("github", "1"), None).await;
    world.sessions.bind(grant(1), first.who.session()).await.unwrap();
    world.clock.advance(DAY);
    let second = world.signed_in_as(&person("github", "1"), None).await;
    assert_eq!((first.renewed, second.renewed), (false, true));
    assert_eq!(first.who, second.who);

    let sessions = world.sessions.for_principal(&person("github", "1")).await.unwrap();
    let [session] = &sessions[..] else { panic!("{sessions:?}") };
    assert_eq!((session.created, session.signed_in), (NOW, NOW + DAY));
    assert_eq!(session.grants, [grant(1)]);
}

#[tokio::test]
async fn j11_j21_k13_two_accounts_are_never_one() {
    let world = World::new().await;
    world.ada().await;
    for other in
        [person("github", "2"), person("google", "1"), person("github", "1:2"), person("git", "hub:1")]
    {
        let outcome = world.signed_in_as(&other, None).await;
        assert!(!outcome.renewed, "{other:?}");
        assert_eq!(world.sessions.for_principal(&other).await.unwrap().len(), 1, "{other:?}");
    }
    assert!(world.signed_in_as(&person("github", "1"), None).await.renewed);
}

#[tokio::test]
async fn sign_ins_that_the_third_party_tells_apart_are_different_sessions() {
    let world = World::new().await;
    let ada = person("github", "1");
    let first = world.signed_in_as(&ada, Some("a")).await;
    let second = world.signed_in_as(&ada, Some("b")).await;
    assert_ne!(first.who.session(), second.who.session());
    assert!(world.signed_in_as(&ada, Some("a")).await.renewed);
    assert!(!world.signed_in_as(&ada, None).await.renewed);
    let stored = world.store.all("third_party_sessions").await;
    assert!(stored.iter().all(|(_, it)| !String::from_utf8_lossy(&it.record.body).contains("sid")));
}

#[tokio::test]
async fn j02_signing_in_twice_at_once_makes_one_session() {
    let world = World::new().await;
    let ada = person("github", "1");
    let (first, second) = tokio::join!(world.signed_in_as(&ada, None), world.signed_in_as(&ada, None));
    assert_eq!(first.who, second.who);
    assert_ne!(first.renewed, second.renewed);
    assert!(world.liveness(&first.who).await.is_live());
}

#[tokio::test]
async fn k15_a_further_session_ends_the_oldest() {
    let limits = ThirdPartySessionLimits { max_per_person: 2, ..Default::default() };
    let world = world_with(limits).await;
    let ada = person("github", "1");
    let mut seen = Vec::new();
    for sid in ["a", "b", "c"] {
        world.clock.advance(Duration::from_secs(1));
        let outcome = world.signed_in_as(&ada, Some(sid)).await;
        world.sessions.bind(grant(sid.as_bytes()[0]), outcome.who.session()).await.unwrap();
        seen.push(outcome);
    }
    assert!(seen[1].ended.is_empty());
    let ended = &seen[2].ended[0];
    assert_eq!((ended.id, ended.cause), (*seen[0].who.session(), EndCause::TooMany));
    assert_eq!(ended.grants, [grant(b'a')]);
    assert_eq!(world.liveness(&seen[0].who).await, Liveness::Ended(EndCause::TooMany));
    assert!(world.liveness(&seen[1].who).await.is_live());
    // Somebody else's sessions are not counted.
    assert!(world.signed_in_as(&person("github", "2"), Some("a")).await.ended.is_empty());
}

#[tokio::test]
async fn k15_ended_sessions_do_not_count_and_the_new_one_always_stays() {
    let limits = ThirdPartySessionLimits { max_per_person: 2, ..Default::default() };
    let world = world_with(limits).await;
    let ada = person("github", "1");
    let first = world.signed_in_as(&ada, Some("a")).await.who;
    world.signed_in_as(&ada, Some("b")).await;
    world.sessions.end(first.session(), EndCause::SignedOut).await.unwrap();
    assert!(world.signed_in_as(&ada, Some("c")).await.ended.is_empty());

    // All within one second, so their order says nothing.
    for sid in ["d", "e", "f", "g", "h", "i"] {
        let outcome = world.signed_in_as(&ada, Some(sid)).await;
        assert_eq!(outcome.ended.len(), 1, "{sid}");
        assert!(world.liveness(&outcome.who).await.is_live(), "{sid}");
    }
}

#[tokio::test]
async fn names_are_cut_and_ids_survive_their_text() {
    let world = World::new().await;
    let display_name = Some("ä".repeat(500));
    let sign_in = SignIn { principal: person("github", "1"), display_name, sid: None };
    let who = world.sessions.sign_in(sign_in).await.unwrap().who;
    assert_eq!(who.display_name(), Some(&*"ä".repeat(100)));
    let text = who.session().to_string();
    assert_eq!(text.parse(), Ok(*who.session()));
    for bad in ["", &text[1..], &format!("{text}A")] {
        assert_eq!(bad.parse::<ThirdPartySessionId>(), Err(InvalidThirdPartySessionId));
    }
}
