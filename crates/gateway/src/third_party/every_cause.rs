//! Whatever ends a grant leaves one line in the audit, which says why, and ends the streams that are open.
//!
//! Each cause is brought about as it comes about at work, and the background work of afterwards adds nothing.

use std::sync::Arc;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use oauth_client::AllowRules;
use oauth_server::{CodeCheck, DirectGrant, DirectGrants, GrantPort, TokenGrant};
use oauth_types::{ClientId, GrantId, Issuer, SystemEntropy};
use session_binding::{EndCause as SessionCause, GrantDirectory, SignIn, ThirdPartySessionId};
use storage::{Key, RecordStore, Table};
use test_support::fake_http::Reply;
use token_manager::{EndCause, GrantWatch, RevokeSelector};
use tower_service::Service;

use super::{
    adapters::{ClientNames, Directory, NamedMemberships, Trust},
    admin,
    state::{State, StorageSettings, Stores},
    tasks,
    testing::{audit, *},
};

#[tokio::test(start_paused = true)]
async fn k08_e38_each_cause_leaves_one_line_that_names_it_and_ends_open_streams() {
    audit::listen();
    for cause in EndCause::ALL {
        let mut world = World::new().await;
        audit::take();
        let Over { grant, streams } = bring_about(cause, &mut world).await;
        for _ in 0..2 {
            tasks::end_overdue(&world.state.foundations).await.unwrap();
            world.state.foundations.grants.upkeep().once().await.unwrap();
        }
        let mut lines = audit::take();
        lines.retain(|it| it.starts_with("grant ended"));
        let [line] = lines.as_slice() else { panic!("{cause}: {lines:?}") };
        let words = [
            format!("grant.id={grant} "),
            format!("grant.cause={:?} ", cause.code()),
            format!("client.id={} ", client()),
            "principal.provider=third principal.subject=1".to_owned(),
        ];
        assert!(words.iter().all(|it| line.contains(it)), "{cause}: {words:?} in {line}");
        let open = streams.iter().filter(|it| !it.token().is_cancelled()).count();
        assert_eq!(open, 0, "{cause}: an open stream goes on");
    }
}

/// A grant that is over.
struct Over {
    grant: GrantId,
    /// What tells the streams that were open by its tokens.
    streams: Vec<GrantWatch>,
}

/// A grant with tokens, by which a stream is open.
struct InUse {
    session: ThirdPartySessionId,
    tokens: TokenGrant,
    over: Over,
}

async fn in_use(world: &World) -> InUse {
    let (session, grant, tokens) = world.live("1").await;
    let stream = world.state.foundations.grants.watch_end(&grant).unwrap();
    assert!(!stream.token().is_cancelled());
    InUse { session, tokens, over: Over { grant, streams: vec![stream] } }
}

/// Ends the one grant of the world as `cause` has it.
async fn bring_about(cause: EndCause, world: &mut World) -> Over {
    match cause {
        EndCause::CodeReuse | EndCause::CodeBurned => of_code(cause, world).await,
        EndCause::RefreshReuse | EndCause::StoreRolledBack => of_refresh(cause, world).await,
        EndCause::ClientRevoked
        | EndCause::ClientRemoved
        | EndCause::PersonRevoked
        | EndCause::OperatorRevoked => by_somebody(cause, world).await,
        EndCause::IdleTimeout | EndCause::AbsoluteTimeout | EndCause::ThirdPartyTimeout => {
            by_time(cause, world).await
        }
        EndCause::ThirdPartyEnded | EndCause::ThirdPartyRefreshLost => by_the_third_party(cause, world).await,
        EndCause::SignedOut | EndCause::ThirdPartyLogout | EndCause::NotAllowed | EndCause::TooMany => {
            with_the_session(cause, world).await
        }
        EndCause::IssuerChanged => by_a_reload(world).await,
    }
}

async fn of_code(cause: EndCause, world: &World) -> Over {
    let session = world.sign_in("1").await;
    let (grant, code) = world.code(&session, "1").await;
    if cause == EndCause::CodeReuse {
        world.redeem(&code).await.unwrap();
        let streams = vec![world.state.foundations.grants.watch_end(&grant).unwrap()];
        invalid_grant(world.redeem(&code).await);
        return Over { grant, streams };
    }
    let client_id = client();
    for _ in 0..5 {
        let check = CodeCheck {
            client_id: &client_id,
            redirect_uri: Some(REDIRECT),
            code_verifier: Some("a-verifier-that-answers-no-challenge-at-all-000"),
            resources: &[],
            proof: None,
            is_public: true,
        };
        invalid_grant(world.access.redeem(&code, check).await);
    }
    invalid_grant(world.redeem(&code).await);
    Over { grant, streams: Vec::new() }
}

async fn of_refresh(cause: EndCause, world: &World) -> Over {
    let InUse { tokens: first, over, .. } = in_use(world).await;
    let (table, key) = (Table::new("grants", 1), Key::of(*over.grant.as_bytes()));
    let before = world.store.get(table, &key).await.unwrap().unwrap().record;
    let second = world.refresh(&first).await.unwrap();
    world.refresh(&second).await.unwrap();
    if cause == EndCause::RefreshReuse {
        invalid_grant(world.refresh(&first).await);
    } else {
        // Somebody has put an old copy of the store in its place.
        world.store.put(table, &key, before).await.unwrap();
        invalid_grant(world.refresh(&second).await);
    }
    over
}

