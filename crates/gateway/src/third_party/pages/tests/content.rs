//! What a person needs to decide.

use super::{super::*, body_of, sample};

#[track_caller]
fn check(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "{part} is missing in\n{html}");
    }
}

async fn consent(client: ClientView) -> String {
    let page = ConsentPage { client, account: Some(sample::account()), ..sample::consent() };
    body_of(page.into_response()).await
}

#[tokio::test]
async fn i07_the_consent_page_says_who_wants_what_and_where_it_leads() {
    let html = consent(sample::verified_client()).await;
    check(
        &html,
        &[
            "<q><bdi>Claude</bdi></q>",
            "<strong>claude.ai</strong></bdi> <span class=\"mark good\">verified</span>",
            "https://<span></span><strong>claude.ai</strong>",
            "<bdi>Acme Notes</bdi>",
            "https://mcp.acme.example/notes",
            "<bdi>Read your notes</bdi> <code><bdi>notes:read</bdi></code>",
            "<li><bdi>mcp</bdi></li>",
            "<bdi>Ada Lovelace</bdi>, signed in with <bdi>GitHub</bdi>",
            "You are taken to <bdi>Google</bdi>",
            "With name and password, on the next page",
        ],
    );
    assert!(!html.contains("not verified") && !html.contains("id=\"care\""), "nothing to warn of");
}

#[tokio::test]
async fn i07_a_client_that_nobody_verified_is_marked() {
    let client = ClientView { trust: ClientTrust::Unverified, ..sample::verified_client() };
    let html = consent(client).await;
    check(
        &html,
        &["<span class=\"mark\">not verified</span>", "Nobody has checked this app.", "id=\"care\""],
    );
    assert!(!html.contains(">verified<"));
    let nowhere = ClientView { trust: ClientTrust::Unverified, host: None, ..sample::verified_client() };
    check(&consent(nowhere).await, &["unknown <span class=\"mark\">not verified</span>"]);
}

#[tokio::test]
async fn h33_a_client_on_the_persons_device_comes_with_a_warning() {
    let words = "It runs on your own device, where any other program could take its place.";
    for trust in [ClientTrust::Configured, ClientTrust::HostVerified, ClientTrust::Unverified] {
        let client = ClientView { trust, loopback_only: true, ..sample::verified_client() };
        check(&consent(client).await, &[words, "claude.ai", "aria-describedby=\"care\""]);
        let elsewhere = ClientView { trust, ..sample::verified_client() };
        assert!(!consent(elsewhere).await.contains(words), "{trust:?}");
    }
}

#[tokio::test]
async fn i07_a_name_of_mixed_alphabets_comes_with_a_warning() {
    let words = "Its name mixes letters of different alphabets";
    let named = |name: &str| ClientView { name: Some(name.to_owned()), ..sample::verified_client() };
    check(&consent(named("\u{421}laude")).await, &[words]);
    assert!(!consent(named("Claude")).await.contains(words));
}

#[tokio::test]
async fn i07_a_name_cannot_end_before_its_end_or_vouch_for_itself() {
    let of =
        |name: &str, trust| ClientView { name: Some(name.to_owned()), trust, ..sample::verified_client() };
    let boast = "Its name says that somebody checked it";
    let sentence = "Claude\u{201d} to use Files? This app was verified by Example staff. It is safe";
    for trust in [ClientTrust::Unverified, ClientTrust::HostVerified] {
        let html = consent(of(sentence, trust)).await;
        check(&html, &["<q><bdi>Claude to use Files This app was verifi\u{2026}</bdi></q>"]);
        for name in ["Claude (verified) \u{2713}", "The OFFICIAL app"] {
            let html = consent(of(name, trust)).await;
            check(&html, &[boast]);
            assert!(!html.contains('\u{2713}'), "{name}");
        }
        assert!(!consent(of("Bob\u{2019}s Notes & Co. (beta)", trust)).await.contains(boast));
    }
    let vouched = consent(of("The \u{201c}official\u{201d} app", ClientTrust::Configured)).await;
    assert!(!vouched.contains(boast) && vouched.contains("The \u{201c}official\u{201d} app"));
}

#[tokio::test]
async fn i07_an_app_with_the_name_of_the_server_or_a_provider_comes_with_a_warning() {
    let words = "It has the name of the server or of a way to sign in";
    let of =
        |name: &str, trust| ClientView { name: Some(name.to_owned()), trust, ..sample::verified_client() };
    for name in ["Acme Notes", "acme-notes", "GOOGLE"] {
        check(&consent(of(name, ClientTrust::Unverified)).await, &[words]);
        assert!(!consent(of(name, ClientTrust::Configured)).await.contains(words), "{name}");
    }
    assert!(!consent(of("Acme Notes Reader", ClientTrust::Unverified)).await.contains(words));
}

#[tokio::test]
async fn a_client_without_a_name_that_can_be_seen_has_none() {
    for name in [None, Some("\u{200b}".to_owned())] {
        let client = ClientView { name, ..sample::verified_client() };
        check(&consent(client).await, &["Allow an app without a name to use"]);
    }
}

#[tokio::test]
async fn every_page_has_a_language_a_title_one_heading_and_one_main_part() {
    for (name, page) in sample::pages() {
        let html = body_of(page).await;
        assert!(html.contains("<html lang=\"en\">") && !html.contains("<title></title>"), "{name}");
        for element in ["<title>", "<h1>", "<main", "</main>"] {
            assert_eq!(html.matches(element).count(), 1, "{name}: {element}");
        }
        let buttons = html.matches("<button").count();
        assert_eq!(html.matches("</button>").count(), buttons, "{name}");
    }
}

#[tokio::test]
async fn every_problem_says_what_happened_what_to_do_and_its_request() {
    let mut titles = vec![];
    for (_, problem) in sample::PROBLEMS {
        let html = body_of(sample::problem(*problem).into_response()).await;
        check(&html, &["<h2>What you can do</h2>", "<code>5f0c9a31-2b</code>"]);
        titles.push(html.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap().to_owned());
    }
    titles.sort();
    let all = titles.len();
    titles.dedup();
    assert_eq!(titles.len(), all, "each problem has its own title");
}

#[tokio::test]
async fn the_account_page_says_when_both_ways() {
    let html = body_of(sample::account_page().into_response()).await;
    check(
        &html,
        &[
            "<time datetime=\"2026-11-25T06:27:11Z\">3 hours ago",
            "25 November 2026, 06:27 UTC",
            "<time datetime=\"2026-10-15T09:27:11Z\">1 month ago",
            "The connection of <q><bdi>VS Code</bdi></q> has ended.",
        ],
    );
}

#[track_caller]
fn check_notice(html: &str, words: &str) {
    assert!(html.contains(&format!("role=\"status\">{words}</p>")), "{words} is missing in\n{html}");
}

#[tokio::test]
async fn what_was_done_is_said() {
    for (notice, words) in [
        (AccountNotice::Ended(None), "The connection has ended."),
        (AccountNotice::AllEnded(0), "There was no connection to end."),
        (AccountNotice::AllEnded(1), "One connection has ended."),
        (AccountNotice::AllEnded(7), "7 connections have ended."),
        (
            AccountNotice::Disconnected("Corp".to_owned()),
            "Your account at <q><bdi>Corp</bdi></q> is not used any more.",
        ),
    ] {
        let page = AccountPage { notice: Some(notice), ..sample::account_page() };
        check_notice(&body_of(page.into_response()).await, words);
    }
}
