use super::*;

fn subjects() -> (SubjectDigest, SubjectDigest) {
    (SubjectDigest::of("i", "alice"), SubjectDigest::of("i", "bob"))
}

#[track_caller]
fn refused(outcome: Result<StreamPlace, Reason>, reason: Reason) {
    assert_eq!(outcome.map(drop), Err(reason));
}

#[test]
fn a_subject_has_its_own_places_and_gets_them_back() {
    let limit = StreamLimit::new(2, 8, None);
    let (alice, bob) = subjects();
    let first = limit.listen(alice).unwrap().open();
    let _second = limit.ask(alice).unwrap().open();
    refused(limit.listen(alice), Reason::TooManyStreams);
    refused(limit.ask(alice), Reason::TooManyStreams);
    assert!(limit.pass(alice).is_ok(), "what ends a session opens no stream");
    assert!(limit.listen(bob).is_ok() && limit.ask(bob).is_ok());
    drop(first);
    assert!(limit.listen(alice).is_ok() && limit.ask(alice).is_ok());
}

#[test]
fn requests_that_wait_keep_nobody_from_listening() {
    let limit = StreamLimit::new(2, 8, None);
    let (alice, bob) = subjects();
    let waiting: Vec<_> = (0..8).map(|_| limit.ask(alice).unwrap()).collect();
    refused(limit.ask(alice), Reason::SubjectBusy);
    assert!(limit.ask(bob).is_ok());
    let listening = limit.listen(alice).unwrap();
    // What the upstream has done is not thrown away, and then nothing new is begun.
    let open: Vec<_> = waiting.into_iter().map(StreamPlace::open).collect();
    refused(limit.ask(alice), Reason::TooManyStreams);
    drop((open, listening));
    assert!(limit.ask(alice).is_ok());
}

#[test]
fn nothing_is_remembered_of_subjects_without_streams() {
    let limit = StreamLimit::new(1, 1, None);
    let (alice, _) = subjects();
    drop(limit.listen(alice).unwrap());
    drop(limit.ask(alice).unwrap());
    drop(limit.ask(alice).unwrap().open());
    refused(StreamLimit::new(0, 1, None).ask(alice), Reason::TooManyStreams);
    assert!(limit.open.is_empty() && limit.waiting.is_empty());
}

#[test]
fn a_new_configuration_counts_on() {
    let before = StreamLimit::new(2, 2, None);
    let (alice, _) = subjects();
    let stream = before.listen(alice).unwrap();
    let after = StreamLimit::new(1, 2, Some(&before));
    refused(after.listen(alice), Reason::TooManyStreams);
    drop(stream);
    assert!(after.listen(alice).is_ok());
}

#[test]
fn an_address_has_its_own_places() {
    let limit = AddressLimit::new(1, None);
    let admit = |address: &str| limit.admit(address.parse().unwrap());
    for (address, same, other) in [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"),
    ] {
        let place = admit(address).unwrap();
        assert_eq!(admit(same).map(drop), Err(Reason::AddressBusy), "{same}");
        assert!(admit(other).is_ok(), "{other}");
        drop(place);
        assert!(admit(same).is_ok(), "{same}");
    }
    assert!(limit.waiting.is_empty());
}

#[test]
fn requests_beyond_the_limit_are_refused_until_one_ends() {
    let limit = RequestLimit::new(1);
    let place = limit.admit().unwrap();
    assert_eq!(limit.admit().map(drop), Err(Reason::Overloaded));
    drop(place);
    assert!(limit.admit().is_ok());
}
