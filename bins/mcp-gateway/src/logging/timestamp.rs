use std::{
    cell::RefCell,
    fmt::Write as _,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::lines::push_number;

/// The present time, since the beginning of 1970.
#[expect(clippy::disallowed_methods, reason = "a log shows the time of the machine")]
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The date and time of a second.
pub(crate) fn of_second(seconds: u64) -> String {
    let mut text = String::new();
    write_second(&mut text, seconds);
    text.push('Z');
    text
}

/// The date and time of a second, which many lines share.
#[derive(Default)]
struct Second {
    seconds: u64,
    text: String,
}

thread_local! {
    static LAST: RefCell<Second> = RefCell::default();
}

/// Writes a time to the microsecond, as RFC 3339 has it.
pub(super) fn write(line: &mut String, since_1970: Duration) {
    LAST.with_borrow_mut(|last| {
        let seconds = since_1970.as_secs();
        if last.seconds != seconds || last.text.is_empty() {
            last.seconds = seconds;
            last.text.clear();
            write_second(&mut last.text, seconds);
        }
        line.push_str(&last.text);
    });
    // A one before them keeps the zeros in front, and gives way to the point.
    let digits_at = line.len();
    push_number(line, u64::from(1_000_000 + since_1970.subsec_micros()));
    line.replace_range(digits_at..=digits_at, ".");
    line.push('Z');
}

fn write_second(text: &mut String, seconds: u64) {
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    write!(text, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}").ok();
}

/// Year, month and day of the Gregorian calendar, so many days after the first of 1970.
///
/// Years are reckoned from March, so that the day that some have and others have not is their last; 400 of them have
/// 146,097 days.
const fn date(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_FROM_0000_03_01;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

const DAYS_FROM_0000_03_01: u64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds: u64, expected: &str) {
        let mut text = String::new();
        write(&mut text, Duration::from_secs(seconds) + Duration::from_micros(42));
        assert_eq!(text, format!("{expected}.000042Z"));
    }

    #[test]
    fn times_are_written_as_rfc_3339_has_them() {
        check(0, "1970-01-01T00:00:00");
        check(86_399, "1970-01-01T23:59:59");
        check(951_782_400, "2000-02-29T00:00:00");
        check(951_868_800, "2000-03-01T00:00:00");
        check(1_709_164_800, "2024-02-29T00:00:00");
        check(1_735_689_599, "2024-12-31T23:59:59");
        check(1_735_689_600, "2025-01-01T00:00:00");
        check(1_735_689_600, "2025-01-01T00:00:00");
        check(4_107_542_399, "2100-02-28T23:59:59");
        check(4_107_542_400, "2100-03-01T00:00:00");
    }
}
