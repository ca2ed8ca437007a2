//! Rows of SECURITY about codes.

use std::sync::Arc;

use oauth_types::{JwkThumbprint, TokenErrorCode, UnixTime};

use crate::{EndCause, Liveness, NewGrant, RedeemCheck, Refusal, RevokeSelector, testing::*};

#[tokio::test]
async fn g01_the_second_valid_use_of_a_code_ends_the_grant() {
    let world = World::new().await;
    let code = world.code().await;
    let tokens = world.redeem(&code).await.unwrap();
    assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Live);

    assert_eq!(refused(world.redeem(&code).await), Refusal::Ended(EndCause::CodeReuse));
    assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Ended);
    assert_eq!(refused(world.rotate(&tokens).await), Refusal::Ended(EndCause::CodeReuse));
    assert_eq!(refused(world.redeem(&code).await), Refusal::Ended(EndCause::CodeReuse));
    assert_eq!(world.events.causes(), [EndCause::CodeReuse]);
}

#[tokio::test]
async fn g01_a_second_use_is_recognised_after_a_restart_and_after_rotations() {
    let world = World::new().await;
    let code = world.code().await;
    let first = world.redeem(&code).await.unwrap();
    let tokens = world.rotate(&first).await.unwrap();
    world.advance(3600);
    let world = world.restarted().await;
    assert_eq!(refused(world.redeem(&code).await), Refusal::Ended(EndCause::CodeReuse));
    assert_eq!(refused(world.rotate(&tokens).await), Refusal::Ended(EndCause::CodeReuse));
}

#[tokio::test(flavor = "multi_thread")]
async fn g02_of_a_thousand_parallel_redemptions_one_succeeds() {
    let world = Arc::new(World::new().await);
    for _ in 0..5 {
        let code = Arc::new(world.code().await);
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..1000 {
            let (world, code) = (Arc::clone(&world), Arc::clone(&code));
            attempts.spawn(async move { world.redeem(&code).await });
        }
        let mut tokens = Vec::new();
        while let Some(outcome) = attempts.join_next().await {
            match outcome.unwrap() {
                Ok(issued) => tokens.push(issued),
                outcome => assert_eq!(refused(outcome), Refusal::Ended(EndCause::CodeReuse)),
            }
        }
        assert_eq!(tokens.len(), 1);
        assert_eq!(world.grants.is_live(&tokens[0].grant), Liveness::Ended);
    }
    assert_eq!(world.events.causes(), [EndCause::CodeReuse; 5]);
}

#[tokio::test]
async fn a_code_can_be_issued_for_an_id_that_was_drawn_before() {
    let world = World::new().await;
    let (fresh, other) = (world.grants.draw_id(), world.grants.draw_id());
    assert_ne!(fresh.id(), other.id());
    let id = fresh.id();
    let code = world.grants.issue_code_as(fresh, new_grant()).await.unwrap();
    assert_eq!(world.redeem(&code).await.unwrap().grant, id);
    assert_eq!(world.grants.is_live(&other.id()), Liveness::Ended);
}

#[tokio::test]
async fn l22_an_id_is_known_from_its_draw_to_the_end_of_its_grant_and_never_again() {
    let world = World::new().await;
    let seen_at = |id| world.grants.seen_at(&id);
    let fresh = world.grants.draw_id();
    let id = fresh.id();
    assert_eq!(seen_at(id), Some(UnixTime::EPOCH), "drawn");
    let code = world.grants.issue_code_as(fresh, new_grant()).await.unwrap();
    assert_eq!(seen_at(id), Some(UnixTime::EPOCH), "a code");
    world.redeem(&code).await.unwrap();
    assert_eq!(seen_at(id), Some(NOW), "live");
    world.grants.revoke(&RevokeSelector::Grant(id), EndCause::SignedOut).await.unwrap();
    assert_eq!(seen_at(id), None, "ended");

    let unused = world.grants.draw_id();
    let id = unused.id();
    drop(unused);
    assert_eq!(seen_at(id), None, "drawn in vain");
    let refused = world.grants.draw_id();
    let id = refused.id();
    world.store.set_down(true);
    assert!(world.grants.issue_code_as(refused, new_grant()).await.is_err());
    world.store.set_down(false);
    assert_eq!(seen_at(id), None, "not stored");

    let (id, _) = world.grants.issue_code(new_grant()).await.unwrap();
    world.advance(60);
    world.grants.upkeep().once().await.unwrap();
    assert_eq!(seen_at(id), Some(UnixTime::EPOCH), "its redemption may be on its way");
    world.advance(600);
    world.grants.upkeep().once().await.unwrap();
    assert_eq!(seen_at(id), None, "nobody redeemed it");
}

