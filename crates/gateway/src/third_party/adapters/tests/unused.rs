//! The end of a sign-in on which nothing rests any more, and what its third party is told.

use std::sync::Arc;

use async_trait::async_trait;
use oauth_client::Known;
use oauth_server::{GrantPort, TokenGrant};
use oauth_types::{ClientId, GrantId};
use session_binding::{
    BrowserSession, EndCause as SessionCause, GrantDirectory, Liveness, SignIn, ThirdPartySessionId,
};
use storage::Fault;
use test_support::fake_http::Reply;
use token_manager::{ThirdPartyAccessToken, TokenSet};

use crate::third_party::{
    adapters::{ClientNames, Directory, session_key},
    tasks::end_overdue,
    testing::*,
};

/// Of tokens of one session: the refresh token and the access token are revoked, each by itself.
const ONCE: usize = 2;

#[derive(Debug)]
struct Nameless;

#[async_trait]
impl ClientNames for Nameless {
    async fn name(&self, _: &ClientId) -> Option<String> {
        None
    }
}

/// A grant of a person whose third party has given tokens, and what else rests on the sign-in.
struct Scene {
    world: World,
    session: ThirdPartySessionId,
    grant: GrantId,
    tokens: TokenGrant,
}

impl Scene {
    async fn set() -> Self {
        let world = World::new().await;
        world.http.set(REVOKE, Reply::status(200));
        let (session, grant, tokens) = world.live("1").await;
        world.give_tokens(&session).await;
        Self { world, session, grant, tokens }
    }

    fn account(&self) -> Directory {
        let on = &self.world.state.foundations;
        Directory::new(on.grants.clone(), on.sessions.clone(), Arc::new(Nameless))
    }

    async fn revoke(&self) {
        let token = refresh_token(&self.tokens);
        self.world.access.revoke(token, &client()).await.unwrap();
        assert!(!self.world.is_live(self.grant));
    }

    async fn browser(&self) -> BrowserSession {
        let on = &self.world.state.foundations;
        let sign_in = SignIn { principal: person("1"), display_name: None, sid: None };
        let who = on.sessions.sign_in(sign_in).await.unwrap().who;
        assert_eq!(*who.session(), self.session);
        self.world.state.foundations.browsers.sign_in(None, &who).await.unwrap()
    }

    /// How often the third party was asked to revoke something, once the walk has come by twice.
    async fn told(&self) -> usize {
        for _ in 0..2 {
            self.world.advance(60);
            end_overdue(&self.world.state.foundations).await.unwrap();
        }
        self.world.http.count(REVOKE)
    }

    async fn liveness(&self) -> Liveness {
        self.world.state.foundations.sessions.liveness(&self.session).await.unwrap()
    }

    async fn ended(&self) -> bool {
        self.liveness().await == Liveness::Ended(SessionCause::Unused)
    }
}

#[tokio::test]
async fn k08_the_third_party_is_told_when_the_last_grant_ends_and_not_before() {
    for by_the_person in [false, true] {
        let scene = Scene::set().await;
        let (other, code) = scene.world.code(&scene.session, "1").await;
        scene.world.redeem(&code).await.unwrap();
        assert_eq!(scene.told().await, 0, "two grants live");
        if by_the_person {
            scene.account().end(&[scene.grant]).await.unwrap();
        } else {
            scene.revoke().await;
        }
        assert_eq!(scene.told().await, 0, "another grant lives");
        assert!(scene.world.is_live(other) && scene.liveness().await.is_live());
        scene.account().end(&[other]).await.unwrap();
        assert_eq!(scene.told().await, ONCE, "{by_the_person}");
        assert!(scene.ended().await);
        assert_eq!(scene.told().await, ONCE, "only once");
    }
}

#[tokio::test]
async fn k08_the_end_of_all_of_a_persons_grants_reaches_the_third_party_and_leaves_others_alone() {
    let scene = Scene::set().await;
    let (elsewhere, others, _) = scene.world.live("2").await;
    scene.world.give_tokens(&elsewhere).await;
    scene.account().end_all(&person("1")).await.unwrap();
    assert_eq!(scene.told().await, ONCE);
    assert!(scene.ended().await && scene.world.is_live(others));
    scene.account().end_all(&person("2")).await.unwrap();
    assert_eq!(scene.told().await, 2 * ONCE);
}

#[tokio::test]
async fn k08_a_browser_that_is_signed_in_keeps_its_sign_in_until_it_signs_out_or_is_idle() {
    for signs_out in [true, false] {
        let scene = Scene::set().await;
        let browser = scene.browser().await;
        scene.revoke().await;
        assert_eq!(scene.told().await, 0, "somebody sits there");
        assert!(scene.liveness().await.is_live());
        if signs_out {
            scene.world.state.foundations.browsers.sign_out(browser).await.unwrap();
        } else {
            scene.world.advance(1800);
        }
        assert_eq!(scene.told().await, ONCE, "{signs_out}");
        assert!(scene.ended().await);
    }
}

