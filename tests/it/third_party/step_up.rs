//! More scopes for a client that has some already.

use serde_json::Value;

use crate::support::{Part, call, client_report, get};

use super::{
    client::{Client, TokenAnswer},
    stage::{LOCAL, alice, configuration, setup},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_rules_require_is_offered_and_may_be_asked_for() {
    let gateway = setup().start(|listen| {
        let rule = "[[server.rule]]\ntools = [\"share\"]\nrequire = [\"notes:share\"]\n[third_party]";
        configuration(listen, "http://127.0.0.1:9/mcp", LOCAL, "").replacen("[third_party]", rule, 1)
    });
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource/mcp"] {
        let offered = get(&gateway.url(path)).await.json()["scopes_supported"].to_string();
        assert!(offered.contains("\"mcp\"") && offered.contains("\"notes:share\""), "{path}: {offered}");
    }
    let client = Client::register(&gateway).await;
    let share = |scope: &'static str| {
        let (client, gateway) = (&client, &gateway);
        async move {
            let asked = client.asks_for(&[("scope", scope)]);
            let code = client.code(&alice(), &asked).await;
            let tokens = client.redeem(&code, &asked.verifier).await.tokens();
            let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"share"}}"#;
            let request = http::Request::post(gateway.url("/mcp"))
                .header("content-type", "application/json")
                .header("authorization", format!("Bearer {}", tokens.access));
            call(request.body(body.to_owned()).unwrap()).await
        }
    };
    let step_up = share("mcp").await;
    assert_eq!(step_up.status, 403, "{}", step_up.body);
    assert!(step_up.header("www-authenticate").contains(r#"scope="mcp notes:share""#));
    // Nobody is behind the gateway: it was let through.
    assert_eq!(share("mcp notes:share").await.status, 502);
}

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

#[tokio::test(flavor = "multi_thread")]
async fn c6_real_clients_ask_their_person_for_what_a_tool_needs_and_get_its_answer() {
    let upstream = Part::start("server-python.py", &[]);
    let address = upstream.url("/mcp");
    let gateway = setup().start(|listen| {
        let rule = "[[server.rule]]\ntools = [\"add\"]\nrequire = [\"notes:share\"]\n[third_party]";
        configuration(listen, &address, LOCAL, "").replacen("[third_party]", rule, 1)
    });
    let url = gateway.url("/mcp");
    for (program, options) in [
        ("client-typescript.mjs", &["--sdk", "v1", "--no-refresh"][..]),
        ("client-typescript.mjs", &["--sdk", "v2"]),
        ("client-python.py", &["--mode", "auto"]),
        ("client-python.py", &["--mode", "legacy"]),
    ] {
        let mut person = alice();
        let arguments = [&["--url", &url, "--oauth", "--call", r#"add={"a":2,"b":3}"#], options].concat();
        let report = client_report(program, &arguments, &mut person).await;
        assert_eq!(report["calls"][0]["content"][0], "5", "{program} {options:?}: {report}");
        let asked = person.visited().into_iter().filter(|it| it.contains("/authorize?"));
        let scopes: Vec<_> = asked.map(|it| scopes_of(&it)).collect();
        assert_eq!(scopes, ["mcp", "mcp notes:share"], "{program} {options:?}");
        let refused = |it: &&Value| it["url"] == url && it["status"] == 403;
        let refused = report["requests"].as_array().unwrap().iter().filter(refused).count();
        assert_eq!(refused, 1, "{program} {options:?}: {report}");
    }
}

/// What a request for an authorization asks for, in a stable order.
fn scopes_of(visited: &str) -> String {
    let (_, url) = visited.split_once(' ').unwrap();
    let url = url::Url::parse(url).unwrap();
    let scope = url.query_pairs().find(|(name, _)| name == "scope").unwrap().1.into_owned();
    let mut scopes: Vec<_> = scope.split(' ').filter(|it| *it != "offline_access").collect();
    scopes.sort_unstable();
    scopes.join(" ")
}
