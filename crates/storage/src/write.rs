use oauth_types::Entropy;

use crate::Record;

/// One change of one record, for [`RecordStore::write`](crate::RecordStore::write).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// What must be there now for the record to be written.
    pub expected: Expected,
    /// What is there afterwards.
    pub record: Record,
    /// The number that the write is to have; without one the store gives it the next.
    pub revision: Option<ChosenRevision>,
}

/// What must be under a key for a [`Write`] to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever: a record that is there is replaced.
    Anything,
    /// No record, of whatever format.
    Nothing,
    /// The record that the write of this number left there.
    Revision(u64),
}

/// The number of a write to come, drawn at random: a [`Versioned::revision`](crate::Versioned::revision) that is known
/// beforehand.
///
/// For records that say, or are sealed for, which write of theirs they are, and for callers that want to know after a
/// lost answer whether what is there is what they wrote.
/// It is for one write, and for repeating exactly that one.
///
/// Of its 63 bits, 62 are random and the highest is set, so no write has it that the store numbered, and another one
/// that was drawn has it once in 2^62.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChosenRevision(u64);

impl Write {
    /// The write of `record` where `expected` is, with the store's next number.
    #[must_use]
    pub const fn new(expected: Expected, record: Record) -> Self {
        Self { expected, record, revision: None }
    }

    /// The same write, with this number.
    #[must_use]
    pub fn numbered(self, revision: ChosenRevision) -> Self {
        Self { revision: Some(revision), ..self }
    }
}

impl ChosenRevision {
    /// Draws one.
    #[must_use]
    pub fn random(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 8];
        entropy.fill(&mut bytes);
        Self(u64::from_le_bytes(bytes) >> 2 | LOWEST)
    }

    /// The revision of the record once it is written.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// Stores count up from one, and do not come this far.
const LOWEST: u64 = 1 << 62;
