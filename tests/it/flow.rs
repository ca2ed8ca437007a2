//! What a request meets, from the outside.

use serde_json::{Value, json};
use test_support::upstream::{Answer, Recorded, RecordingUpstream};

use crate::support::{Gateway, ISSUER, Issuer, Setup, call, get, one_server, tool_call, unix_now};

/// A gateway before `upstream`, with further lines of configuration.
fn gateway(issuer: &Issuer, upstream: &RecordingUpstream, further: &str) -> Gateway {
    Gateway::before(&upstream.uri("/mcp").to_string(), issuer, further)
}

async fn echo() -> RecordingUpstream {
    RecordingUpstream::start(|_: &Recorded| Answer::json(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)).await
}

#[tokio::test]
async fn a01_e01_a_good_token_is_needed_and_stops_at_the_gateway() {
    let (issuer, upstream) = (Issuer::new(ISSUER), echo().await);
    let gateway = gateway(&issuer, &upstream, "");
    let url = gateway.url("/mcp");
    let token = issuer.token(&url).sign();

    let refused = call(tool_call(&url, None)).await;
    assert_eq!(refused.status, 401);
    assert_eq!(
        refused.header("www-authenticate"),
        format!(
            r#"Bearer scope="mcp", resource_metadata="{}""#,
            gateway.url("/.well-known/oauth-protected-resource/mcp")
        )
    );
    assert_eq!(upstream.requests().len(), 0);

    let answered = call(tool_call(&url, Some(&token))).await;
    assert_eq!((answered.status.as_u16(), answered.json()["id"].as_u64()), (200, Some(1)));
    let seen = format!("{:?}", upstream.request());
    for part in token.split('.') {
        assert!(!seen.contains(part), "the upstream saw the token");
    }
}

#[tokio::test]
async fn e24_b22_each_server_is_a_resource_of_its_own() {
    let issuer = Issuer::new(ISSUER);
    let (first, second) = (echo().await, echo().await);
    let further = format!(
        "[[server]]\npath = \"/other\"\nname = \"Other\"\nupstream = {{ http = \"{}\" }}\nscopes = [\"other\"]\n",
        second.uri("/")
    );
    let gateway = gateway(&issuer, &first, &further);
    let (mcp, other) = (gateway.url("/mcp"), gateway.url("/other"));
    let token = issuer.token(&other).claim("scope", "other").sign();

    assert_eq!(call(tool_call(&other, Some(&token))).await.status, 200);
    assert_eq!(call(tool_call(&mcp, Some(&token))).await.status, 401);
    assert_eq!((first.requests().len(), second.requests().len()), (0, 1));
    let document = get(&gateway.url("/.well-known/oauth-protected-resource/other")).await.json();
    assert_eq!(document["resource"], other);
    assert_eq!(document["resource_name"], "Other");
    assert_eq!(document["scopes_supported"], json!(["other"]));
    assert_eq!(get(&gateway.url("/.well-known/oauth-protected-resource")).await.status, 404);
    assert_eq!(get(&gateway.url("/other/.well-known/oauth-protected-resource")).await.json(), document);
}

