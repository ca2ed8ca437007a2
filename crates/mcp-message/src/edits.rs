use serde_json::value::RawValue;

/// Changes to the text of a message, at places that were read from it; every other byte stays.
#[derive(Debug)]
pub struct Edits<'a> {
    text: &'a str,
    edits: Vec<Edit>,
}

/// A part was not read from the text, or two parts overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what shall be changed is no part of the text")]
pub struct ForeignPart;

#[derive(Debug)]
struct Edit {
    from: usize,
    to: usize,
    text: String,
}

impl<'a> Edits<'a> {
    /// No change of `text` yet.
    #[must_use]
    pub const fn of(text: &'a str) -> Self {
        Self { text, edits: Vec::new() }
    }

    /// Puts `replacement`, which is JSON, in the place of `part`.
    pub fn replace(&mut self, part: &RawValue, replacement: String) {
        let from = self.place(part);
        self.edits.push(Edit { from, to: from.saturating_add(part.get().len()), text: replacement });
    }

    /// Puts `addition` before the last byte of `part`, which closes an object or an array.
    pub fn add_at_end(&mut self, part: &RawValue, addition: String) {
        let at = self.place(part).saturating_add(part.get().len() - 1);
        self.edits.push(Edit { from: at, to: at, text: addition });
    }

    /// The changed text; `None` if nothing changes.
    ///
    /// # Errors
    /// [`ForeignPart`].
    pub fn apply(mut self) -> Result<Option<String>, ForeignPart> {
        if self.edits.is_empty() {
            return Ok(None);
        }
        self.edits.sort_by_key(|it| it.from);
        let mut changed = String::with_capacity(self.text.len());
        let mut at = 0;
        for edit in &self.edits {
            changed.push_str(self.text.get(at..edit.from).ok_or(ForeignPart)?);
            changed.push_str(&edit.text);
            at = edit.to;
        }
        changed.push_str(self.text.get(at..).ok_or(ForeignPart)?);
        Ok(Some(changed))
    }

    /// Where `part` is: values that were read without a copy lie within the text.
    fn place(&self, part: &RawValue) -> usize {
        part.get().as_ptr().addr().wrapping_sub(self.text.as_ptr().addr())
    }
}
