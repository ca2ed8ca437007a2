//! The change from one master key to the next, while everything goes on.

mod survey;

use std::{collections::BTreeMap, fmt};

pub use survey::Survey;

use storage::{Expected, Key, Record, RecordStore, StoreError, Table, Versioned, Write};

use crate::{
    KeyId, KeyRing, KeyRingError, OpenError, Opened, SealContext, ThirdPartyIdentities, key_ring,
    signing_keys, third_party_tokens,
};

/// How far [`KeyRing::reseal`] has come in one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResealProgress {
    /// The table.
    pub table: &'static str,
    /// Records of it that were looked at.
    pub looked_at: u64,
    /// Records of it that were sealed anew.
    pub resealed: u64,
}

/// What [`KeyRing::reseal`] has done, and what still needs an older key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Records that were sealed anew.
    pub resealed: u64,
    /// Records that somebody is just working on: call again in a minute.
    pub busy: u64,
    /// Records that cannot be opened, by table and reason.
    pub unopened: Vec<Unopened>,
    /// Live grants whose refresh token was made with an older key, by that key.
    ///
    /// Each moves to the present key when its client refreshes, or ends after its idle timeout.
    /// If its key leaves the ring before that, its client has to sign in again.
    pub grants: BTreeMap<KeyId, u64>,
}

/// Records of one table that cannot be opened for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unopened {
    /// The table.
    pub table: &'static str,
    /// Why; a lost master key is named.
    pub reason: OpenError,
    /// How many.
    pub records: u64,
}

impl KeyRing {
    /// Seals with the present key whatever an older key of the ring or an earlier version has sealed, and tells `progress` after each page.
    ///
    /// For use while the store is served, by this process or another, if all of them have the present key.
    /// Each record is replaced by one compare-and-swap, so it can be interrupted anywhere, and called again to go on:
    /// what was done is passed over. Once nothing needs an older key except refresh tokens, the store is bound to the
    /// present key: [`KeyRing::check`] then accepts a ring without the older ones.
    /// Secrets of sign-ins under way are not among the records: they last for minutes.
    ///
    /// # Errors
    /// [`KeyRingError::Store`] and [`KeyRingError::Library`]; records that cannot be opened are no error but in the
    /// answer, and the others are sealed all the same.
    pub async fn reseal(
        &self,
        store: &dyn RecordStore,
        mut progress: impl FnMut(ResealProgress),
    ) -> Result<Resealed, KeyRingError> {
        let mut done = Resealed { grants: self.grants_of_older_keys(store).await?, ..Resealed::default() };
        self.reseal_table(store, signing_keys::TABLE, whole, &mut done, &mut progress).await?;
        let tokens = third_party_tokens::TABLE;
        self.reseal_table(store, tokens, third_party_tokens::sealed_part, &mut done, &mut progress).await?;
        let identities = ThirdPartyIdentities::TABLE;
        self.reseal_table(store, identities, whole, &mut done, &mut progress).await?;
        if done.is_complete() {
            // Last: until then the older key is needed, and a ring without it must be refused.
            self.reseal_table(store, key_ring::TABLE, whole, &mut done, &mut progress).await?;
        }
        if done.is_complete() {
            self.refuse_older_texts();
        }
        Ok(done)
    }

    async fn reseal_table(
        &self,
        store: &dyn RecordStore,
        table: Table,
        parts: Parts,
        done: &mut Resealed,
        progress: &mut impl FnMut(ResealProgress),
    ) -> Result<(), KeyRingError> {
        let (before, mut looked_at, mut after) = (done.resealed, 0, None);
        loop {
            let page = store.scan(table, after.as_ref(), PAGE).await?;
            for (key, found) in &page {
                looked_at += 1;
                self.reseal_record(store, table, parts, (key, found), done).await?;
            }
            progress(ResealProgress { table: table.name(), looked_at, resealed: done.resealed - before });
            match page.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    /// Replaces one record, however often others are faster.
    async fn reseal_record(
        &self,
        store: &dyn RecordStore,
        table: Table,
        parts: Parts,
        (key, found): (&Key, &Versioned),
        done: &mut Resealed,
    ) -> Result<(), KeyRingError> {
        let mut found = Some(found.clone());
        for _ in 0..ATTEMPTS {
            let Some(present) = found else { return Ok(()) };
            let Some((before, opened)) = self.wanting(table, key, &present, parts, done) else {
                return Ok(());
            };
            let revision = key_ring::next_revision();
            let sealed =
                self.seal(SealContext::of_write(table, key, revision.number()), &opened.plaintext)?;
            let (body, format) = ([before, &sealed].concat(), table.format());
            let record = Record { body, format, ..present.record.clone() };
            let write = Write::new(Expected::Revision(present.revision), record).numbered(revision);
            if store.write(table, key, write).await? {
                done.resealed += 1;
                return Ok(());
            }
            found = store.get(table, key).await?;
        }
        done.busy += 1;
        Ok(())
    }

    /// What stands before the sealed part of a record that wants to be sealed anew, and what that part holds; nothing if
    /// there is nothing to do, or nothing that can be done.
    fn wanting<'a>(
        &self,
        table: Table,
        key: &Key,
        Versioned { record, revision }: &'a Versioned,
        parts: Parts,
        done: &mut Resealed,
    ) -> Option<(&'a [u8], Opened)> {
        let Some((before, busy, sealed)) = parts(&record.body) else {
            done.complain(table, OpenError::Malformed);
            return None;
        };
        if key_ring::sealed_with(sealed) == Some(self.current()) && record.format == table.format() {
            return None;
        }
        match self.try_open(SealContext::of_write(table, key, *revision), record.format, sealed) {
            Ok(_) if busy => done.busy += 1,
            Ok(opened) => return Some((before, opened)),
            Err(reason) => done.complain(table, reason),
        }
        None
    }

    async fn grants_of_older_keys(
        &self,
        store: &dyn RecordStore,
    ) -> Result<BTreeMap<KeyId, u64>, StoreError> {
        let mut grants = self.grants_by_key(store).await?;
        grants.remove(&self.current());
        Ok(grants)
    }
}

impl Resealed {
    /// Whether no record needs an older key any more; refresh tokens of [`Resealed::grants`] still may.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.busy == 0 && self.unopened.is_empty()
    }

    /// Whether `key` may leave the ring without anybody having to sign in again.
    #[must_use]
    pub fn is_free_of(&self, key: KeyId) -> bool {
        self.is_complete() && !self.grants.contains_key(&key)
    }

    fn complain(&mut self, table: Table, reason: OpenError) {
        complain(&mut self.unopened, table, reason);
    }
}

fn complain(unopened: &mut Vec<Unopened>, table: Table, reason: OpenError) {
    match unopened.iter_mut().find(|it| it.table == table.name() && it.reason == reason) {
        Some(same) => same.records += 1,
        None => unopened.push(Unopened { table: table.name(), reason, records: 1 }),
    }
}

impl fmt::Display for Unopened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, reason, records } = self;
        write!(formatter, "{records} of the records in {table} cannot be opened: {reason}")
    }
}

/// What stands before the sealed part of a body, whether it must be left alone for now, and the sealed part.
type Parts = for<'a> fn(&'a [u8]) -> Option<(&'a [u8], bool, &'a [u8])>;

#[expect(clippy::unnecessary_wraps, reason = "one of several `Parts`")]
const fn whole(body: &[u8]) -> Option<(&[u8], bool, &[u8])> {
    Some((&[], false, body))
}

const PAGE: usize = 256;
/// How often one record is tried while others change it.
const ATTEMPTS: usize = 16;

#[cfg(test)]
mod tests;
