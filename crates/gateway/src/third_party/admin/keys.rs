//! `keys rotate` and `keys reseal`.

use std::collections::BTreeMap;

use axum::Router;
use serde_json::Value;
use token_manager::{KeyId, Survey};

use super::{
    State,
    answers::{Refused, Reporter, route},
    command,
    protocol::{NeededKey, Nothing, Progress, Resealed, RotatedSigningKey, SealedSecrets, SigningRotation},
};

pub(super) fn routes() -> Router<State> {
    Router::new()
        .merge(route(command::ROTATE_SIGNING_KEY, rotate))
        .merge(route(command::RESEAL, reseal))
        .merge(route(command::SURVEY_SEALED, survey))
}

async fn rotate(state: State, how: SigningRotation, _: Reporter) -> Result<RotatedSigningKey, Refused> {
    if how.at_once {
        state.signing_keys.rotate_at_once().await?;
    } else {
        state.signing_keys.rotate().await?;
    }
    let document: Value = serde_json::from_str(state.signing_keys.jwks().as_json())?;
    let keys = document.get("keys").and_then(Value::as_array).into_iter().flatten();
    let mut kids = keys.filter_map(|it| Some(it.get("kid")?.as_str()?.to_owned()));
    let current = kids.next().unwrap_or_default();
    let published = kids.collect();
    tracing::info!(target: "audit", { key.id = current, key.at_once = how.at_once }, "the operator rotated the signing key");
    Ok(RotatedSigningKey { current, published })
}

async fn survey(state: State, _: Nothing, _: Reporter) -> Result<SealedSecrets, Refused> {
    Ok(state.ring.survey(state.store.as_ref()).await?.into())
}

impl From<Survey> for SealedSecrets {
    fn from(found: Survey) -> Self {
        let named = |counts: BTreeMap<KeyId, u64>| {
            counts.into_iter().map(|(id, count)| (id.to_string(), count)).collect()
        };
        let unopened =
            found.unopened.iter().map(|it| format!("{} of {}: {}", it.records, it.table, it.reason));
        Self { unopened: unopened.collect(), opened: named(found.opened), grants: named(found.grants) }
    }
}

async fn reseal(state: State, _: Nothing, reporter: Reporter) -> Result<Resealed, Refused> {
    let tell = |it: token_manager::ResealProgress| {
        reporter.progress(Progress {
            table: it.table.to_owned(),
            looked_at: it.looked_at,
            resealed: it.resealed,
        });
    };
    let done = state.ring.reseal(state.store.as_ref(), tell).await?;
    let needed = |id| NeededKey {
        is_free: done.is_free_of(id),
        grants: done.grants.get(&id).copied().unwrap_or_default(),
    };
    let older: BTreeMap<_, _> =
        state.ring.older().into_iter().map(|id| (id.to_string(), needed(id))).collect();
    let current = state.ring.current().to_string();
    tracing::info!(
        target: "audit",
        { key.id = current, key.resealed = done.resealed, key.unopened = done.unopened.len() },
        "the operator had secrets sealed anew"
    );
    let records = done.unopened.iter().map(|it| format!("{} of {}: {}", it.records, it.table, it.reason));
    let lost = done.grants.iter().filter(|(id, _)| !older.contains_key(&id.to_string()));
    let tokens = lost.map(|(id, grants)| {
        format!("the refresh tokens of {grants} grants: made with the master key {id}, which the key ring does not have")
    });
    let unopened = records.chain(tokens).collect();
    Ok(Resealed { current, older, resealed: done.resealed, busy: done.busy, unopened })
}
