use oauth_types::ClaimPath;
use serde_json::Value;

use crate::config::{Config, report::Problem};

/// A claim is compared with a text, a number or a boolean; lists and tables would leave open what equal means.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, it) in super::authorization_servers(config) {
        for (name, value) in &it.required_claims {
            if let Err(error) = name.parse::<ClaimPath>() {
                return Err(Problem::new(
                    section.key("required_claims"),
                    format!("the name `{name}` {error}"),
                ));
            }
            if !matches!(value, Value::String(_) | Value::Bool(_) | Value::Number(_)) {
                let message = "must be a text, a number or a boolean";
                return Err(Problem::new(section.key("required_claims").key(name), message));
            }
        }
    }
    Ok(())
}