/// Presents a code with one thing changed, then as it should be, then once more with the thing changed.
async fn check(change: impl Fn(&mut RedeemCheck<'_>), expected: Refusal) {
    let world = World::new().await;
    let code = world.code().await;
    let client = client();
    let mut check = redeem_check(&client);
    change(&mut check);
    assert_eq!(refused(world.grants.redeem(code.expose(), check).await), expected);
    assert!(world.redeem(&code).await.is_ok(), "the code is kept");
    assert_eq!(refused(world.grants.redeem(code.expose(), check).await), Refusal::CodeUsed);
    assert_eq!(world.events.causes(), []);
}

#[tokio::test]
async fn g03_a_wrong_verifier_leaves_the_code() {
    let (short, long) = ("a".repeat(42), "a".repeat(129));
    let challenge = new_grant().code_challenge;
    let challenge = challenge.as_str().to_owned();
    check(|it| it.code_verifier = None, Refusal::WrongVerifier).await;
    for verifier in [String::new(), short, long, challenge, VERIFIER[..42].to_owned()] {
        // The check borrows for as long as the test runs.
        let verifier: &'static str = verifier.leak();
        check(|it| it.code_verifier = Some(verifier), Refusal::WrongVerifier).await;
    }
}

#[tokio::test]
async fn g05_another_client_cannot_redeem_a_code_nor_burn_it_nor_end_its_grant() {
    let other = "client-b".parse().unwrap();
    let world = World::new().await;
    let code = world.code().await;
    let foreign = redeem_check(&other);
    let guess = RedeemCheck { code_verifier: None, redirect_uri: None, ..foreign };
    for check in [foreign, guess].repeat(5) {
        assert_eq!(refused(world.grants.redeem(code.expose(), check).await), Refusal::WrongClient);
    }
    assert_eq!(world.events.causes(), []);
    let tokens = world.redeem(&code).await.unwrap();
    assert_eq!(refused(world.grants.redeem(code.expose(), foreign).await), Refusal::CodeUsed);
    assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Live);
    assert!(world.rotate(&tokens).await.is_ok());
}

/// Who has neither the client nor the key has no part in the count of the client's own failures.
#[tokio::test]
async fn g03_g05_the_failures_of_others_do_not_add_to_those_of_the_client() {
    const KEYS: [JwkThumbprint; 2] = [JwkThumbprint::from_bytes([1; 32]), JwkThumbprint::from_bytes([2; 32])];
    let (client, other) = (client(), "client-b".parse().unwrap());
    let own = RedeemCheck { key: Some(KEYS[0]), ..redeem_check(&client) };
    let wrong = RedeemCheck { code_verifier: None, ..own };
    let strangers = [
        (RedeemCheck { client_id: &other, ..wrong }, Refusal::WrongClient),
        (RedeemCheck { key: Some(KEYS[1]), ..wrong }, Refusal::WrongKey),
        (RedeemCheck { key: None, ..wrong }, Refusal::WrongKey),
    ];
    for (failures, usable) in [(4, true), (5, false)] {
        let world = World::new().await;
        let new = NewGrant { key: Some(KEYS[0]), ..new_grant() };
        let (_, code) = world.grants.issue_code(new).await.unwrap();
        for _ in 0..failures {
            for (check, refusal) in strangers {
                assert_eq!(refused(world.grants.redeem(code.expose(), check).await), refusal);
            }
            assert_eq!(refused(world.grants.redeem(code.expose(), wrong).await), Refusal::WrongVerifier);
        }
        assert_eq!(world.grants.redeem(code.expose(), own).await.is_ok(), usable, "after {failures}");
    }
}

#[tokio::test]
async fn g06_the_redirect_uri_must_be_the_same_byte_for_byte() {
    for uri in
        [None, Some(""), Some("http://127.0.0.1:33419/callback"), Some("http://127.0.0.1:33418/callback/")]
    {
        check(|it| it.redirect_uri = uri, Refusal::WrongRedirectUri).await;
    }
}

#[tokio::test]
async fn g07_a_resource_that_was_not_granted_is_refused_and_the_code_kept() {
    let world = World::new().await;
    let other = "https://mcp.example/other".parse().unwrap();
    let client = client();
    for resources in [vec![other], vec![resource(), "https://mcp.example/".parse().unwrap()]] {
        let code = world.code().await;
        let check = RedeemCheck { resources: &resources, ..redeem_check(&client) };
        let refusal = refused(world.grants.redeem(code.expose(), check).await);
        assert_eq!((refusal, refusal.error_code()), (Refusal::WrongResource, TokenErrorCode::InvalidTarget));
        let check = RedeemCheck { resources: &[resource()], ..redeem_check(&client) };
        assert!(world.grants.redeem(code.expose(), check).await.is_ok());
    }
}

