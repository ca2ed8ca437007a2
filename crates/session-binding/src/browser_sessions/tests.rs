use super::*;
use crate::{
    EndCause,
    testing::{NOW, World, after_turns, person},
};

impl World {
    async fn browser_of(&self, subject: &str, previous: Option<&SessionSecret>) -> BrowserSession {
        let who = self.signed_in(&person("github", subject)).await;
        self.browsers.sign_in(previous, &who).await.unwrap()
    }

    async fn is_signed_in(&self, secret: &SessionSecret) -> bool {
        self.browsers.resume(secret).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn k11_i17_signing_in_always_gives_a_new_secret_and_ends_the_old() {
    let world = World::new().await;
    let first = world.browser_of("1", None).await;
    assert!(world.is_signed_in(first.secret()).await);
    let second = world.browser_of("1", Some(first.secret())).await;
    assert_ne!(first.secret(), second.secret());
    assert!(!world.is_signed_in(first.secret()).await);
    assert!(world.is_signed_in(second.secret()).await);

    // A secret that somebody planted is not taken over.
    let planted: SessionSecret =
        second.secret().expose().replace(&second.secret().expose()[..1], "_").parse().unwrap();
    let third = world.browser_of("1", Some(&planted)).await;
    assert_ne!(*third.secret(), planted);
    assert!(!world.is_signed_in(&planted).await);
}

#[tokio::test]
async fn j21_another_person_in_the_same_browser_is_another_session() {
    let world = World::new().await;
    let ada = world.browser_of("1", None).await;
    let bob = world.browser_of("2", Some(ada.secret())).await;
    assert_eq!(bob.who().principal(), &person("github", "2"));
    assert!(!world.is_signed_in(ada.secret()).await);
    assert!(!bob.csrf_token().is_answered_by(ada.csrf_token().expose()));
}

#[tokio::test]
async fn k06_a_browser_session_ends_when_idle_and_after_twelve_hours() {
    let world = World::new().await;
    let idle = world.browser_of("1", None).await;
    world.clock.set(NOW + Duration::from_secs(1799));
    let busy = world.browsers.resume(idle.secret()).await.unwrap().unwrap();
    assert_eq!(busy.last_seen(), NOW + Duration::from_secs(1799));
    world.clock.set(NOW + Duration::from_secs(1799 + 1800));
    assert!(!world.is_signed_in(idle.secret()).await);

    world.clock.set(NOW);
    let steady = world.browser_of("1", None).await;
    for quarter in 1..48 {
        world.clock.set(NOW + Duration::from_secs(900 * quarter));
        assert!(world.is_signed_in(steady.secret()).await, "{quarter}");
    }
    world.clock.set(NOW + Duration::from_secs(12 * 3600 - 1));
    assert!(world.is_signed_in(steady.secret()).await);
    world.clock.set(NOW + Duration::from_secs(12 * 3600));
    assert!(!world.is_signed_in(steady.secret()).await);
    assert_eq!(steady.created(), NOW);
}

#[tokio::test]
async fn signing_out_ends_this_browser_only() {
    let world = World::new().await;
    let (here, there) = (world.browser_of("1", None).await, world.browser_of("1", None).await);
    let secret = here.secret().clone();
    let again = world.browsers.resume(&secret).await.unwrap().unwrap();
    assert_eq!(world.browsers.sign_out(here).await.unwrap().as_ref(), Some(there.who()));
    assert!(!world.is_signed_in(&secret).await);
    assert!(world.is_signed_in(there.secret()).await);
    assert_eq!(world.browsers.sign_out(again).await.unwrap(), None);
    assert!(world.sessions.liveness(there.who().session()).await.unwrap().is_live());
}

#[tokio::test]
async fn signing_out_during_a_request_is_not_undone_by_it() {
    let mut seen = 0;
    for turns in 0..6 {
        let world = World::new().await;
        let session = world.browser_of("1", None).await;
        let secret = session.secret().clone();
        world.clock.advance(Duration::from_secs(600));
        let sign_out = after_turns(turns, world.browsers.sign_out(session));
        let (request, ended) = tokio::join!(world.browsers.resume(&secret), sign_out);
        assert!(ended.unwrap().is_some());
        assert!(!world.is_signed_in(&secret).await, "{turns}");
        seen += usize::from(request.unwrap().is_some());
    }
    assert!(seen > 0);
}

#[tokio::test]
async fn k08_a_browser_session_ends_with_its_third_party_session() {
    let world = World::new().await;
    let (ada, bob) = (world.browser_of("1", None).await, world.browser_of("2", None).await);
    world.sessions.end(ada.who().session(), EndCause::Administrator).await.unwrap();
    assert!(!world.is_signed_in(ada.secret()).await);
    assert!(world.is_signed_in(bob.secret()).await);
}

#[tokio::test]
async fn the_store_holds_the_digest_only() {
    let world = World::new().await;
    let session = world.browser_of("1", None).await;
    let (key, found) = world.store.all("browser_sessions").await.remove(0);
    assert_eq!(key, session.secret().key());
    assert!(!String::from_utf8(found.record.body).unwrap().contains(session.secret().expose()));
    for bad in ["", "short", &format!("{}A", session.secret().expose())] {
        assert!(bad.parse::<SessionSecret>().is_err());
    }
}

#[tokio::test]
async fn a_store_without_answer_signs_nobody_in() {
    let world = World::new().await;
    let session = world.browser_of("1", None).await;
    let who = session.who().clone();
    world.store.faults.set_down(true);
    assert!(world.browsers.resume(session.secret()).await.is_err());
    assert!(world.browsers.sign_in(None, &who).await.is_err());
}

#[tokio::test]
async fn a_session_is_in_use_as_long_as_a_browser_is_signed_in_with_it() {
    let world = World::new().await;
    let (ada, bob) = (world.browser_of("1", None).await, world.browser_of("2", None).await);
    let session = *ada.who().session();
    let both = [session, *bob.who().session()].into();
    assert_eq!(world.browsers.in_use().await.unwrap(), both);

    world.clock.set(NOW + Duration::from_secs(1799));
    world.browsers.resume(ada.secret()).await.unwrap().unwrap();
    assert_eq!(world.browsers.in_use().await.unwrap(), both);
    world.clock.set(NOW + Duration::from_secs(1800));
    assert_eq!(world.browsers.in_use().await.unwrap(), [session].into(), "that of bob is idle");
    world.browsers.sign_out(ada).await.unwrap();
    assert_eq!(world.browsers.in_use().await.unwrap(), [].into());
}
