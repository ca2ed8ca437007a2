use axum::response::Response;
use http::StatusCode;

use super::{super::*, body_of, sample};

fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    let values: Vec<_> = response.headers().get_all(name).iter().collect();
    assert!(values.len() < 2, "{name} comes once");
    values.first().map(|it| it.to_str().unwrap())
}

#[test]
fn i05_no_page_can_be_framed() {
    for (name, page) in sample::pages() {
        let policy = header(&page, "content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{name}");
        assert_eq!(header(&page, "x-frame-options"), Some("DENY"), "{name}");
    }
}

#[test]
fn i06_every_page_allows_only_our_stylesheet_and_does_not_bind_the_way_on() {
    for (name, page) in sample::pages() {
        assert_eq!(
            header(&page, "content-security-policy"),
            Some("default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"),
            "{name}: without `form-action`, which Chromium applies to the redirects behind a form"
        );
    }
}

#[tokio::test]
async fn i06_no_page_carries_script_or_style_or_anything_from_elsewhere() {
    for (name, page) in sample::pages() {
        let html = body_of(page).await;
        assert!(html.starts_with("<!doctype html>"), "{name}");
        for word in
            ["<script", " style=", "<style", "<img", "<iframe", " src=", " on", "javascript:", "@import"]
        {
            let found = html
                .to_ascii_lowercase()
                .match_indices(word)
                .any(|(at, _)| word != " on" || html[at + 3..].find('=').is_some_and(|end| end < 12));
            assert!(!found, "{name}: {word}");
        }
    }
}

#[test]
fn every_page_is_kept_by_nobody_and_read_as_what_it_is() {
    for (name, page) in sample::pages() {
        for (header_name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-robots-tag", "noindex"),
        ] {
            assert_eq!(header(&page, header_name), Some(value), "{name}");
        }
        assert!(header(&page, "permissions-policy").is_some_and(|it| it.contains("camera=()")), "{name}");
    }
}

#[test]
fn i04_a_form_of_ours_tells_its_origin_and_a_link_elsewhere_does_not() {
    for (name, page) in sample::pages() {
        assert_eq!(header(&page, "referrer-policy"), Some("same-origin"), "{name}");
    }
}

#[test]
fn i22_other_origins_get_no_hold_but_the_client_that_opened_the_window() {
    for (name, page) in sample::pages() {
        assert_eq!(header(&page, "cross-origin-resource-policy"), Some("same-origin"), "{name}");
        let severed = matches!(
            name.as_str(),
            "pick-provider"
                | "connect"
                | "sign-in-account"
                | "account"
                | "account-crowded"
                | "account-empty"
                | "signed-out"
                | "signed-out-elsewhere"
        );
        let expected = severed.then_some("same-origin");
        assert_eq!(header(&page, "cross-origin-opener-policy"), expected, "{name}");
    }
}

#[track_caller]
fn check_status(problem: Problem, status: StatusCode, retry: bool) {
    let page = sample::problem(problem).into_response();
    assert_eq!(page.status(), status, "{problem:?}");
    assert_eq!(page.headers().contains_key("retry-after"), retry, "{problem:?}");
}

#[test]
fn every_problem_has_its_status() {
    check_status(Problem::UnknownClient, StatusCode::BAD_REQUEST, false);
    check_status(Problem::RedirectUri, StatusCode::BAD_REQUEST, false);
    check_status(Problem::Malformed, StatusCode::BAD_REQUEST, false);
    check_status(Problem::TooLong, StatusCode::URI_TOO_LONG, false);
    check_status(Problem::ClientMistake, StatusCode::BAD_REQUEST, false);
    check_status(Problem::Expired, StatusCode::FORBIDDEN, false);
    check_status(Problem::NotOurForm, StatusCode::FORBIDDEN, false);
    check_status(Problem::NotAllowed, StatusCode::FORBIDDEN, false);
    check_status(Problem::ThirdPartyRefused, StatusCode::BAD_REQUEST, false);
    check_status(Problem::ThirdPartyUnavailable, StatusCode::BAD_GATEWAY, true);
    check_status(Problem::Busy, StatusCode::TOO_MANY_REQUESTS, true);
    check_status(Problem::Unavailable, StatusCode::SERVICE_UNAVAILABLE, true);
    check_status(Problem::NotFound, StatusCode::NOT_FOUND, false);
}

#[test]
fn the_other_pages_have_theirs() {
    let too_many = SignInPage { problem: Some(SignInProblem::TooMany), ..sample::sign_in() };
    assert_eq!(too_many.into_response().status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(sample::sign_in_failed(SignInProblem::Wrong).into_response().status(), StatusCode::FORBIDDEN);
    for page in [
        sample::sign_in().into_response(),
        sample::consent().into_response(),
        sample::pick_provider().into_response(),
        sample::account_page().into_response(),
        SignedOutPage::default().into_response(),
    ] {
        assert_eq!(page.status(), StatusCode::OK);
    }
}
