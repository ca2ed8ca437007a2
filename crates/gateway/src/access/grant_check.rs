use std::{any::Any, fmt::Debug};

use oauth_types::UnixTime;
use token_validate::ValidatedToken;
use tokio_util::sync::CancellationToken;

/// Tells whether the grants behind tokens live.
///
/// Asked with every request, so it answers from memory.
pub(crate) trait GrantCheck: Debug + Send + Sync {
    /// Whether the grant of `token` lives now, which counts as use of it; true for tokens that rest on no grant of ours.
    fn is_live(&self, token: &ValidatedToken, now: UnixTime) -> bool;

    /// Watches the grant of `token`.
    fn watch(&self, token: &ValidatedToken) -> Watched;
}

/// What may end with a grant.
#[derive(Debug)]
#[allow(dead_code, reason = "only a build with an authorization server of its own has grants")]
pub(crate) enum Watched {
    /// The token rests on no grant of ours.
    Endless,
    /// The grant lives.
    Live(GrantEnd),
    /// The grant has ended.
    Ended,
}

/// The end of a grant to come; it is told for as long as this is kept.
#[derive(Debug)]
pub(crate) struct GrantEnd {
    token: CancellationToken,
    _watch: Box<dyn Any + Send>,
}

/// For tokens of others' authorization servers only: no grant is ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoGrants;

impl GrantEnd {
    /// `token` is cancelled at the end of the grant, while `watch` is kept.
    #[allow(dead_code, reason = "only a build with an authorization server of its own has grants")]
    pub(crate) fn new(token: CancellationToken, watch: impl Any + Send) -> Self {
        Self { token, _watch: Box::new(watch) }
    }

    /// Cancelled when the grant has ended.
    pub(crate) const fn token(&self) -> &CancellationToken {
        &self.token
    }
}

impl GrantCheck for NoGrants {
    fn is_live(&self, _: &ValidatedToken, _: UnixTime) -> bool {
        true
    }

    fn watch(&self, _: &ValidatedToken) -> Watched {
        Watched::Endless
    }
}
