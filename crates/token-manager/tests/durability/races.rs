//! Many requests at once for one code, and for one refresh token (FI-03, FI-04).

use std::{
    collections::HashSet,
    io::{self, Write},
    sync::Arc,
};

use oauth_types::GrantId;
use test_support::postgres::PostgresServer;
use token_manager::{EndCause, GrantError, IssuedTokens, Liveness, Refusal};
use tokio::task::JoinSet;

use crate::{
    Outcome,
    scene::{Scene, Sealing, refresh_token},
};

pub(crate) async fn run(rounds: u64) -> Outcome {
    let folder = crate::folder()?;
    let in_file = Scene::open(&folder.path().join("state.redb"), Sealing::Day, Arc::new(|_, _| {})).await?;
    let server = PostgresServer::start();
    let url = server.database();
    let replica = || Scene::in_database(&url);
    let rows = [
        ("memory", Replicas::one(Scene::in_memory().await?)),
        ("redb", Replicas::one(in_file)),
        ("PostgreSQL, three replicas", Replicas([replica().await?, replica().await?, replica().await?])),
    ];
    for (name, replicas) in rows {
        let mut progress = Progress::of(rounds);
        for _ in 0..rounds {
            g02_of_a_thousand_redemptions_one_succeeds(&replicas).await?;
            g18_of_a_hundred_refreshes_one_branch_lives(&replicas).await?;
            progress.tell(name)?;
        }
        writeln!(
            io::stdout(),
            "{name}: {rounds} rounds of {REDEMPTIONS} redemptions and {REFRESHES} refreshes, 0 doubled"
        )?;
    }
    Ok(())
}

/// Those that share a store.
struct Replicas([Scene; 3]);

impl Replicas {
    /// The only one of a store that is not shared.
    fn one(scene: Scene) -> Self {
        Self([scene.clone(), scene.clone(), scene])
    }

    /// Whoever comes as number `number`.
    fn number(&self, number: usize) -> Scene {
        let [first, second, third] = &self.0;
        match number % 3 {
            0 => first.clone(),
            1 => second.clone(),
            _ => third.clone(),
        }
    }

    /// What each of them says of a grant, once it has heard of the others.
    async fn all_say(&self, grant: GrantId, liveness: Liveness) -> Outcome {
        for scene in &self.0 {
            let found = scene.grants.find(grant).await?;
            assert_eq!(found.is_some(), liveness == Liveness::Live);
            assert_eq!(scene.grants.is_live(&grant), liveness);
        }
        Ok(())
    }
}

async fn g02_of_a_thousand_redemptions_one_succeeds(replicas: &Replicas) -> Outcome {
    let (grant, code) = replicas.number(0).issue_code().await?;
    let code: Arc<str> = code.into();
    let outcomes = at_once(REDEMPTIONS, |number| {
        let (scene, code) = (replicas.number(number), Arc::clone(&code));
        async move { scene.redeem(&code).await }
    })
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "of {REDEMPTIONS} redemptions");
    for outcome in lost {
        let refused = matches!(outcome, Err(GrantError::Refused(Refusal::Ended(EndCause::CodeReuse))));
        assert!(refused, "{outcome:?}");
    }
    replicas.all_say(grant, Liveness::Ended).await?;
    for tokens in won.into_iter().flatten() {
        assert!(replicas.number(1).rotate(&refresh_token(&tokens)).await.is_err());
    }
    Ok(())
}

async fn g18_of_a_hundred_refreshes_one_branch_lives(replicas: &Replicas) -> Outcome {
    let (grant, code) = replicas.number(0).issue_code().await?;
    let first = refresh_token(&replicas.number(1).redeem(&code).await?);
    let presented: Arc<str> = first.clone().into();
    let outcomes = at_once(REFRESHES, |number| {
        let (scene, token) = (replicas.number(number), Arc::clone(&presented));
        async move { scene.rotate(&token).await }
    })
    .await;
    let mut known = HashSet::from([first.clone()]);
    for outcome in outcomes {
        known.insert(refresh_token(&outcome?));
    }
    assert_eq!(known.len(), 2, "one successor, whoever asks");
    let mut good = Vec::new();
    for token in &known {
        if replicas.number(2).grants.inspect_refresh_token(token).await?.is_some() {
            good.push(token.clone());
        }
    }
    assert_eq!(good.len(), 1, "one live branch");

    // Two holders that go on at once: one of them is behind by a generation, and that ends both.
    let second = refresh_token(&replicas.number(1).rotate(&good.concat()).await?);
    replicas.number(2).rotate(&second).await?;
    replicas.all_say(grant, Liveness::Live).await?;
    assert!(replicas.number(0).rotate(&first).await.is_err());
    replicas.all_say(grant, Liveness::Ended).await?;
    Ok(())
}

async fn at_once<F>(count: usize, attempt: impl Fn(usize) -> F) -> Vec<Result<IssuedTokens, GrantError>>
where
    F: Future<Output = Result<IssuedTokens, GrantError>> + Send + 'static,
{
    let mut attempts = JoinSet::new();
    for number in 0..count {
        attempts.spawn(attempt(number));
    }
    attempts.join_all().await
}

struct Progress {
    rounds: u64,
    done: u64,
}

impl Progress {
    const fn of(rounds: u64) -> Self {
        Self { rounds, done: 0 }
    }

    fn tell(&mut self, name: &str) -> io::Result<()> {
        self.done += 1;
        if self.done.is_multiple_of(10) {
            writeln!(io::stdout(), "{name}: {} of {} rounds", self.done, self.rounds)?;
        }
        Ok(())
    }
}

const REDEMPTIONS: usize = 1_000;
const REFRESHES: usize = 100;
