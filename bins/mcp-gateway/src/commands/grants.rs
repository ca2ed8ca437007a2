use gateway::third_party::admin::{Ended, ListedGrant, Selection, command};

use super::{
    Failure,
    operate::{ask, person},
    output::{print, shown, table, time},
};
use crate::arguments::{GrantsCommand, SelectionArguments};

/// Lists grants, or ends them.
pub(crate) fn grants(command: GrantsCommand) -> Result<(), Failure> {
    match command {
        GrantsCommand::List { selection, operate } => {
            let selection = select(selection).unwrap_or(Selection::All);
            let grants = ask(&operate, command::LIST_GRANTS, &selection, |_| {})?;
            print(operate.json, &grants, |it| listed(it))
        }
        GrantsCommand::Revoke { selection, all, operate } => {
            let selection = select(selection).or_else(|| all.then_some(Selection::All));
            let selection = selection.ok_or_else(|| {
                Failure::Usage("say which: --grant, --user, --client, or --all for every grant")
            })?;
            let ended = ask(&operate, command::REVOKE_GRANTS, &selection, |_| {})?;
            print(operate.json, &ended, |it| words(*it))
        }
    }
}

fn select(arguments: SelectionArguments) -> Option<Selection> {
    let SelectionArguments { grant, user, client } = arguments;
    match (grant, user, client) {
        (Some(grant), _, _) => Some(Selection::Grant(grant)),
        (None, Some(user), Some(client)) => Some(Selection::Connection(user, client)),
        (None, Some(user), None) => Some(Selection::Person(user)),
        (None, None, Some(client)) => Some(Selection::Client(client)),
        (None, None, None) => None,
    }
}

fn listed(grants: &[ListedGrant]) -> String {
    let rows: Vec<_> = grants
        .iter()
        .map(|it| {
            [
                it.grant.to_string(),
                person(&it.person),
                shown(it.person_name.as_deref()),
                it.client_id.to_string(),
                shown(it.client_name.as_deref()),
                it.resource.to_string(),
                it.scope.clone(),
                time(it.last_used_at),
                time(it.expires_at),
            ]
        })
        .collect();
    table(["GRANT", "USER", "NAME", "CLIENT", "CLIENT NAME", "RESOURCE", "SCOPE", "LAST USED", "ENDS"], &rows)
}

fn words(ended: Ended) -> String {
    format!("ended {} grants and {} sign-ins\n", ended.grants, ended.sign_ins)
}
