//! Many requests at once for one code, and for one refresh token (FI-03, FI-04).

use std::{
    collections::HashSet,
    io::{self, Write},
    sync::Arc,
};

use token_manager::{EndCause, GrantError, IssuedTokens, Liveness, Refusal};
use tokio::task::JoinSet;

use crate::{
    Outcome,
    scene::{Scene, Sealing, refresh_token},
};

pub(crate) async fn run(rounds: u64) -> Outcome {
    let folder = crate::folder()?;
    let in_file = Scene::open(&folder.path().join("state.redb"), Sealing::Day, Arc::new(|_, _| {})).await?;
    for (name, scene) in [("memory", Scene::in_memory().await?), ("redb", in_file)] {
        let mut progress = Progress::of(rounds);
        for _ in 0..rounds {
            g02_of_a_thousand_redemptions_one_succeeds(&scene).await?;
            g18_of_a_hundred_refreshes_one_branch_lives(&scene).await?;
            progress.tell(name)?;
        }
        writeln!(
            io::stdout(),
            "{name}: {rounds} rounds of {REDEMPTIONS} redemptions and {REFRESHES} refreshes, 0 doubled"
        )?;
    }
    Ok(())
}

async fn g02_of_a_thousand_redemptions_one_succeeds(scene: &Scene) -> Outcome {
    let (grant, code) = scene.issue_code().await?;
    let code: Arc<str> = code.into();
    let outcomes = at_once(REDEMPTIONS, || {
        let (scene, code) = (scene.clone(), Arc::clone(&code));
        async move { scene.redeem(&code).await }
    })
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "of {REDEMPTIONS} redemptions");
    for outcome in lost {
        let refused = matches!(outcome, Err(GrantError::Refused(Refusal::Ended(EndCause::CodeReuse))));
        assert!(refused, "{outcome:?}");
    }
    assert_eq!(scene.grants.is_live(&grant), Liveness::Ended);
    for tokens in won.into_iter().flatten() {
        assert!(scene.rotate(&refresh_token(&tokens)).await.is_err());
    }
    Ok(())
}

async fn g18_of_a_hundred_refreshes_one_branch_lives(scene: &Scene) -> Outcome {
    let (grant, code) = scene.issue_code().await?;
    let first = refresh_token(&scene.redeem(&code).await?);
    let presented: Arc<str> = first.clone().into();
    let outcomes = at_once(REFRESHES, || {
        let (scene, token) = (scene.clone(), Arc::clone(&presented));
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
        if scene.grants.inspect_refresh_token(token).await?.is_some() {
            good.push(token.clone());
        }
    }
    assert_eq!(good.len(), 1, "one live branch");

    // Two holders that go on at once: one of them is behind by a generation, and that ends both.
    let second = refresh_token(&scene.rotate(&good.concat()).await?);
    scene.rotate(&second).await?;
    assert_eq!(scene.grants.is_live(&grant), Liveness::Live);
    assert!(scene.rotate(&first).await.is_err());
    assert_eq!(scene.grants.is_live(&grant), Liveness::Ended);
    Ok(())
}

async fn at_once<F>(count: usize, attempt: impl Fn() -> F) -> Vec<Result<IssuedTokens, GrantError>>
where
    F: Future<Output = Result<IssuedTokens, GrantError>> + Send + 'static,
{
    let mut attempts = JoinSet::new();
    for _ in 0..count {
        attempts.spawn(attempt());
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
