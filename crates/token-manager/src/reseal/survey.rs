use std::collections::BTreeMap;

use storage::{RecordStore, StoreError, Table};

use super::{PAGE, Parts, Unopened, complain, whole};
use crate::{
    KeyId, KeyRing, OpenError, SealContext, ThirdPartyIdentities, grants, key_ring, signing_keys,
    third_party_tokens,
};

/// What a store has that only master keys can open, and which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Records that the ring opens, by the key that sealed them.
    pub opened: BTreeMap<KeyId, u64>,
    /// Records that it does not open, by table and reason.
    pub unopened: Vec<Unopened>,
    /// Live grants by the key that made their refresh token, whether the ring has it or not.
    pub grants: BTreeMap<KeyId, u64>,
}

impl KeyRing {
    /// Opens everything that is sealed in `store` and forgets it again; nothing is written.
    ///
    /// For whoever must know whether a ring will do before it is put to work.
    ///
    /// # Errors
    /// The store's; what cannot be opened is no error but in the answer.
    pub async fn survey(&self, store: &dyn RecordStore) -> Result<Survey, StoreError> {
        let mut found = Survey { grants: self.grants_by_key(store).await?, ..Survey::default() };
        let tables: [(Table, Parts); 4] = [
            (signing_keys::TABLE, whole),
            (third_party_tokens::TABLE, third_party_tokens::sealed_part),
            (ThirdPartyIdentities::TABLE, whole),
            (key_ring::TABLE, whole),
        ];
        for (table, parts) in tables {
            self.survey_table(store, table, parts, &mut found).await?;
        }
        Ok(found)
    }

    async fn survey_table(
        &self,
        store: &dyn RecordStore,
        table: Table,
        parts: Parts,
        found: &mut Survey,
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = store.scan(table, after.as_ref(), PAGE).await?;
            for (key, row) in &page {
                let sealed = parts(&row.record.body).map(|(_, _, sealed)| sealed);
                let context = SealContext::of_write(table, key, row.revision);
                let opened = sealed
                    .ok_or(OpenError::Malformed)
                    .and_then(|it| Ok((self.try_open(context, row.record.format, it)?, it)));
                match opened.map(|(_, sealed)| key_ring::sealed_with(sealed)) {
                    Ok(Some(id)) => *found.opened.entry(id).or_default() += 1,
                    Ok(None) => complain(&mut found.unopened, table, OpenError::Malformed),
                    Err(reason) => complain(&mut found.unopened, table, reason),
                }
            }
            match page.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    pub(super) async fn grants_by_key(
        &self,
        store: &dyn RecordStore,
    ) -> Result<BTreeMap<KeyId, u64>, StoreError> {
        let (mut found, mut after) = (BTreeMap::new(), None);
        loop {
            let page = store.scan(grants::TABLE, after.as_ref(), PAGE).await?;
            for key in page.iter().filter_map(|(_, row)| grants::key_of(&row.record.body)) {
                *found.entry(key).or_default() += 1;
            }
            match page.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(found),
            }
        }
    }
}
