//! Rules that change, and what is known of the person they are applied to.

use std::{collections::BTreeSet, time::Duration};

use http::StatusCode;
use oauth_client::AllowRules;
use oauth_server::TokenGrant;
use oauth_types::GrantId;
use serde_json::{Value, json};
use session_binding::{EndCause as SessionCause, Liveness, ThirdPartySessionId};
use test_support::{fake_http::Reply, issuer::TestIssuer};

use super::memberships::{groups, named};
use crate::third_party::{
    adapters::session_key,
    tasks::{apply_rules, look_at_persons},
    testing::*,
};

const SOURCES: [Source; 5] =
    [Source::Api, Source::Userinfo, Source::IdToken, Source::IdTokenAlone, Source::Local];

fn users(email: &str) -> AllowRules {
    AllowRules { users: BTreeSet::from([email.to_owned()]), ..AllowRules::default() }
}

fn staff() -> AllowRules {
    AllowRules { groups: BTreeSet::from(["staff".to_owned()]), ..AllowRules::default() }
}

/// A third party that signs ID tokens, and stands by what it said at the sign-in.
struct Scene {
    world: World,
    issuer: TestIssuer,
    session: ThirdPartySessionId,
    grant: GrantId,
    tokens: TokenGrant,
}

impl Scene {
    async fn of(source: Source, rules: AllowRules) -> Self {
        let mut world = World::of(source).await;
        let issuer = TestIssuer::new(IDP);
        world.http.set(JWKS, Reply::json(&issuer.jwks()));
        world.http.set(CHECK, Reply::json(&json!({ "aud": "gateway" })));
        world.http.set(REVOKE, Reply::status(200));
        world.says("1", &["staff"]);
        world.allow(rules);
        world.spawn_keeper();
        let (session, grant, tokens) = world.live("1").await;
        if source != Source::Local {
            world.give_tokens(&session).await;
        }
        let scene = Self { world, issuer, session, grant, tokens };
        scene.refreshes(&["staff"]);
        scene
    }

    /// What a refresh at the third party brings from now on: an ID token with these groups.
    fn refreshes(&self, groups: &[&str]) {
        self.refreshes_with(|it| it["groups"] = json!(groups));
    }

    fn refreshes_with(&self, change: impl FnOnce(&mut Value)) {
        let mut claims = json!({
            "iss": IDP, "sub": "1", "aud": "gateway", "iat": NOW.as_seconds(), "exp": NOW.as_seconds() + 86_400,
            "email": EMAIL, "email_verified": true,
        });
        change(&mut claims);
        let id_token = self.issuer.token().header("typ", "JWT").raw_claims(claims.to_string()).sign();
        self.world.http.set(
            TOKEN,
            Reply::json(&json!({
                "access_token": "third-access-2", "token_type": "bearer", "expires_in": 3600,
                "refresh_token": "third-refresh-2", "id_token": id_token,
            })),
        );
    }

    /// Goes on for a quarter of an hour, in which the connection is used and looked at.
    async fn quarter_of_an_hour(&self) {
        let on = &self.world.state.foundations;
        for _ in 0..8 {
            let _ = on.grants.is_live(&self.grant);
            look_at_persons(on, oauth_types::Clock::now(&*self.world.clock)).await.unwrap();
            self.world.advance(112);
        }
        look_at_persons(on, oauth_types::Clock::now(&*self.world.clock)).await.unwrap();
    }

    async fn liveness(&self) -> Liveness {
        self.world.state.foundations.sessions.liveness(&self.session).await.unwrap()
    }

    #[track_caller]
    fn expect(&self, lives: bool, what: impl std::fmt::Debug) {
        assert_eq!(self.world.is_live(self.grant), lives, "{what:?}");
    }
}

/// Where rules are applied.
#[derive(Clone, Copy, Debug)]
enum Occasion {
    Reload,
    Refresh,
    Redemption,
    Look,
}

