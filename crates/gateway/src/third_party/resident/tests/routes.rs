//! The routes of the authorization server, as the router itself tells of them.

use std::{collections::BTreeSet, path::Path};

use super::{ALICE, Folder};
use crate::routes::tests::{Asked, without_credential};

/// Documents for everybody, the stylesheet apart, whose name changes with its text.
const OPEN: [&str; 5] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/healthz",
    "/jwks",
    "/readyz",
];

fn is_open(path: &str) -> bool {
    let is_metadata = |it: &str| it.contains("/.well-known/");
    OPEN.contains(&path) || is_metadata(path) || Path::new(path).extension().is_some_and(|it| it == "css")
}

#[tokio::test]
async fn a17_no_route_of_the_authorization_server_does_anything_for_nobody() {
    let folder = Folder::new();
    let answers = without_credential(&folder.option_b(ALICE)).await;
    let paths: BTreeSet<_> = answers.iter().map(|it| it.path.as_str()).collect();
    for known in ["/authorize", "/token", "/register", "/revoke", "/introspect", "/account", "/jwks", "/mcp"]
    {
        assert!(paths.contains(known), "{known} is no route: {paths:?}");
    }
    let is_read = |it: &Asked| ["GET", "HEAD", "OPTIONS"].contains(&it.method.as_str());
    let is_wrong = |it: &&Asked| {
        // A page that is only looked for is not made, and says so by 204.
        let does_nothing = it.method == "OPTIONS" || it.method == "HEAD" && it.status == 204;
        let may_succeed = does_nothing || is_open(&it.path) && is_read(it);
        it.status.is_server_error() || it.status.is_success() && !may_succeed
    };
    let wrong: Vec<_> = answers.iter().filter(is_wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for path in OPEN {
        let read = answers.iter().find(|it| it.path == path && it.method == "GET").unwrap();
        assert_eq!(read.status, 200, "{path}");
    }
}
