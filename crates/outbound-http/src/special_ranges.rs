//! The address ranges that are not hosts on the public internet, as data.
//!
//! Sources: the IANA special-purpose address registries (RFC 6890 and its updates), RFC 5214 for ISATAP.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// IPv4 is allowed unless listed here.
pub(crate) const REFUSED_V4: &[Ipv4Net] = &[
    v4(0, 0, 0, 0, 8),        // this network
    v4(10, 0, 0, 0, 8),       // private use
    v4(100, 64, 0, 0, 10),    // shared address space of carriers and clouds
    v4(127, 0, 0, 0, 8),      // loopback
    v4(168, 63, 129, 16, 32), // Azure's platform address, reachable from its virtual machines only
    v4(169, 254, 0, 0, 16),   // link local, the clouds' metadata services
    v4(172, 16, 0, 0, 12),    // private use
    v4(192, 0, 0, 0, 24),     // IETF protocol assignments
    v4(192, 0, 2, 0, 24),     // documentation
    v4(192, 31, 196, 0, 24),  // AS112
    v4(192, 52, 193, 0, 24),  // automatic multicast tunnelling
    v4(192, 88, 99, 0, 24),   // 6to4 relays
    v4(192, 168, 0, 0, 16),   // private use
    v4(192, 175, 48, 0, 24),  // AS112
    v4(198, 18, 0, 0, 15),    // benchmarking
    v4(198, 51, 100, 0, 24),  // documentation
    v4(203, 0, 113, 0, 24),   // documentation
    v4(224, 0, 0, 0, 4),      // multicast
    v4(240, 0, 0, 0, 4),      // reserved, with the limited broadcast address
];

/// IPv6 is refused unless it is in here: the only block IANA gives out as global unicast.
///
/// That alone refuses `::`, `::1`, mapped, translated and compatible IPv4, NAT64 (`64:ff9b::/96`, `64:ff9b:1::/48`),
/// discard-only, unique local, link local, site local and multicast addresses.
pub(crate) const GLOBAL_UNICAST_V6: Ipv6Net = v6(0x2000, 0, 0, 3);

/// What is refused within [`GLOBAL_UNICAST_V6`].
pub(crate) const REFUSED_V6: &[Ipv6Net] = &[
    v6(0x2001, 0, 0, 23),           // IETF protocol assignments: Teredo, benchmarking, ORCHID
    v6(0x2001, 0x0db8, 0, 32),      // documentation
    v6(0x2002, 0, 0, 16),           // 6to4, an IPv4 address inside
    v6(0x2620, 0x004f, 0x8000, 48), // AS112
    v6(0x3fff, 0, 0, 20),           // documentation
];

/// The upper half of an ISATAP interface identifier, under any prefix: an IPv4 address follows (RFC 5214 section 6.1).
pub(crate) const ISATAP_MARKS: [(u16, u16); 2] = [(0x0000, 0x5efe), (0x0200, 0x5efe)];

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}
