//! More scopes for a client that has some already.

use super::{
    client::{Client, TokenAnswer},
    stage::{LOCAL, alice, configuration, setup},
};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_allows_more_keeps_what_they_had_over_a_new_sign_in() {
    let gateway = setup().start(|listen| {
        let scopes = "scope_descriptions = { mcp = \"Read and write your notes\"";
        let more = format!("{scopes}, \"notes:share\" = \"Share your notes\"");
        configuration(listen, "http://127.0.0.1:9/mcp", LOCAL, "").replace(scopes, &more)
    });
    let client = Client::register(&gateway).await;
    let granted = async |scope: &str| {
        let asked = client.asks_for(&[("scope", scope)]);
        // Each time in a browser that is not signed in.
        let mut person = alice().stops_at(&client.redirect_uri);
        let code = asked.code_in(&person.goes_to(&asked.url).await);
        let tokens = client.redeem(&code, &asked.verifier).await.tokens();
        let pages = person.visited().iter().filter(|it| it.contains("/consent?")).count();
        (tokens.whole["scope"].as_str().unwrap().to_owned(), pages, tokens)
    };
    let (scope, pages, first) = granted("mcp").await;
    assert_eq!((scope.as_str(), pages), ("mcp", 1));
    let (scope, pages, second) = granted("notes:share").await;
    assert_eq!((scope.as_str(), pages), ("mcp notes:share", 2), "the second page shows both");
    let (scope, pages, _) = granted("mcp").await;
    assert_eq!((scope.as_str(), pages), ("mcp", 1), "less is less");
    for tokens in [first, second] {
        assert_eq!(client.revoke(&tokens.refresh).await.status, 200);
    }
    let (scope, ..) = granted("notes:share").await;
    assert_eq!(scope, "mcp notes:share", "the third grant lives");
}
