//! The whole way, and the order of its steps.

use std::time::Duration;

use http::header;

use super::world::*;
use crate::third_party::adapters::session_key;

#[tokio::test]
async fn a_person_signs_in_and_the_client_gets_a_code() {
    let world = World::new().await;
    let mut jar = world.jar();
    let page = jar.sign_in().await;
    assert!(page.location().starts_with(REDIRECT));
    assert_eq!(page.answered("state").as_deref(), Some(STATE));
    let grant = world.redeem(&page.answered("code").unwrap()).await.unwrap();
    let grant = world.grants.find(grant).await.unwrap().unwrap();
    assert_eq!(grant.principal.to_subject().unwrap().as_str(), "hub:583231");
    assert_eq!((grant.client_id.as_str(), grant.scope.to_string().as_str()), ("client", "mcp"));
    assert_eq!(grant.resource.as_str(), RESOURCE);
}

#[tokio::test]
async fn f16_iss_is_there_once_on_success_and_error_and_equals_the_issuer() {
    let world = World::new().await;
    let answers =
        [world.jar().sign_in().await, world.jar().get(&request(&[("response_type", "token")])).await, {
            let mut jar = world.jar();
            let page = jar.asked().await;
            jar.decide(&page, "deny").await
        }];
    for (answer, error) in
        answers.iter().zip([None, Some("unsupported_response_type"), Some("access_denied")])
    {
        assert_eq!(answer.answered("iss").as_deref(), Some(ISSUER));
        assert_eq!(answer.answered("error").as_deref(), error);
        assert_eq!(answer.answered("state").as_deref(), Some(STATE));
        assert_eq!(answer.answered("code").is_some(), error.is_none());
    }
}

#[tokio::test]
async fn f19_a_code_is_bound_to_all_that_was_agreed_and_lives_a_minute() {
    let world = World::new().await;
    let code = world.jar().sign_in().await.answered("code").unwrap();
    // The prefix, then a grant's id and 128 random bits.
    assert_eq!((code.len(), code.starts_with("ac1.")), (47, true));
    assert_eq!(world.counts(), (0, 1));
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.redeem(&code).await, None);

    let code = world.jar().sign_in().await.answered("code").unwrap();
    world.clock.advance(Duration::from_secs(59));
    let grant = world.redeem(&code).await.unwrap();
    let grant = world.grants.find(grant).await.unwrap().unwrap();
    let sessions = world.third_party_sessions.for_principal(&grant.principal).await.unwrap();
    assert_eq!(grant.session, Some(session_key(&sessions[0].id)));
    assert!(sessions[0].grants.contains(&grant.id));
}

#[tokio::test]
async fn f20_redirects_are_303_without_referrer_and_are_not_stored() {
    let world = World::new().await;
    let mut jar = world.jar();
    let first = jar.get(&request(&[])).await;
    let consent = jar.get(first.location()).await;
    let away = jar.decide(&consent, "provider:hub").await;
    let last = jar.back(&away.location_url()).await;
    for redirect in [&first, &away, &last] {
        assert_eq!(redirect.status, 303);
        assert_eq!(redirect.headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(redirect.headers[header::CACHE_CONTROL], "no-store");
        assert!(redirect.body.is_empty());
    }
}

#[tokio::test]
async fn i02_consent_comes_before_the_third_party_and_its_state() {
    let world = World::new().await;
    let mut jar = world.jar();
    let page = jar.asked().await;
    // Nobody has been asked anything, and the cookie proves nothing but which browser this is.
    assert!(world.http.requests().is_empty());
    let guessed = format!("/callback/hub?code=code-1&state={}", jar.cookies.values().next().unwrap());
    jar.get(&guessed).await.expect(403, "This sign-in cannot go on");
    assert_eq!(world.exchanges(), 0);

    let away = jar.decide(&page, "provider:hub").await.location_url();
    assert!(jar.back(&away).await.answered("code").is_some());
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn j03_the_state_says_nothing_and_the_clients_redirect_uri_stays_here() {
    let world = World::new().await;
    let (first, second) = (world.jar().away("hub").await, world.jar().away("hub").await);
    let state = |url: &url::Url| url.query_pairs().find(|it| it.0 == "state").unwrap().1.into_owned();
    assert_eq!(state(&first).len(), 43);
    assert_ne!(state(&first), state(&second));
    assert!(!first.as_str().contains("client.example"));
    let redirect = first.query_pairs().find(|it| it.0 == "redirect_uri").unwrap().1.into_owned();
    assert_eq!(redirect, "https://mcp.example/callback/hub");
}

#[tokio::test]
async fn j16_the_tokens_are_kept_before_the_code_leaves_and_the_refresh_token_stays() {
    let world = World::new().await;
    let with_refresh = serde_json::json!({
        "access_token": "ghu_1", "token_type": "bearer", "scope": "", "refresh_token": "ghr_1", "expires_in": 28800,
    });
    world.http.set(HUB_TOKEN, test_support::fake_http::Reply::json(&with_refresh));
    world.jar().sign_in().await.answered("code").unwrap();
    world.answers(583_231);
    let code = world.jar().sign_in().await.answered("code").unwrap();
    let grant = world.redeem(&code).await.unwrap();
    let session = world.grants.find(grant).await.unwrap().unwrap().session.unwrap();
    let kept = world.tokens.take(&session).await.unwrap().unwrap();
    assert_eq!(kept.access_token.expose(), "gho_583231");
    assert_eq!(kept.refresh_token.unwrap().expose(), "ghr_1");

    // Somebody else's sign-in has none to keep.
    world.answers(1);
    let code = world.jar().sign_in().await.answered("code").unwrap();
    let grant = world.redeem(&code).await.unwrap();
    let session = world.grants.find(grant).await.unwrap().unwrap().session.unwrap();
    assert_eq!(world.tokens.take(&session).await.unwrap().unwrap().refresh_token, None);
}

#[tokio::test]
async fn grants_of_a_session_that_timed_out_end_with_the_next_sign_in() {
    let world = World::new().await;
    let grant = world.redeem(&world.jar().sign_in().await.answered("code").unwrap()).await.unwrap();
    assert_eq!(world.grants.is_live(&grant), token_manager::Liveness::Live);
    world.clock.advance(world.setup.sessions.idle_timeout.saturating_sub(Duration::from_secs(60)));
    assert_eq!(world.grants.is_live(&grant), token_manager::Liveness::Live);
    world.clock.advance(Duration::from_secs(120));
    let next = world.redeem(&world.jar().sign_in().await.answered("code").unwrap()).await.unwrap();
    assert_eq!(world.grants.is_live(&grant), token_manager::Liveness::Ended);
    assert_eq!(world.grants.is_live(&next), token_manager::Liveness::Live);
}

#[tokio::test]
async fn a_grant_above_the_limit_pushes_the_oldest_out() {
    let world = World::with(|it| it.sessions.max_grants = 1).await;
    let mut jar = world.jar();
    let first = world.redeem(&jar.sign_in().await.answered("code").unwrap()).await.unwrap();
    let second = world.redeem(&jar.sign_in().await.answered("code").unwrap()).await.unwrap();
    assert_eq!(world.grants.is_live(&first), token_manager::Liveness::Ended);
    assert_eq!(world.grants.is_live(&second), token_manager::Liveness::Live);
}
