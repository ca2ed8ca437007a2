mod client_and_redirect_uri;
mod parameters;
mod response;
mod scope_and_resource;

use super::*;
use crate::testing::{Form, World, block_on, good_query};

/// `ok`, the text of the page, or the code that the client gets.
fn outcome(result: Result<AuthorizationRequest, AuthorizeRefusal>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(AuthorizeRefusal::Page(error)) => format!("page: {error}"),
        Err(AuthorizeRefusal::Redirect(error)) => error.code.to_string(),
    }
}

#[track_caller]
fn check(query: &Form, expected: &str) {
    check_raw(&query.encode(), expected);
}

#[track_caller]
fn check_raw(query: &str, expected: &str) {
    let result = block_on(World::new().authorize().check(Some(query), None));
    assert_eq!(outcome(result), expected, "{query}");
}

const UNKNOWN: &str = "page: the client is not known here";
const REDIRECT: &str = "page: the client may not be answered at this address";
const MALFORMED: &str = "page: the request is malformed";
const PUSHED: &str = "page: the pushed request is not known here";
const TOO_LONG: &str = "page: the request is too long";
