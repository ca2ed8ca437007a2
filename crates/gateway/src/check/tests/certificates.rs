use oauth_types::UnixTime;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls_pki_types::CertificateDer;

use super::codes;
use crate::check::{Findings, offline::certificate};

/// 2027-01-15T08:00:00Z.
const NOW: u64 = test_support::issuer::NOW;
const DAY: u64 = 24 * 60 * 60;

/// A certificate for `mcp.example` and 192.0.2.1, from 2027-01-01 to 2027-02-01.
fn certificate() -> CertificateDer<'static> {
    let mut params = CertificateParams::new(["mcp.example".to_owned(), "192.0.2.1".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2027, 1, 1);
    params.not_after = date_time_ymd(2027, 2, 1);
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
}

#[track_caller]
fn check(chain: &[CertificateDer<'_>], host: Option<&str>, now: u64, expected: &[&str]) {
    let mut findings = Findings::default();
    certificate::check(chain, host, UnixTime::from_seconds(now), &mut findings);
    assert_eq!(codes(&findings), expected, "{findings}");
}

#[test]
fn dates_and_names_of_the_chain() {
    let good = certificate();
    let own = std::slice::from_ref(&good);
    let host = Some("mcp.example");
    let end = 1_801_440_000;
    check(own, host, NOW, &["certificate_good"]);
    check(own, host, end - 14 * DAY - 1, &["certificate_good"]);
    check(own, host, end - 14 * DAY + 1, &["certificate_expires_soon"]);
    check(own, host, end - 1, &["certificate_expires_soon"]);
    check(own, host, end + 1, &["certificate_expired"]);
    check(own, host, NOW - 15 * DAY, &["certificate_not_yet_valid"]);
    check(own, Some("192.0.2.1"), NOW, &["certificate_good"]);
    check(own, Some("192.0.2.2"), NOW, &["certificate_other_host"]);
    check(own, Some("other.example"), NOW, &["certificate_other_host"]);
    check(own, Some("other.example"), end + 1, &["certificate_expired", "certificate_other_host"]);
    check(own, None, NOW, &["certificate_good"]);
    check(&[good.clone(), CertificateDer::from(vec![0x30, 0])], host, NOW, &["certificate_unreadable"]);
}

#[test]
fn an_issuer_in_the_chain_expires_too() {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 10);
    let expired = params.clone().self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone();
    params.not_after = date_time_ymd(2028, 1, 1);
    let good = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone();
    check(&[certificate(), expired], Some("mcp.example"), NOW, &["certificate_expired"]);
    check(&[certificate(), good], Some("mcp.example"), NOW, &["certificate_good"]);
}

#[test]
fn the_end_is_named_as_people_write_it() {
    let mut findings = Findings::default();
    certificate::check(&[certificate()], None, UnixTime::from_seconds(NOW), &mut findings);
    let messages: Vec<_> = findings.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(messages, ["the certificate is valid until 2027-02-01T00:00:00Z"]);
}
