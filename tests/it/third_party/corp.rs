//! Sign-in at a real OpenID provider.

use super::{
    client::Client,
    stage::{Stage, corp_alice, corp_person},
};
use crate::support::{Person, call, tool_call};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_the_rules_name_comes_in_and_nobody_else() {
    let stage = Stage::with_corp();
    let client = Client::register(&stage.gateway).await;
    let tokens = client.connect(&corp_alice()).await;
    let answer = call(tool_call(&stage.url(), Some(&tokens.access))).await;
    assert_ne!(answer.status, 401, "{}", answer.body);

    let mut bob = corp_person("bob", "builder").stops_at(&client.redirect_uri);
    let page = bob.goes_to(&client.asks().url).await;
    assert_eq!((page.status.as_u16(), page.url.path()), (403, "/callback/corp"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn j04_i20_a_refusal_there_is_told_to_the_client_without_its_text() {
    let stage = Stage::with_corp();
    let client = Client::register(&stage.gateway).await;
    let refuses = Person::new()
        .types("login", "alice")
        .types("password", "wonderland")
        .presses("decision=provider:corp")
        .presses("decision=sign-in")
        .presses("decision=refuse");
    let page = refuses.stops_at(&client.redirect_uri).goes_to(&client.asks().url).await;
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"), "{}: {}", page.url, page.text());
    assert!(!page.url.as_str().contains("here"), "{}", page.url);
}