#[tokio::test]
async fn g38_k05_whom_other_rules_shut_out_loses_access_on_every_occasion_and_others_do_not() {
    for source in SOURCES {
        for occasion in [Occasion::Reload, Occasion::Refresh, Occasion::Redemption, Occasion::Look] {
            for (rules, lives) in [(users(EMAIL), true), (users("other@example.org"), false), (staff(), true)]
            {
                let scene = Scene::of(source, users(EMAIL)).await;
                let world = &scene.world;
                let (other, code) = world.code(&scene.session, "1").await;
                world.allow(rules);
                match occasion {
                    Occasion::Reload => apply_rules(&world.state.foundations).await.unwrap(),
                    Occasion::Look => scene.quarter_of_an_hour().await,
                    Occasion::Refresh if lives => drop(world.refresh(&scene.tokens).await.unwrap()),
                    Occasion::Refresh => invalid_grant(world.refresh(&scene.tokens).await),
                    Occasion::Redemption if lives => {
                        world.redeem(&code).await.unwrap();
                        assert!(world.is_live(other));
                    }
                    Occasion::Redemption => invalid_grant(world.redeem(&code).await),
                }
                scene.expect(lives, (source, occasion));
                if !lives {
                    assert_eq!(scene.liveness().await, Liveness::Ended(SessionCause::NotAllowed));
                    let left = world.state.foundations.remembered.recall(&scene.session).await.unwrap();
                    assert!(left.is_none(), "nothing is kept of whoever has no access");
                }
            }
        }
    }
}

#[tokio::test]
async fn k05_a_reload_by_itself_ends_the_access_of_whom_it_shuts_out() {
    for source in SOURCES {
        let mut world = World::of(source).await;
        world.says("1", &["staff"]);
        world.http.set(REVOKE, Reply::status(200));
        let tasks = world.spawn();
        let (_, grant, _) = world.live("1").await;
        let ended = world.state.foundations.grants.watch_end(&grant).unwrap();
        world.allow(users(EMAIL));
        assert!(world.is_live(grant));
        world.allow(users("other@example.org"));
        let outcome = tokio::time::timeout(Duration::from_secs(20), ended.ended()).await;
        assert!(outcome.is_ok(), "{source:?}");
        tasks.stop().await;
    }
}

/// The id of a provider is given to another kind of provider, which knows somebody by the same name.
#[tokio::test]
async fn k05_j11_nobody_becomes_an_account_of_the_same_name_by_a_reload_nor_the_other_way_round() {
    let kinds = [Source::Api, Source::IdTokenAlone, Source::Local];
    for (before, after) in kinds.into_iter().flat_map(|it| [(it, Source::Local), (it, Source::Api)]) {
        for (rules, tokens) in [(staff(), true), (AllowRules { everybody: true, ..staff() }, false)] {
            for occasion in [Occasion::Reload, Occasion::Refresh, Occasion::Redemption, Occasion::Look] {
                let mut scene = Scene::of(before, staff()).await;
                if !tokens && before != Source::Local {
                    // One that gave no tokens.
                    scene.world.state.foundations.tokens.take(&session_key(&scene.session)).await.unwrap();
                }
                scene.world.name(named(&["third:staff"], &[]));
                let (_, code) = scene.world.code(&scene.session, "1").await;
                scene.world.becomes(after);
                scene.world.allow(rules.clone());
                // The same kind goes on; from one third party to another is for the operator to know.
                let lives = (before == Source::Local) == (after == Source::Local);
                let world = &scene.world;
                let outcome = match occasion {
                    Occasion::Reload => apply_rules(&world.state.foundations).await.map(|()| None).unwrap(),
                    Occasion::Look => {
                        scene.quarter_of_an_hour().await;
                        None
                    }
                    Occasion::Refresh => Some(world.refresh(&scene.tokens).await),
                    Occasion::Redemption => Some(world.redeem(&code).await),
                };
                scene.expect(lives, (before, after, &rules, occasion));
                match outcome {
                    Some(outcome) if lives => assert_eq!(groups(&outcome.unwrap()), json!(["third:staff"])),
                    Some(outcome) => invalid_grant(outcome),
                    None => {}
                }
            }
        }
    }
}

#[tokio::test]
async fn k05_a_built_in_account_that_is_taken_out_loses_access_with_the_reload() {
    for (subject, lives) in [("1", true), ("2", false)] {
        let world = World::of(Source::Local).await;
        let session = world.sign_in(subject).await;
        let (grant, _) = world.code(&session, subject).await;
        let live = world.state.foundations.sessions.find(&session).await.unwrap().unwrap();
        assert_eq!(live.grants, [grant]);
        apply_rules(&world.state.foundations).await.unwrap();
        let liveness = world.state.foundations.sessions.liveness(&session).await.unwrap();
        assert_eq!(liveness.is_live(), lives, "{subject}");
    }
}

#[tokio::test]
async fn k05_whoever_left_the_group_is_found_out_by_a_fresh_id_token() {
    for source in [Source::IdToken, Source::IdTokenAlone] {
        for (groups, lives) in [(["staff"].as_slice(), true), (&["visitors"], false), (&[], false)] {
            let scene = Scene::of(source, staff()).await;
            scene.refreshes(groups);
            scene.quarter_of_an_hour().await;
            scene.expect(lives, (source, groups));
            // At once, and then every seven to twelve minutes, each session at a time of its own.
            assert!(scene.world.http.count(TOKEN) <= 3, "not more often than it has to be");

            let scene = Scene::of(source, staff()).await;
            scene.refreshes(groups);
            assert_eq!(scene.world.refresh(&scene.tokens).await.is_ok(), lives, "{source:?} {groups:?}");
            scene.expect(lives, (source, groups));
        }
    }
}

