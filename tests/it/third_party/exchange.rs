//! Tokens that an MCP server exchanges for the next hop (RFC 8693).

use super::{
    attacks::echo,
    client::{Client, TokenAnswer, post_form},
    stage::{LOCAL, alice, configuration, setup},
};
use crate::support::{call, tool_call};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_goes_on_in_a_persons_name_until_the_grant_ends() {
    let upstream = echo().await;
    let address = upstream.uri("/mcp").to_string();
    let gateway = setup().file("files.secret", SECRET).start(|listen| {
        let port = listen.rsplit(':').next().unwrap();
        let sections = SECTIONS.replace("PORT", port).replace("UPSTREAM", &address);
        configuration(listen, &address, &format!("{LOCAL}{sections}"), "")
    });
    let status = async |path: &str, token: &str| {
        call(tool_call(&gateway.url(path), Some(token))).await.status.as_u16()
    };
    let client = Client::register(&gateway).await;
    let asked = client.asks_for(&[("resource", &gateway.url("/mcp"))]);
    let code = client.code(&alice(), &asked).await;
    let tokens = client.redeem(&code, &asked.verifier).await.tokens();

    let exchange = async |token: &str, resource: &str| {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("client_id", "files"),
            ("client_secret", SECRET),
            ("subject_token", token),
            ("subject_token_type", ACCESS_TOKEN),
            ("resource", resource),
        ];
        post_form(&gateway.url("/token"), &form).await
    };
    let next = gateway.url("/search");
    let answer = exchange(&tokens.access, &next).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("cache-control")),
        (200, "no-store"),
        "{}",
        answer.body
    );
    let answer = answer.json();
    assert_eq!((&answer["issued_token_type"], answer.get("refresh_token")), (&ACCESS_TOKEN.into(), None));
    let hop = answer["access_token"].as_str().unwrap();
    assert_eq!((status("/search", hop).await, status("/mcp", hop).await), (200, 401));
    assert_eq!((status("/search", &tokens.access).await, status("/mcp", &tokens.access).await), (401, 200));

    let refused = |error: &str| (400, error.to_owned());
    assert_eq!(exchange(hop, &next).await.refusal(), refused("invalid_request"), "it is for somebody else");
    assert_eq!(exchange(&tokens.refresh, &next).await.refusal(), refused("invalid_request"));
    let elsewhere = gateway.url("/mcp");
    assert_eq!(exchange(&tokens.access, &elsewhere).await.refusal(), refused("invalid_target"));

    let own = [("client_id", "files"), ("client_secret", SECRET), ("token", hop)];
    let facts = post_form(&gateway.url("/introspect"), &own).await.json();
    assert_eq!((&facts["sub"], &facts["act"]["sub"]), (&"local:alice".into(), &"files".into()), "{facts}");
    let alone = post_form(&gateway.url("/revoke"), &own).await;
    assert_eq!(alone.refusal(), refused("unsupported_token_type"));
    assert_eq!(client.revoke(&tokens.refresh).await.status, 200);
    assert_eq!((status("/search", hop).await, status("/mcp", &tokens.access).await), (401, 401));
    assert_eq!(exchange(&tokens.access, &next).await.refusal(), refused("invalid_request"));
}

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const SECRET: &str = "ZmlsZXMtc2VjcmV0LW9mLXRoZS10ZXN0cy0wMTIzNDU2Nzg5";
const SECTIONS: &str = r#"
[[third_party.client]]
client_id = "files"
name = "The files server itself"
auth = "client_secret_post"
client_secret = { file = "files.secret" }
token_exchange = { server = "/mcp", targets = [{ resource = "http://localhost:PORT/search", scopes = ["mcp"] }] }
[[server]]
path = "/search"
upstream = { http = "UPSTREAM" }
scopes = ["mcp"]
"#;
