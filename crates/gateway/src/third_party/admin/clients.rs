//! `clients list` and `clients revoke`.

use std::collections::BTreeMap;

use axum::Router;
use oauth_server::RegisteredClient;
use oauth_types::ClientId;
use token_manager::RevokeSelector;

use super::{
    State,
    answers::{Refused, Reporter, route},
    command, grants,
    protocol::{ClientOrigin, ListedClient, Nothing, RemovedClient, Selection, TheClient},
};

pub(super) fn routes() -> Router<State> {
    Router::new().merge(route(command::LIST_CLIENTS, list)).merge(route(command::REVOKE_CLIENT, revoke))
}

async fn list(state: State, _: Nothing, _: Reporter) -> Result<Vec<ListedClient>, Refused> {
    let mut held: BTreeMap<ClientId, usize> = BTreeMap::new();
    for grant in state.foundations.grants.list(&RevokeSelector::All).await? {
        *held.entry(grant.client_id).or_default() += 1;
    }
    let mut clients = Vec::new();
    for registered in registered(&state).await? {
        let grants = held.remove(&registered.client.id).unwrap_or_default();
        clients.push(ListedClient {
            client_id: registered.client.id,
            name: registered.client.name,
            origin: ClientOrigin::Registered,
            registered_at: Some(registered.issued_at),
            seen_at: Some(registered.seen_at),
            grants,
        });
    }
    clients.extend(held.into_iter().map(|(client_id, grants)| ListedClient {
        client_id,
        name: None,
        origin: ClientOrigin::Elsewhere,
        registered_at: None,
        seen_at: None,
        grants,
    }));
    Ok(clients)
}

async fn registered(state: &State) -> Result<Vec<RegisteredClient>, Refused> {
    let Some(registrations) = state.registered.load_full() else { return Ok(Vec::new()) };
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = registrations.list(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(last.client.id.clone());
        all.extend(page);
    }
}

/// The grants first: they end whatever becomes of the registration.
async fn revoke(state: State, question: TheClient, _: Reporter) -> Result<RemovedClient, Refused> {
    let TheClient { client_id } = question;
    let ended = grants::end(&state.foundations, &Selection::Client(client_id.clone())).await?;
    let was_registered = match state.registered.load_full() {
        Some(registrations) => registrations.remove(&client_id).await?,
        None => false,
    };
    tracing::info!(
        target: "audit",
        { client.id = %client_id, operator.grants = ended.grants, client.was_registered = was_registered },
        "the operator revoked a client"
    );
    Ok(RemovedClient { was_registered, grants: ended.grants })
}

const PAGE: usize = 256;
