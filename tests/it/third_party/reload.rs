//! Secrets that the operator changes while the gateway serves: the old one is of no use after the next reload.

use http::Request;

use super::{
    client::Client,
    stage::{LOCAL, PASSWORD, alice_with, corp, corp_alice, gateway, hash_of, setup},
};
use crate::{
    support::{Gateway, Page, Part, call},
    third_party::stage::configuration,
};

/// Whether somebody who signs in at the OpenID provider comes to a code for `client`.
async fn comes_in(client: &Client) -> bool {
    let page = corp_alice().stops_at(&client.redirect_uri).goes_to(&client.asks().url).await;
    has_code(client, &page)
}

/// Whether the person is back at the client, with a code; the third party's own code is on the way there.
fn has_code(client: &Client, page: &Page) -> bool {
    page.url.as_str().starts_with(&client.redirect_uri) && page.parameter("code").is_some()
}

fn reload(gateway: &Gateway) {
    gateway.signal("HUP");
    gateway.wait_for("the configuration was reloaded");
}

/// No call gets there.
const NOWHERE: &str = "http://127.0.0.1:9/mcp";

/// Whether alice comes to a code by typing this password once.
async fn opens(client: &Client, password: &str) -> bool {
    let mut alice = alice_with(password).stops_at(&client.redirect_uri);
    let page = alice.opens(&client.asks().url).await;
    let page = alice.presses_only(&page, "decision=provider:local").await;
    let form = page.forms().into_iter().next().unwrap_or_else(|| panic!("no form: {}", page.text()));
    has_code(client, &alice.sends(&page, form).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn o06_a_password_is_good_until_another_hash_is_in_force() {
    let gateway = gateway(NOWHERE, LOCAL, "");
    let client = Client::register(&gateway).await;
    let (old, new) = (PASSWORD, "looking-glass-of-the-tests");
    assert!(opens(&client, old).await && !opens(&client, new).await);
    let before = std::fs::read_to_string(gateway.path("gateway.toml")).unwrap();
    let line = before.lines().find(|it| it.starts_with("password_hash")).unwrap();
    gateway.rewrite("gateway.toml", &before.replace(line, &format!("password_hash = {:?}", hash_of(new))));
    reload(&gateway);
    assert!(opens(&client, new).await && !opens(&client, old).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn o06_our_secret_at_a_third_party_is_the_one_of_the_last_reload() {
    let third_party = Part::start("third-party.mjs", &[]);
    let provider = corp(third_party.origin());
    let gateway = setup()
        .file("corp.secret", "a-secret-that-was-taken-back-there")
        .start(|listen| configuration(listen, NOWHERE, &provider, ""));
    let client = Client::register(&gateway).await;
    assert!(!comes_in(&client).await, "it is not the one that the third party knows");
    gateway.rewrite("corp.secret", "gateway-secret-of-the-tests");
    assert!(!comes_in(&client).await, "nothing is read before the reload");
    reload(&gateway);
    assert!(comes_in(&client).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn h09_a_token_for_registrations_is_good_until_another_is_in_force() {
    let [old, new] = [
        "aW5pdGlhbC10b2tlbi1vZi10aGUtdGVzdHMtb2xkLTAxMjM0NTY3",
        "aW5pdGlhbC10b2tlbi1vZi10aGUtdGVzdHMtbmV3LTg5MDEyMzQ1",
    ];
    let gateway = setup().file("initial.token", old).start(|listen| {
        let registration =
            "[third_party.registration]\ninitial_access_tokens = [{ file = \"initial.token\" }]\n";
        configuration(listen, NOWHERE, &format!("{LOCAL}{registration}"), "")
    });
    let registers = async |token: &str| {
        let request = Request::post(gateway.url("/register")).header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {token}"));
        let metadata =
            r#"{"redirect_uris":["http://127.0.0.1:1/callback"],"token_endpoint_auth_method":"none"}"#;
        call(request.body(metadata.to_owned()).unwrap()).await.status.as_u16()
    };
    assert_eq!((registers(old).await, registers(new).await), (201, 401));
    gateway.rewrite("initial.token", new);
    reload(&gateway);
    assert_eq!((registers(old).await, registers(new).await), (401, 201));
}
