use crate::config::{Config, Provider, ThirdParty, report::Problem};

/// One client at a third party is for one provider: what people agreed to there is agreed for all its callbacks
/// (RFC 9700 section 4.4).
pub(super) fn check(_: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    for (index, (section, it)) in super::providers(third_party).enumerate() {
        let earlier = super::providers(third_party).take(index).find(|(_, other)| is_same(it, other));
        if let Some((other, _)) = earlier {
            let message =
                format!("is the client of `{other}` too: register a client of its own for each provider");
            return Err(Problem::new(section.key("client_id"), message));
        }
    }
    Ok(())
}

fn is_same(one: &Provider, other: &Provider) -> bool {
    one.client_id.is_some()
        && one.client_id == other.client_id
        && one.preset == other.preset
        && one.issuer == other.issuer
        && one.endpoints.token == other.endpoints.token
}
