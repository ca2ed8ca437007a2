use test_support::golden;

use super::*;

#[track_caller]
fn check(metadata: &Value, expected: Result<(), &str>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let answer = runtime.block_on(async { Scene::new().await.register(metadata).await });
    let error = body(&answer)["error"].as_str().map(str::to_owned);
    let status = if expected.is_ok() { 201 } else { 400 };
    assert_eq!(answer.status(), status, "{metadata}");
    assert_eq!(error.as_deref(), expected.err(), "{metadata}");
}

const URI: Result<(), &str> = Err("invalid_redirect_uri");
const METADATA: Result<(), &str> = Err("invalid_client_metadata");

#[test]
fn h01_there_are_one_to_ten_redirect_uris() {
    let many = |count: usize| (0..count).map(|it| format!("https://app.example/{it}")).collect::<Vec<_>>();
    check(&public(), Ok(()));
    check(&with("redirect_uris", json!(many(10))), Ok(()));
    let long = format!("https://app.example/{}", "a".repeat(2028));
    check(&with("redirect_uris", json!([long])), Ok(()));
    check(&with("redirect_uris", json!([long + "a"])), URI);
    check(&with("redirect_uris", json!(many(11))), URI);
    for uris in [Value::Null, json!([]), json!("https://app.example/"), json!([1]), json!([null]), json!({})]
    {
        check(&with("redirect_uris", uris), URI);
    }
    check(&json!({"redirect_uris": null}), URI);
}

#[test]
fn rfc9449_5_2_a_client_may_say_that_it_always_proves_its_key() {
    for value in [json!(true), json!(false), Value::Null] {
        check(&with("dpop_bound_access_tokens", value), Ok(()));
    }
    for value in [json!("true"), json!(1), json!([true])] {
        check(&with("dpop_bound_access_tokens", value), METADATA);
    }
}

#[test]
fn h02_h03_h04_h05_one_bad_redirect_uri_refuses_all() {
    for good in
        ["cursor://anysphere.cursor-mcp/oauth/callback", "http://[::1]:7777/cb", "com.example.app:/cb"]
    {
        check(&with("redirect_uris", json!(["https://app.example/cb", good])), Ok(()));
    }
    for bad in [
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///x",
        "blob:x",
        "about:blank",
        " javascript:x",
        "java\tscript:x",
        "\u{1}javascript:x",
        "http://app.example/cb",
        "http://localhost.evil/cb",
        "http://127.0.0.1@evil/cb",
        "http://[::1].evil/cb",
        "https://*.app.example/cb#x",
        "https://app.example/cb#",
        "https://user@app.example/cb",
        "https://app.example/../cb",
        "https://app.example\\cb",
        "https://app.example/a b",
        "https://äpp.example/cb",
        "intent://x",
        "ms-word:x",
        "search-ms:x",
        "x:cb",
    ] {
        check(&with("redirect_uris", json!(["https://app.example/cb", bad])), URI);
    }
}

#[test]
fn h06_what_is_not_supported_is_left_out_as_long_as_the_code_stays() {
    check(&with("grant_types", json!(["authorization_code", "implicit", "device_code"])), Ok(()));
    check(&with("grant_types", json!([])), Ok(()));
    check(&with("grant_types", json!(["implicit"])), METADATA);
    check(&with("grant_types", json!(["refresh_token"])), METADATA);
    check(&with("grant_types", json!("authorization_code")), METADATA);
    check(&with("response_types", json!(["code", "token"])), Ok(()));
    check(&with("response_types", json!(["token"])), METADATA);
    for method in ["client_secret_jwt", "tls_client_auth", "None", "x"] {
        check(&with("token_endpoint_auth_method", json!(method)), METADATA);
    }
    check(&with("token_endpoint_auth_method", json!("private_key_jwt")), METADATA);
}

#[test]
fn h07_every_url_is_https_on_a_public_host() {
    for name in ["client_uri", "logo_uri", "tos_uri", "policy_uri", "jwks_uri"] {
        check(&with(name, json!("https://app.example/x")), Ok(()));
        check(&with(name, json!("")), Ok(()));
        for name in [name.to_owned(), format!("{name}#de-CH")] {
            for bad in [
                "http://app.example/x",
                "https://localhost/x",
                "https://10.0.0.1/x",
                "https://[fd00::1]/x",
                "https://metadata.google.internal/x",
                "https://user@app.example/x",
                "javascript:alert(1)",
                "/x",
                "https://app.example/\u{202E}x",
            ] {
                check(&with(&name, json!(bad)), METADATA);
            }
            check(&with(&name, json!(["https://app.example/x"])), METADATA);
        }
    }
}

#[tokio::test]
async fn h08_a_name_is_kept_as_it_can_be_shown() {
    let scene = Scene::new().await;
    for (name, shown) in [
        ("<b>Bank</b>", "<b>Bank</b>"),
        ("evil\u{202E}edualC", "eviledualC"),
        ("Cl\u{200B}au\u{FEFF}de", "Claude"),
        ("a\nb\u{0}c", "a b c"),
    ] {
        let answer = scene.good(&with("client_name", json!(name))).await;
        assert_eq!(answer["client_name"], shown);
        let client = scene.registrations.find(&id(&text(&answer, "client_id"))).await.unwrap();
        assert_eq!(client.client.name.as_deref(), Some(shown));
    }
    for bad in [json!("a".repeat(10 * 1024)), json!(["App"])] {
        assert_eq!(scene.register(&with("client_name", bad)).await.status(), 400);
    }
}

#[test]
fn h09_a_software_statement_is_not_taken() {
    check(&with("software_statement", json!("e30.e30.")), Err("unapproved_software_statement"));
    check(&with("software_statement", json!({})), Err("unapproved_software_statement"));
}