/// Everybody may come in, but a rule of the server is about a group: that a token works is no answer about groups.
#[tokio::test]
async fn k05_a_group_that_only_id_tokens_tell_is_heard_again_by_a_refresh_of_the_third_party() {
    let sources = [Source::Userinfo, Source::IdToken, Source::IdTokenAlone];
    for (source, looked_at) in sources.into_iter().flat_map(|it| [(it, false), (it, true)]) {
        let everybody = AllowRules { everybody: true, ..AllowRules::default() };
        let scene = Scene::of(source, everybody).await;
        scene.world.name(named(&["third:staff"], &[]));
        scene.world.http.set(USERINFO, Reply::json(&json!({ "sub": "1" })));
        let tokens = scene.world.refresh(&scene.tokens).await.unwrap();
        assert_eq!(groups(&tokens), json!(["third:staff"]), "{source:?}");
        assert_eq!(scene.world.http.count(TOKEN), 1, "{source:?}");
        scene.refreshes(&["visitors"]);
        scene.world.advance(299);
        let tokens = scene.world.refresh(&tokens).await.unwrap();
        assert_eq!(groups(&tokens), json!(["third:staff"]), "{source:?}: asked not long ago");
        scene.world.advance(600);
        if looked_at {
            let now = oauth_types::Clock::now(&*scene.world.clock);
            look_at_persons(&scene.world.state.foundations, now).await.unwrap();
        }
        let tokens = scene.world.refresh(&tokens).await.unwrap();
        assert_eq!(groups(&tokens), Value::Null, "{source:?}");
        assert_eq!(scene.world.http.count(TOKEN), 2, "{source:?}");
        scene.expect(true, source);
    }
}

#[tokio::test]
async fn k05_userinfo_that_says_nothing_of_groups_leaves_the_word_to_id_tokens() {
    for (groups, lives) in [(["staff"], true), (["visitors"], false)] {
        let scene = Scene::of(Source::Userinfo, staff()).await;
        scene.world.http.set(USERINFO, Reply::json(&json!({ "sub": "1" })));
        scene.refreshes(&groups);
        assert_eq!(scene.world.refresh(&scene.tokens).await.is_ok(), lives);
        scene.expect(lives, groups);
    }
}

/// Many third parties leave out a list that has become empty: the ID token of the sign-in must not speak again.
#[tokio::test]
async fn k05_whoever_left_their_last_group_does_not_get_it_back_by_an_older_id_token() {
    let left_out = json!({ "sub": "1", "email": EMAIL, "email_verified": true });
    for (rules, then, said) in [
        (staff(), Some(&["staff"][..]), true),
        (staff(), None, false),
        (AllowRules { everybody: true, ..AllowRules::default() }, Some(&["staff"]), true),
        (AllowRules { everybody: true, ..AllowRules::default() }, None, false),
    ] {
        let scene = Scene::of(Source::Userinfo, rules.clone()).await;
        let world = &scene.world;
        world.http.set(TOKEN, refreshed(2));
        world.name(named(&["third:staff"], &[]));
        world.allow(rules.clone());
        let mut tokens = world.refresh(&scene.tokens).await.unwrap();
        assert_eq!(groups(&tokens), json!(["third:staff"]));
        match then {
            Some(groups) => world.says("1", groups),
            None => world.http.set(USERINFO, Reply::json(&left_out)),
        }
        for _ in 0..3 {
            world.advance(300);
            match world.refresh(&tokens).await {
                Ok(next) if said || rules.everybody => tokens = next,
                outcome if !said => {
                    invalid_grant(outcome);
                    break;
                }
                outcome => panic!("{outcome:?}"),
            }
            let expected = if said { json!(["third:staff"]) } else { Value::Null };
            assert_eq!(groups(&tokens), expected, "{then:?}");
        }
    }
}

