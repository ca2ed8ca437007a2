use super::*;

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn each_key_has_its_own_count_until_its_window_is_over() {
    let budget = Budget::new(Rate::per_minute(2), 10);
    assert_eq!(budget.spend("a", NOW), Ok(()));
    assert_eq!(budget.check(&"a", NOW), Ok(()));
    assert_eq!(budget.spend("a", NOW + Duration::from_secs(20)), Ok(()));
    let left = Err(Duration::from_secs(40));
    assert_eq!(budget.spend("a", NOW + Duration::from_secs(20)), left);
    assert_eq!(budget.check(&"a", NOW + Duration::from_secs(20)), left);
    assert_eq!(budget.spend("b", NOW + Duration::from_secs(20)), Ok(()), "another key");
    assert_eq!(budget.check(&"a", NOW + MINUTE), Ok(()));
    assert_eq!(budget.spend("a", NOW + MINUTE), Ok(()), "another window");
}

#[test]
fn memory_is_bounded_and_old_windows_make_room() {
    let budget = Budget::new(Rate::per_minute(1), 2);
    for key in ["a", "b"] {
        assert_eq!(budget.spend(key, NOW), Ok(()));
    }
    for _ in 0..3 {
        assert_eq!(budget.spend("c", NOW), Ok(()), "there is no room to count it");
    }
    assert_eq!(budget.windows().len(), 2);
    assert_eq!(budget.spend("c", NOW + MINUTE), Ok(()));
    assert!(budget.spend("c", NOW + MINUTE).is_err(), "the old ones made room");
    assert_eq!(budget.windows().len(), 1);
}

#[test]
fn a_clock_that_was_set_back_begins_a_new_window() {
    let budget = Budget::new(Rate::per_minute(1), 2);
    assert_eq!(budget.spend("a", NOW), Ok(()));
    assert_eq!(budget.spend("a", NOW - Duration::from_secs(600)), Ok(()));
}