#[tokio::test]
async fn h13_a_client_does_not_choose_its_client_id() {
    let scene = Scene::new().await;
    let own = text(&scene.good(&public()).await, "client_id");
    for chosen in ["admin", "https://app.example/client.json"] {
        let answer = scene.good(&with("client_id", json!(chosen))).await;
        assert_eq!(answer["client_id"], own.as_str());
        assert!(!scene.is_known(chosen).await);
    }
}

#[tokio::test]
async fn h10_h12_only_a_small_strict_json_object_is_read() {
    let scene = Scene::new().await;
    let good = public().to_string();
    let padded = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    let nested = format!("{},\"x\":{}{}}}", &good[..good.len() - 1], "[".repeat(500), "]".repeat(500));
    let wide = format!("{},\"x\":[{}0]}}", &good[..good.len() - 1], "0,".repeat(1_000_000));
    let json = "application/json";
    let rows: [(&str, String, u16); 17] = [
        (json, good.clone(), 201),
        ("Application/JSON; charset=utf-8", good.clone(), 201),
        (json, padded(16 * 1024), 201),
        (json, padded(16 * 1024 + 1), 413),
        (json, wide, 413),
        (json, nested, 400),
        (json, good.replacen('{', r#"{"client_name":"Other","#, 1), 400),
        (json, format!("[{good}]"), 400),
        (json, format!("\u{FEFF}{good}"), 400),
        (json, String::new(), 400),
        (json, "redirect_uris=https://app.example/cb".to_owned(), 400),
        ("text/plain", good.clone(), 415),
        ("application/x-www-form-urlencoded", good.clone(), 415),
        ("multipart/form-data", good.clone(), 415),
        ("application/jsonx", good.clone(), 415),
        ("text/plain; application/json", good.clone(), 415),
        ("", good.clone(), 415),
    ];
    for (content_type, body, status) in rows {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())]);
        let answer = scene.registrations.register(&headers, body.as_bytes(), None).await;
        assert_eq!(answer.status(), status, "{content_type} {body:.80}");
    }
    let answer = scene.registrations.register(&HeaderMap::new(), good.as_bytes(), None).await;
    assert_eq!(answer.status(), 415);
}

#[tokio::test]
async fn what_real_clients_send_is_taken() {
    let gemini = json!({
        "client_name": "Gemini CLI MCP Client", "redirect_uris": ["http://localhost:7777/oauth/callback"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "token_endpoint_auth_method": "none", "scope": "",
    });
    let vs_code = json!({
        "client_name": "Visual Studio Code", "client_uri": "https://code.visualstudio.com",
        "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        "redirect_uris": ["https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect",
            "http://127.0.0.1/", "http://127.0.0.1:33418/"],
        "response_types": ["code"], "token_endpoint_auth_method": "none", "application_type": "native",
    });
    let bare = json!({"redirect_uris": ["http://127.0.0.1:1/"], "client_uri": "", "client_name": null});
    let scene = Scene::new().await;
    for metadata in [&gemini, &vs_code, &bare] {
        let answer = scene.good(metadata).await;
        assert_eq!(answer["redirect_uris"], metadata["redirect_uris"]);
        assert_eq!(answer.get("application_type"), metadata.get("application_type"));
        assert!(answer.as_object().unwrap().values().all(|it| !it.is_null() && it != ""));
    }
    let asks_more = scene.good(&with("scope", json!("b a"))).await;
    assert_eq!(asks_more["scope"], "a b");
    let client = scene.registrations.find(&id(&text(&asks_more, "client_id"))).await.unwrap();
    assert_eq!(client.client.scope, None, "a client may ask for more when a tool needs it");
    assert_eq!(client.client.default_scope, Some("a b".parse().unwrap()));
}

#[tokio::test]
async fn i07_a_client_has_the_host_of_its_client_uri_only_if_answers_go_there() {
    let scene = Scene::new().await;
    let of = |client_uri: &str, redirect: &str| {
        let mut metadata = with("redirect_uris", json!(["http://localhost/cb", redirect]));
        metadata["client_uri"] = json!(client_uri);
        metadata
    };
    for (client_uri, redirect, host) in [
        ("https://app.example/about", "https://app.example/cb", Some("app.example")),
        ("https://claude.ai", "https://app.example/cb", None),
        ("https://claude.ai", "https://claude.ai.app.example/cb", None),
        ("https://claude.ai", "cursor://claude.ai/cb", None),
    ] {
        let answer = scene.good(&of(client_uri, redirect)).await;
        let known = scene.registrations.find(&id(&text(&answer, "client_id"))).await.unwrap();
        assert_eq!(known.client.host.as_deref(), host, "{client_uri} {redirect}");
    }
}

#[tokio::test]
async fn answers_are_as_written() {
    let scene = Scene::new().await;
    golden!("registration/public.http", &wire(&scene.register(&public()).await));
    golden!("registration/confidential.http", &wire(&scene.register(&confidential()).await));
    let refused = scene.register(&with("redirect_uris", json!(["http://evil.example/"]))).await;
    golden!("registration/invalid_redirect_uri.http", &wire(&refused));
    let refused = scene.register(&with("grant_types", json!(["implicit"]))).await;
    golden!("registration/invalid_client_metadata.http", &wire(&refused));
    let refused = scene.registrations.register(&HeaderMap::new(), b"{}", None).await;
    golden!("registration/content_type.http", &wire(&refused));
    scene.world.store.set_down(true);
    golden!("registration/unavailable.http", &wire(&scene.register(&public()).await));
}
