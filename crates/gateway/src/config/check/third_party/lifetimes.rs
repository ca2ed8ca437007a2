use super::{super::ranges::within, section};
use crate::config::{
    Config, Period, ThirdParty,
    report::{KeyPath, Problem},
};

/// Nothing lives for ever: codes, tokens, grants and sessions have an end, and an end that makes sense.
pub(super) fn check(_: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    let key = |name: &str| section().key(name);
    within(key("access_token_lifetime"), third_party.access_token_lifetime, minutes(1), minutes(24 * 60))?;
    within(key("code_lifetime"), third_party.code_lifetime, Period::from_secs(10), minutes(10))?;
    within(key("retry_window"), third_party.retry_window, Period::from_secs(0), minutes(5))?;
    within(
        key("signing_key_rotation"),
        third_party.signing_key_rotation,
        Period::from_days(7),
        Period::from_days(365),
    )?;
    pair(
        (key("idle_timeout"), third_party.idle_timeout),
        (key("absolute_timeout"), third_party.absolute_timeout),
        (minutes(5), DECADE),
        (minutes(5), DECADE),
    )?;
    sessions(third_party)?;
    let registration = &third_party.registration;
    let key = |name: &str| section().key("registration").key(name);
    within(key("per_minute"), registration.per_minute, 1, 100_000)?;
    within(key("per_minute_of_an_address"), registration.per_minute_of_an_address, 1, 100_000)?;
    within(key("max_clients"), registration.max_clients, 10, 1_000_000)?;
    within(key("unused_for"), registration.unused_for, minutes(60), Period::from_days(90))?;
    within(key("expire_after"), registration.expire_after, Period::from_days(1), DECADE)
}

fn sessions(third_party: &ThirdParty) -> Result<(), Problem> {
    let sessions = &third_party.sessions;
    let key = |name: &str| section().key("sessions").key(name);
    pair(
        (key("idle_timeout"), sessions.idle_timeout),
        (key("absolute_timeout"), sessions.absolute_timeout),
        (minutes(5), DECADE),
        (minutes(5), DECADE),
    )?;
    pair(
        (key("browser_idle_timeout"), sessions.browser_idle_timeout),
        (key("browser_absolute_timeout"), sessions.browser_absolute_timeout),
        (minutes(1), Period::from_days(30)),
        (minutes(5), Period::from_days(90)),
    )
}

/// An idle timeout that is longer than the absolute one would never be met.
fn pair(
    (idle_key, idle): (KeyPath, Period),
    (absolute_key, absolute): (KeyPath, Period),
    of_idle: (Period, Period),
    of_absolute: (Period, Period),
) -> Result<(), Problem> {
    within(idle_key.clone(), idle, of_idle.0, of_idle.1)?;
    within(absolute_key.clone(), absolute, of_absolute.0, of_absolute.1)?;
    if idle > absolute {
        let message = format!("is longer than `{absolute_key}` ({absolute}), so it would never be met");
        return Err(Problem::new(idle_key, message));
    }
    Ok(())
}

const fn minutes(count: u64) -> Period {
    Period::from_secs(count * 60)
}

const DECADE: Period = Period::from_days(3650);
