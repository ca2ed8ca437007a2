use http::Method;

use super::world::*;

const GONE: &str = "This sign-in cannot go on";
const NOT_OURS: &str = "This form was not sent from our page";

#[tokio::test]
async fn i01_i09_i10_i11_every_request_is_asked_about_whatever_was_approved_before() {
    let world = World::new().await;
    let mut jar = world.jar();
    jar.sign_in().await;
    jar.sign_in().await;
    let requests = [
        request(&[]),
        request(&[("scope", "files:read")]),
        request(&[("client_id", "stranger"), ("redirect_uri", "https://stranger.example/cb")]),
        request(&[("client_id", "stranger"), ("redirect_uri", "http://127.0.0.1:9/cb")]),
    ];
    let exchanges = world.exchanges();
    for target in requests {
        for headers in [&[][..], &[("sec-fetch-site", "cross-site")], &[("sec-fetch-site", "none")]] {
            let begun = jar.send(Method::GET, &target, headers, None).await;
            assert!(begun.location().starts_with("/consent?transaction="), "{begun:?}");
            let page = jar.send(Method::GET, begun.location(), headers, None).await;
            page.expect(200, "name=\"decision\"");
            assert!(page.body.contains("Person 583231"), "the account is shown: {page:?}");
        }
    }
    assert_eq!(world.exchanges(), exchanges);
}

#[tokio::test]
async fn a_signed_in_person_approves_without_another_sign_in() {
    let world = World::new().await;
    let mut jar = world.jar();
    jar.sign_in().await;
    let page = jar.asked().await;
    let answer = jar.decide(&page, "signed-in").await;
    assert!(world.redeem(&answer.answered("code").unwrap()).await.is_some());
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn i03_i14_only_the_page_of_this_transaction_and_account_approves() {
    let world = World::new().await;
    let mut jar = world.jar();
    let (page, other) = (jar.asked().await, jar.asked().await);
    let elsewhere = world.jar().asked().await;
    let transaction = page.hidden("transaction");
    let forged = |csrf: &str, decision: &'static str| {
        [("transaction", transaction.clone()), ("csrf", csrf.to_owned()), ("decision", decision.to_owned())]
    };
    let own = page.hidden("csrf");
    for csrf in ["", "AAAA", &other.hidden("csrf"), &elsewhere.hidden("csrf")] {
        for decision in ["provider:hub", "deny"] {
            let fields = forged(csrf, decision);
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            jar.post("/consent", &fields).await.expect(403, NOT_OURS);
        }
    }
    let without = [("transaction", transaction.as_str()), ("decision", "provider:hub")];
    jar.post("/consent", &without).await.expect(403, NOT_OURS);
    assert!(world.http.requests().is_empty());

    // Another browser has no part in it, not even with the right token.
    let fields = forged(&own, "provider:hub");
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    world.jar().post("/consent", &fields).await.expect(403, GONE);

    // A page that was shown to nobody does not approve for whoever has signed in since.
    jar.sign_in().await;
    jar.post("/consent", &fields).await.expect(403, NOT_OURS);
    let page = jar.get(&format!("/consent?transaction={transaction}")).await;
    assert!(jar.decide(&page, "signed-in").await.answered("code").is_some());
}

#[tokio::test]
async fn i04_a_get_decides_nothing_and_another_sites_form_neither() {
    let world = World::new().await;
    let mut jar = world.jar();
    let page = jar.asked().await;
    let (transaction, csrf) = (page.hidden("transaction"), page.hidden("csrf"));
    let query = format!("/consent?transaction={transaction}&csrf={csrf}&decision=provider:hub");
    jar.get(&query).await.expect(200, "name=\"decision\"");

    let fields = [("transaction", &*transaction), ("csrf", &*csrf), ("decision", "provider:hub")];
    let foreign: [&[(&str, &str)]; 6] = [
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://mcp.example")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", ISSUER)],
        &[("sec-fetch-site", "cross-site"), ("origin", ISSUER)],
    ];
    for headers in foreign {
        jar.post_with("/consent", headers, &fields).await.expect(403, NOT_OURS);
    }
    assert_eq!(jar.send(Method::PUT, "/consent", &[], None).await.status, 405);
    assert!(world.http.requests().is_empty());
    let hidden = [("origin", "null"), ("sec-fetch-site", "same-origin")];
    assert_eq!(jar.post_with("/consent", &hidden, &fields).await.status, 303);
}

#[tokio::test]
async fn i05_i08_pages_are_framed_nowhere_and_run_nothing() {
    let world = World::new().await;
    world.http.set(
        HUB_USER,
        test_support::fake_http::Reply::json(&serde_json::json!({ "id": 1, "name": "<script>x</script>" })),
    );
    let mut jar = world.jar();
    let first = jar.asked().await;
    let away = jar.decide(&first, "provider:hub").await.location_url();
    jar.back(&away).await;
    let pages = [
        first,
        jar.asked().await,
        jar.get("/account").await,
        jar.get("/callback/hub?state=%3Cscript%3E&error=%3Cscript%3E").await,
        jar.get("/callback/%3Cscript%3E").await,
        jar.get("/consent?transaction=%3Cscript%3E").await,
    ];
    for page in pages {
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(page.headers["x-frame-options"], "DENY");
        assert!(!page.body.contains("<script") && !page.body.contains("<i>client"), "{page:?}");
    }
}

