use std::fmt::Debug;

use async_trait::async_trait;
use oauth_types::UnixTime;
use token_validate::ValidatedToken;
use tokio_util::sync::CancellationToken;

/// Tells whether the grants behind tokens live.
///
/// Asked with every request, so it answers from memory.
#[async_trait]
pub(crate) trait GrantCheck: Debug + Send + Sync {
    /// Whether the grant of `token` lives now, which counts as use of it; tokens that rest on no grant of ours live.
    fn standing(&self, token: &ValidatedToken, now: UnixTime) -> GrantStanding;

    /// The same, after a question to the store where another process may have made the grant a moment ago.
    async fn ask(&self, token: &ValidatedToken, now: UnixTime) -> GrantStanding {
        self.standing(token, now)
    }

    /// Watches the grant of `token`; `None` if it has ended.
    fn watch(&self, token: &ValidatedToken) -> Option<Box<dyn GrantEnd>>;
}

/// Whether a grant lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "no grant ever ends in a build without Option B")]
pub(crate) enum GrantStanding {
    /// It does, or the token rests on none.
    Live,
    /// It has ended.
    Ended,
    /// The store that other processes write to has not been heard of for too long.
    Unknown,
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
    fn standing(&self, _: &ValidatedToken, _: UnixTime) -> GrantStanding {
        GrantStanding::Live
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
