use std::time::Duration;

use crate::config::{ByteSize, Period};

#[test]
fn sizes_are_bytes_with_a_binary_unit() {
    let check = |text: &str, expected: Option<u64>| {
        assert_eq!(text.parse::<ByteSize>().ok().map(ByteSize::bytes), expected, "{text:?}");
    };
    check("4096", Some(4096));
    check("4096B", Some(4096));
    check("32KiB", Some(32 << 10));
    check("4 MiB", Some(4 << 20));
    check("1GiB", Some(1 << 30));
    check("4MB", None);
    check("4mib", None);
    check("MiB", None);
    check("", None);
    check("-1", None);
    check("1.5MiB", None);
    check("99999999999GiB", None);
}

#[test]
fn a_size_prints_as_it_is_written() {
    for text in ["0", "1023", "32KiB", "1025KiB", "4MiB", "1GiB"] {
        assert_eq!(text.parse::<ByteSize>().unwrap().to_string(), text);
    }
    assert_eq!("4096".parse::<ByteSize>().unwrap().to_string(), "4KiB");
}

#[test]
fn periods_have_a_unit() {
    let check = |text: &str, expected: Option<Duration>| {
        assert_eq!(text.parse::<Period>().ok().map(Period::get), expected, "{text:?}");
    };
    check("15s", Some(Duration::from_secs(15)));
    check("500ms", Some(Duration::from_millis(500)));
    check("5m", Some(Duration::from_secs(300)));
    check("1h 30m", Some(Duration::from_secs(5400)));
    check("30d", Some(Duration::from_secs(30 * 86_400)));
    check("1d 12h", Some(Duration::from_secs(36 * 3600)));
    check("1d12h", None);
    check("d", None);
    check("-1d", None);
    check("1d 2d", None);
    check("999999999999999999d", None);
    check("15", None);
    check("", None);
    check("-15s", None);
    check("15 s ago", None);
    check("forever", None);
}

#[test]
fn a_period_prints_as_it_is_written() {
    for text in ["500ms", "15s", "1m", "1m 15s", "24h", "25h", "2d", "180d"] {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
    }
}
