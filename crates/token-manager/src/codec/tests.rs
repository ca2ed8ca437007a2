use super::*;

#[test]
fn numbers_survive_and_stay_short() {
    for (value, length) in [(0, 1), (127, 1), (128, 2), (1_800_000_000, 5), (u64::MAX, 10)] {
        let mut writer = Writer::with_capacity(10);
        writer.number(value);
        let bytes = writer.finish();
        assert_eq!(bytes.len(), length, "{value}");
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.number(), Ok(value));
        assert_eq!(reader.finish(), Ok(()));
        assert_eq!(Reader::new(&bytes[..length - 1]).number(), Err(Malformed), "{value} cut short");
    }
    assert_eq!(Reader::new(&[0xFF; 11]).number(), Err(Malformed));
    assert_eq!(
        Reader::new(&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2]).number(),
        Err(Malformed)
    );
}

#[test]
fn l06_a_field_cannot_reach_beyond_the_record() {
    let mut writer = Writer::with_capacity(10);
    writer.text("abc");
    let bytes = writer.finish();
    assert_eq!(Reader::new(&bytes).text(), Ok("abc"));
    assert_eq!(Reader::new(&bytes[..3]).text(), Err(Malformed));
    assert_eq!(
        Reader::new(&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]).bytes(),
        Err(Malformed)
    );
    assert_eq!(Reader::new(&[1, 0xFF]).text(), Err(Malformed));
    assert_eq!(Reader::new(&[0]).finish(), Err(Malformed));
}
