//! Authorization requests that clients push (RFC 9126).

use url::form_urlencoded;

use super::{
    client::{Asked, Client, TokenAnswer, post_form},
    stage::{LOCAL, alice, gateway},
};
use crate::support::{Answer, Gateway, Person};

/// Pushes what `asked` would have said in the browser.
async fn push(gateway: &Gateway, asked: &Asked) -> Answer {
    let query = asked.url.split_once('?').unwrap().1;
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    post_form(&gateway.url("/par"), &pairs).await
}

/// The request with nothing but the name of what was pushed.
fn brought(gateway: &Gateway, client_id: &str, pushed: &Answer) -> String {
    let request_uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", client_id)
        .append_pair("request_uri", &request_uri)
        .finish();
    format!("{}?{query}", gateway.url("/authorize"))
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_a_pushed_request_leads_to_tokens_once_and_for_its_client() {
    let gateway = gateway(NOWHERE, LOCAL, "");
    let (client, other) = (
        Client::register_as(&gateway, named("One")).await,
        Client::register_as(&gateway, named("Two")).await,
    );
    let asked = client.asks();
    let pushed = push(&gateway, &asked).await;
    assert_eq!(
        (pushed.status.as_u16(), pushed.header("cache-control")),
        (201, "no-store"),
        "{}",
        pushed.body
    );
    let refused = alice().goes_to(&brought(&gateway, &other.id, &pushed)).await;
    assert_eq!(refused.status, 403, "another client's: {}", refused.text());
    let mut person = alice().stops_at(&client.redirect_uri);
    let code = asked.code_in(&person.goes_to(&brought(&gateway, &client.id, &pushed)).await);
    client.redeem(&code, &asked.verifier).await.tokens();
    let again = Person::new().goes_to(&brought(&gateway, &client.id, &pushed)).await;
    assert_eq!(again.status, 403, "used: {}", again.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_requests_must_be_pushed_no_other_is_taken() {
    let gateway = gateway(NOWHERE, LOCAL, "require_pushed_authorization_requests = true");
    let metadata = crate::support::get(&gateway.url("/.well-known/oauth-authorization-server")).await.json();
    assert_eq!(metadata["require_pushed_authorization_requests"], true);
    assert_eq!(metadata["pushed_authorization_request_endpoint"], gateway.url("/par"));
    let client = Client::register(&gateway).await;
    let asked = client.asks();
    let told = Person::new().stops_at(&client.redirect_uri).goes_to(&asked.url).await;
    assert_eq!(told.parameter("error").as_deref(), Some("invalid_request"), "{}", told.url);
    let pushed = push(&gateway, &asked).await;
    let mut person = alice().stops_at(&client.redirect_uri);
    asked.code_in(&person.goes_to(&brought(&gateway, &client.id, &pushed)).await);
}

/// No call gets there.
const NOWHERE: &str = "http://127.0.0.1:9/mcp";

fn named(name: &str) -> serde_json::Value {
    serde_json::json!({ "client_name": name })
}
