//! Grants and what they rest on.

use session_binding::{EndCause as SessionCause, Liveness, SignIn};
use token_manager::{EndCause, RevokeSelector, ThirdPartyTokenError};

use crate::third_party::{
    adapters::{Foundations, end_cause, session_id, session_key},
    tasks::end_overdue,
    testing::*,
};

#[tokio::test]
async fn g38_no_code_is_redeemed_once_its_session_has_ended() {
    let causes = [
        None,
        Some(SessionCause::NotAllowed),
        Some(SessionCause::SignedOut),
        Some(SessionCause::Revoked),
        Some(SessionCause::Administrator),
    ];
    for cause in causes {
        let world = World::new().await;
        let session = world.sign_in("1").await;
        let (grant, code) = world.code(&session, "1").await;
        let Some(cause) = cause else {
            world.redeem(&code).await.unwrap();
            assert!(world.is_live(grant));
            continue;
        };
        world.state.foundations.sessions.end(&session, cause).await.unwrap();
        invalid_grant(world.redeem(&code).await);
        assert!(!world.is_live(grant), "{cause:?}");
    }
}

#[tokio::test]
async fn g38_no_refresh_once_the_session_has_ended_and_the_grant_ends_with_it() {
    let world = World::new().await;
    let (session, grant, tokens) = world.live("1").await;
    let tokens = world.refresh(&tokens).await.unwrap();
    world.state.foundations.sessions.end(&session, SessionCause::NotAllowed).await.unwrap();
    invalid_grant(world.refresh(&tokens).await);
    assert!(!world.is_live(grant));
    invalid_grant(world.refresh(&tokens).await);
}

#[tokio::test]
async fn k06_a_session_that_is_only_used_by_refreshes_does_not_idle_out() {
    let world = World::new().await;
    let (_, _, mut tokens) = world.live("1").await;
    let day = 24 * 3600;
    for _ in 0..3 {
        world.advance(29 * day);
        tokens = world.refresh(&tokens).await.unwrap();
    }
    // Its absolute timeout is 90 days.
    world.advance(4 * day);
    invalid_grant(world.refresh(&tokens).await);
}

#[tokio::test]
async fn k01_a_third_party_that_has_ended_its_grant_ends_ours() {
    let mut world = World::new().await;
    let tasks = world.spawn();
    let (session, grant, tokens) = world.live("1").await;
    world.give_tokens(&session).await;
    world.http.set(TOKEN, refused_by_third_party());
    let tokens = world.refresh(&tokens).await.unwrap();
    world.advance(3700);
    invalid_grant(world.refresh(&tokens).await);
    assert!(!world.is_live(grant));
    tasks.stop().await;
    let liveness = world.state.foundations.sessions.liveness(&session).await.unwrap();
    assert_eq!(liveness, Liveness::Ended(SessionCause::Revoked), "no new grant can rest on it");
}

#[tokio::test]
async fn k02_a_third_party_in_trouble_costs_nobody_a_token() {
    let mut world = World::new().await;
    let tasks = world.spawn();
    let (session, grant, tokens) = world.live("1").await;
    world.give_tokens(&session).await;
    world.advance(3700);
    world.http.set(TOKEN, test_support::fake_http::Reply::status(503));
    unavailable(world.refresh(&tokens).await);
    assert!(world.is_live(grant));
    world.advance(3600);
    world.http.set(TOKEN, refreshed(2));
    world.says("1", &[]);
    let tokens = world.refresh(&tokens).await.unwrap();
    let given = world.state.foundations.tokens.access_token(&session_key(&session)).await.unwrap();
    assert_eq!(given.expose(), "third-access-2");
    world.refresh(&tokens).await.unwrap();
    tasks.stop().await;
}

#[tokio::test]
async fn g27_a_store_in_trouble_costs_nobody_a_token() {
    let world = World::new().await;
    let session = world.sign_in("1").await;
    let (_, code) = world.code(&session, "1").await;
    world.store.set_down(true);
    unavailable(world.redeem(&code).await);
    world.store.set_down(false);
    let tokens = world.redeem(&code).await.unwrap();
    world.store.set_down(true);
    unavailable(world.refresh(&tokens).await);
    world.store.set_down(false);
    world.refresh(&tokens).await.unwrap();
}

#[tokio::test]
async fn k06_the_walk_ends_what_rests_on_a_session_that_timed_out() {
    let world = World::new().await;
    let (session, grant, _) = world.live("1").await;
    let (_, other, _) = world.live("2").await;
    world.give_tokens(&session).await;
    world.http.set(REVOKE, test_support::fake_http::Reply::status(200));
    end_overdue(&world.state.foundations).await.unwrap();
    assert!(world.is_live(grant) && world.is_live(other));
    world.advance(29 * 24 * 3600);
    assert!(world.is_live(other) && world.is_live(grant));
    world.sign_in("2").await;
    world.advance(24 * 3600);
    end_overdue(&world.state.foundations).await.unwrap();
    assert!(!world.is_live(grant) && world.is_live(other));
    let tokens = world.state.foundations.tokens.access_token(&session_key(&session)).await;
    assert_eq!(tokens, Err(ThirdPartyTokenError::Unknown));
    assert_eq!(world.http.count(REVOKE), 2, "the refresh token and the access token");
    end_overdue(&world.state.foundations).await.unwrap();
    assert_eq!(world.http.count(REVOKE), 2);
}

