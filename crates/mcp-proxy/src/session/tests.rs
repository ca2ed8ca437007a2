use std::collections::HashSet;

use super::*;

fn sessions(server: &str) -> McpSessions {
    McpSessions::new(SessionKey::new(&[1; 32]), server.to_owned())
}

fn shown(server: &str, principal: &str, id: &str) -> String {
    let id = HeaderValue::from_str(id).unwrap();
    sessions(server).issue(principal, &id).unwrap().to_str().unwrap().to_owned()
}

#[test]
fn e33_tags_are_256_bits_and_differ_in_every_part() {
    let ids = [
        shown("/a", "alice", "s"),
        shown("/b", "alice", "s"),
        shown("/a", "bob", "s"),
        shown("/a", "alice", "t"),
        // The same bytes, cut elsewhere.
        shown("/al", "ice", "s"),
        shown("", "alice/a", "s"),
        shown("/a", "alices", ""),
    ];
    let tags: HashSet<_> = ids.iter().map(|id| id.split_once('.').unwrap().0).collect();
    assert_eq!(tags.len(), ids.len());
    for tag in tags {
        assert_eq!(URL_SAFE_NO_PAD.decode(tag).unwrap().len(), 32);
    }
}

#[test]
fn e33_the_bits_of_many_tags_are_balanced() {
    let mut ones = [0_u32; 256];
    for number in 0..1_000 {
        let id = shown("/a", "alice", &number.to_string());
        let tag = URL_SAFE_NO_PAD.decode(&id[..TAG_LENGTH]).unwrap();
        for (at, count) in ones.iter_mut().enumerate() {
            *count += u32::from(tag[at / 8] >> (at % 8) & 1);
        }
    }
    // Eight standard deviations: a fair bit leaves this range once in a thousand million million.
    assert!(ones.iter().all(|count| (374..=626).contains(count)), "{ones:?}");
}

#[test]
fn an_id_may_contain_dots() {
    let id = shown("/a", "alice", "eyJ.e30.c2ln");
    assert_eq!(sessions("/a").open_text(id.as_bytes(), "alice").unwrap(), "eyJ.e30.c2ln");
}

#[test]
fn the_key_is_not_printed() {
    assert_eq!(format!("{:?}", SessionKey::new(&[1; 32])), "SessionKey(..)");
}
