use gateway::third_party::admin::{ClientOrigin, ListedClient, Nothing, RemovedClient, TheClient, command};

use super::{
    Failure,
    operate::ask,
    output::{print, shown, table, time},
};
use crate::arguments::ClientsCommand;

/// Lists clients, or ends one.
pub(crate) fn clients(command: ClientsCommand) -> Result<(), Failure> {
    match command {
        ClientsCommand::List { operate } => {
            let clients = ask(&operate, command::LIST_CLIENTS, &Nothing {}, |_| {})?;
            print(operate.json, &clients, |it| listed(it))
        }
        ClientsCommand::Revoke { client_id, operate } => {
            let removed = ask(&operate, command::REVOKE_CLIENT, &TheClient { client_id }, |_| {})?;
            print(operate.json, &removed, |it| words(*it))
        }
    }
}

fn listed(clients: &[ListedClient]) -> String {
    let rows: Vec<_> = clients
        .iter()
        .map(|it| {
            let origin = match it.origin {
                ClientOrigin::Registered => "registered",
                ClientOrigin::Elsewhere => "elsewhere",
            };
            [
                it.client_id.to_string(),
                shown(it.name.as_deref()),
                origin.to_owned(),
                it.seen_at.map_or_else(|| "-".to_owned(), time),
                it.grants.to_string(),
            ]
        })
        .collect();
    table(["CLIENT", "NAME", "KNOWN FROM", "LAST SEEN", "GRANTS"], &rows)
}

fn words(removed: RemovedClient) -> String {
    let grants = removed.grants;
    if removed.was_registered {
        format!("ended {grants} grants; the client is no longer registered\n")
    } else {
        format!("ended {grants} grants; the client had not registered here, so it may ask people again\n")
    }
}
