use storage::{Key, MemoryStore, Record, RecordStore, Table};
use test_support::log;

use super::*;

const TOKENS: Table = Table::new("tokens", 2);
const OTHERS: Table = Table::new("others", 2);

fn master(seed: u8) -> MasterKey {
    let bytes: Vec<u8> = (0..32).map(|it| it ^ seed).collect();
    MasterKey::new(&bytes).unwrap()
}

fn ring(current: u8, older: &[u8]) -> KeyRing {
    KeyRing::new(&master(current), older.iter().map(|it| master(*it))).unwrap()
}

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

#[test]
fn a_weak_master_key_is_refused() {
    assert!(MasterKey::new(&[]).is_err());
    assert!(MasterKey::new(&(0..31).collect::<Vec<_>>()).is_err());
    assert!(MasterKey::new(&(0..32).collect::<Vec<_>>()).is_ok());
    assert!(MasterKey::new(&[7; 64]).is_err());
    let twice = KeyRing::new(&master(1), [master(1)]);
    assert_eq!(twice.err(), Some(KeyRingError::Duplicate(master(1).id())));
}

/// The write of the number 7 of a record of [`TOKENS`].
fn write_7(key: &Key) -> SealContext<'_> {
    SealContext::of_write(TOKENS, key, 7)
}

#[track_caller]
fn check(
    sealed: &[u8],
    ring: &KeyRing,
    (context, format): (SealContext<'_>, u16),
    expected: Result<bool, OpenError>,
) {
    let opened = ring.open(context, format, sealed);
    if let Ok(opened) = &opened {
        assert_eq!(*opened.plaintext, b"secret");
    }
    assert_eq!(opened.map(|it| it.reseal), expected);
}

#[test]
fn l08_a_sealed_text_opens_in_its_own_place_only() {
    let (this, a, b) = (ring(1, &[]), key("a"), key("b"));
    let [for_record, for_other] = [SealContext::of_record(TOKENS, &a), SealContext::of_record(OTHERS, &a)];
    for (context, other_key, other_table) in [
        (write_7(&a), write_7(&b), SealContext::of_write(OTHERS, &a, 7)),
        (for_record, SealContext::of_record(TOKENS, &b), for_other),
    ] {
        let sealed = this.seal(context, b"secret").unwrap();
        assert_eq!(sealed.len(), 6 + 33);
        check(&sealed, &this, (context, 2), Ok(false));
        check(&sealed, &this, (other_key, 2), Err(OpenError::Forged));
        check(&sealed, &this, (other_table, 2), Err(OpenError::Forged));
        check(&sealed, &this, (context, 1), Err(OpenError::Forged));
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(this.open(context, 2, &changed).is_err(), "byte {index}");
            assert!(this.open(context, 2, &sealed[..index]).is_err(), "cut at {index}");
        }
    }
}

#[test]
fn l08_a_sealed_text_opens_for_its_own_write_only() {
    let (this, a) = (ring(1, &[]), key("a"));
    let sealed = this.seal(write_7(&a), b"secret").unwrap();
    check(&sealed, &this, (write_7(&a), 2), Ok(false));
    for other in [6, 8, 0, u64::MAX] {
        let context = SealContext::of_write(TOKENS, &a, other);
        check(&sealed, &this, (context, 2), Err(OpenError::Forged));
    }
    // Neither kind of text passes for the other, whatever its first byte says.
    let record = SealContext::of_record(TOKENS, &a);
    let of_record = this.seal(record, b"secret").unwrap();
    check(&of_record, &this, (record, 2), Ok(false));
    for (text, context, version) in [(&sealed, record, 1), (&of_record, write_7(&a), 2)] {
        check(text, &this, (context, 2), Err(OpenError::Forged));
        let relabelled = [&[version], &text[1..]].concat();
        check(&relabelled, &this, (context, 2), Err(OpenError::Forged));
    }
}

#[test]
fn l08_what_does_not_open_is_logged_as_an_error() {
    log::listen("token_manager::key_ring");
    let (this, a) = (ring(1, &[]), key("a"));
    let sealed = this.seal(write_7(&a), b"secret").unwrap();
    check(&sealed, &this, (write_7(&a), 2), Ok(false));
    assert!(log::take().is_empty());
    let of_a_lost_key = ring(2, &[]).seal(write_7(&a), b"secret").unwrap();
    for (text, revision, error) in [
        (sealed.clone(), 8, OpenError::Forged),
        (of_a_lost_key, 7, OpenError::MissingKey(master(2).id())),
        (sealed[1..].to_vec(), 7, OpenError::Malformed),
    ] {
        let context = SealContext::of_write(TOKENS, &a, revision);
        check(&text, &this, (context, 2), Err(error));
        let [said] = &log::take()[..] else { panic!("one line of {error}") };
        let expected = format!("a sealed record cannot be opened table=\"tokens\" error={error}");
        assert_eq!(said.to_string(), expected);
        assert_eq!(this.try_open(context, 2, &text).unwrap_err(), error);
        assert!(log::take().is_empty(), "whoever tells of it says so");
    }
}

