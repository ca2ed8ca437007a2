use super::ranges::within;
use crate::config::{
    Config, Period, ServerQuota,
    report::{KeyPath, Problem},
};

/// A quota is one: it has a number, a time, and somebody who has it.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        for (index, quota) in server.quotas.iter().enumerate() {
            one(&section.key("quota").index(index), quota)?;
        }
    }
    Ok(())
}

fn one(section: &KeyPath, quota: &ServerQuota) -> Result<(), Problem> {
    let refuse = |name: &str, message: &str| Err(Problem::new(section.key(name), message));
    if quota.per.is_empty() {
        return refuse("per", r#"counts for nobody: write for example ["principal"]"#);
    }
    if (1..quota.per.len()).any(|at| quota.per.iter().take(at).any(|it| Some(it) == quota.per.get(at))) {
        return refuse("per", "names the same twice");
    }
    if quota.tools.as_ref().is_some_and(Vec::is_empty) {
        return refuse("tools", "counts no tool at all: name some, or remove the key");
    }
    within(section.key("requests"), quota.requests, 1, 1_000_000)?;
    within(section.key("period"), quota.period, Period::from_secs(1), Period::from_days(30))?;
    if let Some(burst) = quota.burst {
        let in_one_second = u64::from(quota.requests).div_ceil(quota.period.get().as_secs().max(1));
        within(section.key("burst"), u64::from(burst), in_one_second, u64::from(quota.requests))?;
    }
    Ok(())
}
