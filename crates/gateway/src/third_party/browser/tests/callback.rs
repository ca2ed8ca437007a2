use std::time::Duration;

use http::Method;
use oauth_client::AllowRules;
use serde_json::{Value, json};
use test_support::fake_http::Reply;

use super::world::*;

const GONE: &str = "This sign-in cannot go on";
const REFUSED: &str = "The sign-in did not work";
const SILENT: &str = "The sign-in service does not answer";
const NOT_ALLOWED: &str = "You have no access to this server";

#[tokio::test]
async fn j01_only_the_state_of_this_browser_is_taken_and_once() {
    let world = World::new().await;
    let mut jar = world.jar();
    let away = jar.away("hub").await;
    for state in ["", "short", &"A".repeat(43), &"x".repeat(600)] {
        jar.get(&callback(&away, &[("code", "code-1"), ("state", state)])).await.expect(403, GONE);
    }
    jar.get("/callback/hub?code=code-1").await.expect(403, GONE);
    let twice = format!("{}&code=code-2", callback(&away, &[("code", "code-1")]));
    jar.get(&twice).await.expect(400, "This request cannot be understood");
    assert_eq!(world.exchanges(), 0);
    assert!(jar.back(&away).await.answered("code").is_some());
    jar.back(&away).await.expect(403, GONE);
    assert_eq!(world.exchanges(), 1);

    for (age, fine) in [(599, true), (600, false)] {
        let away = jar.away("hub").await;
        world.clock.advance(Duration::from_secs(age));
        assert_eq!(jar.back(&away).await.status == 303, fine, "after {age} s");
    }
    assert_eq!(world.exchanges(), 2);
}

#[tokio::test]
async fn j02_of_two_callbacks_at_once_one_is_exchanged() {
    let world = World::new().await;
    let mut jar = world.jar();
    let away = jar.away("hub").await;
    let mut twin = world.jar();
    twin.cookies.clone_from(&jar.cookies);
    let (first, second) = tokio::join!(jar.back(&away), twin.back(&away));
    let codes = [&first, &second].iter().filter(|it| it.status == 303).count();
    assert_eq!((codes, world.exchanges(), world.counts()), (1, 1, (0, 1)));
}

#[tokio::test]
async fn j04_a_denial_goes_to_the_client_and_hostile_words_go_nowhere() {
    let world = World::new().await;
    let mut jar = world.jar();
    let hostile = "<script>alert(1)</script>";
    let away = jar.away("hub").await;
    let params = [("error", "access_denied"), ("error_description", hostile)];
    let answer = jar.get(&callback(&away, &params)).await;
    assert_eq!(answer.answered("error").as_deref(), Some("access_denied"));
    assert!(answer.location().starts_with(REDIRECT) && !answer.location().contains("alert"));

    for error in ["server_error", "invalid_scope", hostile] {
        let away = jar.away("hub").await;
        let params =
            [("error", error), ("error_description", hostile), ("error_uri", "https://evil.example")];
        let page = jar.get(&callback(&away, &params)).await;
        page.expect(400, REFUSED);
        assert!(!page.body.contains("alert") && !page.body.contains("evil.example"));
        // The client can be told, by a press of the button.
        assert!(page.body.contains("https://client.example/callback?error=access_denied"), "{page:?}");
    }
    assert_eq!((world.exchanges(), jar.session()), (0, None));
    assert!(jar.sign_in().await.answered("code").is_some());
}

/// What the OpenID provider brings, good unless a test changes it.
struct Answers {
    iss: Option<&'static str>,
    claims: Value,
    signature: &'static str,
    token: Option<Reply>,
    userinfo: Value,
}

/// A sign-in with the OpenID provider, one thing of which is changed; answers how it ended.
async fn check(rules: AllowRules, change: impl FnOnce(&mut Answers), expected: Result<(), (u16, &str)>) {
    let world = World::with(|it| it.rules = rules).await;
    let mut jar = world.jar();
    let away = jar.away("idp").await;
    let nonce = away.query_pairs().find(|it| it.0 == "nonce").unwrap().1.into_owned();
    let now = NOW.as_seconds();
    let mut answers = Answers {
        iss: Some(IDP),
        claims: json!({
            "iss": IDP, "sub": "alice-1", "aud": "gateway-1", "iat": now, "exp": now + 300, "nonce": nonce,
            "email": "alice@ok.example", "email_verified": true,
        }),
        signature: "good",
        token: None,
        userinfo: json!({ "sub": "alice-1" }),
    };
    change(&mut answers);
    let token = json!({
        "access_token": "access-1", "token_type": "Bearer", "expires_in": 3600,
        "id_token": id_token(&answers.claims, answers.signature),
    });
    world.http.set(IDP_TOKEN, answers.token.unwrap_or_else(|| Reply::json(&token)));
    world.http.set("https://idp.example/userinfo", Reply::json(&answers.userinfo));
    let mut params = vec![("code", "code-1")];
    params.extend(answers.iss.map(|it| ("iss", it)));
    let page = jar.get(&callback(&away, &params)).await;
    match expected {
        Ok(()) => {
            assert!(world.redeem(&page.answered("code").unwrap()).await.is_some());
            assert!(jar.session().is_some());
        }
        Err((status, text)) => {
            page.expect(status, text);
            assert_eq!((jar.session(), world.counts()), (None, (0, 0)), "{page:?}");
            assert!(page.body.contains("https://client.example/callback?error="), "a way back: {page:?}");
        }
    }
}

