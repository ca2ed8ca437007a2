//! What stands in for Option B in a build without it: its section never gets past [`Config::parse`].

use oauth_types::Clock;
use outbound_http::HttpClient;
use url::Url;

use super::{Config, Provider, ThirdParty, UnknownEndpoints, report::Problem};

/// Whether this build has Option B.
pub(super) const IS_IN_THIS_BUILD: bool = false;

/// Never called either.
#[expect(clippy::unnecessary_wraps, reason = "it stands in for one that refuses")]
pub(super) const fn check_database(_: &str) -> Result<(), String> {
    Ok(())
}

/// Never called with anything to check.
#[expect(clippy::unnecessary_wraps, reason = "it stands in for one that refuses")]
pub(super) const fn check(_: &Config, _: &ThirdParty) -> Result<(), Problem> {
    Ok(())
}

/// There is no third party to ask.
pub(crate) async fn known_endpoints(
    _: &Provider,
    _: &dyn HttpClient,
    _: &dyn Clock,
) -> Result<Vec<(&'static str, Url)>, UnknownEndpoints> {
    Ok(Vec::new())
}
