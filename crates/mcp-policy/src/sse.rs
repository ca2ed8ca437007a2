//! Event streams, changed while they pass.

mod event;

use self::event::Event;

/// Changes the data of single events in a stream; every other byte passes as it came.
///
/// It takes the stream in pieces of any size, and gives each event on as soon as its empty line is there.
/// Lines end with CRLF, LF or CR (WHATWG HTML section 9.2.6).
#[derive(Debug)]
pub struct SseRewriter {
    most: usize,
    /// What came since the last event, and how much of it was searched for the end of a line.
    held: Vec<u8>,
    searched: usize,
    line_begins: usize,
    /// The last line ended with a CR, so an LF that comes next belongs to it.
    after_cr: bool,
    at_start: bool,
}

/// What shall become of an event's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passes as it came, byte for byte.
    Keep,
    /// It is replaced by this text.
    Replace(String),
}

/// Why a stream cannot be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SseFault {
    /// One event is larger than what is held of a stream.
    #[error("an event is too large")]
    TooLarge,
    /// An event is no UTF-8.
    #[error("an event is no UTF-8")]
    Encoding,
    /// The stream begins with a byte order mark, which some readers take for a part of the first field.
    #[error("the stream begins with a byte order mark")]
    ByteOrderMark,
    /// A field is named almost like `data` or `event`, which some readers take for it.
    #[error("a field is named almost like one of the standard")]
    FieldName,
}

impl SseRewriter {
    /// A rewriter that holds at most `most` bytes of an event.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { most, held: Vec::new(), searched: 0, line_begins: 0, after_cr: false, at_start: true }
    }

    /// Takes the next bytes, and answers what may pass now; `judge` is asked about each event with data: its type
    /// (empty for none) and its data, whose lines are joined by LF.
    ///
    /// # Errors
    /// An [`SseFault`] or an error of `judge`; the stream must end then, and nothing of the event may pass.
    pub fn push<E: From<SseFault>>(
        &mut self,
        bytes: &[u8],
        judge: impl FnMut(&str, &str) -> Result<Verdict, E>,
    ) -> Result<Vec<u8>, E> {
        self.held.extend_from_slice(bytes);
        let mut passed = Vec::new();
        self.pass_complete(&mut passed, judge)?;
        if self.held.len() > self.most {
            return Err(SseFault::TooLarge.into());
        }
        Ok(passed)
    }

    /// Takes the end of the stream: what is left is an event without its empty line, which some readers take all the
    /// same.
    ///
    /// # Errors
    /// As [`SseRewriter::push`].
    pub fn finish<E: From<SseFault>>(
        &mut self,
        mut judge: impl FnMut(&str, &str) -> Result<Verdict, E>,
    ) -> Result<Vec<u8>, E> {
        let rest = std::mem::take(&mut self.held);
        (self.searched, self.line_begins) = (0, 0);
        let mut passed = Vec::new();
        if !rest.is_empty() {
            self.pass_event(&rest, &mut passed, &mut judge)?;
        }
        Ok(passed)
    }

    fn pass_complete<E: From<SseFault>>(
        &mut self,
        passed: &mut Vec<u8>,
        mut judge: impl FnMut(&str, &str) -> Result<Verdict, E>,
    ) -> Result<(), E> {
        let held = std::mem::take(&mut self.held);
        let mut event_begins = 0;
        while let Some(byte) = held.get(self.searched) {
            let at = self.searched;
            self.searched += 1;
            let ends_crlf = std::mem::replace(&mut self.after_cr, *byte == b'\r') && *byte == b'\n';
            if ends_crlf {
                // The second half of a CRLF, whose first has ended the line.
                self.line_begins = self.searched;
                if at == event_begins {
                    passed.push(b'\n');
                    event_begins = self.searched;
                }
            } else if matches!(byte, b'\r' | b'\n') {
                let is_empty = at == self.line_begins;
                self.line_begins = self.searched;
                if is_empty {
                    let event = held.get(event_begins..self.searched).unwrap_or_default();
                    self.pass_event(event, passed, &mut judge)?;
                    event_begins = self.searched;
                }
            }
        }
        self.searched -= event_begins;
        self.line_begins -= event_begins;
        self.held = held;
        self.held.drain(..event_begins);
        Ok(())
    }

    fn pass_event<E: From<SseFault>>(
        &mut self,
        bytes: &[u8],
        passed: &mut Vec<u8>,
        judge: &mut impl FnMut(&str, &str) -> Result<Verdict, E>,
    ) -> Result<(), E> {
        if bytes.len() > self.most {
            return Err(SseFault::TooLarge.into());
        }
        let text = str::from_utf8(bytes).map_err(|_| SseFault::Encoding)?;
        if std::mem::take(&mut self.at_start) && text.starts_with('\u{feff}') {
            return Err(SseFault::ByteOrderMark.into());
        }
        let event = Event::read(text)?;
        match event.data() {
            None => passed.extend_from_slice(bytes),
            Some(data) => match judge(event.kind(), &data)? {
                Verdict::Keep => passed.extend_from_slice(bytes),
                Verdict::Replace(data) => event.write(&data, passed),
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
