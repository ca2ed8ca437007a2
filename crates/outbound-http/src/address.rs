use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::special_ranges::{GLOBAL_UNICAST_V6, ISATAP_MARKS, REFUSED_V4, REFUSED_V6};

/// Whether `address` can be a host on the public internet.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !REFUSED_V4.iter().any(|range| range.contains(&address))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    GLOBAL_UNICAST_V6.contains(&address)
        && !REFUSED_V6.iter().any(|range| range.contains(&address))
        && !is_isatap(address)
}

fn is_isatap(address: Ipv6Addr) -> bool {
    let [_, _, _, _, upper, lower, _, _] = address.segments();
    ISATAP_MARKS.contains(&(upper, lower))
}

#[cfg(test)]
mod tests;
