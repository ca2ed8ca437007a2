//! What access tokens say of what their person belongs to (RFC 9068 section 2.2.3.1).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::Actor;
use serde_json::{Value, json};

use crate::{
    DirectGrant, ExchangedToken, IssuedTokens, Memberships, NewGrant, RedeemCheck, RotateCheck, testing::*,
};

fn admin() -> Memberships {
    Memberships {
        groups: vec!["corp:admins".to_owned(), "corp:a:b".to_owned()],
        organizations: Vec::new(),
        teams: vec!["corp:acme/ops".to_owned()],
    }
}

fn claims(tokens: &IssuedTokens) -> Value {
    let payload = tokens.access_token.expose().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// The lists of a token, and how long it is good.
fn told(tokens: &IssuedTokens) -> (Value, u64) {
    let claims = claims(tokens);
    let lists = ["groups", "organizations", "teams"].map(|it| (it.to_owned(), claims[it].clone()));
    let lists = lists.into_iter().filter(|(_, list)| !list.is_null()).collect();
    let seconds = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!(seconds, tokens.expires_in.as_secs());
    (Value::Object(lists), seconds)
}

async fn redeemed(world: &World, new: NewGrant, memberships: &Memberships) -> IssuedTokens {
    let (_, code) = world.grants.issue_code(new).await.unwrap();
    let client = client();
    let check = RedeemCheck { memberships, ..redeem_check(&client) };
    world.grants.redeem(code.expose(), check).await.unwrap()
}

async fn rotated(world: &World, tokens: &IssuedTokens, memberships: &Memberships) -> IssuedTokens {
    let client = client();
    let check = RotateCheck { memberships, ..rotate_check(&client) };
    world.grants.rotate(refresh_token(tokens), check).await.unwrap()
}

#[tokio::test]
async fn rfc9068_2_2_3_1_a_token_says_what_it_is_given_and_each_refresh_anew() {
    let world = World::new().await;
    let lists = json!({ "groups": ["corp:admins", "corp:a:b"], "teams": ["corp:acme/ops"] });
    let first = redeemed(&world, new_grant(), &admin()).await;
    assert_eq!(told(&first), (lists.clone(), 420));
    let second = rotated(&world, &first, Memberships::NONE).await;
    assert_eq!(told(&second), (json!({}), 3600));
    // A retry is no way back to what was said before.
    let again = rotated(&world, &first, Memberships::NONE).await;
    assert_eq!(told(&again), (json!({}), 3600));
    let third = rotated(&world, &second, &admin()).await;
    assert_eq!(told(&third), (lists, 420));
}

#[tokio::test]
async fn k05_a_token_that_says_something_lives_seven_minutes_at_most() {
    let short = std::time::Duration::from_secs(60);
    let world = World::with(|it| it.access_token_lifetime = short).await;
    assert_eq!(told(&redeemed(&world, new_grant(), &admin()).await).1, 60);
    let world = World::new().await;
    let once = NewGrant { refreshable: false, ..new_grant() };
    assert_eq!(told(&redeemed(&world, once.clone(), &admin()).await).1, 420);
    assert_eq!(told(&redeemed(&world, once, Memberships::NONE).await).1, 3600);
}

#[tokio::test]
async fn a_token_for_the_next_hop_says_what_matters_there() {
    let world = World::new().await;
    let tokens = redeemed(&world, new_grant(), Memberships::NONE).await;
    for (memberships, lists, lasts) in [
        (Memberships::default(), json!({}), 3600),
        (
            Memberships { organizations: vec!["corp:7".to_owned()], ..Memberships::default() },
            json!({ "organizations": ["corp:7"] }),
            420,
        ),
    ] {
        let next = ExchangedToken {
            grant: tokens.grant,
            client_id: "files".parse().unwrap(),
            actor: Actor { sub: "files".parse().unwrap(), act: None },
            scope: "mcp".parse().unwrap(),
            resource: "https://mcp.example/search".parse().unwrap(),
            key: None,
            memberships,
            expires_at: NOW + std::time::Duration::from_secs(3600),
        };
        assert_eq!(told(&world.grants.exchange(next).await.unwrap()), (lists, lasts));
    }
}

#[tokio::test]
async fn a_token_that_nobody_signed_in_for_says_nothing() {
    let world = World::new().await;
    let grant = DirectGrant {
        client_id: client(),
        principal: person("1"),
        scope: "mcp".parse().unwrap(),
        resource: resource(),
        key: None,
        rests_on: None,
    };
    assert_eq!(told(&world.grants.issue_tokens(grant).await.unwrap()), (json!({}), 3600));
}
