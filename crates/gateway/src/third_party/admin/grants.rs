//! `grants list` and `grants revoke`.

use std::collections::{BTreeSet, HashMap};

use axum::Router;
use futures_util::{StreamExt, TryStreamExt, stream};
use oauth_types::{GrantId, Principal};
use session_binding::{EndCause as SessionCause, EndedSession, ThirdPartySessionId};
use token_manager::{EndCause, RevokeSelector};

use super::{
    State,
    answers::{Refused, Reporter, route},
    command,
    protocol::{Ended, ListedGrant, Selection},
};
use crate::third_party::{
    adapters::{Foundations, NotEnded, session_id},
    tasks::go_over_sessions,
};

pub(super) fn routes() -> Router<State> {
    Router::new().merge(route(command::LIST_GRANTS, list)).merge(route(command::REVOKE_GRANTS, revoke))
}

async fn list(state: State, selection: Selection, _: Reporter) -> Result<Vec<ListedGrant>, Refused> {
    let on = &state.foundations;
    let grants = on.grants.list(&selector(&selection)).await?;
    let mut names = Names::default();
    let mut listed = Vec::with_capacity(grants.len());
    for grant in grants {
        let (person_name, client_name) = names.of(on, &grant.principal, &grant.id).await?;
        listed.push(ListedGrant {
            grant: grant.id,
            person: grant.principal,
            person_name,
            client_id: grant.client_id,
            client_name,
            resource: grant.resource,
            scope: grant.scope.to_string(),
            created_at: grant.created_at,
            last_used_at: grant.last_used_at,
            expires_at: grant.expires_at,
        });
    }
    Ok(listed)
}

async fn revoke(state: State, selection: Selection, _: Reporter) -> Result<Ended, Refused> {
    let ended = end(&state.foundations, &selection).await?;
    tracing::info!(
        target: "audit",
        { operator.selection = ?selection, operator.grants = ended.grants, operator.sign_ins = ended.sign_ins },
        "the operator revoked grants"
    );
    Ok(ended)
}

/// Ends the grants first, so that no token of them is good any more, then the sign-ins that nothing rests on.
pub(super) async fn end(on: &Foundations, selection: &Selection) -> Result<Ended, NotEnded> {
    let selector = selector(selection);
    let rested_on: BTreeSet<_> =
        on.grants.list(&selector).await?.into_iter().filter_map(|it| it.session).collect();
    let grants = on.grants.revoke(&selector, EndCause::OperatorRevoked).await?;
    let sessions = match selection {
        Selection::Person(person) => {
            on.sessions.end_for_principal(person, None, SessionCause::Administrator).await?
        }
        Selection::All => {
            let walk = go_over_sessions(on).await;
            walk.ended?;
            end_sessions(on, walk.live.into_iter().map(|(id, _)| id).collect()).await?
        }
        Selection::Grant(_) | Selection::Client(_) | Selection::Connection(..) => {
            let mut idle = Vec::new();
            for session in rested_on {
                if on.grants.list(&RevokeSelector::Session(session.clone())).await?.is_empty() {
                    idle.extend(session_id(&session));
                }
            }
            end_sessions(on, idle).await?
        }
    };
    let sign_ins = sessions.len();
    let ends = stream::iter(sessions).map(|session| async move { on.end_all(&session).await });
    ends.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    Ok(Ended { grants, sign_ins })
}

async fn end_sessions(
    on: &Foundations,
    ids: Vec<ThirdPartySessionId>,
) -> Result<Vec<EndedSession>, NotEnded> {
    let mut ended = Vec::with_capacity(ids.len());
    for id in ids {
        ended.extend(on.sessions.end(&id, SessionCause::Administrator).await?);
    }
    Ok(ended)
}

fn selector(selection: &Selection) -> RevokeSelector {
    match selection.clone() {
        Selection::Grant(grant) => RevokeSelector::Grant(grant),
        Selection::Person(person) => RevokeSelector::Principal(person),
        Selection::Client(client) => RevokeSelector::Client(client),
        Selection::Connection(person, client) => RevokeSelector::Connection(person, client),
        Selection::All => RevokeSelector::All,
    }
}

/// What persons and their clients are called, each person looked up once.
#[derive(Default)]
struct Names(HashMap<Principal, PersonNames>);

#[derive(Default)]
struct PersonNames {
    person: Option<String>,
    clients: HashMap<GrantId, String>,
}

impl Names {
    async fn of(
        &mut self,
        on: &Foundations,
        person: &Principal,
        grant: &GrantId,
    ) -> Result<(Option<String>, Option<String>), Refused> {
        if !self.0.contains_key(person) {
            let mut names = PersonNames::default();
            for session in on.sessions.for_principal(person).await? {
                names.person = session.display_name.or(names.person);
                names.clients.extend(session.client_names);
            }
            self.0.insert(person.clone(), names);
        }
        let names = self.0.get(person);
        let person_name = names.and_then(|it| it.person.clone());
        Ok((person_name, names.and_then(|it| it.clients.get(grant).cloned())))
    }
}

/// Third parties that are told at a time.
const AT_ONCE: usize = 8;
