//! Grants of identity assertions, and the trust that they rest on.

use oauth_server::{DirectGrant, DirectGrants, TokenRefusal};
use oauth_types::{GrantId, Issuer, Principal, TokenErrorCode};
use token_manager::RevokeSelector;

use crate::third_party::{
    adapters::{GrantAccess, Trust},
    tasks::apply_rules,
    testing::*,
};

const ACME: &str = "https://idp.acme.example";
const OTHER: &str = "https://idp.other.example";

fn trust(sections: &[(&str, &str)]) -> Trust {
    Trust::new(sections.iter().map(|(issuer, words)| (issuer.parse().unwrap(), (*words).to_owned())))
}

/// What the token endpoint of a configuration with this trust has.
fn trusting(world: &World, trust: &Trust) -> GrantAccess {
    world.state.grant_access().trusting(trust.clone())
}

/// Puts a configuration in force, as a reload or a start does.
async fn begin(world: &World, trust: &Trust) -> GrantAccess {
    world.state.foundations.trust.replace(trust.clone());
    apply_rules(&world.state.foundations).await.unwrap();
    trusting(world, trust)
}

async fn bring(on: &GrantAccess, world: &World, issuer: &str) -> Result<GrantId, TokenRefusal> {
    let issuer: Issuer = issuer.parse().unwrap();
    let principal = Principal { provider: "acme".parse().unwrap(), subject: "alice".parse().unwrap() };
    let grant = DirectGrant {
        client_id: &client(),
        principal: &principal,
        scope: &"mcp".parse().unwrap(),
        resource: &RESOURCE.parse().unwrap(),
        key: None,
        vouched_by: Some(&issuer),
    };
    let before = ids(world).await;
    on.issue(grant).await?;
    Ok(ids(world).await.into_iter().find(|it| !before.contains(it)).unwrap())
}

async fn ids(world: &World) -> Vec<GrantId> {
    let all = world.state.foundations.grants.list(&RevokeSelector::All).await.unwrap();
    all.into_iter().map(|it| it.id).collect()
}

#[tokio::test]
async fn g38_what_an_assertion_gave_ends_when_its_issuer_is_changed_or_taken_out() {
    let before = trust(&[(ACME, "groups = staff"), (OTHER, "groups = all")]);
    for after in [
        trust(&[(ACME, "groups = admins"), (OTHER, "groups = all")]),
        trust(&[(OTHER, "groups = all")]),
        trust(&[("https://idp.acme.example.org", "issuer moved"), (OTHER, "groups = all")]),
    ] {
        let world = World::new().await;
        let access = begin(&world, &before).await;
        let of_acme = bring(&access, &world, ACME).await.unwrap();
        let of_other = bring(&access, &world, OTHER).await.unwrap();
        let (_, of_a_sign_in, _) = world.live("1").await;
        begin(&world, &before).await;
        assert!(world.is_live(of_acme), "nothing has changed");
        begin(&world, &after).await;
        assert!(!world.is_live(of_acme), "{after:?}");
        assert!(world.is_live(of_other) && world.is_live(of_a_sign_in));
    }
}

#[tokio::test]
async fn g38_an_issuer_that_is_changed_may_vouch_anew() {
    let world = World::new().await;
    let access = begin(&world, &trust(&[(ACME, "groups = staff")])).await;
    let before = bring(&access, &world, ACME).await.unwrap();
    let access = begin(&world, &trust(&[(ACME, "groups = staff, guests")])).await;
    assert!(!world.is_live(before));
    let after = bring(&access, &world, ACME).await.unwrap();
    begin(&world, &trust(&[(ACME, "groups = staff, guests")])).await;
    assert!(world.is_live(after));
}

/// A request that began before the reload is judged by what was in force then, and must not outlive it.
#[tokio::test]
async fn g38_a_request_that_a_reload_overtakes_gives_nothing_that_lives() {
    let world = World::new().await;
    let old = begin(&world, &trust(&[(ACME, "groups = staff")])).await;
    let (_, of_a_sign_in, _) = world.live("1").await;
    begin(&world, &trust(&[(ACME, "groups = admins")])).await;
    let refused = bring(&old, &world, ACME).await;
    assert!(matches!(refused, Err(TokenRefusal::Refused { code: TokenErrorCode::InvalidGrant, .. })));
    assert_eq!(ids(&world).await, [of_a_sign_in]);
    let stranger = bring(&old, &world, OTHER).await;
    assert!(matches!(stranger, Err(TokenRefusal::Refused { code: TokenErrorCode::InvalidGrant, .. })));
}

#[tokio::test]
async fn g38_a_client_that_acts_for_itself_rests_on_no_issuer() {
    let world = World::new().await;
    let access = begin(&world, &trust(&[(ACME, "groups = staff")])).await;
    let grant = DirectGrant {
        client_id: &client(),
        principal: &Principal::of_client(&client()).unwrap(),
        scope: &"mcp".parse().unwrap(),
        resource: &RESOURCE.parse().unwrap(),
        key: None,
        vouched_by: None,
    };
    access.issue(grant).await.unwrap();
    begin(&world, &Trust::default()).await;
    assert_eq!(ids(&world).await.len(), 1);
}
