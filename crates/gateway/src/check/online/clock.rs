use std::time::Duration;

use http::header::{AGE, DATE};
use jiff::fmt::rfc2822::DateTimeParser;
use oauth_types::UnixTime;

use super::fetch::Answer;
use crate::check::{FindingCode, Findings};

/// Compares the server's clock with ours, by the `Date` of an answer (RFC 9110 section 6.6.1).
pub(super) fn check(answer: &Answer, leeway: Duration, subject: &str, findings: &mut Findings) {
    let Some(theirs) = server_time(answer) else { return };
    let (ahead, behind) = (theirs.saturating_since(answer.at), answer.at.saturating_since(theirs));
    let (difference, side) = if ahead > behind { (ahead, "ahead of") } else { (behind, "behind") };
    let code = if difference > leeway {
        FindingCode::ClockWrong
    } else if difference > NOTABLE {
        FindingCode::ClockDiffers
    } else {
        return;
    };
    findings.add(code, subject, format!("its clock is {} s {side} this machine's", difference.as_secs()));
}

/// An answer from a cache has the date of its origin, and says how long ago that was (RFC 9111 section 5.1).
fn server_time(answer: &Answer) -> Option<UnixTime> {
    let date = answer.headers.get(DATE)?.to_str().ok()?;
    let seconds = DateTimeParser::new().parse_timestamp(date).ok()?.as_second();
    let age = answer.headers.get(AGE).and_then(|it| it.to_str().ok()?.parse().ok()).unwrap_or(0);
    Some(UnixTime::from_seconds(u64::try_from(seconds).ok()?) + Duration::from_secs(age))
}

const NOTABLE: Duration = Duration::from_secs(30);
