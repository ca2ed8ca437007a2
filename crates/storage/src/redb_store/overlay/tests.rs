use redb::backends::InMemoryBackend;

use super::*;

/// A backend of `len` bytes, each the low byte of its place.
fn numbered(len: usize) -> InMemoryBackend {
    let backend = InMemoryBackend::new();
    let bytes: Vec<u8> = (0..=255).cycle().take(len).collect();
    backend.set_len(len as u64).unwrap();
    backend.write(0, &bytes).unwrap();
    backend
}

/// Does the same to an overlay and to plain bytes; both must agree, and the backend below must be as it was.
#[test]
fn behaves_like_the_file_and_leaves_it_alone() {
    for len in [0, 1, 4095, 4096, 4097, 10_000] {
        let overlay = Overlay::over(numbered(len)).unwrap();
        let mut plain: Vec<u8> = (0..=255).cycle().take(len).collect();
        agree(&overlay, &plain);
        for (cut, offset, data) in [
            (9000, 0, vec![1; 10]),
            (9000, 4090, vec![2; 12]),
            (5000, 4096, vec![3; 904]),
            (12_000, 4097, vec![4; 7000]),
            (12_000, 100, vec![5; 9000]),
            (4096, 4095, vec![6]),
            (20_000, 19_999, vec![7]),
            (0, 0, vec![]),
            (5000, 10, vec![8; 4990]),
        ] {
            overlay.set_len(cut as u64).unwrap();
            plain.resize(cut, 0);
            agree(&overlay, &plain);
            overlay.write(offset as u64, &data).unwrap();
            plain[offset..offset + data.len()].copy_from_slice(&data);
            agree(&overlay, &plain);
        }
        overlay.sync_data().unwrap();
        agree(&Overlay::over(overlay.inner).unwrap(), &(0..=255).cycle().take(len).collect::<Vec<u8>>());
    }
}

#[test]
fn refuses_to_read_beyond_the_end() {
    let overlay = Overlay::over(numbered(10)).unwrap();
    for (offset, len, expected) in [(0, 10, true), (9, 1, true), (10, 0, true), (9, 2, false), (11, 0, false)]
    {
        assert_eq!(overlay.read(offset, &mut vec![0; len]).is_ok(), expected, "{len} at {offset}");
    }
}

#[track_caller]
fn agree(overlay: &Overlay<InMemoryBackend>, plain: &[u8]) {
    assert_eq!(overlay.len().unwrap(), plain.len() as u64);
    let mut all = vec![255; plain.len()];
    overlay.read(0, &mut all).unwrap();
    assert!(all == plain, "as a whole");
    for start in [1, 4000, 4095, 4096, 8000].into_iter().filter(|it| *it < plain.len()) {
        let mut part = vec![255; (plain.len() - start).min(4100)];
        overlay.read(start as u64, &mut part).unwrap();
        assert!(part == plain[start..start + part.len()], "from {start}");
    }
}
