//! Whether a person is still permitted.

use std::{collections::BTreeSet, time::Duration};

use oauth_client::AllowRules;
use oauth_types::Clock;
use session_binding::{EndCause as SessionCause, Liveness};
use test_support::fake_http::Reply;

use crate::third_party::{adapters::NamedMemberships, tasks::look_at_persons, testing::*};

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

/// The userinfo endpoint takes the token no more.
fn token_refused() -> Reply {
    Reply::Answer { status: http::StatusCode::UNAUTHORIZED, body: "{}".into() }
}

#[tokio::test]
async fn k05_a_token_that_the_third_party_takes_no_more_ends_what_cannot_be_refreshed() {
    let permitted = Reply::json(&serde_json::json!({ "id": "1" }));
    // What the token endpoint says, if there is a refresh token, and what is said of the new access token.
    let rows = [
        (Some(refreshed(2)), permitted.clone(), true),
        (Some(refreshed(2)), token_refused(), false),
        (Some(refused_by_third_party()), permitted.clone(), false),
        (None, permitted, false),
    ];
    for (refresh, then, lives) in rows {
        let mut world = World::new().await;
        let tasks = world.spawn();
        let (session, grant, tokens) = world.live("1").await;
        match &refresh {
            Some(reply) => {
                world.give_tokens(&session).await;
                world.http.set(TOKEN, reply.clone());
            }
            None => world.give_access_token(&session).await,
        }
        world.http.set(USERINFO, token_refused());
        world.http.push(USERINFO, then.clone());
        world.http.set(REVOKE, Reply::status(200));
        let outcome = world.refresh(&tokens).await;
        assert_eq!(
            (outcome.is_ok(), world.is_live(grant)),
            (lives, lives),
            "{refresh:?} {then:?} {outcome:?}"
        );
        if !lives {
            invalid_grant(outcome);
            assert_eq!(cause(&world, &session).await, Liveness::Ended(SessionCause::Revoked));
        }
        assert_eq!(world.http.count(TOKEN), usize::from(refresh.is_some()), "asked at once");
        tasks.stop().await;
    }
}

#[tokio::test]
async fn k05_whoever_has_left_is_found_out_with_the_new_token_of_the_third_party() {
    let mut world = World::new().await;
    world.allow(group("staff"));
    world.says("1", &["staff"]);
    let tasks = world.spawn();
    let (session, grant, tokens) = world.live("1").await;
    world.give_tokens(&session).await;
    world.http.set(TOKEN, refreshed(2));
    world.http.set(USERINFO, token_refused());
    world.http.push(USERINFO, Reply::json(&serde_json::json!({ "id": "1", "groups": ["visitors"] })));
    world.http.set(REVOKE, Reply::status(200));
    invalid_grant(world.refresh(&tokens).await);
    assert!(!world.is_live(grant));
    tasks.stop().await;
}

#[tokio::test]
async fn k02_a_token_that_is_refused_while_the_third_party_is_in_trouble_ends_nothing() {
    let mut world = World::new().await;
    let tasks = world.spawn();
    let (session, grant, tokens) = world.live("1").await;
    world.give_tokens(&session).await;
    world.http.set(TOKEN, Reply::status(503));
    world.http.set(USERINFO, token_refused());
    let tokens = world.refresh(&tokens).await.unwrap();
    assert!(world.is_live(grant));
    // When it can be told again, it counts.
    world.advance(60);
    world.http.set(TOKEN, refused_by_third_party());
    invalid_grant(world.refresh(&tokens).await);
    assert!(!world.is_live(grant));
    tasks.stop().await;
}

#[tokio::test]
async fn k05_whoever_breaks_off_each_question_gets_no_token() {
    let (world, _, grant, tokens) = staff().await;
    let tokens = world.refresh(&tokens).await.unwrap();
    world.advance(300);
    let answer = std::sync::Arc::new(tokio::sync::Notify::new());
    let visitor = Reply::json(&serde_json::json!({ "id": "1", "groups": ["visitors"] }));
    world.http.set(USERINFO, visitor.clone().held(&answer));
    world.http.set(REVOKE, Reply::status(200));
    for asked in 2..5 {
        tokio::select! {
            biased;
            outcome = world.refresh(&tokens) => panic!("{outcome:?}"),
            () = world.http.wait_for(USERINFO, asked) => {}
        }
        assert_eq!(world.http.count(USERINFO), asked, "it is asked again");
    }
    world.http.set(USERINFO, visitor);
    invalid_grant(world.refresh(&tokens).await);
    assert!(!world.is_live(grant));
}

