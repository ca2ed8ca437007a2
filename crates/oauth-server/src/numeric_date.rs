use oauth_types::UnixTime;
use serde_json::{Map, Value};

/// A claim that is there and is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoTime;

/// A `NumericDate` among claims, whose fraction does not matter (RFC 7519 section 2); `None` if it is not there.
pub(crate) fn numeric_date(claims: &Map<String, Value>, name: &str) -> Result<Option<UnixTime>, NoTime> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_u64().or_else(|| value.as_f64().and_then(whole_seconds)).ok_or(NoTime)?;
    Ok(Some(UnixTime::from_seconds(seconds)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked, and the fraction is to go"
)]
fn whole_seconds(value: f64) -> Option<u64> {
    (0.0..1e15).contains(&value).then_some(value as u64)
}
