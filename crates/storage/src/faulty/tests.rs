use super::*;
use crate::{MemoryStore, Record};

const TABLE: Table = Table::new("things", 1);

#[tokio::test]
async fn fails_the_nth_operation_before_or_after_it_was_done() {
    for (fault, expected, done) in [
        (Fault::Refused, StoreError::Unavailable("as the test wants it".to_owned()), false),
        (Fault::AnswerLost, StoreError::Io("as the test wants it".to_owned()), true),
    ] {
        let store = FaultyStore::new(Arc::new(MemoryStore::new()));
        let key = Key::of([1]);
        let record = Record::new(TABLE, UnixTime::EPOCH, []);
        store.fail_nth(2, fault);
        assert_eq!(store.get(TABLE, &key).await, Ok(None));
        assert!(store.is_pending());
        assert_eq!(store.put(TABLE, &key, record).await, Err(expected));
        assert!(!store.is_pending());
        assert_eq!(store.get(TABLE, &key).await.unwrap().is_some(), done);
        assert_eq!(store.operations(), 3);
    }
}

#[tokio::test]
async fn refuses_everything_while_it_is_down() {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    store.set_down(true);
    for _ in 0..2 {
        assert!(matches!(store.remove(TABLE, &Key::of([1])).await, Err(StoreError::Unavailable(_))));
    }
    store.set_down(false);
    assert_eq!(store.remove(TABLE, &Key::of([1])).await, Ok(false));
}