#[tokio::test]
async fn g03_the_fifth_failure_burns_a_code() {
    let client = client();
    let wrong = RedeemCheck { code_verifier: None, ..redeem_check(&client) };
    for (failures, usable) in [(4, true), (5, false)] {
        let world = World::new().await;
        let code = world.code().await;
        for _ in 0..failures {
            assert_eq!(refused(world.grants.redeem(code.expose(), wrong).await), Refusal::WrongVerifier);
        }
        assert_eq!(world.redeem(&code).await.is_ok(), usable, "after {failures}");
        assert_eq!(world.events.causes().is_empty(), usable);
    }
}

#[tokio::test]
async fn g08_a_code_lives_for_a_minute() {
    for (age, usable) in [(59, true), (60, false), (61, false)] {
        let world = World::new().await;
        let code = world.code().await;
        world.advance(age);
        match world.redeem(&code).await {
            Ok(_) => assert!(usable, "at {age} s"),
            outcome => assert_eq!((refused(outcome), usable), (Refusal::CodeExpired, false), "at {age} s"),
        }
    }
}

#[tokio::test]
async fn g26_g36_only_a_whole_code_of_ours_is_a_code() {
    let world = World::new().await;
    let code = world.code().await;
    let tokens = world.live().await;
    let text = code.expose();
    let flipped = format!("{}{}", &text[..46], if text.ends_with('A') { "E" } else { "A" });
    let foreign = World::new().await.code().await;
    let client = client();
    for bad in [
        "",
        "ac1.",
        &text[4..],
        &text[..46],
        &flipped,
        &format!("{text}A"),
        &format!("{text}="),
        &"a".repeat(1 << 20),
        &text.replace("ac1.", "rt1."),
        refresh_token(&tokens),
        tokens.access_token.expose(),
        foreign.expose(),
    ] {
        let outcome = world.grants.redeem(bad, redeem_check(&client)).await;
        assert_eq!(refused(outcome), Refusal::Unknown, "{bad:.60}");
    }
    assert!(world.redeem(&code).await.is_ok());
}

#[tokio::test]
async fn g36_who_knows_a_grants_id_cannot_burn_its_code() {
    let world = World::new().await;
    let code = world.code().await;
    let client = client();
    // The id is the first half of the code, and stands in access tokens.
    let guess = format!("{}AAAAAAAAAAAAAAAAAAAAA", &code.expose()[..26]);
    for _ in 0..10 {
        assert_eq!(refused(world.grants.redeem(&guess, redeem_check(&client)).await), Refusal::Unknown);
    }
    assert!(world.redeem(&code).await.is_ok());
}

#[tokio::test]
async fn g37_a_token_response_says_what_was_granted() {
    let world = World::new().await;
    let tokens = world.live().await;
    assert_eq!(tokens.expires_in.as_secs(), 3600);
    assert_eq!(tokens.scope, "files:read mcp".parse().unwrap());
    assert!(refresh_token(&tokens).starts_with("rt1."));
    assert_eq!(refresh_token(&tokens).len(), 84);
}

#[tokio::test]
async fn a_grant_without_refresh_tokens_ends_with_its_access_token() {
    let world = World::new().await;
    let new = NewGrant { refreshable: false, ..new_grant() };
    let (_, code) = world.grants.issue_code(new).await.unwrap();
    let tokens = world.redeem(&code).await.unwrap();
    assert!(tokens.refresh_token.is_none());
    world.advance(3599);
    assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Live);
    world.advance(1);
    assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Ended);
}

/// Whoever measures time learns nothing of a code, however much of it is right: it is compared by its digest, in
/// constant time, after the one read that the grant's id asks for. That id is no secret; access tokens name it.
#[tokio::test]
async fn g34_a_code_that_begins_like_a_real_one_takes_the_same_steps_as_any_other() {
    let world = World::new().await;
    let code = world.code().await;
    let text = code.expose();
    let client = client();
    for index in SECRET..text.len() - 1 {
        let mut guess = text.as_bytes().to_vec();
        guess[index] = if guess[index] == b'A' { b'B' } else { b'A' };
        let guess = String::from_utf8(guess).unwrap();
        let before = world.store.operations();
        let outcome = world.grants.redeem(&guess, redeem_check(&client)).await;
        assert_eq!(refused(outcome), Refusal::Unknown, "{index} characters were right");
        assert_eq!(world.store.operations() - before, 1, "{index} characters were right");
    }
    assert!(world.redeem(&code).await.is_ok(), "and no guess has used it up");
}

/// Where the grant's id ends in a code: behind the prefix, 128 bits of base64url.
const SECRET: usize = 4 + 22;
