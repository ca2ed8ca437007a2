use crate::config::{
    Config, DpopMode, ThirdParty,
    report::{KeyPath, Problem},
};

/// Proofs are demanded only where they are taken, and taken wherever tokens are bound.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        if server.dpop_nonce && server.dpop == DpopMode::Off {
            return Err(Problem::new(section.key("dpop_nonce"), NONCE));
        }
    }
    config.third_party.as_ref().map_or(Ok(()), |it| check_third_party(config, it))
}

/// What the gateway issues must be good at its servers.
fn check_third_party(config: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    let issued = third_party.dpop;
    if third_party.dpop_nonce && issued == DpopMode::Off {
        return Err(Problem::new(KeyPath::root("third_party").key("dpop_nonce"), NONCE));
    }
    for (section, server) in super::servers(config) {
        let message = match (server.dpop, issued) {
            (DpopMode::Required, DpopMode::Off) => {
                "demands bound tokens, and `[third_party] dpop` is `\"off\"`, so nobody gets one"
            }
            (DpopMode::Off, DpopMode::Offered | DpopMode::Required) => {
                "refuses tokens that `[third_party]` binds for clients with proofs: set `dpop = \"off\"` there too"
            }
            _ => continue,
        };
        return Err(Problem::new(section.key("dpop"), message));
    }
    Ok(())
}

const NONCE: &str = "demands a nonce in proofs that `dpop = \"off\"` refuses: remove one of the two";
