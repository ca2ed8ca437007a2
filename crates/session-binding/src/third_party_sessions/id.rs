use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{Entropy, Principal};
use serde::{Deserialize, Serialize};
use storage::Key;

use crate::random::digest_of;

/// Names one sign-in of one person: where its record is, and which of the sign-ins that used the record it is.
///
/// A session that ended never lives again: the next one in the same place has another epoch.
/// No secret, and no proof of anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ThirdPartySessionId {
    slot: Slot,
    epoch: Epoch,
}

/// A text that is no id of a third-party session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no id of a third-party session")]
pub struct InvalidThirdPartySessionId;

/// The record's place: the person's digest, then that of the third party's own name for the sign-in (`sid`), if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot([u8; 64]);

pub(crate) type Epoch = [u8; 16];

impl ThirdPartySessionId {
    pub(super) const fn new(slot: Slot, epoch: Epoch) -> Self {
        Self { slot, epoch }
    }

    pub(super) const fn slot(&self) -> &Slot {
        &self.slot
    }

    pub(super) const fn epoch(&self) -> &Epoch {
        &self.epoch
    }
}

impl Slot {
    pub(super) fn new(principal: &Principal, sid: Option<&str>) -> Self {
        let sid = sid.map_or([0; 32], digest_of_sid);
        let mut bytes = [0; 64];
        let (person, sign_in) = bytes.split_at_mut(32);
        person.copy_from_slice(&Self::prefix_of(principal));
        sign_in.copy_from_slice(&sid);
        Self(bytes)
    }

    /// A provider's id has no colon, so no two persons share a text.
    pub(super) fn prefix_of(principal: &Principal) -> [u8; 32] {
        digest_of("third-party session person", &format!("{}:{}", principal.provider, principal.subject))
    }

    pub(super) fn is_of_sid(&self, sid: &str) -> bool {
        self.0.ends_with(&digest_of_sid(sid))
    }

    pub(super) fn from_key(key: &Key) -> Option<Self> {
        key.as_bytes().try_into().ok().map(Self)
    }

    pub(super) fn key(&self) -> Key {
        Key::of(self.0)
    }
}

fn digest_of_sid(sid: &str) -> [u8; 32] {
    digest_of("third-party session sid", sid)
}

pub(super) fn random_epoch(entropy: &dyn Entropy) -> Epoch {
    let mut epoch = [0; 16];
    entropy.fill(&mut epoch);
    epoch
}

impl FromStr for ThirdPartySessionId {
    type Err = InvalidThirdPartySessionId;

    fn from_str(text: &str) -> Result<Self, InvalidThirdPartySessionId> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidThirdPartySessionId)?;
        let (slot, epoch) = bytes.split_at_checked(64).ok_or(InvalidThirdPartySessionId)?;
        let slot = Slot(slot.try_into().map_err(|_| InvalidThirdPartySessionId)?);
        let epoch = epoch.try_into().map_err(|_| InvalidThirdPartySessionId)?;
        Ok(Self { slot, epoch })
    }
}

impl TryFrom<String> for ThirdPartySessionId {
    type Error = InvalidThirdPartySessionId;

    fn try_from(text: String) -> Result<Self, InvalidThirdPartySessionId> {
        text.parse()
    }
}

impl From<ThirdPartySessionId> for String {
    fn from(id: ThirdPartySessionId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for ThirdPartySessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&URL_SAFE_NO_PAD.encode([&self.slot.0[..], &self.epoch[..]].concat()))
    }
}