async fn by_somebody(cause: EndCause, world: &World) -> Over {
    let InUse { tokens, over, .. } = in_use(world).await;
    match cause {
        EndCause::ClientRevoked => {
            world.access.revoke(refresh_token(&tokens), &client()).await.unwrap();
        }
        EndCause::ClientRemoved => world.access.end_grants(&client()).await.unwrap(),
        EndCause::PersonRevoked => {
            let on = &world.state.foundations;
            let directory = Directory::new(on.grants.clone(), on.sessions.clone(), Arc::new(Nameless));
            directory.end(&[over.grant]).await.unwrap();
        }
        _ => {
            let question = serde_json::json!({ "grant": over.grant.to_string() }).to_string();
            let request = Request::post("/grants/revoke").body(Body::from(question)).unwrap();
            let answer = admin::router(world.state.clone()).call(request).await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.into_body().collect().await.unwrap();
        }
    }
    over
}

async fn by_time(cause: EndCause, world: &World) -> Over {
    let over = in_use(world).await.over;
    let on = &world.state.foundations;
    let days = if cause == EndCause::AbsoluteTimeout { 180 } else { 30 };
    world.advance(days * 24 * 3600);
    if cause == EndCause::ThirdPartyTimeout {
        tasks::end_overdue(on).await.unwrap();
    } else {
        on.grants.upkeep().once().await.unwrap();
    }
    over
}

async fn by_the_third_party(cause: EndCause, world: &mut World) -> Over {
    let InUse { session, tokens, over } = in_use(world).await;
    world.give_tokens(&session).await;
    world.spawn_keeper();
    world.advance(3590);
    if cause == EndCause::ThirdPartyEnded {
        world.http.set(TOKEN, refused_by_third_party());
        invalid_grant(world.refresh(&tokens).await);
        return over;
    }
    // A process that is no more when the answer comes; the next one finds the refresh token spent.
    world.http.set(TOKEN, Reply::Never);
    tokio::select! {
        _ = world.refresh(&tokens) => panic!("the third party does not answer"),
        () = world.http.wait_for(TOKEN, 1) => {}
    }
    world.http.set(TOKEN, refused_by_third_party());
    world.advance(61);
    let store: Arc<dyn RecordStore> = Arc::<storage::FaultyStore>::clone(&world.store);
    let next = State::on(
        Stores::of_one_process(store),
        settings(StorageSettings::Memory),
        world.clock.clone(),
        Arc::new(SystemEntropy),
    );
    let (state, work) = next.await.unwrap();
    let rules = AllowRules { everybody: true, ..AllowRules::default() };
    state.foundations.providers.replace(
        [provider(Arc::new(world.http.clone()), world.clock.clone(), rules)],
        NamedMemberships::default(),
    );
    tokio::spawn(work.keeper.run(tokio::time::sleep, std::future::pending()));
    world.access = state.grant_access();
    world.state = state;
    // The streams of the process before are gone with it.
    let streams = vec![world.state.foundations.grants.watch_end(&over.grant).unwrap()];
    invalid_grant(world.refresh(&tokens).await);
    Over { streams, ..over }
}

/// A grant of an identity assertion, whose issuer is trusted no more.
async fn by_a_reload(world: &World) -> Over {
    let on = &world.state.foundations;
    let issuer: Issuer = "https://idp.example".parse().unwrap();
    let trust = Trust::new([(issuer.clone(), "groups = staff".to_owned())]);
    on.trust.replace(trust.clone());
    let grant = DirectGrant {
        client_id: &client(),
        principal: &person("1"),
        scope: &"mcp".parse().unwrap(),
        resource: &RESOURCE.parse().unwrap(),
        key: None,
        vouched_by: Some(&issuer),
    };
    world.state.grant_access().trusting(trust).issue(grant).await.unwrap();
    let all = on.grants.list(&RevokeSelector::All).await.unwrap();
    let [grant] = all.as_slice() else { panic!("{all:?}") };
    let streams = vec![on.grants.watch_end(&grant.id).unwrap()];
    on.trust.replace(Trust::default());
    tasks::apply_rules(on).await.unwrap();
    Over { grant: grant.id, streams }
}

/// What ends a session ends the grants that rest on it.
async fn with_the_session(cause: EndCause, world: &World) -> Over {
    world.says("1", &[]);
    let InUse { session, over, .. } = in_use(world).await;
    let on = &world.state.foundations;
    let ended = match cause {
        EndCause::NotAllowed => {
            let groups = ["board".to_owned()].into();
            world.allow(AllowRules { groups, ..AllowRules::default() });
            tasks::apply_rules(on).await.unwrap();
            return over;
        }
        EndCause::TooMany => {
            world.advance(1);
            let mut ended = Vec::new();
            for number in 0..on.sessions.limits().max_per_person {
                let sid = Some(number.to_string());
                let sign_in = SignIn { principal: person("1"), display_name: None, sid };
                ended.extend(on.sessions.sign_in(sign_in).await.unwrap().ended);
            }
            ended
        }
        EndCause::ThirdPartyLogout => {
            let logout = SessionCause::BackChannelLogout;
            on.sessions.end_for_principal(&person("1"), None, logout).await.unwrap()
        }
        _ => on.sessions.end(&session, SessionCause::SignedOut).await.unwrap().into_iter().collect(),
    };
    let [ended] = ended.as_slice() else { panic!("{cause}: {ended:?}") };
    on.end_all(ended).await.unwrap();
    over
}

/// Nobody's client has a name here.
#[derive(Debug)]
struct Nameless;

#[async_trait::async_trait]
impl ClientNames for Nameless {
    async fn name(&self, _: &ClientId) -> Option<String> {
        None
    }
}