async fn openid(change: impl FnOnce(&mut Answers), expected: Result<(), (u16, &str)>) {
    check(everybody(), change, expected).await;
}

#[tokio::test]
async fn j05_iss_must_be_there_and_right_before_the_exchange() {
    openid(|_| {}, Ok(())).await;
    openid(|it| it.iss = None, Err((400, REFUSED))).await;
    openid(|it| it.iss = Some("https://evil.example"), Err((400, REFUSED))).await;
    openid(|it| it.iss = Some("https://idp.example/"), Err((400, REFUSED))).await;
}

#[tokio::test]
async fn j06_a_code_that_the_third_party_refuses_is_400() {
    let refused = || Reply::ok(json!({ "error": "invalid_grant" }).to_string());
    openid(|it| it.token = Some(refused()), Err((400, REFUSED))).await;
    openid(|_| {}, Ok(())).await;
}

#[tokio::test]
async fn j07_j08_an_id_token_that_is_not_for_this_sign_in_signs_nobody_in() {
    openid(|_| {}, Ok(())).await;
    openid(|it| it.claims["nonce"] = "another".into(), Err((400, REFUSED))).await;
    openid(|it| it.claims["aud"] = "another".into(), Err((400, REFUSED))).await;
    openid(|it| it.claims["iss"] = "https://evil.example".into(), Err((400, REFUSED))).await;
    openid(|it| it.claims["exp"] = NOW.as_seconds().into(), Err((400, REFUSED))).await;
    openid(|it| it.signature = "bad", Err((400, REFUSED))).await;
    openid(|it| it.userinfo = json!({ "sub": "mallory" }), Err((400, REFUSED))).await;
}

#[tokio::test]
async fn j09_nonsense_of_the_third_party_is_502() {
    openid(|it| it.token = Some(Reply::ok("<html>Welcome</html>")), Err((502, SILENT))).await;
    openid(|it| it.token = Some(Reply::ok("a".repeat(10 << 20))), Err((502, SILENT))).await;
    openid(|it| it.token = Some(Reply::ok("{}")), Err((502, SILENT))).await;
    openid(|it| it.token = Some(Reply::status(503)), Err((502, SILENT))).await;
    openid(|it| it.token = Some(Reply::Unresolved), Err((502, SILENT))).await;
    openid(|_| {}, Ok(())).await;
}

#[tokio::test]
async fn j12_j13_j15_the_rules_keep_out_whom_they_do_not_name() {
    let domain = || AllowRules { email_domains: ["ok.example".to_owned()].into(), ..AllowRules::default() };
    check(domain(), |_| {}, Ok(())).await;
    for verified in [json!(false), json!("true"), Value::Null] {
        check(domain(), |it| it.claims["email_verified"] = verified, Err((403, NOT_ALLOWED))).await;
    }
    for email in ["a@ok.example@evil.example", "a@ok.example.evil", "\"a@ok.example\"@evil.example"] {
        check(domain(), |it| it.claims["email"] = email.into(), Err((403, NOT_ALLOWED))).await;
    }
    let users = |user: &str| AllowRules { users: [user.to_owned()].into(), ..AllowRules::default() };
    check(users("alice-1"), |_| {}, Ok(())).await;
    check(users("alice"), |_| {}, Err((403, NOT_ALLOWED))).await;
    // An empty rule set means nobody.
    check(AllowRules::default(), |_| {}, Err((403, NOT_ALLOWED))).await;
}

#[tokio::test]
async fn j14_a_list_that_cannot_be_read_lets_nobody_in() {
    let organization = AllowRules { organizations: ["77".to_owned()].into(), ..AllowRules::default() };
    let world = World::with(|it| it.rules = organization).await;
    let memberships = |reply| {
        world.http.set("https://hub.example/user/memberships/orgs?state=active&per_page=100&page=1", reply);
    };
    let member = |state: &str, id: u64| {
        Reply::json(&json!([{ "state": state, "organization": { "id": id, "login": "my-org" } }]))
    };
    for (reply, status) in [
        (member("active", 77), 303),
        (member("pending", 77), 403),
        (member("active", 78), 403),
        (Reply::ok("[]"), 403),
        (Reply::status(500), 502),
        (Reply::status(403), 502),
    ] {
        memberships(reply.clone());
        let mut jar = world.jar();
        let page = jar.sign_in().await;
        assert_eq!(page.status, status, "{reply:?}: {:?}", world.http.requests().last());
        assert_eq!(jar.session().is_some(), status == 303);
    }
}