#[tokio::test]
async fn b27_a_missing_scope_is_named_and_a_broader_one_suffices() {
    let (issuer, upstream) = (Issuer::new(ISSUER), echo().await);
    let hierarchy = "scope_hierarchy = { admin = [\"mcp\"] }\n";
    let address = upstream.uri("/mcp").to_string();
    let gateway = Setup::new().keys("keys", &issuer).start(|listen| {
        one_server(listen, &address, "").replace("keys = {", &format!("{hierarchy}keys = {{"))
    });
    let url = gateway.url("/mcp");
    let with = |scope: &str| issuer.token(&url).claim("scope", scope).sign();

    let refused = call(tool_call(&url, Some(&with("other")))).await;
    assert_eq!(refused.status, 403);
    let challenge = refused.header("www-authenticate");
    assert!(
        challenge.contains(r#"error="insufficient_scope""#) && challenge.contains(r#"scope="mcp""#),
        "{challenge}"
    );
    assert_eq!(call(tool_call(&url, Some(&with("other mcp")))).await.status, 200);
    assert_eq!(call(tool_call(&url, Some(&with("admin")))).await.status, 200);
}

#[tokio::test]
async fn the_upstream_learns_who_calls_only_when_asked_and_can_verify_it() {
    let (issuer, upstream) = (Issuer::new(ISSUER), echo().await);
    let identity = "[server.identity]\nheaders = true\njwt = { audience = \"https://files.internal\" }\n";
    let gateway = gateway(&issuer, &upstream, identity);
    let url = gateway.url("/mcp");
    let token = issuer.token(&url).claim("sub", "älice").claim("client_id", "inspector").sign();
    let mut request = tool_call(&url, Some(&token));
    request.headers_mut().insert("x-mcp-subject", "admin".parse().unwrap());
    assert_eq!(call(request).await.status, 200);

    let seen = upstream.request();
    assert_eq!(seen.header("x-mcp-subject"), Some("%C3%A4lice"));
    assert_eq!(seen.header("x-mcp-issuer"), Some(ISSUER));
    assert_eq!(seen.header("x-mcp-client-id"), Some("inspector"));
    assert_eq!(seen.header("x-mcp-scope"), Some("mcp"));
    let claims = verified(seen.header("x-mcp-assertion").unwrap(), &gateway).await;
    assert_eq!(claims["iss"], gateway.origin());
    assert_eq!(claims["aud"], "https://files.internal");
    assert_eq!(claims["sub_id"], json!({ "format": "iss_sub", "iss": ISSUER, "sub": "älice" }));
    let lifetime = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!(lifetime, 60);
    assert!(claims["iat"].as_u64().unwrap().abs_diff(unix_now()) < 60);
}

/// The claims of an assertion, verified as an upstream would.
async fn verified(assertion: &str, gateway: &Gateway) -> Value {
    use token_validate::{KeySet, KeySource};
    let keys = get(&gateway.url("/.well-known/mcp-gateway/assertion-keys")).await;
    assert_eq!(keys.header("content-type"), "application/jwk-set+json");
    let (set, warnings) = KeySet::from_jwks_json(keys.body.as_bytes()).unwrap();
    assert!(warnings.is_empty());
    let mut issuer = token_validate::IssuerPolicy::new(gateway.origin().parse().unwrap());
    issuer.keys = KeySource::Static(set);
    issuer.token_type = token_validate::TokenTypePolicy::Lenient;
    let http = std::sync::Arc::new(test_support::fake_http::FakeHttp::new());
    let clock = std::sync::Arc::new(oauth_types::SystemClock::new());
    let settings = token_validate::ValidatorSettings::default();
    let (validator, _refresher) = token_validate::Validator::new(vec![issuer], settings, http, clock);
    let headers = [("authorization", format!("Bearer {assertion}"))]
        .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
    let headers = headers.into_iter().collect();
    let bearer = token_validate::bearer_token(&headers, None).unwrap();
    let resource = token_validate::ResourcePolicy::new(["https://files.internal"]).unwrap();
    let token = validator.validate(&bearer, &resource).await.unwrap();
    let claim = |name: &str| token.claim(&name.parse().unwrap()).cloned().unwrap_or_default();
    json!({ "iss": claim("iss"), "aud": claim("aud"), "sub_id": claim("sub_id"), "iat": claim("iat"), "exp": claim("exp") })
}

#[tokio::test]
async fn e30_what_one_upstream_is_told_another_is_not() {
    let issuer = Issuer::new(ISSUER);
    let (first, second) = (echo().await, echo().await);
    let further = format!(
        "[server.identity]\njwt = {{ audience = \"https://first.internal\" }}\n\
         [[server]]\npath = \"/other\"\nupstream = {{ http = \"{}\" }}\n\
         [server.identity]\njwt = {{ audience = \"https://second.internal\" }}\n\
         [[server]]\npath = \"/third\"\nupstream = {{ http = \"{}\" }}\n",
        second.uri("/"),
        second.uri("/third")
    );
    let gateway = gateway(&issuer, &first, &further);
    for path in ["/mcp", "/other", "/third"] {
        let url = gateway.url(path);
        assert_eq!(call(tool_call(&url, Some(&issuer.token(&url).sign()))).await.status, 200, "{path}");
    }
    let audience = |assertion: &str| {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
        serde_json::from_slice::<Value>(&claims).unwrap()["aud"].as_str().unwrap().to_owned()
    };
    assert_eq!(audience(first.request().header("x-mcp-assertion").unwrap()), "https://first.internal");
    let [other, third] = &second.requests()[..] else { panic!("two requests came to the second upstream") };
    assert_eq!(audience(other.header("x-mcp-assertion").unwrap()), "https://second.internal");
    assert_eq!(third.header("x-mcp-assertion"), None);
}

#[tokio::test]
async fn e05_without_identity_the_upstream_learns_nothing_and_no_key_is_published() {
    let (issuer, upstream) = (Issuer::new(ISSUER), echo().await);
    let gateway = gateway(&issuer, &upstream, "");
    let url = gateway.url("/mcp");
    assert_eq!(call(tool_call(&url, Some(&issuer.token(&url).sign()))).await.status, 200);
    let seen = format!("{:?}", upstream.request());
    assert!(!seen.contains("alice") && !seen.contains("x-mcp-"), "{seen}");
    assert_eq!(get(&gateway.url("/.well-known/mcp-gateway/assertion-keys")).await.status, 404);
}

#[tokio::test]
async fn streams_of_one_subject_are_counted() {
    let issuer = Issuer::new(ISSUER);
    let upstream = RecordingUpstream::start(|_: &Recorded| {
        let (events, answer) = Answer::events();
        // The stream stays open for as long as the gateway keeps it.
        std::mem::forget(events);
        answer
    })
    .await;
    let gateway = gateway(&issuer, &upstream, "[limits]\nstreams_per_subject = 1\n");
    let url = gateway.url("/mcp");
    let (alice, bob) = (issuer.token(&url).sign(), issuer.token(&url).claim("sub", "bob").sign());

    let first = crate::support::open(tool_call(&url, Some(&alice))).await;
    assert_eq!(first.status(), 200);
    let second = crate::support::open(tool_call(&url, Some(&alice))).await;
    assert_eq!((second.status().as_u16(), second.headers()["retry-after"].to_str().unwrap()), (503, "2"));
    assert_eq!(upstream.requests().len(), 1, "the upstream has done nothing for the second");
    assert_eq!(crate::support::open(tool_call(&url, Some(&bob))).await.status(), 200);
    drop(first);
    let again = async {
        while crate::support::open(tool_call(&url, Some(&alice))).await.status() != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), again).await.unwrap();
}

