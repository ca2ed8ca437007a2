use super::*;

/// 2027-01-15T08:00:00Z.
const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

#[track_caller]
fn check(headers: &[(&'static str, &str)], expected: Lifetime) {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, value.parse().unwrap());
    }
    assert_eq!(lifetime(&map, NOW, &DocumentSettings::default()), expected, "{headers:?}");
}

fn kept(seconds: u64) -> Lifetime {
    Lifetime::Kept(Duration::from_secs(seconds))
}

#[test]
fn http_says_how_long_a_document_is_kept_within_bounds() {
    check(&[], kept(3600));
    check(&[("cache-control", "public, max-age=7200")], kept(7200));
    check(&[("cache-control", "Max-Age=\"7200\"")], kept(7200));
    check(&[("cache-control", "public"), ("cache-control", "max-age=7200")], kept(7200));
    check(&[("cache-control", "max-age=7200"), ("age", "200")], kept(7000));
    check(&[("cache-control", "max-age=10")], kept(300));
    check(&[("cache-control", "max-age=0")], kept(300));
    check(&[("cache-control", "max-age=x")], kept(300));
    check(&[("cache-control", "max-age=7200"), ("age", "9999")], kept(300));
    check(&[("cache-control", "max-age=99999999999")], kept(86_400));
    check(&[("cache-control", "s-maxage=7200")], kept(3600));
    let transaction = Lifetime::Transaction(Duration::from_secs(60));
    check(&[("cache-control", "no-store")], transaction);
    check(&[("cache-control", "max-age=7200, No-Cache")], transaction);
}

#[test]
fn expires_counts_when_there_is_no_max_age() {
    const LATER: &str = "Fri, 15 Jan 2027 10:00:00 GMT";
    check(&[("expires", LATER)], kept(7200));
    check(&[("expires", LATER), ("date", "Fri, 15 Jan 2027 09:00:00 GMT")], kept(3600));
    check(&[("expires", LATER), ("cache-control", "max-age=600")], kept(600));
    check(&[("expires", "0")], kept(300));
    check(&[("expires", "Fri, 15 Jan 2027 07:00:00 GMT")], kept(300));
}
