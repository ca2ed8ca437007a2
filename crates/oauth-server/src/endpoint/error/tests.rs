use test_support::log;

use super::*;

#[track_caller]
fn check(error: &EndpointError, expected: &str) {
    let _ = log::take();
    error.answer(&[Method::POST]);
    let fields: Vec<_> = log::take().into_iter().flat_map(|it| it.fields).collect();
    let has = |name: &str, value: &str| fields.iter().any(|(it, text)| *it == name && text == value);
    assert!(has("oauth.error", &format!("{expected:?}")), "{fields:?}");
    assert!(fields.iter().all(|(name, _)| *name != "code"), "that is the name of a secret: {fields:?}");
}

#[test]
fn m01_the_error_code_of_an_answer_is_logged_under_a_name_that_no_secret_has() {
    log::listen("oauth_server::endpoint");
    check(&EndpointError::InvalidScope, "invalid_scope");
    check(&TokenUnavailable("as the test wants it".into()).into(), "temporarily_unavailable");
}
