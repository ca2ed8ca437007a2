//! What access tokens say of groups, organisations and teams.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_client::{AllowRules, Group, Identity};
use oauth_server::{DirectGrant, DirectGrants, Exchange, TokenGrant};
use oauth_types::{Actor, Clock, Principal};
use serde_json::{Value, json};
use storage::Fault;
use test_support::fake_http::Reply;
use token_manager::Memberships;
use tokio::sync::Notify;

use crate::{
    config::{Membership, MembershipName},
    third_party::{
        adapters::{NamedMemberships, Trust, session_key},
        testing::*,
    },
};

const SEARCH: &str = "https://mcp.example/search";

/// What the rules of two servers name.
pub(super) fn named(here: &[&str], elsewhere: &[&str]) -> NamedMemberships {
    let groups = |names: &[&str]| -> BTreeSet<(Membership, MembershipName)> {
        names.iter().map(|it| (Membership::Groups, it.parse().unwrap())).collect()
    };
    NamedMemberships::new([
        (RESOURCE.parse().unwrap(), groups(here)),
        (SEARCH.parse().unwrap(), groups(elsewhere)),
    ])
}

/// A world whose rules name these, and of whose person the third party says these groups.
async fn world(source: Source, here: &[&str], elsewhere: &[&str], groups: &[&str]) -> World {
    let world = World::of(source).await;
    world.name(named(here, elsewhere));
    world.says("1", groups);
    world
}

