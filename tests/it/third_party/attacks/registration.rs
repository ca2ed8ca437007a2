//! Floods of clients (H11, H30), and many installations of one (H38).

use serde_json::json;

use super::{Connected, INVALID_GRANT, alice, at_once, echo};
use crate::{
    support::{Person, call, tool_call},
    third_party::{
        client::{Client, TokenAnswer},
        documents::Documents,
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn h11_a_flood_of_registrations_displaces_no_client_in_use() {
    let stage = Connected::with("[third_party.registration]\nmax_clients = 10\n").await;
    let unused = Client::register_as(&stage.gateway, json!({ "client_name": "Never used" })).await;
    let registration = |number| {
        let (gateway, metadata) = (
            stage.gateway.origin().to_owned(),
            json!({
                "client_name": format!("Flood {number}"),
                "redirect_uris": ["http://127.0.0.1:1/callback"],
                "token_endpoint_auth_method": "none",
            }),
        );
        async move {
            let request =
                http::Request::post(format!("{gateway}/register")).header("content-type", "application/json");
            call(request.body(metadata.to_string()).unwrap()).await.status.as_u16()
        }
    };
    let statuses = at_once(200, registration).await;
    let registered = statuses.iter().filter(|it| **it == 201).count();
    assert!(registered <= 8, "{registered} beside the two that were there");
    assert!(statuses.iter().all(|it| matches!(it, 201 | 429 | 503)), "{statuses:?}");

    let page = Person::new().opens(&unused.asks().url).await;
    assert_eq!(page.status, 200, "somebody may be about to sign in with it: {}", page.text());
    let refreshed = stage.client.refresh(&stage.tokens.refresh).await.tokens();
    assert_eq!(stage.status(&refreshed.access).await, 200);
    stage.client.connect(&alice()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h30_nobody_makes_the_gateway_flood_a_host_with_fetches() {
    let (documents, upstream) = (Documents::publish().await, echo().await);
    let gateway = documents.gateway(&upstream.uri("/mcp").to_string());
    let authorize = |number: usize| {
        let client = documents.url(&format!("/client-{number}.json"));
        let url = gateway.url(&format!(
            "/authorize?response_type=code&client_id={}&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
            client.replace(':', "%3A").replace('/', "%2F")
        ));
        async move { Person::new().opens(&url).await.status.as_u16() }
    };
    let first = authorize(0).await;
    assert_eq!(first, 200, "one is served");
    let statuses = at_once(300, authorize).await;
    assert!(statuses.iter().any(|it| *it != 200), "some must have been refused");
    assert!(documents.requests() <= MOST_FETCHES, "{} fetches", documents.requests());
}

/// One document stands for the program on every device: what one of them does concerns that one.
#[tokio::test(flavor = "multi_thread")]
async fn h38_one_installation_of_a_published_client_ends_without_the_others() {
    let (documents, upstream) = (Documents::publish().await, echo().await);
    let gateway = documents.gateway(&upstream.uri("/mcp").to_string());
    let client = Client::published(&gateway, &documents.url("/client.json"));
    let mut installations = Vec::new();
    for _ in 0..3 {
        installations.push(client.connect(&alice()).await);
    }
    let [first, second, third] = installations.try_into().unwrap();
    let status = async |access: &str| call(tool_call(&gateway.url("/mcp"), Some(access))).await.status;

    assert_eq!(client.revoke(&first.refresh).await.status, 200);
    assert_eq!(status(&first.access).await, 401);
    let second = client.refresh(&second.refresh).await.tokens();
    assert_eq!(status(&second.access).await, 200);

    // A stolen token of the second ends the second.
    let newer = client.refresh(&second.refresh).await.tokens();
    client.refresh(&newer.refresh).await.tokens();
    assert_eq!(client.refresh(&second.refresh).await.refusal(), (400, INVALID_GRANT.to_owned()));
    assert_eq!(status(&newer.access).await, 401);

    // The first connects again; the third notices nothing of all this.
    let again = client.connect(&alice()).await;
    assert_eq!(status(&again.access).await, 200);
    assert_eq!(status(&third.access).await, 200);
    client.refresh(&third.refresh).await.tokens();
}

/// What one host has to bear in a minute, and a little more for a minute that ends within the test.
const MOST_FETCHES: usize = 60;
