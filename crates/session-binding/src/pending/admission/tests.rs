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

/// Admits `number`, of nobody knows where, at `seconds` after the beginning.
fn admit(admission: &Admission, number: u8, seconds: u64) -> Result<Option<Key>, Full> {
    admit_from(admission, None, number, seconds)
}

fn admit_from(
    admission: &Admission,
    source: Option<&[u8]>,
    number: u8,
    seconds: u64,
) -> Result<Option<Key>, Full> {
    let now = NOW + Duration::from_secs(seconds);
    admission.admit(key(number), source, now + STEP, now)
}

#[test]
fn f22_a_source_gives_up_its_own_and_leaves_room_for_others() {
    let limits = PendingLimits { max_open: 4, max_open_of_a_source: 2, ..PendingLimits::default() };
    let admission = Admission::new(&limits);
    let (greedy, other): (Option<&[u8]>, Option<&[u8]>) = (Some(b"greedy"), Some(b"other"));
    assert_eq!(admit_from(&admission, other, 1, 0), Ok(None));
    assert_eq!(admit_from(&admission, greedy, 2, 1), Ok(None));
    assert_eq!(admit_from(&admission, greedy, 3, 2), Ok(None));
    assert_eq!(admit_from(&admission, greedy, 4, 3), Err(Full));
    assert_eq!(admit_from(&admission, other, 5, 3), Ok(None));
    // Its own oldest goes, and not the oldest of all; a step does not change whose it is.
    admission.moved(&key(2), NOW + Duration::from_secs(10) + STEP);
    assert_eq!(admit_from(&admission, greedy, 6, 62), Ok(Some(key(3))));
    assert_eq!(admit_from(&admission, greedy, 7, 62), Err(Full));
    admission.left(&key(2));
    assert_eq!(admit_from(&admission, greedy, 7, 62), Ok(None));
    // Nothing is remembered of a source that has none.
    for number in 1..8 {
        admission.left(&key(number));
    }
    assert!(admission.open().by_source.is_empty() && admission.open().transactions.is_empty());
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
