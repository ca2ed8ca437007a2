use std::net::IpAddr;

use super::*;
use crate::tests::corpus::{PUBLIC, SPECIAL};

#[track_caller]
fn check(address: &str, expected: bool) {
    let address: IpAddr = address.parse().unwrap();
    assert_eq!(is_public(address), expected, "{address}");
}

#[test]
fn h19_special_use_addresses_are_not_public() {
    for address in SPECIAL {
        check(address, false);
    }
}

#[test]
fn h19_the_neighbours_of_special_ranges_are_public() {
    for address in PUBLIC {
        check(address, true);
    }
}

#[test]
fn h19_each_range_is_refused_from_its_first_to_its_last_address() {
    for range in REFUSED_V4 {
        check(&range.network().to_string(), false);
        check(&range.broadcast().to_string(), false);
    }
    for range in REFUSED_V6 {
        check(&range.network().to_string(), false);
        check(&range.broadcast().to_string(), false);
    }
}
