use crate::StoreError;

/// A kind of record: its name in the store, and the format its owner writes today.
///
/// Owners declare their tables as constants; a name belongs to one crate.
/// A record of an older format is returned as it is, for the owner to read and to write anew;
/// one of a newer format is never returned nor replaced ([`StoreError::Newer`]).
///
/// ```
/// const GRANTS: storage::Table = storage::Table::new("grants", 1);
/// assert_eq!(GRANTS.name(), "grants");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    name: &'static str,
    format: u16,
}

impl Table {
    /// A table named by 1 to 48 of `a-z`, `0-9` and `_`.
    ///
    /// # Panics
    ///
    /// If the name is empty, longer, or has another character: at compile time for a constant.
    #[must_use]
    pub const fn new(name: &'static str, format: u16) -> Self {
        let mut rest = name.as_bytes();
        assert!(!rest.is_empty() && rest.len() <= MAX_NAME, "a table's name has 1 to 48 characters");
        while let [first, others @ ..] = rest {
            assert!(
                first.is_ascii_lowercase() || first.is_ascii_digit() || *first == b'_',
                "a table's name is made of a-z, 0-9 and _"
            );
            rest = others;
        }
        Self { name, format }
    }

    /// The name in the store; never changes once released.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The format this program writes, and the newest it can read.
    #[must_use]
    pub const fn format(self) -> u16 {
        self.format
    }

    /// Refuses a record of a format that this program does not know.
    pub(crate) fn check_format(self, found: u16) -> Result<(), StoreError> {
        if found > self.format {
            return Err(StoreError::Newer { table: self.name, found, known: self.format });
        }
        Ok(())
    }
}

const MAX_NAME: usize = 48;