/// Before a table had its present format, its texts named no write.
#[test]
fn l08_a_text_of_an_older_format_opens_under_that_format_only() {
    let (this, a) = (ring(1, &[]), key("a"));
    let older = Table::new(TOKENS.name(), 1);
    let sealed = this.seal(SealContext::of_record(older, &a), b"secret").unwrap();
    check(&sealed, &this, (write_7(&a), 1), Ok(true));
    check(&sealed, &this, (write_7(&a), 2), Err(OpenError::Forged));
    this.refuse_older_texts();
    check(&sealed, &this, (write_7(&a), 1), Err(OpenError::Forged));
    let present = this.seal(SealContext::of_record(TOKENS, &a), b"secret").unwrap();
    check(&present, &this, (write_7(&a), 1), Err(OpenError::Forged));
}

#[test]
fn l10_an_older_key_opens_and_a_lost_one_is_named() {
    let sealed = ring(1, &[]).seal(write_7(&key("a")), b"secret").unwrap();
    check(&sealed, &ring(2, &[1]), (write_7(&key("a")), 2), Ok(true));
    check(&sealed, &ring(2, &[]), (write_7(&key("a")), 2), Err(OpenError::MissingKey(master(1).id())));
    let error = ring(2, &[]).open(write_7(&key("a")), 2, &sealed).unwrap_err();
    assert!(error.to_string().contains(&master(1).id().to_string()), "{error}");
}

#[test]
fn l10_a_ring_in_use_takes_new_keys_and_never_loses_the_one_that_sealed() {
    let shared = std::sync::Arc::new(ring(1, &[]));
    let sealed = shared.seal(write_7(&key("a")), b"secret").unwrap();
    assert_eq!(shared.replace(&ring(2, &[])), Err(KeyRingError::MissingKey(master(1).id())));
    assert_eq!(shared.current(), master(1).id());

    shared.replace(&ring(2, &[1])).unwrap();
    assert_eq!((shared.current(), shared.older()), (master(2).id(), vec![master(1).id()]));
    check(&sealed, &shared, (write_7(&key("a")), 2), Ok(true));
    let anew = shared.seal(write_7(&key("a")), b"secret").unwrap();
    shared.replace(&ring(2, &[])).unwrap();
    check(&anew, &shared, (write_7(&key("a")), 2), Ok(false));
    check(&sealed, &shared, (write_7(&key("a")), 2), Err(OpenError::MissingKey(master(1).id())));
}

#[test]
fn l11_equal_texts_are_sealed_differently() {
    let ring = ring(1, &[]);
    let mut seen = std::collections::HashSet::new();
    for _ in 0..1000 {
        assert!(seen.insert(ring.seal(write_7(&key("a")), b"secret").unwrap()[5..17].to_vec()));
    }
}

#[tokio::test]
async fn l05_a_ring_that_does_not_fit_is_refused_and_changes_nothing() {
    let store = MemoryStore::new();
    let first = ring(1, &[]);
    first.check(&store).await.unwrap();
    assert!(!first.opens_older_texts(), "a new store has none");
    let before = store.get(check::TABLE, &key("check")).await.unwrap();

    assert_eq!(ring(1, &[]).check(&store).await, Ok(()));
    assert_eq!(ring(2, &[1]).check(&store).await, Ok(()));
    assert_eq!(ring(2, &[]).check(&store).await, Err(KeyRingError::MissingKey(master(1).id())));
    assert_eq!(store.get(check::TABLE, &key("check")).await.unwrap(), before);
}

#[tokio::test]
async fn l06_a_damaged_check_record_is_refused() {
    let store = MemoryStore::new();
    ring(1, &[]).check(&store).await.unwrap();
    let mut record = store.get(check::TABLE, &key("check")).await.unwrap().unwrap().record;
    *record.body.last_mut().unwrap() ^= 1;
    store.put(check::TABLE, &key("check"), record).await.unwrap();
    assert_eq!(ring(1, &[]).check(&store).await, Err(KeyRingError::Check(OpenError::Forged)));
    let empty = Record::new(check::TABLE, check::FOREVER, "");
    store.put(check::TABLE, &key("check"), empty).await.unwrap();
    assert_eq!(ring(1, &[]).check(&store).await, Err(KeyRingError::Check(OpenError::Malformed)));
}

#[test]
fn m02_nothing_of_a_key_is_printed() {
    let key_text = format!("{:?} {:?}", master(1), ring(1, &[2]));
    assert_eq!(
        key_text,
        format!(
            "MasterKey({0}) KeyRing {{ current: KeyId({0}), older: [KeyId({1})] }}",
            master(1).id(),
            master(2).id()
        )
    );
    let sealed = ring(1, &[]).seal(write_7(&key("a")), b"secret").unwrap();
    let opened = ring(1, &[]).open(write_7(&key("a")), 2, &sealed).unwrap();
    assert_eq!(format!("{opened:?}"), "Opened { reseal: false, .. }");
}
