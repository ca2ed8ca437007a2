//! Names from strangers.

/// The name is too long to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NameTooLong;

/// What of a stranger's name can be shown: without characters that are not seen or that move others about, and with
/// single spaces. None if nothing is left.
pub(crate) fn shown_name(text: &str) -> Result<Option<String>, NameTooLong> {
    if text.len() > MAX_BYTES {
        return Err(NameTooLong);
    }
    let mut shown = String::with_capacity(text.len());
    let mut marks = 0_usize;
    for character in text.chars() {
        if character.is_whitespace() || character.is_control() {
            if !shown.ends_with(' ') {
                shown.push(' ');
            }
            marks = 0;
            continue;
        }
        if is_unseen(character) {
            continue;
        }
        marks = if is_mark(character) { marks + 1 } else { 0 };
        // More marks on one letter than any language writes reach into the lines above and below.
        if marks <= MAX_MARKS {
            shown.push(character);
        }
    }
    let shown = shown.trim();
    if shown.chars().count() > MAX_CHARACTERS {
        return Err(NameTooLong);
    }
    Ok((!shown.is_empty()).then(|| shown.to_owned()))
}

/// Unicode's default ignorable, format, private-use and interlinear characters.
fn is_unseen(character: char) -> bool {
    matches!(u32::from(character),
        0x00AD | 0x034F | 0x061C | 0x06DD | 0x070F | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
        | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x2800 | 0x3164 | 0xE000..=0xF8FF | 0xFE00..=0xFE0F
        | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFF | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0x10_FFFF)
}

fn is_mark(character: char) -> bool {
    matches!(u32::from(character),
        0x0300..=0x036F | 0x0483..=0x0489 | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}

const MAX_CHARACTERS: usize = 100;
const MAX_BYTES: usize = 1024;
const MAX_MARKS: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<Option<&str>, NameTooLong>) {
        assert_eq!(shown_name(text), expected.map(|it| it.map(str::to_owned)), "{text:?}");
    }

    #[test]
    fn h08_a_name_shows_everything_that_is_in_it() {
        check("Claude Code (plugin)", Ok(Some("Claude Code (plugin)")));
        check("Größe 東京 Ελλάδα", Ok(Some("Größe 東京 Ελλάδα")));
        check("<b>Bank</b>", Ok(Some("<b>Bank</b>")));
        check("evil\u{202E}edualC", Ok(Some("eviledualC")));
        check("Cl\u{200B}au\u{2060}de\u{FEFF}", Ok(Some("Claude")));
        check("a\u{0}b\r\nc\t\u{85}d", Ok(Some("a b c d")));
        check("\u{2066}x\u{2069}\u{E0041}\u{F8FF}", Ok(Some("x")));
        check("  a \u{A0} b  ", Ok(Some("a b")));
        check("e\u{301}\u{301}\u{301}\u{301}x", Ok(Some("e\u{301}\u{301}x")));
        check("", Ok(None));
        check(" \u{200B}\u{2028} ", Ok(None));
    }

    #[test]
    fn h08_a_long_name_is_no_name() {
        check(&"a".repeat(100), Ok(Some(&"a".repeat(100))));
        check(&"a".repeat(101), Err(NameTooLong));
        check(&"\u{200B}".repeat(4000), Err(NameTooLong));
        check(&"a".repeat(10 * 1024), Err(NameTooLong));
    }
}
