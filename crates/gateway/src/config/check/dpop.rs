use crate::config::{Config, DpopMode, report::Problem};

/// A nonce is asked of proofs, and there are none.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        if server.dpop_nonce && server.dpop == DpopMode::Off {
            let message = "demands a nonce in proofs that `dpop = \"off\"` refuses: remove one of the two";
            return Err(Problem::new(section.key("dpop_nonce"), message));
        }
    }
    Ok(())
}
