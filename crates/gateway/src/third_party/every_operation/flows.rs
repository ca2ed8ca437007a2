//! Every other flow, in which the n-th operation of the store or of the third party fails, for every n until none is left
//! (G27): whoever is told that something is unavailable tries again, and what the flow promises holds afterwards, here
//! and in the next process.

mod acts;
mod promises;

use oauth_types::{Clock, GrantId};
use session_binding::SignIn;
use token_manager::NewGrant;

use super::{
    gateway::{CORP, FURTHER, named, providers},
    *,
};
use crate::third_party::{adapters::session_key, tasks, testing::*};

/// What somebody does, or what is done in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    /// A person connects an account at a further third party.
    Connect,
    /// They take it away again.
    Disconnect,
    /// A third party tells of a sign-out.
    BackChannelLogout,
    /// A client wants a token for itself.
    ClientCredentials,
    /// A client brings an assertion of an enterprise.
    IdentityAssertion,
    /// A server exchanges a token for the next hop.
    Exchange,
    /// A client proves itself by its key, and pushes an authorization request.
    Push,
    /// The operator ends everything.
    RevokeGrants,
    /// The operator rotates the signing key.
    RotateKeys,
    /// Persons are looked at again, and one has left.
    Look,
    /// Other rules come into force, which keep somebody out.
    Rules,
    /// A session has ended, and whoever ended it was stopped before its grants were.
    Overdue,
}

/// Each flow; how many operations of the store, and how many questions to the third party, it has at least; and whether
/// a retry may be refused, because the first attempt has used up what it came with.
const FLOWS: [(Flow, u64, u64, bool); 12] = [
    (Flow::Connect, 8, 2, false),
    (Flow::Disconnect, 6, 1, false),
    (Flow::BackChannelLogout, 8, 1, false),
    (Flow::ClientCredentials, 1, 0, false),
    (Flow::IdentityAssertion, 2, 1, true),
    (Flow::Exchange, 1, 0, false),
    (Flow::Push, 1, 1, false),
    (Flow::RevokeGrants, 6, 1, false),
    (Flow::RotateKeys, 2, 0, false),
    (Flow::Look, 6, 2, false),
    (Flow::Rules, 6, 2, false),
    (Flow::Overdue, 6, 1, false),
];

#[tokio::test(start_paused = true)]
async fn g27_whichever_operation_of_the_store_fails_every_flow_keeps_its_promise() {
    let mut failed = 0;
    for (flow, least, _, may_refuse) in FLOWS {
        failed += check(flow, Trouble::Store(Fault::Refused), least, may_refuse).await;
    }
    report(&format!("{failed} operations of the store failed"));
}

#[tokio::test(start_paused = true)]
async fn g27_whichever_answer_of_the_store_is_lost_every_flow_keeps_its_promise() {
    let mut lost = 0;
    for (flow, least, _, may_refuse) in FLOWS {
        lost += check(flow, Trouble::Store(Fault::AnswerLost), least, may_refuse).await;
    }
    report(&format!("{lost} answers of the store were lost"));
}

#[tokio::test(start_paused = true)]
async fn g27_whichever_question_to_the_third_party_fails_every_flow_keeps_its_promise() {
    let [mut failed, mut lost] = [0; 2];
    for (flow, _, least, _) in FLOWS {
        failed += check(flow, Trouble::ThirdParty(Fault::Refused), least, false).await;
        lost += check(flow, Trouble::ThirdParty(Fault::AnswerLost), least, false).await;
    }
    report(&format!("{failed} questions to the third party failed, {lost} answers were lost"));
}

fn report(what: &str) {
    println!("G27: {} flows: {what}, each once, 0 broken promises", FLOWS.len());
}

/// Plays the flow until nothing is left to fail; answers how many operations have.
async fn check(flow: Flow, trouble: Trouble, least: u64, may_refuse: bool) -> u64 {
    for n in EACH {
        let mut stage = Stage::set(flow, trouble).await;
        stage.scene.fail_nth(n);
        let refusals = stage.play().await;
        let pending = stage.scene.is_pending();
        // Whatever comes now is to succeed.
        stage.scene.fail_nth(u64::MAX);
        let most = usize::from(may_refuse && !pending);
        assert!(refusals.len() <= most, "{flow:?}, {trouble:?} at {n}: {refusals:?}");
        stage.keeps_its_promise().await;
        let mut stage = stage.restart().await;
        stage.keeps_its_promise().await;
        stage.ends_everything().await;
        if pending {
            assert!(n > least, "{flow:?}, {trouble:?}: only {} operations", n - 1);
            return n - 1;
        }
    }
    unreachable!()
}

/// A gateway, a person who is signed in, and what the flow works with.
struct Stage {
    flow: Flow,
    scene: Scene,
    gateway: Gateway,
    browser: Browser,
    tokens: Tokens,
    /// What the flow has brought forth: a token, or the name of what was pushed.
    gained: Option<String>,
    /// The statement that came with the attempt that succeeded.
    spent: Option<String>,
}

