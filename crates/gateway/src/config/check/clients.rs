use crate::config::{AudienceClaim, Config, report::Problem};

/// A token is bound to this gateway by its audience, or by a list of clients: one of them must be there.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, it) in super::authorization_servers(config) {
        if it.audience_claim == Some(AudienceClaim::ClientId) && it.clients.is_none() {
            let message = "without an allowed client every token of this server would count: \
                write `clients = [\"…\"]`, or use \"aud\"";
            return Err(Problem::new(section.key("audience_claim"), message));
        }
    }
    Ok(())
}