#[tokio::test]
async fn j11_another_number_is_another_person_whatever_the_name() {
    let world = World::new().await;
    let named = |id: u64| {
        world
            .http
            .set(HUB_USER, Reply::json(&json!({ "id": id, "login": "octocat", "email": "o@ok.example" })));
    };
    let mut subjects = Vec::new();
    for id in [1, 1, 2] {
        named(id);
        let grant = world.redeem(&world.jar().sign_in().await.answered("code").unwrap()).await.unwrap();
        subjects.push(world.grants.find(grant).await.unwrap().unwrap().principal.subject.as_str().to_owned());
    }
    assert_eq!(subjects, ["1", "1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn j17_a_silent_third_party_is_given_up_after_ten_seconds() {
    let world = World::new().await;
    let mut jar = world.jar();
    world.http.set(HUB_USER, Reply::Never);
    let away = jar.away("hub").await;
    let started = tokio::time::Instant::now();
    let page = jar.back(&away).await;
    assert_eq!(started.elapsed().as_secs(), 10);
    page.expect(502, SILENT);
    assert!(page.body.contains("error=temporarily_unavailable"), "{page:?}");
    // The transaction is closed, and its cookie gone.
    assert!(jar.cookies.is_empty());
    world.answers(583_231);
    jar.back(&away).await.expect(403, GONE);
    assert!(jar.sign_in().await.answered("code").is_some());
}

#[tokio::test]
async fn j18_a_callback_is_a_get() {
    let world = World::new().await;
    let mut jar = world.jar();
    let away = jar.away("hub").await;
    let target = callback(&away, &[("code", "code-1")]);
    let page = jar.send(Method::POST, &target, &[], Some(String::new())).await;
    assert_eq!((page.status.as_u16(), world.exchanges()), (405, 0));
    assert!(jar.back(&away).await.answered("code").is_some());
}

#[tokio::test]
async fn j20_a_third_party_that_was_changed_or_removed_meanwhile_finishes_nothing() {
    let mut world = World::new().await;
    let mut cookies = Vec::new();
    for _ in 0..2 {
        let mut jar = world.jar();
        let away = jar.away("hub").await;
        cookies.push((jar.cookies, away));
    }
    for (providers, secret, expected) in
        [(&["idp"][..], "third-party-secret", 404), (&["hub", "idp"], "another secret", 400)]
    {
        let (kept, away) = cookies.pop().unwrap();
        world.reload(providers, |it| {
            it.client_secret = Some(oauth_client::ClientSecret::new(secret.to_owned()));
        });
        let mut jar = world.jar();
        jar.cookies = kept;
        assert_eq!(jar.back(&away).await.status, expected);
        assert_eq!((world.exchanges(), jar.session()), (0, None));
    }

    // A session of a third party that is no longer configured counts for nothing.
    let mut jar = world.jar();
    jar.sign_in().await;
    let kept = jar.cookies.clone();
    assert_eq!(jar.get("/account").await.status, 200);
    world.reload(&["idp"], |_| {});
    let mut jar = world.jar();
    jar.cookies = kept;
    assert_eq!(jar.get("/account").await.status, 303);
}

#[tokio::test]
async fn j21_another_person_than_the_page_showed_approves_anew() {
    let world = World::new().await;
    let mut jar = world.jar();
    jar.sign_in().await;
    let first = jar.session().unwrap().to_owned();
    let page = jar.asked().await;
    assert!(page.body.contains("Person 583231"));
    let away = jar.decide(&page, "provider:hub").await.location_url();
    world.answers(2);
    let again = jar.back(&away).await;
    assert!(again.location().starts_with("/consent?transaction="), "{again:?}");
    assert_ne!(jar.session().unwrap(), first);

    // The page of the first person approves nothing for the second.
    jar.decide(&page, "signed-in").await.expect(403, "This form was not sent from our page");
    let question = jar.get(again.location()).await;
    question.expect(200, "Person 2");
    assert!(!question.body.contains("provider:"), "no other way is offered: {question:?}");
    jar.decide(&question, "provider:hub").await.expect(400, "This request cannot be understood");
    let grant =
        world.redeem(&jar.decide(&question, "signed-in").await.answered("code").unwrap()).await.unwrap();
    assert_eq!(world.grants.find(grant).await.unwrap().unwrap().principal.subject.as_str(), "2");

    // Saying no there is a denial, and the same person needs no second page.
    let page = jar.asked().await;
    let away = jar.decide(&page, "provider:hub").await.location_url();
    assert!(jar.back(&away).await.answered("code").is_some());
    let page = jar.asked().await;
    let away = jar.decide(&page, "provider:hub").await.location_url();
    world.answers(3);
    let again = jar.back(&away).await;
    let question = jar.get(again.location()).await;
    assert_eq!(jar.decide(&question, "deny").await.answered("error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn i21_j22_each_third_party_has_its_own_callback() {
    let world = World::new().await;
    let mut jar = world.jar();
    let away = jar.away("hub").await;
    let elsewhere = callback(&away, &[("code", "code-1"), ("iss", IDP)]).replace("/hub", "/idp");
    jar.get(&elsewhere).await.expect(400, REFUSED);
    jar.get(&elsewhere.replace("/idp", "/nobody")).await.expect(404, "There is no such page");
    assert_eq!((world.exchanges(), jar.session()), (0, None));
    assert!(jar.back(&away).await.answered("code").is_some());
}
