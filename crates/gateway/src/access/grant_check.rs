use std::fmt::Debug;

use oauth_types::UnixTime;
use token_validate::ValidatedToken;
use tokio_util::sync::CancellationToken;

/// Tells whether the grants behind tokens live.
///
/// Asked with every request, so it answers from memory.
pub(crate) trait GrantCheck: Debug + Send + Sync {
    /// Whether the grant of `token` lives now, which counts as use of it; true for tokens that rest on no grant of ours.
    fn is_live(&self, token: &ValidatedToken, now: UnixTime) -> bool;

    /// Watches the grant of `token`; `None` if it has ended.
    fn watch(&self, token: &ValidatedToken) -> Option<Box<dyn GrantEnd>>;
}

/// The end of a grant to come; it is told for as long as this is kept.
pub(crate) trait GrantEnd: Debug + Send {
    /// Cancelled when the grant has ended.
    fn token(&self) -> &CancellationToken;
}

/// For tokens of others' authorization servers only: no grant is ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoGrants;

/// What never ends: a token rests on no grant of ours.
#[derive(Debug, Default)]
struct Endless(CancellationToken);

impl NoGrants {
    /// The watch of whoever has no grant that could end.
    pub(super) fn watch_nothing() -> Box<dyn GrantEnd> {
        Box::new(Endless::default())
    }
}

impl GrantCheck for NoGrants {
    fn is_live(&self, _: &ValidatedToken, _: UnixTime) -> bool {
        true
    }

    fn watch(&self, _: &ValidatedToken) -> Option<Box<dyn GrantEnd>> {
        Some(Self::watch_nothing())
    }
}

impl GrantEnd for Endless {
    fn token(&self) -> &CancellationToken {
        &self.0
    }
}
