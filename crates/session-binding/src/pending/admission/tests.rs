use std::time::Duration;

use super::*;

const NOW: UnixTime = UnixTime::from_seconds(1_000_000);
const STEP: Duration = Duration::from_secs(600);

fn admission() -> Admission {
    Admission::new(&PendingLimits { max_open: 2, ..PendingLimits::default() })
}

fn key(number: u8) -> Key {
    Key::of([number])
}

/// Admits `number` at `seconds` after the beginning.
fn admit(admission: &Admission, number: u8, seconds: u64) -> Result<Option<Key>, Full> {
    let now = NOW + Duration::from_secs(seconds);
    admission.admit(key(number), now + STEP, now)
}

#[test]
fn f22_the_one_that_was_idle_for_longest_makes_room() {
    let admission = admission();
    assert_eq!(admit(&admission, 1, 0), Ok(None));
    assert_eq!(admit(&admission, 2, 1), Ok(None));
    assert_eq!(admit(&admission, 3, 59), Err(Full));
    assert_eq!(admit(&admission, 3, 60), Ok(Some(key(1))));
    assert_eq!(admit(&admission, 4, 60), Err(Full));
    assert_eq!(admit(&admission, 4, 61), Ok(Some(key(2))));
}

#[test]
fn f22_a_step_counts_as_being_busy() {
    let admission = admission();
    admit(&admission, 1, 0).unwrap();
    admit(&admission, 2, 1).unwrap();
    admission.moved(&key(1), NOW + Duration::from_secs(50) + STEP);
    assert_eq!(admit(&admission, 3, 61), Ok(Some(key(2))));
}

#[test]
fn what_left_or_expired_takes_no_room() {
    let admission = admission();
    admit(&admission, 1, 0).unwrap();
    admit(&admission, 2, 590).unwrap();
    admission.left(&key(2));
    assert_eq!(admit(&admission, 3, 595), Ok(None));
    assert_eq!(admit(&admission, 4, 599), Ok(Some(key(1))));
    let admission = self::admission();
    admit(&admission, 1, 0).unwrap();
    admit(&admission, 2, 590).unwrap();
    assert_eq!(admit(&admission, 3, 600), Ok(None));
}
