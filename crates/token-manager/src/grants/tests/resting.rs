use oauth_types::{ClientId, GrantId};

use crate::{EndCause, RestsOn, RevokeSelector, testing::*};

async fn of_code(world: &World, code: &str, client: &str) -> Option<RestsOn> {
    let client: ClientId = client.parse().unwrap();
    world.grants.session_of_code(code, &client).await.unwrap()
}

async fn of_refresh_token(world: &World, token: &str, client: &str) -> Option<RestsOn> {
    let client: ClientId = client.parse().unwrap();
    world.grants.session_of_refresh_token(token, &client).await.unwrap()
}

fn rests_on(grant: GrantId) -> RestsOn {
    RestsOn { grant, session: session(), principal: person("1"), resource: resource() }
}

#[tokio::test]
async fn g38_a_code_tells_its_session_to_its_client_while_it_can_be_redeemed() {
    let world = World::new().await;
    let (grant, code) = world.grants.issue_code(new_grant()).await.unwrap();
    let rests_on = Some(rests_on(grant));
    assert_eq!(of_code(&world, code.expose(), "client-a").await, rests_on);
    assert_eq!(of_code(&world, code.expose(), "client-b").await, None);
    let forged = format!("{}AAAA", &code.expose()[..43]);
    assert_eq!(of_code(&world, &forged, "client-a").await, None, "the grant's id alone is no code");
    assert_eq!(of_code(&world, "ac1.", "client-a").await, None);
    world.redeem(&code).await.unwrap();
    assert_eq!(of_code(&world, code.expose(), "client-a").await, None);
}

#[tokio::test]
async fn g38_a_refresh_token_tells_its_session_while_it_can_be_used() {
    let world = World::new().await;
    let first = world.live().await;
    let rests_on = Some(rests_on(first.grant));
    assert_eq!(of_refresh_token(&world, refresh_token(&first), "client-a").await, rests_on);
    assert_eq!(of_refresh_token(&world, refresh_token(&first), "client-b").await, None);
    let second = world.rotate(&first).await.unwrap();
    assert_eq!(of_refresh_token(&world, refresh_token(&first), "client-a").await, rests_on, "a retry");
    let third = world.rotate(&second).await.unwrap();
    assert_eq!(of_refresh_token(&world, refresh_token(&first), "client-a").await, None, "a theft");
    assert_eq!(of_refresh_token(&world, refresh_token(&third), "client-a").await, rests_on);
    world.grants.revoke(&RevokeSelector::Grant(first.grant), EndCause::SignedOut).await.unwrap();
    assert_eq!(of_refresh_token(&world, refresh_token(&third), "client-a").await, None);
}

#[tokio::test]
async fn a_grant_that_rests_on_nothing_says_so() {
    let world = World::new().await;
    let new = crate::NewGrant { session: None, ..new_grant() };
    let (_, code) = world.grants.issue_code(new).await.unwrap();
    assert_eq!(of_code(&world, code.expose(), "client-a").await, None);
    let tokens = world.redeem(&code).await.unwrap();
    assert_eq!(of_refresh_token(&world, refresh_token(&tokens), "client-a").await, None);
}
