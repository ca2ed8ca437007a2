use serde_json::value::RawValue;

use super::FilterFault;

/// Changes to a text, at places that were read from it; every other byte stays.
#[derive(Debug)]
pub(super) struct Edits<'a> {
    text: &'a str,
    edits: Vec<Edit>,
}

#[derive(Debug)]
struct Edit {
    from: usize,
    to: usize,
    text: String,
}

impl<'a> Edits<'a> {
    pub(super) const fn of(text: &'a str) -> Self {
        Self { text, edits: Vec::new() }
    }

    /// Puts `replacement` in the place of `part`, which was read from the text.
    pub(super) fn replace(&mut self, part: &RawValue, replacement: String) {
        let from = self.place(part);
        self.edits.push(Edit { from, to: from.saturating_add(part.get().len()), text: replacement });
    }

    /// Puts `addition` before the last byte of `part`.
    pub(super) fn add_at_end(&mut self, part: &RawValue, addition: String) {
        let at = self.place(part).saturating_add(part.get().len() - 1);
        self.edits.push(Edit { from: at, to: at, text: addition });
    }

    /// The changed text; `None` if nothing changes.
    ///
    /// # Errors
    /// When a part was not of the text, or two overlap.
    pub(super) fn apply(mut self) -> Result<Option<String>, FilterFault> {
        if self.edits.is_empty() {
            return Ok(None);
        }
        self.edits.sort_by_key(|it| it.from);
        let mut changed = String::with_capacity(self.text.len());
        let mut at = 0;
        for edit in &self.edits {
            changed.push_str(self.text.get(at..edit.from).ok_or(FilterFault::NotAList)?);
            changed.push_str(&edit.text);
            at = edit.to;
        }
        changed.push_str(self.text.get(at..).ok_or(FilterFault::NotAList)?);
        Ok(Some(changed))
    }

    /// Where `part` is: values that were read without a copy lie within the text.
    fn place(&self, part: &RawValue) -> usize {
        part.get().as_ptr().addr().wrapping_sub(self.text.as_ptr().addr())
    }
}
