//! How commands print their answers.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use gateway::api_keys::UnixTime;
use serde::Serialize;

use super::Failure;
use crate::logging;

/// Prints an answer as JSON, or as `words` if nobody asked for JSON.
pub(crate) fn print<A: Serialize>(
    json: bool,
    answer: &A,
    words: impl FnOnce(&A) -> String,
) -> Result<(), Failure> {
    let text = if json {
        serde_json::to_string_pretty(answer).map_err(Failure::asked)? + "\n"
    } else {
        words(answer)
    };
    Ok(io::stdout().write_all(text.as_bytes())?)
}

/// A table for people; the last column may be of any length.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = head.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in std::iter::once(&head.map(str::to_owned)).chain(rows) {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            // Writing into memory does not fail.
            write!(line, "{cell:<width$}  ").ok();
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A stranger's text, without what a terminal would obey.
pub(crate) fn shown(text: Option<&str>) -> String {
    text.map_or_else(|| "-".to_owned(), |it| it.escape_debug().to_string())
}

/// A time for people.
pub(crate) fn time(time: UnixTime) -> String {
    logging::of_second(time.as_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m04_a_strangers_name_cannot_speak_to_the_terminal() {
        assert_eq!(shown(Some("Notes\u{1b}[2J\u{202e}\r\n")), "Notes\\u{1b}[2J\\u{202e}\\r\\n");
        assert_eq!(shown(Some("Näh-Notizen")), "Näh-Notizen");
        assert_eq!(shown(None), "-");
    }

    #[test]
    fn a_table_has_straight_columns() {
        let rows = [["a".to_owned(), "long name".to_owned()], ["bcdef".to_owned(), "x".to_owned()]];
        assert_eq!(table(["ID", "NAME"], &rows), "ID     NAME\na      long name\nbcdef  x\n");
    }
}
