//! API keys, for clients that cannot do OAuth: their text, the file with their digests, and the commands on it.

mod commands;
mod file;
mod last_use;
mod record;
mod ring;
mod text;
mod watch;

pub use self::{
    commands::{AddedKey, ApiKeyError, KeyState, ListedKey, NewKey, RevokedKey, add, list, revoke},
    record::{InvalidKeyId, KeyId},
    text::ApiKeyText,
};
pub use oauth_types::{Clock, ScopeToken, SystemClock, SystemEntropy, UnixTime};

pub(crate) use self::{
    file::{KeyFileError, read},
    ring::{ApiKey, KeyRing},
    text::is_meant_as_key,
    watch::KeyRings,
};

#[cfg(test)]
mod tests;
