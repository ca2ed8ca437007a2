use crate::Record;

/// One change of one record, for [`RecordStore::write`](crate::RecordStore::write).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// What must be there now for the record to be written.
    pub expected: Expected,
    /// What is there afterwards.
    pub record: Record,
    /// The number that the write is to have; without one the store gives it the next.
    pub revision: Option<Reserved>,
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

/// The number of a write to come: a [`Versioned::revision`](crate::Versioned::revision) that is known beforehand.
///
/// For records that say, or are sealed for, which write of theirs they are, and for callers that want to know after a
/// lost answer whether what is there is what they wrote.
/// It is for one write, and for repeating exactly that one; it may also stay unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reserved(u64);

impl Write {
    /// The write of `record` where `expected` is, with the store's next number.
    #[must_use]
    pub const fn new(expected: Expected, record: Record) -> Self {
        Self { expected, record, revision: None }
    }

    /// The same write, with this number.
    #[must_use]
    pub fn numbered(self, revision: Reserved) -> Self {
        Self { revision: Some(revision), ..self }
    }
}

impl Reserved {
    /// For implementations of [`RecordStore::reserve`](crate::RecordStore::reserve): a number that no write has, and that
    /// they will give to none.
    #[must_use]
    pub const fn new(revision: u64) -> Self {
        Self(revision)
    }

    /// The revision of the record once it is written.
    #[must_use]
    pub const fn revision(self) -> u64 {
        self.0
    }
}
