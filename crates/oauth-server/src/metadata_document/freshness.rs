use std::{str::FromStr, time::Duration};

use http::{
    HeaderMap, HeaderName,
    header::{AGE, CACHE_CONTROL, DATE, EXPIRES},
};
use jiff::fmt::rfc2822::DateTimeParser;
use oauth_types::UnixTime;

use super::DocumentSettings;

/// How long an answer may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lifetime {
    /// It may be kept for this long.
    Kept(Duration),
    /// It must not be kept, so only for the requests of one sign-in.
    Transaction(Duration),
}

/// Reads `Cache-Control`, `Age` and `Expires` (RFC 9111 sections 4.2 and 5), within the bounds of the settings.
pub(super) fn lifetime(headers: &HeaderMap, now: UnixTime, settings: &DocumentSettings) -> Lifetime {
    let cache_control = texts(headers, &CACHE_CONTROL);
    let directives = || cache_control.iter().flat_map(|it| it.split(',')).map(str::trim);
    if directives().any(|it| is_named(it, "no-store") || is_named(it, "no-cache")) {
        return Lifetime::Transaction(settings.transaction_age);
    }
    let max_age = directives().find(|it| is_named(it, "max-age"));
    let stated = match max_age {
        // A number that cannot be read is no permission.
        Some(directive) => Some(argument(directive).unwrap_or(0).saturating_sub(age(headers))),
        None => expires(headers, now),
    };
    let stated = stated.map_or(settings.default_age, Duration::from_secs);
    Lifetime::Kept(stated.clamp(settings.min_age, settings.max_age.max(settings.min_age)))
}

/// Whole seconds until `Expires`, by the clock of the host if it tells its time.
fn expires(headers: &HeaderMap, now: UnixTime) -> Option<u64> {
    let text = texts(headers, &EXPIRES).into_iter().next()?;
    let date = texts(headers, &DATE).into_iter().next().and_then(seconds);
    let since = date.unwrap_or(now.as_seconds());
    // `Expires: 0` and the like mean that it has passed.
    Some(seconds(text).unwrap_or(0).saturating_sub(since))
}

fn seconds(text: &str) -> Option<u64> {
    let parsed = DateTimeParser::new().parse_timestamp(text).ok()?;
    u64::try_from(parsed.as_second()).ok()
}

fn age(headers: &HeaderMap) -> u64 {
    texts(headers, &AGE).into_iter().next().and_then(|it| u64::from_str(it.trim()).ok()).unwrap_or(0)
}

fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    headers.get_all(name).iter().filter_map(|it| it.to_str().ok()).collect()
}

fn is_named(directive: &str, name: &str) -> bool {
    directive.split('=').next().is_some_and(|it| it.trim().eq_ignore_ascii_case(name))
}

fn argument(directive: &str) -> Option<u64> {
    directive.split_once('=')?.1.trim().trim_matches('"').parse().ok()
}

#[cfg(test)]
mod tests;