#[tokio::test]
async fn i07_the_page_says_who_wants_what_and_where_it_goes() {
    let world = World::new().await;
    let mut jar = world.jar();
    let page = jar.asked().await;
    for text in ["client.example", "The tool shed", RESOURCE, "Use the tools", "The hub", "The idp"] {
        assert!(page.body.contains(text), "no `{text}` in {page:?}");
    }
    let target = request(&[("client_id", "stranger"), ("redirect_uri", "http://127.0.0.1:9/cb")]);
    let begun = jar.get(&target).await;
    let page = jar.get(begun.location()).await;
    page.expect(200, "127.0.0.1");
}

#[tokio::test]
async fn i12_i13_i15_what_one_browser_began_no_other_ends() {
    let world = World::new().await;
    let (mut attacker, mut victim) = (world.jar(), world.jar());
    // The attacker approves, and sends the victim to the third party, to a page of ours, or to the callback.
    let page = attacker.asked().await;
    let transaction = page.hidden("transaction");
    let away = attacker.decide(&page, "provider:hub").await.location_url();
    victim.back(&away).await.expect(403, GONE);
    for path in ["/consent", "/sign-in"] {
        victim.get(&format!("{path}?transaction={transaction}")).await.expect(403, GONE);
    }
    // Also when the victim is in the middle of a sign-in.
    let own = victim.away("hub").await;
    victim.back(&away).await.expect(403, GONE);
    assert_eq!((world.exchanges(), victim.session()), (0, None));
    assert!(victim.back(&own).await.answered("code").is_some());
    assert!(attacker.back(&away).await.answered("code").is_some());
}

#[tokio::test]
async fn i16_cookies_that_can_be_read_in_two_ways_are_refused() {
    let world = World::new().await;
    let mut jar = world.jar();
    let location = jar.begin().await;
    let (name, value) = jar.cookies.iter().next().map(|(name, value)| (name.clone(), value.clone())).unwrap();
    let own = format!("{name}={value}");
    jar.cookies.clear();
    let oversized = format!("{own}; x={}", "a".repeat(8192));
    let bad = [
        format!("{own}; {own}"),
        format!("\u{2000}{own}"),
        format!("{own}; malformed"),
        format!("{own}; =x"),
        format!("$Version=1; {own}"),
        oversized,
    ];
    for cookies in &bad {
        for target in [&location, "/account", &request(&[])] {
            let page = jar.send(Method::GET, target, &[("cookie", cookies)], None).await;
            page.expect(400, "This request cannot be understood");
        }
    }
    // Another case makes another name.
    for cookies in [own.to_uppercase(), own.replace("__Host-", "__host-")] {
        jar.send(Method::GET, &location, &[("cookie", &cookies)], None).await.expect(403, GONE);
    }
    jar.send(Method::GET, &location, &[("cookie", &own)], None).await.expect(200, "The tool shed");
}

#[tokio::test]
async fn i17_cookies_are_host_bound_and_the_session_is_new_with_each_sign_in() {
    let world = World::new().await;
    let mut jar = world.jar();
    jar.sign_in().await;
    let first = jar.session().unwrap().to_owned();
    jar.sign_in().await;
    let second = jar.session().unwrap().to_owned();
    assert_ne!(first, second);
    for cookie in &jar.sent {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    // The one before is dead, and a session cookie of one's own making is nobody's.
    for (session, signed_in) in [(&second, true), (&first, false), (&"A".repeat(43), false)] {
        jar.cookies.insert("__Host-mcp-session".to_owned(), session.clone());
        assert_eq!(jar.get("/account").await.status == 200, signed_in, "{session}");
    }
}

#[tokio::test]
async fn i20_a_denial_goes_to_the_client_and_to_nobody_else() {
    let world = World::new().await;
    let mut jar = world.jar();
    let page = jar.asked().await;
    let answer = jar.decide(&page, "deny").await;
    assert!(answer.location().starts_with(REDIRECT));
    assert_eq!(answer.answered("error").as_deref(), Some("access_denied"));
    assert_eq!(answer.answered("state").as_deref(), Some(STATE));
    assert!(world.http.requests().is_empty() && jar.cookies.is_empty());
    jar.decide(&page, "provider:hub").await.expect(403, GONE);
    assert!(jar.sign_in().await.answered("code").is_some());
}

#[tokio::test]
async fn a_person_may_come_back_to_the_page_and_choose_another_way() {
    let world = World::new().await;
    let mut jar = world.jar();
    let page = jar.asked().await;
    let first = jar.decide(&page, "provider:idp").await.location_url();
    let again = jar.get(&format!("/consent?transaction={}", page.hidden("transaction"))).await;
    let second = jar.decide(&again, "provider:hub").await.location_url();
    jar.back(&first).await.expect(403, GONE);
    assert!(jar.back(&second).await.answered("code").is_some());
}

#[tokio::test]
async fn a_form_that_makes_no_sense_changes_nothing() {
    let world = World::new().await;
    let mut jar = world.jar();
    let page = jar.asked().await;
    for decision in ["", "approve", "provider:nobody", "provider:"] {
        jar.decide(&page, decision).await.expect(400, "This request cannot be understood");
    }
    let (transaction, csrf) = (page.hidden("transaction"), page.hidden("csrf"));
    let twice = [
        ("transaction", &*transaction),
        ("csrf", &*csrf),
        ("decision", "deny"),
        ("decision", "provider:hub"),
    ];
    jar.post("/consent", &twice).await.expect(400, "This request cannot be understood");
    assert_eq!(jar.decide(&page, "provider:hub").await.status, 303);
}