#[tokio::test]
async fn k05_whoever_comes_while_the_third_party_is_asked_waits_for_its_answer() {
    for (groups, lives) in [(["staff"], true), (["visitors"], false)] {
        let (world, _, grant, tokens) = staff().await;
        let answer = std::sync::Arc::new(tokio::sync::Notify::new());
        let reply = Reply::json(&serde_json::json!({ "id": "1", "groups": groups }));
        world.http.set(USERINFO, reply.clone().held(&answer));
        world.http.push(USERINFO, reply);
        world.http.set(REVOKE, Reply::status(200));
        let first = world.refresh(&tokens);
        let second = async {
            world.http.wait_for(USERINFO, 1).await;
            let mut second = Box::pin(world.refresh(&tokens));
            assert!(futures_util::poll!(&mut second).is_pending());
            answer.notify_one();
            second.await
        };
        let (first, second) = tokio::join!(first, second);
        assert_eq!((first.is_ok(), second.is_ok()), (lives, lives), "{first:?} {second:?}");
        assert_eq!(world.is_live(grant), lives);
    }
}

#[tokio::test]
async fn k05_a_third_party_that_says_nothing_is_believed_for_an_hour_and_no_longer() {
    // Silence begins before the first answer, which leaves the sign-in, or after one that came later.
    for (answered_at, last_good) in [(None, 3599), (Some(1800), 1800 + 3599)] {
        let (world, session, grant, mut tokens) = staff().await;
        world.give_long(&session).await;
        if let Some(at) = answered_at {
            world.advance(at);
            tokens = world.refresh(&tokens).await.unwrap();
        }
        world.http.set(USERINFO, Reply::status(503));
        world.advance(last_good - answered_at.unwrap_or(0));
        tokens = world.refresh(&tokens).await.unwrap();
        world.advance(1);
        let asked = world.http.count(USERINFO);
        unavailable(world.refresh(&tokens).await);
        assert_eq!(world.http.count(USERINFO), asked, "also while it is not asked");
        world.advance(60);
        unavailable(world.refresh(&tokens).await);
        assert_eq!(world.http.count(USERINFO), asked + 1);
        assert!(world.is_live(grant) && cause(&world, &session).await.is_live(), "nothing has ended");
        // Another configuration brings no answer either.
        world.allow(group("staff"));
        unavailable(world.refresh(&tokens).await);
        // It is asked again soon, and what it says then counts.
        world.says("1", &["staff"]);
        world.advance(10);
        world.refresh(&tokens).await.unwrap();
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
    world.state.foundations.providers.replace([], NamedMemberships::default());
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
    for _ in 0..4 {
        uses().await;
        assert!(world.is_live(grant));
        world.advance(120);
    }
    for _ in 0..3 {
        world.advance(120);
        uses().await;
    }
    assert!(!world.is_live(grant));
    assert!(world.http.requests().len() < 6);
}

/// Whenever somebody is removed, whether or not they use their token, and after a pause of any length.
#[tokio::test]
async fn k05_fi13_whenever_somebody_is_removed_no_access_is_left_after_a_quarter_of_an_hour() {
    let mut slowest = 0;
    for (removed_at, uses) in (0..20).flat_map(|minute| [(minute * 60 + 30, true), (minute * 60 + 30, false)])
    {
        let (world, _, grant, _) = staff().await;
        world.http.set(REVOKE, Reply::status(200));
        let on = &world.state.foundations;
        let mut ended_at = None;
        for second in (0..3600).step_by(30) {
            if second == removed_at {
                world.says("1", &[]);
            }
            if uses {
                let _ = on.grants.is_live(&grant);
            }
            if second % 120 == 0 {
                look_at_persons(on, world.clock.now()).await.unwrap();
            }
            ended_at = ended_at.or((!world.is_live(grant)).then_some(second));
            world.advance(30);
        }
        let after = ended_at.unwrap() - removed_at;
        assert!((0..15 * 60).contains(&after), "removed at {removed_at}, ended {after} s later");
        slowest = slowest.max(after);
    }
    println!("access ended {slowest} s after a removal, at most");
}

/// Once its token has ended a session can do nothing without a refresh, and the third party is spared the question.
#[tokio::test]
async fn k05_who_has_no_access_is_not_asked_about_and_gets_none_back() {
    let (world, _, grant, tokens) = staff().await;
    world.http.set(REVOKE, Reply::status(200));
    world.give_long(&world.sign_in("1").await).await;
    let on = &world.state.foundations;
    world.advance(3600 + 61);
    let asked = world.http.count(USERINFO);
    look_at_persons(on, world.clock.now()).await.unwrap();
    assert_eq!(world.http.count(USERINFO), asked);
    world.says("1", &[]);
    invalid_grant(world.refresh(&tokens).await);
    assert!(!world.is_live(grant));
}

#[tokio::test]
async fn k05_those_who_came_at_once_are_not_asked_about_at_once() {
    let world = World::new().await;
    world.allow(group("staff"));
    world.says("0", &["staff"]);
    let on = &world.state.foundations;
    for number in 0..40 {
        let subject = number.to_string();
        let session = world.sign_in(&subject).await;
        world.code(&session, &subject).await;
        world.give_long(&session).await;
        on.providers.note_permitted(&session);
    }
    // Each is asked about once: the answer ends their session.
    world.says("1", &["visitors"]);
    world.http.set(REVOKE, Reply::status(200));
    let mut asked_in = Vec::new();
    for _ in 0..7 {
        let before = world.http.count(USERINFO);
        look_at_persons(on, world.clock.now()).await.unwrap();
        asked_in.push(world.http.count(USERINFO) - before);
        world.advance(120);
    }
    assert_eq!(asked_in[..3], [0, 0, 0], "their sign-in was an answer");
    assert_eq!(asked_in.iter().sum::<usize>(), 40, "each within the time: {asked_in:?}");
    assert!(asked_in.iter().all(|it| *it < 35), "not all at once: {asked_in:?}");
}

#[tokio::test]
async fn k02_a_third_party_that_gives_no_answer_is_asked_less_and_less_often() {
    let (world, session, _, mut tokens) = staff().await;
    world.give_long(&session).await;
    world.http.set(USERINFO, Reply::status(503));
    let mut asked_at = Vec::new();
    for second in (0..50 * 60).step_by(10) {
        let before = world.http.count(USERINFO);
        tokens = world.refresh(&tokens).await.unwrap();
        if world.http.count(USERINFO) > before {
            asked_at.push(second);
        }
        world.advance(10);
    }
    let pauses: Vec<i32> = asked_at.windows(2).map(|it| it[1] - it[0]).collect();
    assert!((10..=17).contains(&asked_at.len()), "{asked_at:?}");
    assert!(pauses[0] <= 60 && pauses[1] > pauses[0] && pauses[2] > pauses[1], "{pauses:?}");
    assert!(pauses.iter().all(|it| *it <= 300), "at least every five minutes: {pauses:?}");
    // Its next answer counts, and then the pauses begin anew.
    world.says("1", &["staff"]);
    world.advance(300);
    tokens = world.refresh(&tokens).await.unwrap();
    world.http.set(USERINFO, Reply::status(503));
    world.advance(300);
    tokens = world.refresh(&tokens).await.unwrap();
    world.says("1", &[]);
    world.http.set(REVOKE, Reply::status(200));
    world.advance(60);
    invalid_grant(world.refresh(&tokens).await);
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

/// The session is there before what the third party has said is kept, and another gateway may look at just that time.
#[tokio::test]
async fn nobody_loses_a_sign_in_to_a_look_in_the_middle_of_it() {
    let world = World::new().await;
    world.allow(group("staff"));
    let on = &world.state.foundations;
    let sign_in = session_binding::SignIn { principal: person("1"), display_name: None, sid: None };
    let session = *on.sessions.sign_in(sign_in).await.unwrap().who.session();
    look_at_persons(on, world.clock.now()).await.unwrap();
    assert!(cause(&world, &session).await.is_live());
    world.advance(60);
    look_at_persons(on, world.clock.now()).await.unwrap();
    assert_eq!(cause(&world, &session).await, Liveness::Ended(SessionCause::NotAllowed), "none was finished");
}
