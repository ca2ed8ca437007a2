use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use test_support::fake_http::Reply;

use super::support::{Answers, CLIENT, NOW, OpenId, metadata, openid_settings};
use crate::{IdTokenRefusal, SignInError};

async fn check(name: &str, change: impl FnOnce(&mut Answers), expected: Option<IdTokenRefusal>) {
    let bench = OpenId::new();
    let refusal = match bench.sign_in(change).await {
        Ok(_) => None,
        Err(SignInError::IdToken(refusal)) => Some(refusal),
        Err(other) => panic!("{name}: {other:?}"),
    };
    assert_eq!(refusal, expected, "{name}");
    let userinfo = bench.http.count(super::support::USERINFO);
    assert_eq!(userinfo, usize::from(expected.is_none()), "{name}: nothing follows a bad ID token");
}

#[tokio::test]
async fn j07_the_id_token_is_of_this_sign_in() {
    check("good", |_| {}, None).await;
    check("nonce of another", |it| it.claims["nonce"] = json!("other"), Some(IdTokenRefusal::Nonce)).await;
    check("nonce missing", |it| remove(&mut it.claims, "nonce"), Some(IdTokenRefusal::Nonce)).await;
    check("nonce a number", |it| it.claims["nonce"] = json!(1), Some(IdTokenRefusal::Nonce)).await;
}

#[tokio::test]
async fn j07_the_id_token_is_for_this_client() {
    check("aud in a list", |it| it.claims["aud"] = json!([CLIENT]), None).await;
    check("azp is us", |it| it.claims["azp"] = json!(CLIENT), None).await;
    for (name, aud) in [("another", json!("client-2")), ("empty", json!([])), ("null", Value::Null)] {
        check(name, |it| it.claims["aud"] = aud, Some(IdTokenRefusal::Audience)).await;
    }
    check("aud missing", |it| remove(&mut it.claims, "aud"), Some(IdTokenRefusal::Audience)).await;
    let several = json!([CLIENT, "client-2"]);
    let azp = Some(IdTokenRefusal::AuthorizedParty);
    check("several without azp", |it| it.claims["aud"] = several.clone(), azp).await;
    let of_another = |it: &mut Answers| it.claims["azp"] = json!("client-2");
    check("azp of another", of_another, azp).await;
    let ours = |it: &mut Answers| {
        it.claims["aud"] = several.clone();
        it.claims["azp"] = json!(CLIENT);
    };
    check("several with azp", ours, None).await;
}

#[tokio::test]
async fn j07_the_id_token_is_of_this_issuer_and_proven() {
    let slash = |it: &mut Answers| it.claims["iss"] = json!("https://idp.example/");
    check("iss with a slash", slash, Some(IdTokenRefusal::Issuer)).await;
    check("iss missing", |it| remove(&mut it.claims, "iss"), Some(IdTokenRefusal::Issuer)).await;
    let wrong = Some(IdTokenRefusal::Invalid("the signature is wrong"));
    check("signature", |it| it.signature = "bad", wrong).await;
    check("expired", |it| it.claims["exp"] = json!(NOW), Some(IdTokenRefusal::Invalid("expired"))).await;
    check("no JWT", |it| it.token["id_token"] = json!("opaque"), Some(IdTokenRefusal::Malformed)).await;
    check("no token", |it| it.token["id_token"] = json!(""), Some(IdTokenRefusal::Missing)).await;
}

#[tokio::test]
async fn j07_at_hash_is_of_the_access_token_by_the_signature_algorithm() {
    let half = |algorithm: &'static digest::Algorithm, token: &str| {
        let digest = digest::digest(algorithm, token.as_bytes());
        json!(URL_SAFE_NO_PAD.encode(&digest.as_ref()[..digest.as_ref().len() / 2]))
    };
    let refused = Some(IdTokenRefusal::AccessTokenHash);
    for (alg, algorithm, token, expected) in [
        ("ES256", &digest::SHA256, "access-1", None),
        ("RS384", &digest::SHA384, "access-1", None),
        ("PS512", &digest::SHA512, "access-1", None),
        ("EdDSA", &digest::SHA512, "access-1", None),
        ("ES256", &digest::SHA256, "access-2", refused),
        ("ES256", &digest::SHA512, "access-1", refused),
        ("XX256", &digest::SHA256, "access-1", refused),
    ] {
        let change = |it: &mut Answers| {
            it.header = json!({ "alg": alg });
            it.claims["at_hash"] = half(algorithm, token);
        };
        check(alg, change, expected).await;
    }
    check("no text", |it| it.claims["at_hash"] = json!(true), refused).await;
}

#[tokio::test]
async fn j07_keys_that_cannot_be_had_are_nobodys_fault() {
    OpenId::check("keys", |it| it.signature = "no-keys", Some("temporary")).await;
}

#[tokio::test]
async fn j08_userinfo_speaks_of_the_same_subject() {
    OpenId::check("same", |_| {}, None).await;
    let other = Some("other_subject");
    OpenId::check("another", |it| it.userinfo["sub"] = json!("mallory"), other).await;
    OpenId::check("missing", |it| remove(&mut it.userinfo, "sub"), other).await;
    OpenId::check("a number", |it| it.userinfo["sub"] = json!(1), other).await;
    let down = |it: &mut Answers| it.userinfo_reply = Some(Reply::status(503));
    OpenId::check("down", down, Some("temporary")).await;
    let html = |it: &mut Answers| it.userinfo_reply = Some(Reply::ok("<html>"));
    OpenId::check("HTML", html, Some("temporary")).await;
}

#[tokio::test]
async fn j07_an_id_token_is_wanted_even_when_userinfo_would_do() {
    let mut without = metadata();
    remove(&mut without, "jwks_uri");
    let bench = OpenId::with(openid_settings(), &without);
    let error = bench.sign_in(|_| {}).await.unwrap_err();
    assert_eq!(error.reason(), "temporary", "without keys nothing can be proven: {error:?}");
}

pub(super) fn remove(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().remove(name);
}
