use super::*;

#[test]
fn has_1_to_128_bytes() {
    for (len, expected) in [(0, false), (1, true), (128, true), (129, false)] {
        assert_eq!(Key::new(vec![0; len]).is_ok(), expected, "{len}");
    }
}

#[test]
fn sorts_by_bytes_and_shows_them_escaped() {
    let short = Key::new("a").unwrap();
    let long = Key::new("a\0").unwrap();
    assert!(short < long && long < Key::new("b").unwrap());
    assert_eq!(format!("{long:?}"), r"Key(a\x00)");
}