/// Somebody who only looked at their account page has no grant, and third-party tokens all the same.
#[tokio::test]
async fn k06_third_party_tokens_end_with_a_session_that_has_no_grant() {
    for by_signing_in in [false, true] {
        let world = World::new().await;
        let session = world.sign_in("1").await;
        world.give_tokens(&session).await;
        world.http.set(REVOKE, test_support::fake_http::Reply::status(200));
        end_overdue(&world.state.foundations).await.unwrap();
        let kept = async || world.state.foundations.tokens.provider(&session_key(&session)).await.unwrap();
        assert!(kept().await.is_some());
        world.advance(30 * 24 * 3600);
        if by_signing_in {
            let sign_in = SignIn { principal: person("1"), display_name: None, sid: None };
            for ended in world.state.foundations.sessions.sign_in(sign_in).await.unwrap().ended {
                world.state.foundations.end_all(&ended).await.unwrap();
            }
        } else {
            end_overdue(&world.state.foundations).await.unwrap();
        }
        assert_eq!(kept().await, None, "{by_signing_in}");
        assert_eq!(world.http.count(REVOKE), 2);
    }
}

#[tokio::test]
async fn a_session_forgets_grants_that_have_ended_otherwise() {
    let mut world = World::new().await;
    let tasks = world.spawn();
    let (session, grant, tokens) = world.live("1").await;
    let grants = async || world.state.foundations.sessions.find(&session).await.unwrap().unwrap().grants;
    assert_eq!(grants().await, [grant]);
    oauth_server::GrantPort::revoke(&world.access, refresh_token(&tokens), &client()).await.unwrap();
    tasks.stop().await;
    assert_eq!(grants().await, []);
}

#[tokio::test]
async fn l22_the_walk_lets_a_session_forget_codes_that_nobody_redeemed_and_ends_that_nobody_followed() {
    let world = World::new().await;
    let (session, grant, _) = world.live("1").await;
    let (abandoned, _) = world.code(&session, "1").await;
    let (ended, code) = world.code(&session, "1").await;
    let Foundations { grants, sessions, .. } = &world.state.foundations;
    let fresh = grants.draw_id();
    sessions.bind(fresh.id(), &session).await.unwrap();
    let listed = async || sessions.find(&session).await.unwrap().unwrap().grants;
    world.redeem(&code).await.unwrap();
    grants.revoke(&RevokeSelector::Grant(ended), EndCause::PersonRevoked).await.unwrap();
    assert_eq!(listed().await, [grant, abandoned, ended, fresh.id()], "nobody follows ends here");
    end_overdue(&world.state.foundations).await.unwrap();
    assert_eq!(
        listed().await,
        [grant, abandoned, fresh.id()],
        "a code that is out, and one to be made, stay"
    );

    world.advance(660);
    grants.upkeep().once().await.unwrap();
    end_overdue(&world.state.foundations).await.unwrap();
    assert_eq!(listed().await, [grant, fresh.id()]);
    drop(fresh);
    end_overdue(&world.state.foundations).await.unwrap();
    assert_eq!(listed().await, [grant]);
    assert!(world.is_live(grant));
}

#[tokio::test]
async fn a_session_survives_its_key() {
    let world = World::new().await;
    let session = world.sign_in("1").await;
    assert_eq!(session_id(&session_key(&session)), Some(session));
    let other = token_manager::SessionKey::new("something else").unwrap();
    assert_eq!(session_id(&other), None);
}

#[test]
fn each_cause_of_a_session_is_one_of_its_grants() {
    let rows = [
        (SessionCause::Idle, EndCause::ThirdPartyTimeout),
        (SessionCause::Expired, EndCause::ThirdPartyTimeout),
        (SessionCause::SignedOut, EndCause::SignedOut),
        (SessionCause::BackChannelLogout, EndCause::ThirdPartyLogout),
        (SessionCause::NotAllowed, EndCause::NotAllowed),
        (SessionCause::Administrator, EndCause::OperatorRevoked),
        (SessionCause::TooMany, EndCause::TooMany),
        (SessionCause::Revoked, EndCause::ThirdPartyEnded),
        (SessionCause::Superseded, EndCause::ThirdPartyEnded),
        (SessionCause::Unknown, EndCause::ThirdPartyEnded),
    ];
    for (session, grant) in rows {
        assert_eq!(end_cause(session), grant, "{session:?}");
    }
}
