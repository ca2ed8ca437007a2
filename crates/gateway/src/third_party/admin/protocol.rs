//! The words of requests and answers; both sides are the same program.

use std::{collections::BTreeMap, marker::PhantomData, path::PathBuf};

use oauth_types::{ClientId, GrantId, Principal, ResourceUri, UnixTime};
use serde::{Deserialize, Serialize};

/// One thing that can be asked: a question `Q` with an answer `A`.
#[derive(Debug)]
pub struct Command<Q, A> {
    pub(super) path: &'static str,
    types: PhantomData<fn(Q) -> A>,
}

impl<Q, A> Command<Q, A> {
    const fn new(path: &'static str) -> Self {
        Self { path, types: PhantomData }
    }
}

impl<Q, A> Clone for Command<Q, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q, A> Copy for Command<Q, A> {}

/// Everything that can be asked.
pub mod command {
    use super::{
        BackedUp, BackupTo, Command, Ended, ListedClient, ListedGrant, Nothing, RemovedClient, Resealed,
        RotatedSigningKey, SealedSecrets, Selection, SigningRotation, TheClient,
    };

    /// The live grants.
    pub const LIST_GRANTS: Command<Selection, Vec<ListedGrant>> = Command::new("/grants/list");
    /// Ends grants, and what they rested on if nothing rests on it any more.
    pub const REVOKE_GRANTS: Command<Selection, Ended> = Command::new("/grants/revoke");
    /// The clients that registered, and all that hold grants.
    pub const LIST_CLIENTS: Command<Nothing, Vec<ListedClient>> = Command::new("/clients/list");
    /// Ends what a client holds, and forgets its registration.
    pub const REVOKE_CLIENT: Command<TheClient, RemovedClient> = Command::new("/clients/revoke");
    /// Puts the next signing key in force.
    pub const ROTATE_SIGNING_KEY: Command<SigningRotation, RotatedSigningKey> = Command::new("/keys/rotate");
    /// Seals everything with the present master key, and tells of its progress.
    pub const RESEAL: Command<Nothing, Resealed> = Command::new("/keys/reseal");
    /// Opens everything that is sealed, with the master keys in force, and tells which keys that takes.
    pub const SURVEY_SEALED: Command<Nothing, SealedSecrets> = Command::new("/keys/survey");
    /// Copies the store to a new file.
    pub const BACK_UP: Command<BackupTo, BackedUp> = Command::new("/storage/backup");
}

/// No more to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Which grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// This one.
    Grant(GrantId),
    /// All that this person gave.
    Person(Principal),
    /// All that this client holds.
    Client(ClientId),
    /// All that this person gave this client.
    Connection(Principal, ClientId),
    /// All there are.
    All,
}

/// A live grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedGrant {
    /// Which.
    pub grant: GrantId,
    /// Who gave it.
    pub person: Principal,
    /// What the third party calls them.
    pub person_name: Option<String>,
    /// Who holds it.
    pub client_id: ClientId,
    /// What the client called itself when the person approved; a stranger's text.
    pub client_name: Option<String>,
    /// Where it is good.
    pub resource: ResourceUri,
    /// What it permits.
    pub scope: String,
    /// When it was given, in seconds since 1970.
    pub created_at: UnixTime,
    /// When it was last used.
    pub last_used_at: UnixTime,
    /// Its absolute end.
    pub expires_at: UnixTime,
}

/// What has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Grants, codes that nobody had redeemed included.
    pub grants: usize,
    /// Sign-ins at third parties.
    pub sign_ins: usize,
}

/// A client by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TheClient {
    /// Which.
    pub client_id: ClientId,
}

/// A client that registered, or that holds grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedClient {
    /// Which.
    pub client_id: ClientId,
    /// What it calls itself; a stranger's text.
    pub name: Option<String>,
    /// Where it is known from.
    pub origin: ClientOrigin,
    /// When it registered, in seconds since 1970.
    pub registered_at: Option<UnixTime>,
    /// When it was last used, or else registered; exact to an hour.
    pub seen_at: Option<UnixTime>,
    /// How many live grants it holds.
    pub grants: usize,
}

/// Where a client is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientOrigin {
    /// It registered itself.
    Registered,
    /// It publishes a document, or is in the configuration, or its registration is gone.
    Elsewhere,
}

/// What has become of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedClient {
    /// Whether its registration is gone; one that is known from elsewhere may come again.
    pub was_registered: bool,
    /// Grants that have ended.
    pub grants: usize,
}

/// How soon a signing key is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningRotation {
    /// Although verifiers that keep the key set may not have the key yet.
    pub at_once: bool,
}

/// The published keys after a rotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotatedSigningKey {
    /// The `kid` of the key that signs now.
    pub current: String,
    /// Those of the others: the next one, and older ones until their last token has ended.
    pub published: Vec<String>,
}

/// How far something long has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The table that is being gone through.
    pub table: String,
    /// Records of it that were looked at.
    pub looked_at: u64,
    /// Records of it that were sealed anew.
    pub resealed: u64,
}

/// What sealing anew has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resealed {
    /// The master key that seals.
    pub current: String,
    /// The older master keys of the configuration, and what still needs each.
    pub older: BTreeMap<String, NeededKey>,
    /// Records that were sealed anew.
    pub resealed: u64,
    /// Records that somebody was just working on: ask again in a minute.
    pub busy: u64,
    /// What cannot be opened, in words.
    pub unopened: Vec<String>,
}

/// What is sealed in a store, and with which master keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSecrets {
    /// Records that can be opened, by the id of their master key.
    pub opened: BTreeMap<String, u64>,
    /// What cannot be opened, in words.
    pub unopened: Vec<String>,
    /// Live grants by the id of the master key of their refresh token.
    pub grants: BTreeMap<String, u64>,
}

/// What still needs an older master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeededKey {
    /// Whether it may leave the configuration without anybody having to sign in again.
    pub is_free: bool,
    /// Live grants whose refresh token was made with it.
    pub grants: u64,
}

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupTo {
    /// An absolute path where there is no file.
    pub path: PathBuf,
}

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUp {
    /// Records.
    pub records: u64,
}

/// One line of an answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line<A> {
    /// It goes on.
    Progress(Progress),
    /// It is done.
    Answer(A),
    /// It failed, in words for the operator.
    Error(String),
}