impl Stage {
    /// Everything that comes before the flow.
    async fn set(flow: Flow, trouble: Trouble) -> Self {
        let scene = Scene::before(trouble);
        let gateway = scene.open().await;
        let mut browser = Browser::default();
        let tokens = match flow {
            Flow::BackChannelLogout => of_corp(&gateway).await,
            _ => scene.connect(&gateway, &mut browser).await.unwrap(),
        };
        let mut stage = Self { flow, scene, gateway, browser, tokens, gained: None, spent: None };
        match flow {
            Flow::Disconnect => stage.connect().await.unwrap(),
            Flow::Look => {
                // Past the time for which the answer at the sign-in counts.
                stage.scene.clock.advance(Duration::from_secs(20 * 60));
                stage.scene.hub.removes_the_person();
            }
            Flow::Rules => stage.scene.hub.removes_the_person(),
            Flow::Overdue => stage.end_the_session_alone().await,
            _ => {}
        }
        // What goes on in the background after the start has been done.
        tokio::time::sleep(Duration::from_secs(1)).await;
        stage
    }

    /// Tries until it is done; answers what was refused on the way.
    async fn play(&mut self) -> Vec<String> {
        let mut refusals = Vec::new();
        for attempt in 0..ATTEMPTS {
            match self.attempt(attempt).await {
                Ok(()) => return refusals,
                Err(Broken::Refused(refusal)) => refusals.push(refusal),
                Err(Broken::Unavailable(_)) => {}
            }
            self.scene.clock.advance(PAUSE);
        }
        panic!("{:?}, {:?}: it does not come to an end; refused: {refusals:?}", self.flow, self.scene.trouble)
    }

    async fn restart(self) -> Self {
        let gateway = self.scene.restart(self.gateway).await;
        Self { gateway, ..self }
    }

    /// The operator ends all there is; nothing is left then, of us or of the third party.
    async fn ends_everything(&mut self) {
        self.gateway.command("/grants/revoke", &serde_json::json!("all")).await;
        let on = &self.gateway.state.foundations;
        assert_eq!(on.grants.count().0, 0, "{:?}: something lives on", self.flow);
        for token in self.gained.iter().chain([&self.tokens.access]) {
            assert!(!self.gateway.takes(token), "{:?}: {token} lives on", self.flow);
        }
        // What failed when it was taken out of the store is taken by the next walk.
        tasks::end_overdue(on).await.unwrap();
        let kept = on.tokens.beginning_with(b"").await.unwrap();
        assert_eq!(kept, [], "{:?}, {:?}: tokens are left", self.flow, self.scene.trouble);
    }

    /// As a process that was stopped in the middle of ending it.
    async fn end_the_session_alone(&self) {
        let sessions = &self.gateway.state.foundations.sessions;
        let ended =
            sessions.end_for_principal(&person("1"), None, session_binding::EndCause::Administrator).await;
        assert_eq!(ended.unwrap().len(), 1);
    }
}

/// The tokens of somebody who has signed in at the OpenID provider.
async fn of_corp(gateway: &Gateway) -> Tokens {
    let on = &gateway.state.foundations;
    let principal = oauth_types::Principal { provider: CORP.parse().unwrap(), ..person("1") };
    let sign_in = SignIn { principal: principal.clone(), display_name: None, sid: None };
    let session = *on.sessions.sign_in(sign_in).await.unwrap().who.session();
    let new = NewGrant {
        client_id: client(),
        principal,
        redirect_uri: REDIRECT.parse().unwrap(),
        scope: "mcp".parse().unwrap(),
        resource: RESOURCE.parse().unwrap(),
        code_challenge: oauth_types::CodeChallenge::of(&VERIFIER.parse().unwrap()),
        session: Some(session_key(&session)),
        refreshable: true,
        key: None,
    };
    let (grant, code): (GrantId, _) = on.grants.issue_code(new).await.unwrap();
    on.sessions.bind(grant, &session).await.unwrap();
    let access_token = token_manager::ThirdPartyAccessToken::new("third-access-corp".to_owned());
    let tokens = token_manager::TokenSet {
        provider: CORP.parse().unwrap(),
        access_token,
        refresh_token: None,
        expires_at: None,
        scope: "openid".parse().unwrap(),
    };
    let keep_until = gateway_time(gateway) + Duration::from_secs(90 * 24 * 3600);
    on.tokens.store(&session_key(&session), tokens, keep_until).await.unwrap();
    life::redeem(gateway, code.expose()).await.unwrap()
}

fn gateway_time(gateway: &Gateway) -> oauth_types::UnixTime {
    gateway.state.foundations.providers.now()
}

/// Between two attempts: past what is waited after a failure.
const PAUSE: Duration = Duration::from_secs(60);
/// Within a quarter of an hour everything is over.
const ATTEMPTS: u64 = 15;
