use serde_json::json;
use test_support::fake_http::FakeHttp;

use super::support::{OpenId, callback, metadata, openid_settings, provider, query};
use crate::{CallbackParams, ClientSecret, SignInError, StateSecrets};

#[tokio::test]
async fn j01_the_state_must_be_the_one_of_this_sign_in() {
    let bench = OpenId::check("the right state", |_| {}, None).await;
    assert_eq!(bench.exchanges(), 1);
    for (name, state) in [
        ("missing", None),
        ("empty", Some(String::new())),
        ("another", Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned())),
    ] {
        let bench = OpenId::check(name, |it| it.params.state = state, Some("state")).await;
        assert_eq!(bench.exchanges(), 0, "{name}: nothing may be exchanged");
    }
    let longer =
        OpenId::check("longer", |it| it.params.state.as_mut().unwrap().push('A'), Some("state")).await;
    assert_eq!(longer.exchanges(), 0);
}

#[tokio::test]
async fn j01_j22_a_sign_in_is_finished_where_it_was_begun() {
    let bench = OpenId::new();
    let other = openid_settings();
    let other =
        provider(crate::ProviderSettings { id: "other".parse().unwrap(), ..other }, bench.http.clone());
    let begun = other.begin(&callback()).await.unwrap();
    let foreign = bench.sign_in(|it| {
        it.params.state = Some(begun.secrets.state().expose().to_owned());
        it.secrets = begun.secrets;
    });
    assert_eq!(foreign.await.unwrap_err().reason(), "other_provider");
    assert_eq!(bench.exchanges(), 0);

    let elsewhere = bench.sign_in(|it| it.callback.set_path("/callback/other"));
    assert_eq!(elsewhere.await.unwrap_err().reason(), "other_callback");
    assert_eq!(bench.exchanges(), 0);
    bench.sign_in(|_| {}).await.unwrap();
}

#[tokio::test]
async fn j03_the_state_is_256_random_bits_and_tells_nothing() {
    let bench = OpenId::new();
    let first = bench.provider.begin(&callback()).await.unwrap();
    let second = bench.provider.begin(&callback()).await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for begun in [&first, &second] {
        for name in ["state", "nonce", "code_challenge"] {
            let text = query(&begun.authorize_url, name).unwrap();
            assert_eq!(text.len(), 43, "{name}: 32 bytes in base64url");
            assert!(seen.insert(text), "{name} is drawn anew each time, apart from the others");
        }
    }
    let verifier = String::from_utf8(first.secrets.to_bytes().to_vec()).unwrap();
    assert!(verifier.contains("verifier"));
    assert!(!first.authorize_url.as_str().contains("verifier"));
}

#[tokio::test]
async fn j03_the_secrets_survive_the_store_and_print_nothing() {
    let bench = OpenId::new();
    let begun = bench.provider.begin(&callback()).await.unwrap();
    let state = begun.secrets.state().expose().to_owned();
    assert!(!format!("{begun:?}").contains("verifier"));
    assert!(!format!("{:?}", begun.secrets).contains(&state));
    let stored = begun.secrets.to_bytes();
    let outcome = bench.sign_in(|it| it.secrets = StateSecrets::from_bytes(&it.secrets.to_bytes()).unwrap());
    outcome.await.unwrap();
    for bytes in [&stored[..stored.len() - 1], b"", b"{}"] {
        assert!(StateSecrets::from_bytes(bytes).is_err());
    }
    let params = CallbackParams { code: Some("secret-code".to_owned()), ..CallbackParams::default() };
    assert!(!format!("{params:?}").contains("secret-code"));
}

#[tokio::test]
async fn j04_an_error_is_a_code_and_its_description_is_never_passed_on() {
    let hostile = "<script>alert(1)</script>";
    for (error, shown) in [
        ("access_denied", "access_denied"),
        ("server_error", "server_error"),
        (hostile, "unreadable"),
        ("access_denied\r\nSet-Cookie: a=b", "unreadable"),
        ("", "unreadable"),
    ] {
        let bench = OpenId::new();
        let outcome = bench.sign_in(|it| {
            it.params.code = None;
            it.params.error = Some(error.to_owned());
            it.params.error_description = Some(hostile.to_owned());
        });
        let error = outcome.await.unwrap_err();
        assert!(matches!(&error, SignInError::Denied(code) if code.as_str() == shown), "{error:?}");
        assert!(!super::support::whole_text(&error).contains("script"));
        assert_eq!(bench.exchanges(), 0);
    }
    // An error beside a code is an error.
    OpenId::check("both", |it| it.params.error = Some("access_denied".to_owned()), Some("denied")).await;
    OpenId::check("neither", |it| it.params.code = None, Some("code_missing")).await;
    OpenId::check("empty code", |it| it.params.code = Some(String::new()), Some("code_missing")).await;
    OpenId::check("long code", |it| it.params.code = Some("a".repeat(4097)), Some("code_missing")).await;
    OpenId::check("longest code", |it| it.params.code = Some("a".repeat(4096)), None).await;
}