#[tokio::test]
async fn j21_the_id_token_of_somebody_else_ends_the_session_and_one_that_proves_nothing_does_not() {
    type Change = fn(&mut Value);
    let rows: [(Change, bool); 4] = [
        (|_| {}, true),
        (|it| it["sub"] = json!("2"), false),
        (|it| it["iss"] = json!("https://other.example"), true),
        (|it| it["exp"] = json!(1), true),
    ];
    for (number, (change, lives)) in rows.into_iter().enumerate() {
        let scene = Scene::of(Source::IdTokenAlone, users(EMAIL)).await;
        scene.refreshes_with(change);
        assert_eq!(scene.world.refresh(&scene.tokens).await.is_ok(), lives, "row {number}");
        scene.expect(lives, number);
    }
}

/// What the refreshes of a third party bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Brings {
    Good,
    /// The one of the sign-in, which has expired.
    Expired,
    OfAnotherIssuer,
    /// One whose keys cannot be had.
    Unprovable,
    /// None, as ever.
    None,
    /// None any more.
    NoneAnyMore,
}

impl Brings {
    async fn set(self, scene: &Scene) -> TokenGrant {
        let world = &scene.world;
        if self == Self::Unprovable {
            world.http.set(JWKS, Reply::status(503));
        }
        if self == Self::NoneAnyMore {
            let tokens = world.refresh(&scene.tokens).await.unwrap();
            world.http.set(TOKEN, refreshed(3));
            return tokens;
        }
        match self {
            Self::Expired => scene.refreshes_with(|it| it["exp"] = json!(NOW.as_seconds() - 60)),
            Self::OfAnotherIssuer => scene.refreshes_with(|it| it["iss"] = json!("https://other.example")),
            Self::None => world.http.set(TOKEN, refreshed(2)),
            Self::Good | Self::Unprovable | Self::NoneAnyMore => {}
        }
        world.refresh(&scene.tokens).await.unwrap()
    }
}

/// Where only ID tokens tell what rules ask for, a refresh that brings none which is taken is no answer: it is believed
/// for an hour, unless the third party never brings one.
#[tokio::test]
async fn k05_an_id_token_that_proves_nothing_is_no_answer() {
    let everybody = AllowRules { everybody: true, ..AllowRules::default() };
    let rows = [
        (Brings::Good, true),
        (Brings::Expired, false),
        (Brings::OfAnotherIssuer, false),
        (Brings::Unprovable, false),
        (Brings::None, true),
        (Brings::NoneAnyMore, false),
    ];
    for (brings, lasts) in rows {
        for source in [Source::Userinfo, Source::IdToken, Source::IdTokenAlone] {
            for rules in [staff(), everybody.clone()] {
                let scene = Scene::of(source, rules.clone()).await;
                let world = &scene.world;
                world.http.set(USERINFO, Reply::json(&json!({ "sub": "1" })));
                world.name(named(&["third:staff"], &[]));
                world.allow(rules);
                let mut tokens = brings.set(&scene).await;
                for _ in 0..11 {
                    world.advance(300);
                    tokens = world.refresh(&tokens).await.unwrap();
                    assert_eq!(groups(&tokens), json!(["third:staff"]), "{source:?} {brings:?}");
                }
                world.advance(301);
                let outcome = world.refresh(&tokens).await;
                if lasts {
                    assert_eq!(groups(&outcome.unwrap()), json!(["third:staff"]), "{source:?} {brings:?}");
                } else {
                    unavailable(outcome);
                    // It brings one again.
                    world.http.set(JWKS, Reply::json(&scene.issuer.jwks()));
                    scene.refreshes(&["staff"]);
                    world.advance(300);
                    world.refresh(&tokens).await.unwrap();
                }
                scene.expect(true, (source, brings));
            }
        }
    }
}

/// Where nothing is asked for that ID tokens tell, or userinfo tells it, none is missed.
#[tokio::test]
async fn k02_who_is_known_without_an_id_token_needs_none() {
    let everybody = AllowRules { everybody: true, ..AllowRules::default() };
    for (source, rules) in [
        (Source::IdToken, everybody.clone()),
        (Source::IdTokenAlone, everybody),
        (Source::Userinfo, staff()),
        (Source::Userinfo, users(EMAIL)),
    ] {
        for brings in [Brings::Expired, Brings::Unprovable, Brings::None, Brings::NoneAnyMore] {
            let scene = Scene::of(source, rules.clone()).await;
            let mut tokens = brings.set(&scene).await;
            for _ in 0..15 {
                scene.world.advance(300);
                tokens = scene.world.refresh(&tokens).await.unwrap();
            }
            scene.expect(true, (source, brings));
        }
    }
}

/// The third party takes the token no more.
fn token_dead() -> Reply {
    let body = json!({ "error": "invalid_token" }).to_string().into();
    Reply::Answer { status: StatusCode::BAD_REQUEST, body }
}