#[tokio::test]
async fn calls_without_a_stream_keep_nobody_from_listening() {
    let issuer = Issuer::new(ISSUER);
    let mut releases = Vec::new();
    let (sender, mut held) = tokio::sync::mpsc::unbounded_channel();
    let (events, listening) = Answer::events();
    let mut listening = Some(listening);
    let upstream = RecordingUpstream::start(move |request: &Recorded| {
        if request.method == "GET" {
            return listening.take().unwrap();
        }
        let (release, answer) = Answer::json("{}").held();
        sender.send(release).unwrap();
        answer
    })
    .await;
    let limits = "[limits]\nstreams_per_subject = 1\nrequests_per_subject = 2\n";
    let gateway = gateway(&issuer, &upstream, limits);
    let url = gateway.url("/mcp");
    let token = issuer.token(&url).sign();
    let waiting = [(); 2].map(|()| tokio::spawn(call(tool_call(&url, Some(&token)))));
    for _ in 0..2 {
        releases.push(held.recv().await.unwrap());
    }
    let third = call(tool_call(&url, Some(&token))).await;
    assert_eq!(
        (third.status.as_u16(), third.json()["error_description"].as_str()),
        (503, Some("too many requests of one subject at once"))
    );
    let mut listen = tool_call(&url, Some(&token));
    *listen.method_mut() = http::Method::GET;
    *listen.body_mut() = String::new();
    let stream = crate::support::open(listen).await;
    assert_eq!(stream.status(), 200);
    for release in releases {
        release.send(()).unwrap();
    }
    for answer in waiting {
        assert_eq!(answer.await.unwrap().status, 200);
    }
    assert_eq!(upstream.requests().len(), 3);
    drop((stream, events));
}

