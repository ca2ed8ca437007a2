use super::*;

const NOW: u64 = 1_795_598_831;

#[track_caller]
fn check(seconds_ago: u64, expected: &str) {
    let moment = Moment::new(UnixTime::from_seconds(NOW - seconds_ago), UnixTime::from_seconds(NOW));
    assert_eq!(moment.relative, expected, "{seconds_ago} s");
}

#[test]
fn the_distance_is_said_in_the_largest_unit() {
    check(0, "just now");
    check(59, "just now");
    check(60, "1 minute ago");
    check(3_599, "59 minutes ago");
    check(3_600, "1 hour ago");
    check(2 * 86_400 - 1, "1 day ago");
    check(2 * 86_400, "2 days ago");
    check(30 * 86_400, "1 month ago");
    check(364 * 86_400, "12 months ago");
    check(800 * 86_400, "2 years ago");
}

#[test]
fn the_moment_is_said_exactly() {
    let moment = Moment::new(UnixTime::from_seconds(NOW), UnixTime::EPOCH);
    assert_eq!(moment.machine, "2026-11-25T09:27:11Z");
    assert_eq!(moment.exact, "25 November 2026, 09:27 UTC");
    assert_eq!(moment.relative, "just now");
    let last = Moment::new(UnixTime::from_seconds(u64::MAX), UnixTime::EPOCH);
    assert!(last.machine.starts_with("9999-"), "{}", last.machine);
}
