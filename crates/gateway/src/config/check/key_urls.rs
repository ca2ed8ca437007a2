use oauth_types::is_loopback_host;
use url::Url;

use crate::config::{Config, KeySource, report::Problem};

/// Keys and answers about tokens come over `https`; `http` is for loopback hosts only.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, it) in super::authorization_servers(config) {
        if let KeySource::JwksUri(url) = &it.keys {
            check_url(url).map_err(|message| Problem::new(section.key("keys").key("jwks_uri"), message))?;
        }
        if let Some(url) = it.introspection.as_ref().and_then(|it| it.endpoint.as_ref()) {
            check_url(url)
                .map_err(|message| Problem::new(section.key("introspection").key("endpoint"), message))?;
        }
        if let KeySource::File(path) = &it.keys
            && path.as_os_str().is_empty()
        {
            return Err(Problem::new(
                section.key("keys").key("file"),
                "write the path of a JWK set or a PEM file",
            ));
        }
    }
    Ok(())
}

pub(super) fn check_url(url: &Url) -> Result<(), &'static str> {
    let is_loopback = url.host().is_some_and(|it| is_loopback_host(&it));
    match url.scheme() {
        "https" => {}
        "http" if is_loopback => {}
        _ => return Err("must be https (http is for loopback hosts only)"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must have no user name and no password");
    }
    if url.fragment().is_some() {
        return Err("must have no fragment (`#`)");
    }
    Ok(())
}