#[tokio::test]
async fn j05_iss_is_compared_byte_for_byte_before_anything_is_exchanged() {
    for (iss, expected) in [
        (Some("https://idp.example"), None),
        (Some("https://idp.example/"), Some("issuer")),
        (Some("https://IDP.example"), Some("issuer")),
        (Some("https://evil.example"), Some("issuer")),
        (Some(""), Some("issuer")),
        (None, Some("issuer")),
    ] {
        let name = format!("{iss:?}");
        let bench = OpenId::check(&name, |it| it.params.iss = iss.map(str::to_owned), expected).await;
        assert_eq!(bench.exchanges(), usize::from(expected.is_none()), "{name}");
    }
    // An error answer is from the right issuer too, or it is not believed.
    let mixed_up = |it: &mut super::support::Answers| {
        it.params.error = Some("access_denied".to_owned());
        it.params.iss = Some("https://evil.example".to_owned());
    };
    OpenId::check("error of another issuer", mixed_up, Some("issuer")).await;
}

#[tokio::test]
async fn j05_iss_may_be_missing_where_the_metadata_does_not_promise_it() {
    let mut silent = metadata();
    silent["authorization_response_iss_parameter_supported"] = json!(false);
    let bench = OpenId::with(openid_settings(), &silent);
    bench.sign_in(|it| it.params.iss = None).await.unwrap();
    let wrong = bench.sign_in(|it| it.params.iss = Some("https://evil.example".to_owned())).await;
    assert_eq!(wrong.unwrap_err().reason(), "issuer");
}

#[test]
fn j01_a_parameter_that_comes_twice_is_refused() {
    let good = CallbackParams::from_query("code=a%20b&state=s&iss=https%3A%2F%2Fi&scope=x&scope=y").unwrap();
    assert_eq!(good.code.as_deref(), Some("a b"));
    assert_eq!(good.iss.as_deref(), Some("https://i"));
    for repeated in ["code=a&code=b", "state=a&state=a", "iss=a&iss=b", "error=a&error=b", "code=&co%64e="] {
        assert!(CallbackParams::from_query(repeated).is_err(), "{repeated}");
    }
}

#[tokio::test]
async fn j19_parameters_that_are_not_of_the_protocol_are_ignored() {
    let params = CallbackParams::from_query("code=c&state=s&return_to=//evil.example&next=/%5Cevil").unwrap();
    assert_eq!((params.code.as_deref(), params.state.as_deref()), (Some("c"), Some("s")));
    let bench = OpenId::new();
    let begun = bench.provider.begin(&callback()).await.unwrap();
    assert_eq!(query(&begun.authorize_url, "redirect_uri").unwrap(), callback().as_str());
}

#[tokio::test]
async fn j20_a_sign_in_ends_when_the_settings_change_under_it() {
    let changes: [fn(&mut crate::ProviderSettings); 4] = [
        |it| it.client_secret = Some(ClientSecret::new("another".to_owned())),
        |it| it.client_secret = None,
        |it| it.client_id = "client-2".parse().unwrap(),
        |it| it.endpoints.token = Some("https://evil.example/token".parse().unwrap()),
    ];
    for change in changes {
        let before = OpenId::new();
        let begun = before.provider.begin(&callback()).await.unwrap();
        let mut settings = openid_settings();
        change(&mut settings);
        let after = OpenId::with(settings, &metadata());
        let params = CallbackParams {
            code: Some("c".to_owned()),
            state: Some(begun.secrets.state().expose().to_owned()),
            iss: Some("https://idp.example".to_owned()),
            ..CallbackParams::default()
        };
        let outcome = after.provider.finish(begun.secrets, &callback(), params).await;
        assert_eq!(outcome.unwrap_err().reason(), "settings_changed");
        assert!(after.http.requests().is_empty(), "nothing is sent anywhere");
    }
    // A restart with the same settings is no change, and a new scope does no harm.
    let begun = OpenId::new().provider.begin(&callback()).await.unwrap();
    let settings = crate::ProviderSettings { scopes: vec!["more".to_owned()], ..openid_settings() };
    let after = OpenId::with(settings, &metadata());
    let outcome = after.sign_in(|it| {
        it.params.state = Some(begun.secrets.state().expose().to_owned());
        it.secrets = begun.secrets;
        it.signature = "no-keys";
    });
    assert_eq!(outcome.await.unwrap_err().reason(), "temporary", "it got as far as the ID token");
}

#[tokio::test]
async fn j06_the_verifier_that_belongs_to_the_challenge_goes_with_the_code() {
    let bench = OpenId::new();
    let mut challenge = String::new();
    let begun = bench.provider.begin(&callback()).await.unwrap();
    challenge.push_str(&query(&begun.authorize_url, "code_challenge").unwrap());
    assert_eq!(query(&begun.authorize_url, "code_challenge_method").as_deref(), Some("S256"));
    let state = begun.secrets.state().expose().to_owned();
    let _ = bench
        .sign_in(|it| {
            it.secrets = begun.secrets;
            it.params.state = Some(state);
        })
        .await;
    let form = super::support::form(&bench.http, super::support::TOKEN);
    let verifier = super::support::value(&form, "code_verifier").unwrap().parse().unwrap();
    assert_eq!(oauth_types::CodeChallenge::of(&verifier).as_str(), challenge);
    assert_eq!(super::support::value(&form, "redirect_uri").unwrap(), callback().as_str());
}

#[tokio::test]
async fn j17_a_third_party_that_is_down_cannot_begin_and_says_so() {
    let provider = provider(openid_settings(), FakeHttp::new());
    assert_eq!(provider.begin(&callback()).await.unwrap_err().reason(), "temporary");
}
