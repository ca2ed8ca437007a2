//! Text from strangers, made harmless for the eye; escaping for HTML is the templates' part.

use std::fmt;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_security::{
    RestrictionLevelDetection,
    general_security_profile::{GeneralSecurityProfile, IdentifierType},
    restriction_level::RestrictionLevel,
};

/// One line of text that shows what it says.
///
/// Without control characters, without characters that turn the direction of writing or cannot be seen, without towers
/// of accents, spaces collapsed, and cut to a length. Templates escape it like any other text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown(String);

impl Shown {
    /// At most `limit` characters of `text`, the last of them an ellipsis if something is cut.
    pub(super) fn cut(text: &str, limit: usize) -> Self {
        let mut shown = visible(text);
        if shown.chars().count() > limit {
            shown = shown.chars().take(limit.saturating_sub(1)).collect();
            shown.truncate(shown.trim_end().len());
            shown.push(ELLIPSIS);
        }
        Self(shown)
    }

    /// Like [`Self::cut`], but keeps the end, which is what counts in a host name.
    pub(super) fn cut_front(text: &str, limit: usize) -> Self {
        let mut shown = visible(text);
        let length = shown.chars().count();
        if length > limit {
            let kept = shown.chars().skip(length - limit.saturating_sub(1));
            shown = std::iter::once(ELLIPSIS).chain(kept).collect();
        }
        Self(shown)
    }

    /// A name that somebody gives themselves, or nothing if there is nothing to see: [`Self::cut`], without quotation
    /// marks, ticks and whatever else would end the name before its end or say more than a name does.
    pub(super) fn claimed(text: Option<&str>, limit: usize) -> Option<Self> {
        let plain: String = text?.chars().map(|it| if is_of_a_name(it) { it } else { ' ' }).collect();
        Self::if_visible(Some(&plain), limit)
    }

    /// Whether it is `other` to the eye of somebody in a hurry.
    pub(super) fn reads_like(&self, other: &str) -> bool {
        let bare =
            |it: &str| it.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let (own, other): (String, String) = (bare(&self.0), bare(other));
        !own.is_empty() && own == other
    }

    /// Whether it claims that somebody vouches for it.
    pub(super) fn boasts(&self) -> bool {
        let words = self.0.to_lowercase();
        words.split(|it: char| !it.is_alphanumeric()).any(|it| BOASTS.contains(&it))
    }

    /// [`Self::cut`], or nothing if there is nothing to see.
    pub(super) fn if_visible(text: Option<&str>, limit: usize) -> Option<Self> {
        text.map(|it| Self::cut(it, limit)).filter(|it| !it.0.is_empty())
    }

    /// The text.
    #[cfg(test)]
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether letters of several alphabets are mixed as no language mixes them (UTS 39 section 5.2).
    ///
    /// Latin beside one of most other scripts is ordinary; Latin beside Cyrillic or Greek, and styled letters that
    /// imitate Latin ones, are not.
    pub(super) fn mixes_alphabets(&self) -> bool {
        let letters: String = self.0.chars().filter(|it| it.is_alphabetic()).collect();
        !letters.is_empty()
            && !letters.as_str().check_restriction_level(RestrictionLevel::ModeratelyRestrictive)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Without what cannot be seen, with single spaces and few accents.
fn visible(text: &str) -> String {
    let mut shown = String::new();
    let mut blank = false;
    let mut marks = 0;
    for it in text.chars().filter(|it| is_blank(*it) || !is_hidden(*it)).nfc() {
        if is_blank(it) {
            blank = true;
            continue;
        }
        marks = if is_combining_mark(it) { marks + 1 } else { 0 };
        if marks > MOST_MARKS {
            continue;
        }
        if blank && !shown.is_empty() {
            shown.push(' ');
        }
        blank = false;
        shown.push(it);
    }
    shown
}

fn is_of_a_name(it: char) -> bool {
    it.is_alphanumeric()
        || is_combining_mark(it)
        || is_blank(it)
        || is_hidden(it)
        || matches!(
            it,
            '-' | '_'
                | '.'
                | ','
                | ':'
                | '+'
                | '&'
                | '/'
                | '('
                | ')'
                | '#'
                | '@'
                | '\''
                | '\u{2019}'
                | '\u{B7}'
                | '\u{30FB}'
        )
}

fn is_blank(it: char) -> bool {
    it.is_whitespace() || it == BRAILLE_BLANK
}

/// Controls, joiners, fillers, variation selectors, tags and everything that turns the direction of writing.
fn is_hidden(it: char) -> bool {
    it.is_control()
        || matches!(
            it,
            '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
                | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}'
        )
        || it.identifier_type() == Some(IdentifierType::Default_Ignorable)
}

/// What a name says that wants to be taken for checked.
const BOASTS: [&str; 6] = ["verified", "official", "trusted", "approved", "certified", "authorized"];
const ELLIPSIS: char = '…';
const BRAILLE_BLANK: char = '\u{2800}';
/// More than any language puts on one letter.
const MOST_MARKS: usize = 3;

#[cfg(test)]
mod tests;
