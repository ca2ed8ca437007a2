use serde_json::json;
use test_support::fake_http::Reply;

use super::support::{ISSUER, NOW, OpenId, USERINFO, id_token, metadata, openid_settings};
use crate::{
    AllowRules, EndedReason, IdToken, IdentityError, Known, Lookups, ProviderSettings, SignIn,
    ThirdPartyTokens,
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
async fn k05_groups_that_only_an_id_token_tells_are_those_of_the_last_one() {
    let bench = with_groups();
    let SignIn { known, tokens, .. } = signed_in(&bench).await;
    let rules = AllowRules { groups: ["admins".to_owned()].into(), ..AllowRules::default() };
    let heard = bench.provider.identity(&known, &tokens.access).await.unwrap();
    assert!(!heard.complete, "userinfo says nothing of groups");
    rules.permits(&heard.known.identity()).unwrap();

    // As soon as userinfo speaks of groups, it is what counts.
    bench.http.set(USERINFO, Reply::json(&json!({ "sub": "alice-1", "groups": [] })));
    let heard = bench.provider.identity(&known, &tokens.access).await.unwrap();
    assert!(heard.complete);
    rules.permits(&heard.known.identity()).unwrap_err();
}

/// Many third parties leave out a list that has become empty; an ID token of before says nothing newer.
#[tokio::test]
async fn k05_a_list_that_userinfo_told_before_and_leaves_out_is_empty() {
    let rules = AllowRules { groups: ["admins".to_owned()].into(), ..AllowRules::default() };
    for (first, then, lets_in, complete) in [
        (json!(["admins"]), json!(null), false, true),
        (json!([]), json!(null), false, true),
        (json!(["admins"]), json!(["admins"]), true, true),
        // What it never told is told by ID tokens.
        (json!(null), json!(null), true, false),
    ] {
        let bench = with_groups();
        let says = |groups: &serde_json::Value| {
            let mut answer = json!({ "sub": "alice-1", "groups": groups });
            answer.as_object_mut().unwrap().retain(|_, it| !it.is_null());
            answer
        };
        let signed_in = bench.sign_in(|it| {
            it.claims["groups"] = json!(["admins"]);
            it.userinfo = says(&first);
        });
        let SignIn { known, tokens, .. } = signed_in.await.unwrap();
        bench.http.set(USERINFO, Reply::json(&says(&then)));
        let mut known = known;
        for time in 0..3 {
            let kept = serde_json::from_str(&serde_json::to_string(&known).unwrap()).unwrap();
            let heard = bench.provider.identity(&kept, &tokens.access).await.unwrap();
            let outcome = (rules.permits(&heard.known.identity()).is_ok(), heard.complete);
            assert_eq!(outcome, (lets_in, complete), "{first} {then}, time {time}");
            known = heard.known;
        }
        // It speaks of them again.
        bench.http.set(USERINFO, Reply::json(&says(&json!(["admins"]))));
        let heard = bench.provider.identity(&known, &tokens.access).await.unwrap();
        rules.permits(&heard.known.identity()).unwrap();
    }
}

#[tokio::test]
async fn what_was_kept_by_an_earlier_version_can_be_read() {
    let before = json!({
        "principal": { "provider": "third", "subject": "alice-1" },
        "origin": { "issuer": ISSUER, "subject": "alice-1", "audience": ["client-1"], "nonce": null },
        "id_token": { "groups": [{ "id": "admins", "name": null }] },
        "userinfo": { "groups": null },
    });
    let known: Known = serde_json::from_value(before).unwrap();
    assert!(known.identity().groups.iter().any(|it| it.is_named("admins")) && !known.was_renewed());
}

/// What the ID token of a refresh makes known, and whether the rules of the staff then let the person in.
async fn refreshed(
    change: impl FnOnce(&mut serde_json::Value),
    signature: &str,
) -> Result<Option<bool>, bool> {
    let bench = with_groups();
    let mut nonce = json!(null);
    let SignIn { known, tokens, .. } = bench
        .sign_in(|it| {
            it.claims["groups"] = json!(["admins"]);
            it.claims["email"] = json!("alice@ok.example");
            it.claims["auth_time"] = json!(NOW - 100);
            nonce = it.claims["nonce"].clone();
        })
        .await
        .unwrap();
    let mut claims = json!({
        "iss": ISSUER, "sub": "alice-1", "aud": "client-1", "exp": NOW + 600, "iat": NOW,
        "nonce": nonce, "groups": ["admins"],
    });
    change(&mut claims);
    let tokens = ThirdPartyTokens { id_token: Some(token(&claims, signature)), ..tokens };
    let rules = AllowRules { groups: ["admins".to_owned()].into(), ..AllowRules::default() };
    match bench.provider.refreshed_identity(&known, &tokens).await {
        Ok(heard) => Ok(heard.map(|it| {
            assert!(it.was_renewed() && !known.was_renewed());
            assert_eq!(it.identity().email, known.identity().email, "what does not change may be left out");
            rules.permits(&it.identity()).is_ok()
        })),
        Err(IdentityError::Ended(reason)) => {
            assert_eq!(reason, EndedReason::OtherSubject);
            Err(true)
        }
        Err(error) => {
            assert!(matches!(error, IdentityError::Temporary(_)), "{error:?}");
            Err(false)
        }
    }
}

#[tokio::test]
async fn k05_the_id_token_of_a_refresh_says_who_is_still_in_the_group() {
    assert_eq!(refreshed(|_| {}, "good").await, Ok(Some(true)));
    assert_eq!(refreshed(|it| it["groups"] = json!(["visitors"]), "good").await, Ok(Some(false)));
    assert_eq!(refreshed(|it| it["groups"] = json!([]), "good").await, Ok(Some(false)));
    // An empty list is often left out.
    assert_eq!(
        refreshed(|it| drop(it.as_object_mut().unwrap().remove("groups")), "good").await,
        Ok(Some(false))
    );
    // The ID token of a refresh may have no nonce, and one audience may be written in two ways.
    assert_eq!(
        refreshed(|it| drop(it.as_object_mut().unwrap().remove("nonce")), "good").await,
        Ok(Some(true))
    );
    assert_eq!(refreshed(|it| it["aud"] = json!(["client-1"]), "good").await, Ok(Some(true)));
}

#[tokio::test]
async fn j21_the_id_token_of_a_refresh_must_be_of_the_same_sign_in() {
    assert_eq!(refreshed(|it| it["sub"] = json!("bob-1"), "good").await, Err(true));
    assert_eq!(refreshed(|it| it["nonce"] = json!("another"), "good").await, Err(true));
    // The time of the original authentication, if it is there (OpenID Connect Core section 12.2).
    for (time, expected) in [(NOW - 100, Ok(Some(true))), (NOW - 99, Err(true)), (NOW, Err(true))] {
        assert_eq!(refreshed(|it| it["auth_time"] = json!(time), "good").await, expected, "{time}");
    }
    let with_a_point = serde_json::from_str(&format!("{}.0", NOW - 100)).unwrap();
    assert_eq!(refreshed(|it| it["auth_time"] = with_a_point, "good").await, Ok(Some(true)));
    let two = |it: &mut serde_json::Value| {
        it["aud"] = json!(["client-1", "client-2"]);
        it["azp"] = json!("client-1");
    };
    assert_eq!(refreshed(two, "good").await, Err(true));
    // What proves nothing tells nothing, and what cannot be proven now ends nothing.
    assert_eq!(refreshed(|it| it["sub"] = json!("bob-1"), "bad").await, Ok(None));
    assert_eq!(refreshed(|it| it["iss"] = json!("https://other.example"), "good").await, Ok(None));
    assert_eq!(refreshed(|it| it["aud"] = json!("client-2"), "good").await, Ok(None));
    assert_eq!(refreshed(|it| it["exp"] = json!(NOW), "good").await, Ok(None));
    assert_eq!(refreshed(|_| {}, "no-keys").await, Err(false));
}

#[tokio::test]
async fn k05_what_is_known_can_be_kept_and_says_what_it_does_not_tell() {
    let bench = with_groups();
    let SignIn { known, identity, .. } = signed_in(&bench).await;
    let kept: Known = serde_json::from_str(&serde_json::to_string(&known).unwrap()).unwrap();
    assert_eq!((kept.identity(), &kept), (identity, &known));
    let wanted = |groups, tenant| Lookups { groups, tenant, ..Lookups::default() };
    assert!(known.tells(wanted(true, false)) && !known.tells(wanted(true, true)));
    assert!(!Known::of(known.principal().clone()).tells(wanted(true, false)));
    assert!(!format!("{known:?}").contains("admins"), "{known:?}");
}

#[tokio::test]
async fn j12_another_address_is_not_vouched_for_by_the_one_before() {
    let bench = OpenId::new();
    let SignIn { known, tokens, .. } = signed_in(&bench).await;
    let verified = async |userinfo: serde_json::Value| {
        bench.http.set(USERINFO, Reply::json(&userinfo));
        let heard = bench.provider.identity(&known, &tokens.access).await.unwrap();
        heard.known.identity().email.is_some_and(|it| it.verified)
    };
    assert!(verified(json!({ "sub": "alice-1", "email": "a@ok.example", "email_verified": true })).await);
    assert!(!verified(json!({ "sub": "alice-1", "email": "new@ok.example" })).await);
}

#[tokio::test]
async fn j21_a_token_that_speaks_for_somebody_else_ends_the_grant() {
    let bench = OpenId::new();
    let SignIn { known, tokens, .. } = signed_in(&bench).await;
    let mut other = known.principal().clone();
    other.subject = "bob-1".parse().unwrap();
    bench.provider.identity(&known, &tokens.access).await.unwrap();
    let outcome = bench.provider.identity(&Known::of(other), &tokens.access).await;
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
