use std::time::Duration;

use oauth_types::UnixTime;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime as CertificateTime};
use webpki::{EndEntityCert, Error, KeyUsage};

use crate::check::{FindingCode, Findings};

/// Whether `chain` is valid at `now` and for some time after, and its first certificate for `host`.
pub(in crate::check) fn check(
    chain: &[CertificateDer<'_>],
    host: Option<&str>,
    now: UnixTime,
    findings: &mut Findings,
) {
    let mut verdicts: Vec<_> = chain.iter().enumerate().filter_map(|it| dates(it, now)).collect();
    if let Some((own, host)) = chain.first().zip(host)
        && !names(own, host)
    {
        verdicts.push((FindingCode::CertificateOtherHost, format!("the certificate does not name {host}")));
    }
    if verdicts.is_empty() {
        let until = chain.iter().filter_map(expires_at).min().map(date).unwrap_or_default();
        verdicts.push((FindingCode::CertificateGood, format!("the certificate is valid until {until}")));
    }
    for (code, message) in verdicts {
        findings.add(code, SUBJECT, message);
    }
}

type Verdict = (FindingCode, String);

fn dates((index, der): (usize, &CertificateDer<'_>), now: UnixTime) -> Option<Verdict> {
    let which = if index == 0 { "the server's certificate" } else { "an issuer's certificate in the chain" };
    match refusal(der, now) {
        Some(Error::CertExpired { not_after, .. }) => {
            Some((FindingCode::CertificateExpired, format!("{which} expired at {}", date(not_after))))
        }
        Some(Error::CertNotValidYet { not_before, .. }) => {
            let message = format!("{which} is not valid before {}", date(not_before));
            Some((FindingCode::CertificateNotYetValid, message))
        }
        Some(Error::BadDer | Error::BadDerTime | Error::UnsupportedCertVersion) => {
            let message = format!("certificate {index} of the chain cannot be read");
            Some((FindingCode::CertificateUnreadable, message))
        }
        _ => match refusal(der, now + SOON) {
            Some(Error::CertExpired { not_after, .. }) => {
                let message = format!("{which} expires at {}", date(not_after));
                Some((FindingCode::CertificateExpiresSoon, message))
            }
            _ => None,
        },
    }
}

fn expires_at(der: &CertificateDer<'_>) -> Option<CertificateTime> {
    match refusal(der, UnixTime::from_seconds(u64::MAX)) {
        Some(Error::CertExpired { not_after, .. }) => Some(not_after),
        _ => None,
    }
}

/// What the library has against the certificate: nobody issued it, since nobody is trusted, but its dates come first.
fn refusal(der: &CertificateDer<'_>, at: UnixTime) -> Option<Error> {
    let certificate = match EndEntityCert::try_from(der) {
        Ok(certificate) => certificate,
        Err(error) => return Some(error),
    };
    let at = CertificateTime::since_unix_epoch(Duration::from_secs(at.as_seconds()));
    certificate.verify_for_usage(&[], &[], &[], at, KeyUsage::server_auth(), None, None).err()
}

fn names(der: &CertificateDer<'_>, host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let (Ok(certificate), Ok(name)) = (EndEntityCert::try_from(der), ServerName::try_from(bare)) else {
        return false;
    };
    certificate.verify_is_valid_for_subject_name(&name).is_ok()
}

fn date(time: CertificateTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |it| it.to_string())
}

const SUBJECT: &str = "listen.tls.certificate";
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);
