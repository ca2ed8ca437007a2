use super::*;

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(Shown::cut(text, 12).as_str(), expected, "{text:?}");
}

#[test]
fn i08_what_is_shown_is_what_can_be_seen() {
    check("Claude", "Claude");
    check("  Claude \t\r\n Code ", "Claude Code");
    check("Clau\u{0}de\u{7f}\u{9b}", "Claude");
    check("\u{202e}edualC\u{202c}", "edualC");
    check("\u{2066}Claude\u{2069}\u{200f}\u{61c}", "Claude");
    check("Cla\u{200b}u\u{200d}d\u{feff}e\u{ad}", "Claude");
    check("Claude\u{e0041}\u{fe0f}", "Claude");
    check("\u{3164}\u{115f}\u{ffa0}", "");
    check("Claude\u{2028}Code\u{2800}\u{2800}!", "Claude Code…");
    check("e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}!", "é\u{301}\u{301}\u{301}!");
    check("日本語 ノート", "日本語 ノート");
    check("👩‍💻 app", "👩💻 app");
}

#[test]
fn long_text_is_cut_and_says_so() {
    check("123456789012", "123456789012");
    check("1234567890123", "12345678901…");
    check("1234567890 23", "1234567890…");
    check(&"a".repeat(10_240), "aaaaaaaaaaa…");
    assert_eq!(Shown::cut_front("1234567890123", 12).as_str(), "…34567890123");
    assert_eq!(Shown::cut_front("123456789012", 12).as_str(), "123456789012");
    assert_eq!(Shown::cut_front(&"a".repeat(10_240), 12).as_str(), "…aaaaaaaaaaa");
}

#[test]
fn text_without_anything_to_see_is_none() {
    let shown = |text| Shown::if_visible(text, 12).map(|it| it.to_string());
    assert_eq!(shown(Some("Claude")), Some("Claude".to_owned()));
    assert_eq!(shown(Some(" \u{200b}\u{2800}\u{0} ")), None);
    assert_eq!(shown(None), None);
}

#[track_caller]
fn check_alphabets(name: &str, mixed: bool) {
    assert_eq!(Shown::cut(name, 60).mixes_alphabets(), mixed, "{name}");
}

#[test]
fn i07_names_of_mixed_alphabets_are_found() {
    check_alphabets("Claude Code 2.1 (beta)", false);
    check_alphabets("Café Zürich", false);
    check_alphabets("Заметки", false);
    check_alphabets("GitHub ノート 日本語", false);
    check_alphabets("GitHub 한국어", false);
    check_alphabets("תיקים MCP", false);
    check_alphabets("🚀 Rocket", false);
    check_alphabets("", false);
    check_alphabets("\u{421}laude", true);
    check_alphabets("Git\u{397}ub", true);
    check_alphabets("Заметки Claude", true);
    check_alphabets("ＧｉｔＨｕｂ", true);
    check_alphabets("𝐆𝐢𝐭𝐇𝐮𝐛", true);
}
