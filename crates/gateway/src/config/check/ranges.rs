use std::fmt::Display;

use crate::config::{
    ByteSize, Config, Period, ServerStdio,
    report::{KeyPath, Problem},
};

/// Every bound is a bound: no zero that means "unlimited", no number that overflows somewhere else.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    limits(config)?;
    validation(config)?;
    audit(config)?;
    servers(config)?;
    authorization_servers(config)
}

fn limits(config: &Config) -> Result<(), Problem> {
    let limits = &config.limits;
    let key = |name: &str| KeyPath::root("limits").key(name);
    within(key("header_bytes"), limits.header_bytes, ByteSize::from_kib(8), ByteSize::from_kib(1024))?;
    within(key("header_count"), limits.header_count, 16, 1000)?;
    within(key("body_bytes"), limits.body_bytes, ByteSize::from_kib(1), ByteSize::from_kib(1024 * 1024))?;
    within(key("header_read"), limits.header_read, SECOND, seconds(5 * MINUTE))?;
    within(key("body_idle"), limits.body_idle, SECOND, seconds(10 * MINUTE))?;
    within(key("idle"), limits.idle, SECOND, HOUR)?;
    within(key("write_stall"), limits.write_stall, SECOND, seconds(10 * MINUTE))?;
    within(key("concurrent_requests"), limits.concurrent_requests, 1, 1_000_000)?;
    within(key("connections"), limits.connections, 1, 1_000_000)?;
    within(key("requests_per_address"), limits.requests_per_address, 1, 1_000_000)?;
    within(key("requests_per_subject"), limits.requests_per_subject, 1, 1_000_000)?;
    within(key("streams_per_subject"), limits.streams_per_subject, 1, 100_000)?;
    within(key("shutdown"), limits.shutdown, seconds(0), HOUR)?;
    within(key("shutdown_delay"), limits.shutdown_delay, seconds(0), seconds(5 * MINUTE))
}

fn validation(config: &Config) -> Result<(), Problem> {
    let validation = &config.validation;
    let key = |name: &str| KeyPath::root("validation").key(name);
    within(key("leeway"), validation.leeway, seconds(0), seconds(2 * MINUTE))?;
    within(key("cache_entries"), validation.cache_entries, 1, 1_000_000)?;
    within(key("stale_keys"), validation.stale_keys, seconds(10 * MINUTE), WEEK)
}

fn audit(config: &Config) -> Result<(), Problem> {
    let Some(audit) = &config.audit else { return Ok(()) };
    let key = |name: &str| KeyPath::root("audit").key(name);
    within(key("rotate_at"), audit.rotate_at, ByteSize::from_kib(64), ByteSize::from_kib(1024 * 1024))?;
    within(key("keep"), audit.keep, 1, 1000)
}

fn servers(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        let key = |name: &str| section.key("http").key(name);
        let http = &server.http;
        within(key("connect_timeout"), http.connect_timeout, Period::from_millis(100), seconds(MINUTE))?;
        within(key("response_timeout"), http.response_timeout, SECOND, HOUR)?;
        within(key("keep_alive"), http.keep_alive, SECOND, seconds(5 * MINUTE))?;
        within(key("drain"), http.drain, seconds(0), HOUR)?;
        stdio(&section.key("stdio"), &server.stdio)?;
        if let Some(jwt) = &server.identity.jwt {
            let key = section.key("identity").key("jwt").key("lifetime");
            within(key, jwt.lifetime, seconds(10), seconds(5 * MINUTE))?;
        }
    }
    Ok(())
}

fn stdio(section: &KeyPath, stdio: &ServerStdio) -> Result<(), Problem> {
    let key = |name: &str| section.key(name);
    within(key("children"), stdio.children, 1, 10_000)?;
    within(key("children_per_principal"), stdio.children_per_principal, 1, 1000)?;
    within(key("idle"), stdio.idle, seconds(10), seconds(24 * 60 * MINUTE))?;
    within(key("life"), stdio.life, seconds(MINUTE), WEEK)?;
    within(key("start"), stdio.start, SECOND, seconds(10 * MINUTE))?;
    within(key("answer"), stdio.answer, SECOND, seconds(24 * 60 * MINUTE))?;
    within(key("grace"), stdio.grace, Period::from_millis(100), seconds(30))?;
    within(
        key("message_bytes"),
        stdio.message_bytes,
        ByteSize::from_kib(1),
        ByteSize::from_kib(1024 * 1024),
    )?;
    if let Some(memory) = stdio.memory {
        within(key("memory"), memory, ByteSize::from_kib(16 * 1024), ByteSize::from_kib(1024 * 1024 * 1024))?;
    }
    within(key("open_files"), stdio.open_files, 16, 1_000_000)
}

fn authorization_servers(config: &Config) -> Result<(), Problem> {
    for (section, it) in super::authorization_servers(config) {
        if let Some(lifetime) = it.max_token_lifetime {
            within(section.key("max_token_lifetime"), lifetime, seconds(MINUTE), WEEK)?;
        }
        if let Some(introspection) = &it.introspection {
            let key = section.key("introspection").key("cache");
            within(key, introspection.cache, seconds(0), seconds(MINUTE))?;
        }
    }
    Ok(())
}

pub(super) fn within<T: PartialOrd + Display>(
    key: KeyPath,
    value: T,
    least: T,
    most: T,
) -> Result<(), Problem> {
    if value < least || value > most {
        return Err(Problem::new(key, format!("must be from {least} to {most}")));
    }
    Ok(())
}

const fn seconds(count: u64) -> Period {
    Period::from_secs(count)
}

const SECOND: Period = seconds(1);
const MINUTE: u64 = 60;
const HOUR: Period = seconds(60 * MINUTE);
const WEEK: Period = seconds(7 * 24 * 60 * MINUTE);
