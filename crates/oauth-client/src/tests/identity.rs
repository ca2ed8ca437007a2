use serde_json::json;
use test_support::fake_http::Reply;

use super::support::{ISSUER, NOW, OpenId, USERINFO, id_token, metadata, openid_settings};
use crate::{
    AllowRules, EndedReason, IdToken, IdentityError, Lookups, ProviderSettings, SignIn, ThirdPartyTokens,
};

async fn signed_in(bench: &OpenId) -> SignIn {
    bench.sign_in(|it| it.claims["groups"] = json!(["admins"])).await.unwrap()
}

fn with_groups() -> OpenId {
    let lookups = Lookups { groups: true, ..Lookups::default() };
    OpenId::with(ProviderSettings { lookups, ..openid_settings() }, &metadata())
}

fn token(claims: &serde_json::Value, signature: &str) -> IdToken {
    IdToken::new(id_token(&json!({ "alg": "ES256" }), claims, signature))
}

#[tokio::test]
async fn j12_a_userinfo_address_completes_an_id_token_without_one() {
    let bench = OpenId::new();
    let email = async |verified: serde_json::Value| {
        let signed_in = bench.sign_in(|it| it.userinfo["email_verified"] = verified).await.unwrap();
        signed_in.identity.email.unwrap().verified
    };
    assert!(email(json!(true)).await);
    for unverified in [json!(false), json!("true"), json!(1), json!(null)] {
        assert!(!email(unverified.clone()).await, "{unverified}");
    }
    let signed_in = bench.sign_in(|it| it.userinfo["email"] = json!("a@b@c.example")).await.unwrap();
    assert_eq!(signed_in.identity.email, None);
}

#[tokio::test]
async fn j12_an_address_from_another_claim_is_not_what_email_verified_speaks_of() {
    let mut settings = openid_settings();
    settings.claims.email = Some("upn".parse().unwrap());
    let bench = OpenId::with(settings.clone(), &metadata());
    let claims = |it: &mut super::support::Answers| {
        it.claims["upn"] = json!("boss@ok.example");
        it.claims["email_verified"] = json!(true);
        it.claims["upn_verified"] = json!(true);
        it.userinfo = json!({ "sub": "alice-1" });
    };
    assert!(!bench.sign_in(claims).await.unwrap().identity.email.unwrap().verified);
    settings.claims.email_verified = Some("upn_verified".parse().unwrap());
    let bench = OpenId::with(settings, &metadata());
    assert!(bench.sign_in(claims).await.unwrap().identity.email.unwrap().verified);
}

#[tokio::test]
async fn k05_groups_that_only_an_id_token_tells_are_unknown_without_a_fresh_one() {
    let bench = with_groups();
    let SignIn { identity, tokens, .. } = signed_in(&bench).await;
    let rules = AllowRules { groups: ["admins".to_owned()].into(), ..AllowRules::default() };
    let known = &identity.principal;
    rules.permits(&bench.provider.identity(known, &tokens).await.unwrap()).unwrap();

    for stale in
        [None, Some(token(&json!({ "exp": NOW, "iss": ISSUER }), "good")), Some(token(&json!({}), "bad"))]
    {
        let tokens = ThirdPartyTokens { id_token: stale, ..tokens.clone() };
        let outcome = bench.provider.identity(known, &tokens).await;
        assert!(matches!(outcome, Err(IdentityError::Unavailable)), "{outcome:?}");
    }
    // As soon as userinfo speaks of groups, it is what counts.
    bench.http.set(USERINFO, Reply::json(&json!({ "sub": "alice-1", "groups": [] })));
    let identity = bench.provider.identity(known, &tokens).await.unwrap();
    rules.permits(&identity).unwrap_err();
}

#[tokio::test]
async fn j21_a_token_that_speaks_for_somebody_else_ends_the_grant() {
    let bench = OpenId::new();
    let SignIn { identity, tokens, .. } = signed_in(&bench).await;
    let mut other = identity.principal.clone();
    other.subject = "bob-1".parse().unwrap();
    bench.provider.identity(&identity.principal, &tokens).await.unwrap();
    let outcome = bench.provider.identity(&other, &tokens).await;
    assert!(matches!(outcome, Err(IdentityError::Ended(EndedReason::OtherSubject))), "{outcome:?}");
}

#[tokio::test]
async fn names_for_people_are_cut_and_cleaned() {
    let bench = OpenId::new();
    let name = "a\u{1b}[31m\r\n".to_owned() + &"b".repeat(500);
    let signed_in = bench.sign_in(|it| it.claims["name"] = json!(name)).await.unwrap();
    let shown = signed_in.identity.name.unwrap();
    assert!(shown.starts_with("a[31mb") && shown.chars().count() == 200, "{shown}");
    let blank = bench.sign_in(|it| it.claims["name"] = json!(" \n")).await.unwrap();
    assert_eq!(blank.identity.name, None);
}

#[tokio::test]
async fn j11_an_id_that_cannot_be_kept_is_no_id() {
    for subject in [json!(""), json!("a".repeat(256)), json!("a\nb"), json!(1.5), json!(true), json!(null)] {
        let bench = OpenId::new();
        let outcome = bench.sign_in(|it| {
            it.claims["sub"] = subject.clone();
            it.userinfo["sub"] = subject.clone();
        });
        assert_eq!(outcome.await.unwrap_err().reason(), "subject_missing", "{subject}");
    }
    OpenId::check(
        "the longest",
        |it| {
            it.claims["sub"] = json!("a".repeat(255));
            it.userinfo["sub"] = json!("a".repeat(255));
        },
        None,
    )
    .await;
}
