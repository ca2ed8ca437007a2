use http::Method;
use session_binding::PendingLimits;

use super::world::*;
use crate::reason::Reason;

#[tokio::test]
async fn f05_what_a_browser_holds_decides_nothing() {
    let world = World::new().await;
    let mut jar = world.jar();
    let location = jar.begin().await;
    // Whatever is added to the address, or sent with the form, the record wins.
    let evil = "&redirect_uri=https%3A%2F%2Fevil.example%2F&client_id=stranger&scope=files%3Aread";
    let page = jar.get(&format!("{location}{evil}")).await;
    page.expect(200, "client.example");
    assert!(!page.body.contains("evil.example") && !page.body.contains("files:read"));
    let (transaction, csrf) = (page.hidden("transaction"), page.hidden("csrf"));
    let fields = [
        ("transaction", &*transaction),
        ("csrf", &*csrf),
        ("decision", "provider:hub"),
        ("redirect_uri", "https://evil.example/"),
        ("client_id", "stranger"),
        ("scope", "files:read"),
    ];
    let away = jar.post("/consent", &fields).await.location_url();
    let back = callback(&away, &[("code", "code-1"), ("redirect_uri", "https://evil.example/")]);
    let answer = jar.get(&back).await;
    assert!(answer.location().starts_with(REDIRECT), "{answer:?}");
    let grant = world.redeem(&answer.answered("code").unwrap()).await.unwrap();
    assert_eq!(world.grants.find(grant).await.unwrap().unwrap().scope.to_string(), "mcp");

    // Another transaction's id is worth nothing without its cookie.
    let other = world.jar().begin().await;
    jar.get(&other).await.expect(403, "This sign-in cannot go on");
}

#[tokio::test]
async fn d10_no_other_site_may_read_a_page() {
    let world = World::new().await;
    let mut jar = world.jar();
    let begun = jar.get(&request(&[])).await;
    let refused = jar.get(&request(&[("client_id", "nobody")])).await;
    let consent = jar.get(begun.location()).await;
    for (page, status) in [(begun, 303), (refused, 400), (consent, 200)] {
        assert_eq!(page.status, status);
        assert!(!page.headers.keys().any(|it| it.as_str().starts_with("access-control-")), "{page:?}");
    }
}

#[tokio::test]
async fn a_refusal_has_its_reason_in_the_access_log_and_a_page_has_none() {
    let world = World::with(|it| it.pending.max_open = 1).await;
    let mut jar = world.jar();
    let long = format!("/authorize?state={}", "a".repeat(17 * 1024));
    for (target, status, reason) in [
        (&*request(&[]), 303, None),
        (&*request(&[("client_id", "nobody")]), 400, Some(Reason::OauthRefused)),
        ("/consent?transaction=x", 400, Some(Reason::OauthRefused)),
        (&*long, 414, Some(Reason::OauthRefused)),
        (&*request(&[]), 429, Some(Reason::OauthUnavailable)),
    ] {
        let page = jar.get(target).await;
        assert_eq!((page.status.as_u16(), page.reason), (status, reason), "{target}");
    }
}

#[tokio::test]
async fn j19_a_place_to_return_to_is_no_parameter() {
    let world = World::new().await;
    for evil in ["//evil.example", "/\\evil.example", "https:evil.example", "%09//evil.example"] {
        let mut jar = world.jar();
        let away = jar.away("hub").await;
        let back = callback(&away, &[("code", "c"), ("return_to", evil), ("next", evil), ("redirect", evil)]);
        assert!(jar.get(&back).await.location().starts_with(REDIRECT));
    }
}

#[tokio::test]
async fn f18_a_strangers_mistake_sends_nobody_to_the_stranger() {
    let world = World::new().await;
    let bad = |client: &str, redirect_uri: &str| {
        request(&[("client_id", client), ("redirect_uri", redirect_uri), ("code_challenge_method", "plain")])
    };
    let strange = bad("stranger", "https://stranger.example/cb");
    let mut jar = world.jar();
    let page = jar.get(&strange).await;
    page.expect(400, "The app made a mistake");
    // A button leads there, for whoever presses it.
    assert!(page.body.contains("https://stranger.example/cb?error=invalid_request"), "{page:?}");

    // The person's own machine is no stranger's site, and the operator vouches for what is configured.
    let answer = jar.get(&bad("stranger", "http://127.0.0.1:3000/cb")).await;
    assert_eq!(answer.answered("error").as_deref(), Some("invalid_request"));
    let answer = jar.get(&bad("client", REDIRECT)).await;
    assert_eq!(answer.answered("error").as_deref(), Some("invalid_request"));

    // Somebody who is signed in is sent on.
    jar.sign_in().await;
    let answer = jar.get(&strange).await;
    assert!(answer.location().starts_with("https://stranger.example/cb?error=invalid_request"));
}

#[tokio::test]
async fn requests_that_are_not_right_get_a_page() {
    let world = World::new().await;
    let mut jar = world.jar();
    jar.get(&request(&[("client_id", "nobody")])).await.expect(400, "This app is not known here");
    let elsewhere = request(&[("redirect_uri", "https://evil.example/")]);
    jar.get(&elsewhere).await.expect(400, "This app gave a wrong return address");
    assert!(jar.cookies.is_empty());
    jar.begin().await;
    assert_eq!(jar.cookies.len(), 1);
}