#[tokio::test]
async fn requests_beyond_the_limit_are_503_and_reach_nobody() {
    let issuer = Issuer::new(ISSUER);
    let (release, held) = Answer::json("{}").held();
    let mut answers = vec![Answer::json("{}"), held];
    let upstream = RecordingUpstream::start(move |_: &Recorded| answers.pop().unwrap()).await;
    let gateway = gateway(&issuer, &upstream, "[limits]\nconcurrent_requests = 1\n");
    let url = gateway.url("/mcp");
    let (alice, bob) = (issuer.token(&url).sign(), issuer.token(&url).claim("sub", "bob").sign());
    let first = tokio::spawn(call(tool_call(&url, Some(&alice))));
    while upstream.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let second = call(tool_call(&url, Some(&bob))).await;
    assert_eq!((second.status.as_u16(), second.header("retry-after")), (503, "2"));
    assert_eq!(second.json()["error_description"], "too many requests at once");
    assert_eq!(upstream.requests().len(), 1);
    release.send(()).unwrap();
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(call(tool_call(&url, Some(&bob))).await.status, 200);
}

#[tokio::test]
async fn requests_of_one_address_are_counted_behind_a_proxy_too() {
    let issuer = Issuer::new(ISSUER);
    let (release, held) = Answer::json("{}").held();
    let mut answers = vec![Answer::json("{}"), Answer::json("{}"), held];
    let upstream = RecordingUpstream::start(move |_: &Recorded| answers.pop().unwrap()).await;
    let target = upstream.uri("/mcp").to_string();
    let gateway = Setup::new().keys("keys", &issuer).start(move |listen| {
        one_server(listen, &target, "[limits]\nrequests_per_address = 1\n").replacen(
            "[[auth",
            "behind_proxy = [\"127.0.0.0/8\"]\n[[auth",
            1,
        )
    });
    let url = gateway.url("/mcp");
    let token = issuer.token(&url).sign();
    let from = |address: &'static str| {
        let mut request = tool_call(&url, Some(&token));
        request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
        request
    };
    let first = tokio::spawn(call(from("192.0.2.1")));
    while upstream.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let second = call(from("192.0.2.1")).await;
    assert_eq!((second.status.as_u16(), second.header("retry-after")), (503, "2"));
    assert_eq!(second.json()["error_description"], "too many requests of one address at once");
    assert_eq!(call(from("192.0.2.2")).await.status, 200);
    assert_eq!(upstream.requests().len(), 2);
    let mut probe = http::Request::get(gateway.url("/healthz")).body(String::new()).unwrap();
    probe.headers_mut().insert("x-forwarded-for", "192.0.2.1".parse().unwrap());
    assert_eq!(call(probe).await.status, 200);
    release.send(()).unwrap();
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(call(from("192.0.2.1")).await.status, 200);
}

#[tokio::test]
async fn a_unix_socket_is_an_upstream() {
    let issuer = Issuer::new(ISSUER);
    let setup = Setup::new().keys("keys", &issuer);
    let socket = setup.folder().join("mcp.sock");
    let upstream = RecordingUpstream::start_unix(&socket, |_: &Recorded| Answer::json("{}"));
    let gateway = setup.start(|listen| {
        one_server(listen, "http://unused/", "")
            .replace(r#"{ http = "http://unused/" }"#, r#"{ unix = "mcp.sock", path = "/inner" }"#)
    });
    let url = gateway.url("/mcp");
    assert_eq!(call(tool_call(&url, Some(&issuer.token(&url).sign()))).await.status, 200);
    assert_eq!(upstream.request().uri, "/inner");
}

#[test]
fn schema_and_completions_are_printed() {
    let print = |arguments: &[&str]| {
        let output =
            std::process::Command::new(env!("CARGO_BIN_EXE_mcp-gateway")).args(arguments).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let schema: Value = serde_json::from_str(&print(&["schema"])).unwrap();
    assert!(schema["properties"]["public_url"].is_object());
    assert!(print(&["completions", "bash"]).contains("mcp-gateway"));
}
