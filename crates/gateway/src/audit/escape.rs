use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;

/// JSON on one line, of printable ASCII alone: whatever a value holds, it ends no line, moves no cursor and turns no
/// text around.
pub(super) fn to_json(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let written = value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Ascii));
    // Writing into memory does not fail, and all of it is ASCII.
    if written.is_err() { String::new() } else { String::from_utf8(bytes).unwrap_or_default() }
}

struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for character in fragment.chars() {
            if matches!(character, ' '..='~') {
                write!(writer, "{character}")?;
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}