#[tokio::test]
async fn an_authorization_request_may_be_a_form_of_any_page() {
    let world = World::new().await;
    let mut jar = world.jar();
    let elsewhere = [("origin", "https://client.example"), ("sec-fetch-site", "cross-site")];
    let form = Some(request_form(&[]));
    let page = jar.send(Method::POST, "/authorize", &elsewhere, form.clone()).await;
    jar.get(page.location()).await.expect(200, "The tool shed");

    let mixed = jar.send(Method::POST, &request(&[]), &[], form).await;
    assert_eq!(mixed.status, 400);
    let as_text = [("content-type", "text/plain")];
    let page = jar.send(Method::POST, "/authorize", &as_text, None).await;
    assert_eq!(page.status, 400);
    let long = Some(request_form(&[("x", &"a".repeat(40_000))]));
    assert_eq!(jar.send(Method::POST, "/authorize", &[], long).await.status, 414);
}

#[tokio::test]
async fn f21_whoever_only_looks_begins_nothing() {
    let world = World::with(|it| it.pending = PendingLimits { max_open: 1, ..it.pending }).await;
    let mut jar = world.jar();
    for target in [request(&[]), "/account".to_owned()] {
        let looks = [
            jar.send(Method::HEAD, &target, &[], None).await,
            jar.send(Method::GET, &target, &[("sec-purpose", "prefetch;prerender")], None).await,
            jar.send(Method::GET, &target, &[("purpose", "prefetch")], None).await,
        ];
        for look in looks {
            assert_eq!((look.status.as_u16(), look.body.as_str()), (204, ""));
        }
    }
    assert!(jar.cookies.is_empty());
    // There was room for one transaction, and it is still there.
    let away = jar.away("hub").await;
    let back = callback(&away, &[("code", "code-1")]);
    let look = jar.send(Method::GET, &back, &[("sec-purpose", "prefetch")], None).await;
    assert_eq!((look.status.as_u16(), world.exchanges()), (204, 0));
    assert!(jar.back(&away).await.answered("code").is_some());
}

#[tokio::test]
async fn f22_open_transactions_are_bounded() {
    let world = World::with(|it| it.pending = PendingLimits { max_open: 20, ..it.pending }).await;
    let mut stranger = world.jar();
    for _ in 0..20 {
        stranger.begin().await;
        stranger.cookies.clear();
    }
    let page = world.jar().get(&request(&[])).await;
    page.expect(429, "This server is busy");
    assert!(page.headers.contains_key("retry-after"));
    // The oldest expire, or make room when they have been idle.
    world.clock.advance(world.setup.pending.protected_for);
    assert!(world.jar().sign_in().await.answered("code").is_some());
}

#[tokio::test]
async fn f22_one_address_cannot_take_all_places() {
    let world = World::with(|it| it.pending = PendingLimits { max_open_of_a_source: 3, ..it.pending }).await;
    for (greedy, same, other) in [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        // Who has one address of IPv6 has as many as they like.
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"),
    ] {
        let mut greedy = world.jar_at(greedy);
        let first = greedy.asked().await;
        let cookies = greedy.cookies.clone();
        for _ in 1..3 {
            greedy.cookies.clear();
            greedy.begin().await;
        }
        let page = world.jar_at(same).get(&request(&[])).await;
        page.expect(429, "This server is busy");
        assert!(page.headers.contains_key("retry-after"));
        assert!(world.jar_at(other).sign_in().await.answered("code").is_some(), "{other}");

        // As soon as one of its own has ended, the address comes in again.
        greedy.cookies = cookies;
        greedy.decide(&first, "deny").await;
        assert!(world.jar_at(same).sign_in().await.answered("code").is_some(), "{same}");
    }
}

#[tokio::test]
async fn f23_a_long_address_is_414_and_a_state_of_4_kib_is_fine() {
    let world = World::new().await;
    let mut jar = world.jar();
    for length in [16 * 1024, 64 * 1024 - 1000] {
        let target = request(&[("x", &"a".repeat(length))]);
        jar.get(&target).await.expect(414, "This request is too long");
    }
    let state = "<".repeat(4096);
    let page = jar.get(&request(&[("state", &state)])).await;
    let page = jar.get(page.location()).await;
    let away = jar.decide(&page, "provider:hub").await.location_url();
    assert_eq!(jar.back(&away).await.answered("state"), Some(state));
}

#[tokio::test]
async fn f24_i19_a_transaction_gives_one_code() {
    let world = World::new().await;
    let mut jar = world.jar();
    let page = jar.asked().await;
    let away = jar.decide(&page, "provider:hub").await.location_url();
    let cookies = jar.cookies.clone();
    assert!(jar.back(&away).await.answered("code").is_some());
    // Also with the cookie that the browser was told to forget.
    for kept in [false, true] {
        if kept {
            jar.cookies.extend(cookies.clone());
        }
        jar.back(&away).await.expect(403, "This sign-in cannot go on");
        jar.decide(&page, "provider:hub").await.expect(403, "This sign-in cannot go on");
        jar.decide(&page, "deny").await.expect(403, "This sign-in cannot go on");
    }
    assert_eq!((world.exchanges(), world.counts()), (1, (0, 1)));
}

#[tokio::test]
async fn i18_two_tabs_finish_and_a_hundred_requests_leave_few_cookies() {
    let world = World::new().await;
    let mut jar = world.jar();
    let (first, second) = (jar.away("hub").await, jar.away("hub").await);
    assert!(jar.back(&second).await.answered("code").is_some());
    assert!(jar.back(&first).await.answered("code").is_some());

    for _ in 0..100 {
        jar.begin().await;
    }
    let size: usize = jar.cookies.iter().map(|(name, value)| name.len() + value.len() + 3).sum();
    assert!(jar.cookies.len() <= 17 && size < 8 * 1024, "{} cookies, {size} bytes", jar.cookies.len());
}
