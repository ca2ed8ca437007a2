//! What operators ask of a gateway, and how: each command is one request with JSON.
//!
//! A gateway at work is asked through its admin socket. While none runs, [`Channel`] opens the store itself, which it
//! then has for itself, and asks the same router.

mod answers;
mod channel;
mod clients;
mod grants;
mod init;
mod keys;
mod protocol;
mod storage;

use axum::Router;
pub use oauth_types::{ClientId, GrantId, Principal, UnixTime};

pub(super) use self::storage::LET_GO_WITHIN;
pub use self::{
    channel::{Channel, ChannelError},
    init::{InitFailure, Made, begin, init},
    protocol::{
        BackedUp, BackupTo, ClientOrigin, Command, Ended, ListedClient, ListedGrant, NeededKey, Nothing,
        Progress, RemovedClient, Resealed, RotatedSigningKey, SealedSecrets, Selection, SigningRotation,
        TheClient, command,
    },
    storage::{RestoreFailure, Verdict, restore, verify},
};
use super::state::State;

/// Everything that operators may ask of `state`.
pub(super) fn router(state: State) -> Router {
    Router::new()
        .merge(grants::routes())
        .merge(clients::routes())
        .merge(keys::routes())
        .merge(storage::routes())
        .with_state(state)
}

#[cfg(test)]
mod tests;