#[tokio::test]
async fn k05_a_grant_that_was_revoked_at_a_third_party_of_id_tokens_is_noticed() {
    for (check, refresh, lives) in [
        (Reply::json(&json!({ "aud": "gateway" })), None, true),
        // Only the access token is over.
        (token_dead(), None, true),
        (token_dead(), Some(refused_by_third_party()), false),
        (Reply::json(&json!({ "aud": "another" })), None, false),
    ] {
        let scene = Scene::of(Source::IdToken, users(EMAIL)).await;
        let replies = [&scene.world.http];
        replies[0].set(CHECK, check.clone());
        if lives {
            replies[0].push(CHECK, Reply::json(&json!({ "aud": "gateway" })));
        }
        if let Some(refresh) = refresh {
            replies[0].set(TOKEN, refresh);
        }
        scene.quarter_of_an_hour().await;
        scene.expect(lives, &check);
        if !lives {
            assert_eq!(scene.liveness().await, Liveness::Ended(SessionCause::Revoked));
        }
    }
}

#[tokio::test]
async fn k05_k02_a_check_that_gives_no_answer_is_believed_for_an_hour() {
    let scene = Scene::of(Source::IdToken, users(EMAIL)).await;
    scene.world.give_long(&scene.session).await;
    scene.world.http.set(CHECK, Reply::status(503));
    let tokens = scene.world.refresh(&scene.tokens).await.unwrap();
    scene.world.advance(3599);
    let tokens = scene.world.refresh(&tokens).await.unwrap();
    scene.world.advance(60);
    unavailable(scene.world.refresh(&tokens).await);
    scene.expect(true, "nothing ends");
    // The rules are ours: whom they shut out is shut out all the same.
    scene.world.allow(users("other@example.org"));
    invalid_grant(scene.world.refresh(&tokens).await);
    scene.expect(false, "rules");
}

/// What sign-ins had left before it was kept who they were of.
#[tokio::test]
async fn k05_of_whom_nothing_is_kept_the_third_party_is_heard_or_they_sign_in_again() {
    for (source, refreshable, lives) in [
        (Source::Api, true, true),
        (Source::Userinfo, true, true),
        (Source::IdToken, true, true),
        (Source::IdTokenAlone, true, true),
        (Source::IdToken, false, false),
        (Source::IdTokenAlone, false, false),
    ] {
        let scene = Scene::of(source, users(EMAIL)).await;
        let on = &scene.world.state.foundations;
        if !refreshable {
            scene.world.give_access_token(&scene.session).await;
        }
        on.remembered.forget(&scene.session).await;
        assert_eq!(scene.world.refresh(&scene.tokens).await.is_ok(), lives, "{source:?}");
        scene.expect(lives, source);
        assert_eq!(on.remembered.recall(&scene.session).await.unwrap().is_some(), lives);
    }
}

#[tokio::test]
async fn k05_tokens_that_have_expired_do_not_keep_in_whom_the_rules_shut_out() {
    for (rules, lives) in [(users(EMAIL), true), (users("other@example.org"), false)] {
        let scene = Scene::of(Source::Api, users(EMAIL)).await;
        scene.world.give_access_token(&scene.session).await;
        scene.world.advance(3600);
        scene.world.allow(rules);
        assert_eq!(scene.world.refresh(&scene.tokens).await.is_ok(), lives);
        scene.expect(lives, "no token to ask with");
    }
}

#[tokio::test]
async fn k05_a_session_that_cannot_be_looked_at_keeps_nobody_else_from_it() {
    let scene = Scene::of(Source::Api, users(EMAIL)).await;
    let world = &scene.world;
    let (broken, _, _) = world.live("2").await;
    let table = token_manager::ThirdPartyIdentities::TABLE;
    let record = storage::Record::new(table, NOW + Duration::from_secs(86_400), b"broken".to_vec());
    let key = storage::Key::new(session_key(&broken).as_bytes()).unwrap();
    storage::RecordStore::put(&*world.store, table, &key, record).await.unwrap();
    world.allow(users("other@example.org"));
    apply_rules(&world.state.foundations).await.unwrap_err();
    scene.expect(false, "the other one");
}

#[tokio::test]
async fn k05_an_open_stream_is_use_and_is_looked_at() {
    let scene = Scene::of(Source::Api, staff()).await;
    let on = &scene.world.state.foundations;
    let _stream = on.grants.watch_end(&scene.grant).unwrap();
    scene.world.advance(40 * 60);
    scene.world.says("1", &["visitors"]);
    look_at_persons(on, oauth_types::Clock::now(&*scene.world.clock)).await.unwrap();
    scene.expect(false, "nothing came in for forty minutes, but the stream was open");
}
