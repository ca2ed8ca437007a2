//! Scans: order, pages and prefixes.

use super::{THINGS, THINGS_2, key, record};
use crate::{Key, Record, RecordStore, StoreError};

pub(super) async fn scans_in_the_order_of_keys(store: &dyn RecordStore) -> Result<(), StoreError> {
    assert!(store.scan(THINGS, None, 10).await?.is_empty(), "an empty table");
    for text in ["b", "a\0", "a", "b\u{ff}", "ab"] {
        store.put(THINGS, &key(text), record(text)).await?;
    }
    store.put(THINGS_2, &key("aa"), Record { format: 1, ..record("other table") }).await?;
    let sorted = ["a", "a\0", "ab", "b", "b\u{ff}"];
    for (after, limit, expected) in [
        (None, 10, &sorted[..]),
        (None, 2, &["a", "a\0"]),
        (None, 0, &[]),
        (Some("a\0"), 2, &["ab", "b"]),
        (Some("aa"), 1, &["ab"]),
        (Some("b"), 10, &["b\u{ff}"]),
        (Some("b\u{ff}"), 10, &[]),
        (Some("c"), 10, &[]),
    ] {
        let page = store.scan(THINGS, after.map(key).as_ref(), limit).await?;
        assert_eq!(
            texts(&page.into_iter().map(|it| it.0).collect::<Vec<_>>()),
            expected,
            "after {after:?}, {limit}"
        );
    }
    let page = store.scan(THINGS, None, 1).await?;
    let read = store.get(THINGS, &key("a")).await?;
    assert_eq!(page.into_iter().next().map(|it| it.1), read, "a scan and a read see the same");
    Ok(())
}

pub(super) async fn scans_a_prefix(store: &dyn RecordStore) -> Result<(), StoreError> {
    for text in ["a", "b", "b1", "b2", "b\u{ff}", "c"] {
        store.put(THINGS, &key(text), record(text)).await?;
    }
    let highest = Key::of([255; 2]);
    store.put(THINGS, &highest, record("")).await?;
    for (prefix, after, limit, expected) in [
        ("b", None, 10, &["b", "b1", "b2", "b\u{ff}"][..]),
        ("b", None, 2, &["b", "b1"]),
        ("b", Some("b1"), 2, &["b2", "b\u{ff}"]),
        ("b", Some("a"), 1, &["b"]),
        ("b", Some("c"), 10, &[]),
        ("b3", None, 10, &[]),
    ] {
        let page = store.scan_prefix(THINGS, prefix.as_bytes(), after.map(key).as_ref(), limit).await?;
        let keys: Vec<_> = page.into_iter().map(|it| it.0).collect();
        assert_eq!(texts(&keys), expected, "{prefix} after {after:?}, {limit}");
    }
    let page = store.scan_prefix(THINGS, &[255], None, 10).await?;
    assert_eq!(page.len(), 1, "a prefix that has no successor");
    Ok(())
}

fn texts(keys: &[Key]) -> Vec<&str> {
    keys.iter().map(|it| str::from_utf8(it.as_bytes()).unwrap_or("?")).collect()
}