fn claims(tokens: &TokenGrant) -> Value {
    let payload = tokens.access_token.expose().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

pub(super) fn groups(tokens: &TokenGrant) -> Value {
    claims(tokens)["groups"].clone()
}

/// A person of `provider`, in these groups by id, and in organisations and teams that have names too.
fn identity(provider: &str, groups: &[&str]) -> Identity {
    let named = |id: &str, name: &str| Group { id: id.to_owned(), name: Some(name.to_owned()) };
    let principal = Principal { provider: provider.parse().unwrap(), subject: "1".parse().unwrap() };
    Identity {
        groups: groups.iter().map(|it| Group::of(it)).collect(),
        organizations: [named("9919", "Acme")].into(),
        teams: [named("7", "Acme/ops")].into(),
        ..Identity::of(principal)
    }
}

#[track_caller]
fn says(named: &[(Membership, &str)], person: &Identity, expected: [&[&str]; 3]) {
    let set = named.iter().map(|(membership, it)| (*membership, it.parse().unwrap())).collect();
    let named = NamedMemberships::new([(RESOURCE.parse().unwrap(), set)]);
    let Memberships { groups, organizations, teams } = named.said_of(&RESOURCE.parse().unwrap(), person);
    let said = [groups, organizations, teams];
    assert_eq!(said.each_ref().map(|it| it.iter().map(String::as_str).collect::<Vec<_>>()), expected);
    assert!(named.said_of(&SEARCH.parse().unwrap(), person).is_empty(), "of another server");
}

#[test]
fn j11_no_provider_tells_what_another_vouches_for() {
    use Membership::{Groups, Organizations, Teams};
    let rules = [(Groups, "corp:admins"), (Groups, "corp:staff:admins"), (Groups, "other:admins")];
    says(&rules, &identity("corp", &["admins"]), [&["corp:admins"], &[], &[]]);
    says(&rules, &identity("other", &["admins"]), [&["other:admins"], &[], &[]]);
    // A name with a colon is a name of the one who tells it.
    says(&rules, &identity("other", &["corp:admins"]), [&[], &[], &[]]);
    says(&rules, &identity("corp", &["staff:admins"]), [&["corp:staff:admins"], &[], &[]]);
    says(&rules, &identity("staff", &["admins", "corp:admins"]), [&[], &[], &[]]);
    says(&rules, &identity("corp", &["Admins", "admin", " admins", "admins2"]), [&[], &[], &[]]);
    // One list is not another.
    let rules = [(Groups, "corp:acme"), (Organizations, "corp:acme"), (Teams, "corp:acme")];
    says(&rules, &identity("corp", &["x"]), [&[], &["corp:acme"], &[]]);
}

#[test]
fn j14_organisations_and_teams_are_compared_as_allow_rules_compare_them() {
    use Membership::{Organizations, Teams};
    let person = identity("github", &[]);
    says(&[(Organizations, "github:acme")], &person, [&[], &["github:acme"], &[]]);
    says(&[(Organizations, "github:9919")], &person, [&[], &["github:9919"], &[]]);
    says(
        &[(Teams, "github:acme/OPS"), (Teams, "github:7")],
        &person,
        [&[], &[], &["github:7", "github:acme/OPS"]],
    );
    says(&[(Teams, "github:ops"), (Organizations, "github:7")], &person, [&[], &[], &[]]);
    // Somebody has taken a number for a name.
    let group = Group { id: "1".to_owned(), name: Some("9919".to_owned()) };
    let taken = Identity { organizations: [group].into(), ..person };
    says(&[(Organizations, "github:9919")], &taken, [&[], &[], &[]]);
}

#[test]
fn a_person_in_very_many_groups_is_said_to_be_in_those_that_rules_name() {
    let many: Vec<String> = (0..20_000).map(|it| format!("group-{it}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let person = identity("corp", &many);
    says(&[(Membership::Groups, "corp:group-19999")], &person, [&["corp:group-19999"], &[], &[]]);
    says(&[], &person, [&[], &[], &[]]);
}

#[tokio::test]
async fn rfc9068_2_2_3_1_a_token_says_what_the_rules_of_its_server_name_and_nothing_else() {
    for source in [Source::Api, Source::Userinfo, Source::IdToken, Source::IdTokenAlone] {
        let here = ["third:admins", "third:board", "other:staff"];
        let world = world(source, &here, &["third:staff"], &["admins", "staff"]).await;
        let (_, _, tokens) = world.live("1").await;
        assert_eq!(groups(&tokens), json!(["third:admins"]), "{source:?}");
        let claims = claims(&tokens);
        assert!(claims.get("organizations").is_none() && claims.get("teams").is_none(), "{claims}");
        assert_eq!(tokens.expires_in, Duration::from_secs(420));
    }
    // The same person where no rule names a group of theirs.
    for here in [&[][..], &["other:admins"], &["third:board"]] {
        let world = world(Source::Api, here, &["third:admins"], &["admins", "staff"]).await;
        let (_, _, tokens) = world.live("1").await;
        assert_eq!((groups(&tokens), tokens.expires_in), (Value::Null, Duration::from_secs(3600)));
    }
}

#[tokio::test]
async fn k05_whoever_left_the_group_is_not_said_to_be_in_it_after_the_next_refresh() {
    let world = world(Source::Api, &["third:admins"], &[], &["admins"]).await;
    let (session, grant, tokens) = world.live("1").await;
    world.give_long(&session).await;
    let tokens = world.refresh(&tokens).await.unwrap();
    assert_eq!(groups(&tokens), json!(["third:admins"]));
    world.says("1", &[]);
    world.advance(300);
    let tokens = world.refresh(&tokens).await.unwrap();
    assert_eq!(groups(&tokens), Value::Null);
    assert!(world.is_live(grant), "who may sign in is another question");
    world.says("1", &["admins"]);
    world.advance(300);
    assert_eq!(groups(&world.refresh(&tokens).await.unwrap()), json!(["third:admins"]));
}

/// Whenever somebody is removed from the group, whatever the client does, and however slow the third party is.
#[tokio::test]
async fn k05_fi13_a_quarter_of_an_hour_after_a_removal_no_token_says_the_group() {
    let most_leeway = 120;
    let mut slowest = 0;
    for (removed_at, every) in (0..24).flat_map(|it| [60, 299, 309, 419, 3600].map(|every| (it * 30, every)))
    {
        for takes in [0, 10] {
            let world = world(Source::Api, &["third:admins"], &[], &["admins"]).await;
            let (session, _, mut tokens) = world.live("1").await;
            world.give_long(&session).await;
            let passed = || world.clock.now().saturating_since(NOW).as_secs();
            let (mut good_until, mut removed, mut last) = (0, None, 0);
            while passed() < 2400 {
                if passed() >= last + every {
                    last = passed();
                    let (next, removal) = slowly_refreshed(&world, &tokens, removed, removed_at, takes).await;
                    (tokens, removed) = (next, removal);
                }
                if groups(&tokens) != Value::Null {
                    let ends = claims(&tokens)["exp"].as_u64().unwrap() - NOW.as_seconds();
                    good_until = good_until.max(ends + most_leeway);
                }
                if passed() >= removed_at {
                    removed = removed.or_else(|| Some(passed()));
                }
                world.advance(1);
            }
            let after = good_until.saturating_sub(removed.unwrap());
            assert!(
                after <= 15 * 60,
                "removed at {removed:?}, with a refresh every {every} s of {takes} s: {after} s"
            );
            slowest = slowest.max(after);
        }
    }
    println!("a group was said for {slowest} s after a removal, at most");
}

/// Refreshes at a third party that `takes` so many seconds for an answer, just after which somebody is removed if it is
/// about time; answers also when they were.
async fn slowly_refreshed(
    world: &World,
    tokens: &TokenGrant,
    mut removed: Option<u64>,
    removed_at: u64,
    takes: u64,
) -> (TokenGrant, Option<u64>) {
    let answer = Arc::new(Notify::new());
    let says: &[&str] = if removed.is_some() { &[] } else { &["admins"] };
    world.http.set(USERINFO, user(says).held(&answer));
    let asked = world.http.count(USERINFO);
    let slow = async {
        world.http.wait_for(USERINFO, asked + 1).await;
        let passed = world.clock.now().saturating_since(NOW).as_secs();
        if passed + 30 >= removed_at {
            removed = removed.or(Some(passed));
        }
        world.advance(takes);
        answer.notify_one();
        std::future::pending::<()>().await;
    };
    let tokens = tokio::select! {
        biased;
        outcome = world.refresh(tokens) => outcome.unwrap(),
        () = slow => unreachable!("it waits"),
    };
    (tokens, removed)
}

/// What the third party says of the person: these groups.
fn user(groups: &[&str]) -> Reply {
    Reply::json(&json!({ "id": "1", "groups": groups }))
}

/// Refreshes, and has others note what was known before while the third party answers, so many times.
async fn refreshed_among_others(
    world: &World,
    tokens: &TokenGrant,
    says: &[&str],
    times: usize,
) -> TokenGrant {
    let remembered = &world.state.foundations.remembered;
    let session = world.state.foundations.sessions.for_principal(&person("1")).await.unwrap()[0].id;
    let before = remembered.recall(&session).await.unwrap().unwrap().known;
    let answer = Arc::new(Notify::new());
    let asked = world.http.count(USERINFO);
    world.http.set(USERINFO, user(says).held(&answer));
    for _ in 1..times {
        world.http.push(USERINFO, user(says).held(&answer));
    }
    world.http.push(USERINFO, user(says));
    let others = async {
        for time in 1..=times {
            world.http.wait_for(USERINFO, asked + time).await;
            remembered.keep(&session, &before, world.clock.now()).await.unwrap();
            answer.notify_one();
        }
    };
    let both = async { tokio::join!(world.refresh(tokens), others) };
    let outcome = tokio::time::timeout(Duration::from_secs(10), both).await;
    outcome.expect("it is not asked again").0.unwrap()
}

#[tokio::test]
async fn k05_an_answer_is_not_lost_to_others_who_note_something_meanwhile() {
    for (says, expected) in [(&[][..], Value::Null), (&["admins"], json!(["third:admins"]))] {
        let world = world(Source::Api, &["third:admins"], &[], &["admins"]).await;
        let (session, _, tokens) = world.live("1").await;
        world.give_long(&session).await;
        let tokens = refreshed_among_others(&world, &tokens, says, 1).await;
        assert_eq!(groups(&tokens), expected);
        let asked = world.http.count(USERINFO);
        assert_eq!(groups(&world.refresh(&tokens).await.unwrap()), expected, "what is kept is the answer");
        assert_eq!(world.http.count(USERINFO), asked);
    }
}

#[tokio::test]
async fn k05_an_answer_that_cannot_be_kept_is_none() {
    let world = world(Source::Api, &["third:admins"], &[], &["admins"]).await;
    let (session, _, tokens) = world.live("1").await;
    world.give_long(&session).await;
    let tokens = refreshed_among_others(&world, &tokens, &[], 3).await;
    assert_eq!(world.http.count(USERINFO), 3);
    // It is asked again as soon as one that does not answer.
    world.advance(60);
    assert_eq!(groups(&world.refresh(&tokens).await.unwrap()), Value::Null);
    assert_eq!(world.http.count(USERINFO), 4);
}

/// A reload meanwhile gives the id to built-in accounts, one of which has the name of the person.
#[tokio::test]
async fn k05_a_token_says_what_was_heard_in_the_question_before_it() {
    for (says, employs, expected) in
        [(&[][..], &["admins"][..], Value::Null), (&["admins"], &[], json!(["third:admins"]))]
    {
        let world = world(Source::Api, &["third:admins"], &[], &["admins"]).await;
        let (session, _, tokens) = world.live("1").await;
        world.give_long(&session).await;
        let answer = Arc::new(Notify::new());
        world.http.set(USERINFO, user(says).held(&answer));
        let reload = async {
            world.http.wait_for(USERINFO, 1).await;
            world.employ(employs);
            answer.notify_one();
        };
        let (tokens, ()) = tokio::join!(world.refresh(&tokens), reload);
        assert_eq!(groups(&tokens.unwrap()), expected);
    }
}

#[tokio::test]
async fn k02_a_third_party_without_an_answer_is_believed_for_an_hour_and_then_nobody_gets_a_token() {
    let world = world(Source::Api, &["third:admins"], &[], &["admins"]).await;
    let (session, grant, tokens) = world.live("1").await;
    world.give_long(&session).await;
    world.http.set(USERINFO, Reply::status(503));
    world.advance(3599);
    let tokens = world.refresh(&tokens).await.unwrap();
    assert_eq!(groups(&tokens), json!(["third:admins"]));
    world.advance(1);
    unavailable(world.refresh(&tokens).await);
    assert!(world.is_live(grant));
}

#[tokio::test]
async fn g27_without_what_is_kept_there_is_no_token_and_nothing_is_used_up() {
    for refreshes in [false, true] {
        let world = world(Source::Api, &["third:admins"], &[], &["admins"]).await;
        let session = world.sign_in("1").await;
        world.give_long(&session).await;
        world.state.foundations.providers.note_permitted(&session);
        let (_, code) = world.code(&session, "1").await;
        let tokens = if refreshes { Some(world.redeem(&code).await.unwrap()) } else { None };
        let act = async || match &tokens {
            Some(tokens) => world.refresh(tokens).await,
            None => world.redeem(&code).await,
        };
        let mut failed = 0;
        let issued = loop {
            world.store.fail_nth(failed + 1, Fault::Refused);
            match act().await {
                Ok(tokens) => break tokens,
                other => unavailable(other),
            }
            failed += 1;
            assert!(failed < 50, "it never comes to an end");
        };
        assert!(failed >= 4, "only {failed} operations");
        assert_eq!(groups(&issued), json!(["third:admins"]));
    }
}

#[tokio::test]
async fn o06_the_groups_of_an_account_are_those_of_the_configuration_in_force() {
    let world = world(Source::Local, &["third:staff"], &[], &[]).await;
    let (_, grant, tokens) = world.live("1").await;
    assert_eq!((groups(&tokens), tokens.expires_in), (json!(["third:staff"]), Duration::from_secs(420)));
    world.name(named(&["third:board"], &["third:staff"]));
    let tokens = world.refresh(&tokens).await.unwrap();
    assert_eq!(groups(&tokens), Value::Null, "no rule names it any more");
    world.name(named(&["third:staff"], &[]));
    world.employ(&[]);
    let tokens = world.refresh(&tokens).await.unwrap();
    assert_eq!(groups(&tokens), Value::Null, "the account is in no group any more");
    world.employ(&["staff", "board"]);
    assert_eq!(groups(&world.refresh(&tokens).await.unwrap()), json!(["third:staff"]));
    assert!(world.is_live(grant));
}

fn exchange<'a>(
    subject_token: &'a oauth_server::SubjectToken,
    resource: &'a oauth_types::ResourceUri,
    held: &'a Held,
) -> Exchange<'a> {
    Exchange {
        subject_token,
        client_id: &held.client,
        actor: Actor { sub: "files".parse().unwrap(), act: None },
        scope: &held.scope,
        resource,
        key: None,
    }
}

/// What requests borrow.
struct Held {
    client: oauth_types::ClientId,
    scope: oauth_types::Scope,
}

#[tokio::test]
async fn rfc8693_a_token_for_the_next_hop_says_the_groups_of_that_server_as_they_are_now() {
    let world = world(Source::Api, &["third:admins"], &["third:staff"], &["admins", "staff"]).await;
    let (session, grant, tokens) = world.live("1").await;
    world.give_long(&session).await;
    let held = Held { client: "files".parse().unwrap(), scope: "mcp".parse().unwrap() };
    let subject = world.access.subject_token(tokens.access_token.expose()).await.unwrap().unwrap();
    let (search, other) = (SEARCH.parse().unwrap(), "https://mcp.example/other".parse().unwrap());
    let exchanged = async |resource| world.access.exchange(exchange(&subject, resource, &held)).await;
    assert_eq!(groups(&exchanged(&search).await.unwrap()), json!(["third:staff"]));
    let asked = world.http.count(USERINFO);
    assert_eq!(groups(&exchanged(&other).await.unwrap()), Value::Null);
    assert_eq!(world.http.count(USERINFO), asked, "nobody is asked for what nobody needs");
    world.says("1", &["admins"]);
    world.advance(300);
    assert_eq!(groups(&exchanged(&search).await.unwrap()), Value::Null);
    // What the grant rests on is judged as at a refresh.
    world.allow(AllowRules { groups: ["board".to_owned()].into(), ..AllowRules::default() });
    world.http.set(REVOKE, Reply::status(200));
    invalid_grant(exchanged(&search).await);
    assert!(!world.is_live(grant));
}

#[tokio::test]
async fn tokens_that_nobody_signed_in_for_say_nothing() {
    let world = world(Source::Api, &["third:admins"], &["third:admins"], &["admins"]).await;
    let issuer = IDP.parse().unwrap();
    let trust = Trust::new([(issuer, "the section".to_owned())]);
    world.state.foundations.trust.replace(trust.clone());
    let access = world.state.grant_access().trusting(trust);
    let held = Held { client: client(), scope: "mcp".parse().unwrap() };
    let vouched_by = IDP.parse().unwrap();
    for (principal, vouched_by) in
        [(person("1"), Some(&vouched_by)), (Principal::of_client(&client()).unwrap(), None)]
    {
        let grant = DirectGrant {
            client_id: &held.client,
            principal: &principal,
            scope: &held.scope,
            resource: &RESOURCE.parse().unwrap(),
            key: None,
            vouched_by,
        };
        let tokens = access.issue(grant).await.unwrap();
        assert_eq!(groups(&tokens), Value::Null);
        // Neither does what is made of them.
        let subject = access.subject_token(tokens.access_token.expose()).await.unwrap().unwrap();
        let search = SEARCH.parse().unwrap();
        let hop = access.exchange(exchange(&subject, &search, &held)).await.unwrap();
        assert_eq!(groups(&hop), Value::Null);
    }
    assert_eq!(world.http.count(USERINFO), 0);
}

#[tokio::test]
async fn j11_a_grant_of_somebody_else_says_nothing_of_the_person_of_the_session() {
    let world = world(Source::Api, &["third:admins"], &[], &["admins"]).await;
    let (session, grant, _) = world.live("1").await;
    world.give_long(&session).await;
    for (subject, expected) in [("1", vec!["third:admins".to_owned()]), ("2", Vec::new())] {
        let rests_on = token_manager::RestsOn {
            grant,
            session: session_key(&session),
            principal: person(subject),
            resource: RESOURCE.parse().unwrap(),
        };
        assert_eq!(world.access.checked(Some(&rests_on)).await.unwrap().groups, expected, "{subject}");
    }
}