#[tokio::test]
async fn k08_a_connected_account_keeps_its_sign_in_until_it_is_taken_away() {
    let scene = Scene::set().await;
    let on = &scene.world.state.foundations;
    let tokens = TokenSet {
        provider: "third".parse().unwrap(),
        access_token: ThirdPartyAccessToken::new("connected".to_owned()),
        refresh_token: None,
        expires_at: None,
        scope: "profile".parse().unwrap(),
    };
    assert!(on.connect(&scene.session, tokens, &Known::of(person("7"))).await.unwrap());
    scene.revoke().await;
    assert_eq!(scene.told().await, 0, "an upstream may need it");
    on.disconnect(&person("1"), &"third".parse().unwrap()).await.unwrap();
    assert_eq!(scene.world.http.count(REVOKE), 1, "of the account");
    assert_eq!(scene.told().await, 1 + ONCE);
    assert!(scene.ended().await);
}

/// The code is out, and whoever redeems it needs what it rests on.
#[tokio::test]
async fn k08_a_code_that_is_out_keeps_its_sign_in() {
    let scene = Scene::set().await;
    scene.revoke().await;
    let (grant, code) = scene.world.code(&scene.session, "1").await;
    scene.world.advance(30);
    end_overdue(&scene.world.state.foundations).await.unwrap();
    scene.world.redeem(&code).await.unwrap();
    assert_eq!(scene.told().await, 0);
    assert!(scene.world.is_live(grant));
}

#[tokio::test]
async fn k08_a_store_that_fails_meanwhile_only_delays_it() {
    let scene = Scene::set().await;
    scene.revoke().await;
    scene.world.advance(60);
    end_overdue(&scene.world.state.foundations).await.unwrap();
    scene.world.advance(60);
    scene.world.store.set_down(true);
    end_overdue(&scene.world.state.foundations).await.unwrap_err();
    assert_eq!(scene.world.http.count(REVOKE), 0);
    scene.world.store.set_down(false);
    assert_eq!(scene.told().await, ONCE);
}

/// A process that stops in the middle leaves as much behind as a store that fails there.
#[tokio::test]
async fn k08_an_end_that_stops_halfway_is_finished_by_a_later_walk() {
    for fault in [Fault::Refused, Fault::AnswerLost] {
        for n in 1.. {
            let scene = Scene::set().await;
            scene.revoke().await;
            let on = &scene.world.state.foundations;
            scene.world.advance(60);
            end_overdue(on).await.unwrap();
            scene.world.advance(60);
            scene.world.store.fail_nth(n, fault);
            // Whatever it says of the failure, it comes by again.
            let _ = end_overdue(on).await;
            let pending = scene.world.store.is_pending();
            scene.world.store.fail_nth(u64::MAX, fault);
            let told = scene.told().await;
            assert!(scene.ended().await, "{fault:?} at {n}");
            assert_eq!(on.tokens.beginning_with(b"").await.unwrap(), [], "{fault:?} at {n}: tokens are left");
            // Taken, but nobody knows by whom.
            assert!(told == ONCE || told == 0 && fault == Fault::AnswerLost, "{fault:?} at {n}: {told}");
            if pending {
                assert!(n > 6, "only {} operations", n - 1);
                break;
            }
        }
    }
}

/// The third party may take the one for the other, and end both.
#[tokio::test]
async fn k08_a_third_party_is_not_asked_to_revoke_while_another_sign_in_of_the_person_lives() {
    let scene = Scene::set().await;
    let on = &scene.world.state.foundations;
    let sign_in = SignIn { principal: person("1"), display_name: None, sid: Some("b".to_owned()) };
    let elsewhere = *on.sessions.sign_in(sign_in).await.unwrap().who.session();
    scene.world.give_tokens(&elsewhere).await;
    assert_eq!(scene.told().await, 0);
    let liveness = on.sessions.liveness(&elsewhere).await.unwrap();
    assert_eq!(liveness, Liveness::Ended(SessionCause::Unused));
    assert_eq!(on.tokens.beginning_with(b"").await.unwrap(), [session_key(&scene.session)]);
    assert!(scene.world.is_live(scene.grant));
    scene.revoke().await;
    assert_eq!(scene.told().await, ONCE, "the last of the person");
}

#[tokio::test]
async fn k08_of_very_many_sign_ins_some_end_at_a_time() {
    let world = World::new().await;
    let on = &world.state.foundations;
    let mut sessions = Vec::new();
    for it in 0..65 {
        sessions.push(world.sign_in(&it.to_string()).await);
    }
    world.advance(60);
    for left in [1, 0] {
        end_overdue(on).await.unwrap();
        let mut live = 0;
        for it in &sessions {
            live += usize::from(on.sessions.liveness(it).await.unwrap().is_live());
        }
        assert_eq!(live, left);
    }
}
