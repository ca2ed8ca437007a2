//! From older schemas to this one.
//!
//! All steps are one transaction, which ends with the new number: a crash on the way leaves the file of the older
//! schema, and the next start begins again.

use redb::{Database, WriteTransaction};

use super::schema::{self, OLDEST, SCHEMA};

/// Brings a store of the schema `from` to [`SCHEMA`].
pub(super) fn migrate(db: &Database, from: u32) -> Result<(), redb::Error> {
    let transaction = schema::begin_write(db)?;
    for (_, step) in STEPS.iter().filter(|(schema, _)| *schema >= from) {
        step(&transaction)?;
    }
    schema::say(&transaction, schema::NUMBER, &SCHEMA.to_be_bytes())?;
    transaction.commit()?;
    Ok(())
}

/// What makes of each schema the next one.
const STEPS: [(u32, Step); (SCHEMA - OLDEST) as usize] = [(1, name_the_writer)];

type Step = fn(&WriteTransaction) -> Result<(), redb::Error>;

fn name_the_writer(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    schema::say(transaction, schema::WRITTEN_BY, schema::VERSION.as_bytes())
}
