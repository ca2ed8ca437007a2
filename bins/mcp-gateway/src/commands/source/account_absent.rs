use std::path::Path;

use gateway::config::TokensOf;

use crate::commands::Failure;

/// This build signs nobody in.
pub(super) fn of(_: &str, _: Option<&Path>) -> Result<TokensOf, Failure> {
    Err(Failure::Usage(
        "name the authorization server with `--authorization-server`, or use a build with `--features third-party`, which signs people in itself",
    ))
}
