use crate::config::{
    Config,
    report::{KeyPath, Problem},
};

/// Clients leave the default port out of `Host`, so a value with it would never be met.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    let default = if config.public_url.is_https() { ":443" } else { ":80" };
    match config.hosts.iter().position(|it| it.as_str().ends_with(default)) {
        None => Ok(()),
        Some(index) => {
            let key = KeyPath::root("hosts").index(index);
            Err(Problem::new(key, format!("leave out `{default}`, which clients do not send")))
        }
    }
}
