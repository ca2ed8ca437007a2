use super::LONG;
use crate::{
    check::{FindingCode, Findings},
    config::Config,
};

/// What holds for the whole process.
pub(super) fn check(config: &Config, findings: &mut Findings) {
    if config.outbound.allow_loopback {
        let message = "authorization servers may be on loopback hosts, also over plain HTTP";
        findings.add(FindingCode::AllowLoopback, "outbound.allow_loopback", message);
    }
    if config.sessions.key.is_none() {
        let message =
            "MCP sessions of older protocol revisions end with a restart, and replicas cannot share them";
        findings.add(FindingCode::SessionKeyRandom, "sessions.key", message);
    }
    let stale = config.validation.stale_keys;
    if stale.get() > LONG {
        let message = format!("a withdrawn key may work for {stale} while its server is down");
        findings.add(FindingCode::StaleKeysLong, "validation.stale_keys", message);
    }
}
