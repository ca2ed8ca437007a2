//! What the process does that is killed: it says what it means to do before it does it, and what was answered after.

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use oauth_types::GrantId;
use token_manager::{EndCause, RevokeSelector};
use tokio::task::JoinSet;

use crate::{
    Outcome,
    ledger::Said,
    scene::{Scene, Sealing, number_of, refresh_token, session},
};

pub(crate) async fn work_until_killed(path: &Path, sealing: Sealing) -> Outcome {
    let before_answer = Arc::new(|grant: &str, number: u64| {
        // Nobody reads any more when this fails, and the kill is near.
        let _ = tell(Said::RefreshMeant, grant, &number.to_string());
    });
    let scene = Scene::open(path, sealing, before_answer).await?;
    let mut workers = JoinSet::new();
    let all = scene.clone();
    workers.spawn(async move { seal_anew(&all).await });
    for worker in 0..WORKERS {
        let scene = scene.clone();
        workers.spawn(async move {
            for turn in worker.. {
                live(&scene, turn).await?;
            }
            Ok(())
        });
    }
    match workers.join_next().await {
        Some(outcome) => outcome?,
        None => Ok(()),
    }
}

/// Moves everything to the key that seals now, while the others work; the process before used another one.
async fn seal_anew(scene: &Scene) -> Outcome {
    let done = scene.ring.reseal(scene.store.as_ref(), |_| {}).await?;
    if !done.unopened.is_empty() {
        return Err(format!("nobody can open {:?}", done.unopened).into());
    }
    tell(Said::Resealed, "-", &done.resealed.to_string())?;
    std::future::pending().await
}

/// A grant, perhaps to its end.
async fn live(scene: &Scene, turn: u64) -> Outcome {
    let (grant, code) = scene.issue_code().await?;
    let name = grant.to_string();
    tell(Said::Code, &name, &code)?;
    tell(Said::RedeemMeant, &name, "-")?;
    let first = refresh_token(&scene.redeem(&code).await?);
    tell(Said::Tokens, &name, &first)?;
    tell(Said::RefreshMeant, &name, "0")?;
    scene.keep(&grant, 0).await?;
    tell(Said::Refreshed, &name, "0")?;

    let mut present = first.clone();
    for _ in 0..=(turn % 4) {
        tell(Said::RotateMeant, &name, "-")?;
        present = refresh_token(&scene.rotate(&present).await?);
        tell(Said::Tokens, &name, &present)?;
        let token = scene.third_party.access_token(&session(&grant)?).await?;
        tell(Said::Refreshed, &name, &number_of(token.expose())?.to_string())?;
    }
    end(scene, turn, grant, &code, &first).await
}

async fn end(scene: &Scene, turn: u64, grant: GrantId, code: &str, first: &str) -> Outcome {
    let name = &grant.to_string();
    match turn % 6 {
        0 | 1 => {
            tell(Said::EndMeant, name, "-")?;
            scene.grants.revoke(&RevokeSelector::Grant(grant), EndCause::PersonRevoked).await?;
            tell(Said::Ended, name, "-")?;
        }
        2 => {
            tell(Said::EndMeant, name, "-")?;
            if scene.redeem(code).await.is_ok() {
                return Err("a code was redeemed twice".into());
            }
            tell(Said::Ended, name, "-")?;
        }
        // Two generations behind, so it is a theft.
        3 if !turn.is_multiple_of(4) => {
            tell(Said::EndMeant, name, "-")?;
            if scene.rotate(first).await.is_ok() {
                return Err("a spent refresh token was good".into());
            }
            tell(Said::Ended, name, "-")?;
        }
        _ => {}
    }
    Ok(())
}

/// One call to the system a line, so that a kill cannot cut one.
fn tell(said: Said, grant: &str, what: &str) -> io::Result<()> {
    io::stdout().lock().write_all(format!("{} {grant} {what}\n", said.word()).as_bytes())
}

const WORKERS: u64 = 8;
