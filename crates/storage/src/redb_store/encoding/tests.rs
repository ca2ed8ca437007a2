use super::*;

fn row(owner: Option<Key>, body: &[u8]) -> Versioned {
    let record = Record { expires_at: UnixTime::from_seconds(7), owner, format: 258, body: body.to_vec() };
    Versioned { record, revision: 9 }
}

#[test]
fn reads_what_it_wrote() {
    for owner in [None, Some(Key::of([0])), Some(Key::of([255; 128]))] {
        for body in [&[][..], &[0; 8], b"body"] {
            let row = row(owner.clone(), body);
            let key = row_key("things", b"k");
            assert_eq!(decode(&key, &encode(&key, &row)), Ok(row));
        }
    }
}

/// The layout of version 1, byte for byte: files of today must be readable for ever.
#[test]
fn lays_rows_out_as_documented() {
    let key = row_key("t", b"k");
    assert_eq!(key, b"t\0k");
    let bytes = encode(&key, &row(Some(Key::of([5, 6])), b"B"));
    let (content, sum) = bytes.split_last_chunk().unwrap();
    assert_eq!(content, [1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 7, 2, 5, 6, b'B']);
    assert_eq!(u64::from_be_bytes(*sum), 0xbbcb_074b_8457_e6ed);
    assert_eq!(expiry_entry(UnixTime::from_seconds(7), &key), [0, 0, 0, 0, 0, 0, 0, 7, b't', 0, b'k']);
    assert_eq!(owner_entry(&Key::of([5, 6]), &key), [2, 5, 6, b't', 0, b'k']);
}

#[test]
fn splits_index_entries_and_keys() {
    let (table, key) = ("things".to_owned(), Key::new(b"\0k\0").unwrap());
    let row_key = row_key(&table, key.as_bytes());
    let swept = Swept { table, key };
    assert_eq!(parse_row_key(&row_key), Ok(swept.clone()));
    let entry = expiry_entry(UnixTime::from_seconds(1), &row_key);
    assert_eq!(parse_expiry_entry(&entry), Ok((UnixTime::from_seconds(1), swept)));
    for nonsense in [&b""[..], b"things", b"things\0", b"\xff\0k"] {
        assert!(parse_row_key(nonsense).is_err(), "{nonsense:?}");
    }
    assert!(parse_expiry_entry(&entry[..7]).is_err());
}

#[test]
fn l06_every_flipped_bit_and_every_cut_is_an_error() {
    let key = row_key("things", b"k");
    let good = encode(&key, &row(Some(Key::of([5])), b"body"));
    assert!(decode(&key, &good).is_ok());
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&key, &bytes).is_err(), "bit {bit}");
    }
    for len in 0..good.len() {
        assert!(decode(&key, &good[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn l08_a_row_under_another_key_is_an_error() {
    let row = row(None, b"body");
    let bytes = encode(&row_key("things", b"k"), &row);
    assert!(decode(&row_key("things", b"k"), &bytes).is_ok());
    for (table, key) in [("things", b"l"), ("other", b"k")] {
        assert!(decode(&row_key(table, key), &bytes).is_err());
    }
}

#[test]
fn a_later_version_of_the_layout_is_an_error() {
    let key = row_key("things", b"k");
    let good = encode(&key, &row(None, b"body"));
    for (version, expected) in [(1, true), (0, false), (2, false)] {
        let mut content = good[..good.len() - 8].to_vec();
        content[0] = version;
        let sum = checksum(&key, &content).to_be_bytes();
        assert_eq!(decode(&key, &[content.as_slice(), &sum].concat()).is_ok(), expected, "{version}");
    }
}
