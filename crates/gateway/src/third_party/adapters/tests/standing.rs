//! Whether a person is still permitted.

use std::{collections::BTreeSet, time::Duration};

use oauth_client::AllowRules;
use oauth_types::Clock;
use session_binding::{EndCause as SessionCause, Liveness};
use test_support::fake_http::Reply;

use crate::third_party::{tasks::look_at_persons, testing::*};

fn group(name: &str) -> AllowRules {
    AllowRules { groups: BTreeSet::from([name.to_owned()]), ..AllowRules::default() }
}

/// Somebody of the staff, with tokens of the third party that are good for an hour.
async fn staff()
-> (World, session_binding::ThirdPartySessionId, oauth_types::GrantId, oauth_server::TokenGrant) {
    let world = World::new().await;
    world.allow(group("staff"));
    world.says("1", &["staff"]);
    let (session, grant, tokens) = world.live("1").await;
    world.give_tokens(&session).await;
    (world, session, grant, tokens)
}

async fn cause(world: &World, session: &session_binding::ThirdPartySessionId) -> Liveness {
    world.state.foundations.sessions.liveness(session).await.unwrap()
}

#[tokio::test]
async fn k05_whoever_left_the_group_gets_no_more_tokens_and_loses_those_there_are() {
    let (world, session, grant, tokens) = staff().await;
    let tokens = world.refresh(&tokens).await.unwrap();
    assert_eq!(world.http.count(USERINFO), 1);
    world.says("1", &["visitors"]);
    world.http.set(REVOKE, Reply::status(200));
    // The answer of a moment ago still counts.
    let tokens = world.refresh(&tokens).await.unwrap();
    world.advance(300);
    invalid_grant(world.refresh(&tokens).await);
    assert!(!world.is_live(grant));
    assert_eq!(cause(&world, &session).await, Liveness::Ended(SessionCause::NotAllowed));
    assert_eq!(world.http.count(USERINFO), 2);
}

#[tokio::test]
async fn k05_whoever_is_still_in_the_group_is_asked_about_every_five_minutes() {
    let (world, _, grant, mut tokens) = staff().await;
    for (seconds, asked) in [(0, 1), (299, 1), (1, 2), (0, 2), (300, 3)] {
        world.advance(seconds);
        tokens = world.refresh(&tokens).await.unwrap();
        assert_eq!(world.http.count(USERINFO), asked);
    }
    assert!(world.is_live(grant));
}

#[tokio::test]
async fn k05_other_rules_count_at_once() {
    let (world, session, grant, tokens) = staff().await;
    let tokens = world.refresh(&tokens).await.unwrap();
    world.allow(group("staff"));
    let tokens = world.refresh(&tokens).await.unwrap();
    world.allow(group("board"));
    invalid_grant(world.refresh(&tokens).await);
    assert!(!world.is_live(grant));
    assert_eq!(cause(&world, &session).await, Liveness::Ended(SessionCause::NotAllowed));
}

#[tokio::test]
async fn k05_a_token_that_the_third_party_takes_no_more_ends_what_cannot_be_refreshed() {
    for (refreshable, lives) in [(true, true), (false, false)] {
        let world = World::new().await;
        let (session, grant, tokens) = world.live("1").await;
        if refreshable {
            world.give_tokens(&session).await;
        } else {
            world.give_access_token(&session).await;
        }
        let refusal = Reply::Answer { status: http::StatusCode::UNAUTHORIZED, body: "{}".into() };
        world.http.set(USERINFO, refusal);
        let outcome = world.refresh(&tokens).await;
        assert_eq!((outcome.is_ok(), world.is_live(grant)), (lives, lives), "{outcome:?}");
    }
}

#[tokio::test]
async fn k02_a_third_party_that_cannot_be_asked_costs_nobody_a_token() {
    for reply in [Reply::status(503), Reply::status(429), Reply::status(403), Reply::status(404)] {
        let (world, _, grant, tokens) = staff().await;
        world.http.set(USERINFO, reply);
        let tokens = world.refresh(&tokens).await.unwrap();
        assert!(world.is_live(grant));
        // It is asked again after a minute.
        world.says("1", &[]);
        let tokens = world.refresh(&tokens).await.unwrap();
        world.advance(60);
        invalid_grant(world.refresh(&tokens).await);
    }
}

#[tokio::test]
async fn k05_without_a_provider_nobody_gets_tokens_and_nothing_ends() {
    let (world, _, grant, tokens) = staff().await;
    world.state.foundations.providers.replace([]);
    unavailable(world.refresh(&tokens).await);
    assert!(world.is_live(grant));
    world.allow(group("staff"));
    world.refresh(&tokens).await.unwrap();
}

#[tokio::test]
async fn k05_access_of_a_session_in_use_ends_within_a_quarter_of_an_hour() {
    let (world, _, grant, _) = staff().await;
    let on = &world.state.foundations;
    let uses = async || {
        let _ = on.grants.is_live(&grant);
        look_at_persons(on, world.clock.now()).await.unwrap();
    };
    uses().await;
    world.says("1", &[]);
    for _ in 0..5 {
        uses().await;
        assert!(world.is_live(grant));
        world.advance(120);
    }
    for _ in 0..2 {
        world.advance(120);
        uses().await;
    }
    assert!(!world.is_live(grant));
    assert!(world.http.requests().len() < 6);
}

#[tokio::test]
async fn third_party_tokens_that_just_expire_take_no_grant_with_them() {
    let world = World::new().await;
    let (session, grant, tokens) = world.live("1").await;
    world.says("1", &[]);
    world.give_access_token(&session).await;
    let tokens = world.refresh(&tokens).await.unwrap();
    world.advance(3600);
    let tokens = world.refresh(&tokens).await.unwrap();
    world.advance(24 * 3600);
    world.refresh(&tokens).await.unwrap();
    assert!(world.is_live(grant));
}

#[tokio::test]
async fn k06_requests_keep_the_session_of_their_grant_alive() {
    let (world, session, grant, _) = staff().await;
    let on = &world.state.foundations;
    let idle = on.sessions.limits().idle_timeout;
    for _ in 0..2 {
        world.clock.advance(idle.saturating_sub(Duration::from_secs(60)));
        let _ = on.grants.is_live(&grant);
        crate::third_party::tasks::end_overdue(on).await.unwrap();
        assert!(world.is_live(grant));
    }
    world.http.set(REVOKE, Reply::status(200));
    world.clock.advance(idle);
    crate::third_party::tasks::end_overdue(on).await.unwrap();
    assert!(!world.is_live(grant));
    assert_eq!(cause(&world, &session).await, Liveness::Ended(SessionCause::Idle));
}
