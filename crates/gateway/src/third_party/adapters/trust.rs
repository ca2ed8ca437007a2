//! What the grants of identity assertions rest on: the section of the issuer that vouched for the person.
//!
//! What an assertion said is not kept, so nobody can tell whether other rules would let its person in.
//! A section that differs in anything therefore withdraws all that the one before gave; clients bring new assertions.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use arc_swap::ArcSwap;
use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::Issuer;
use token_manager::{EndCause, RevokeSelector, SessionKey, Unavailable};

use super::Foundations;

/// The trusted issuers of one configuration.
///
/// Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust(Arc<BTreeMap<Issuer, SessionKey>>);

/// Those of the configuration in force; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustInForce(Arc<ArcSwap<Trust>>);

impl Trust {
    /// Each issuer with the words of its section, keys included.
    pub(crate) fn new(sections: impl IntoIterator<Item = (Issuer, String)>) -> Self {
        Self(Arc::new(sections.into_iter().map(|(issuer, words)| (issuer, key(&words))).collect()))
    }

    /// What grants by assertions of `issuer` rest on; none if it is not trusted.
    pub(super) fn find(&self, issuer: &Issuer) -> Option<&SessionKey> {
        self.0.get(issuer)
    }
}

impl TrustInForce {
    /// Puts `trust` in the place of that before; [`Foundations::end_withdrawn`] ends what rested on that one alone.
    pub(crate) fn replace(&self, trust: Trust) {
        self.0.store(Arc::new(trust));
    }

    /// Whether a grant may rest on this.
    pub(super) fn holds(&self, key: &SessionKey) -> bool {
        self.0.load().0.values().any(|it| it == key)
    }

    fn all(&self) -> BTreeSet<SessionKey> {
        self.0.load().0.values().cloned().collect()
    }
}

impl Foundations {
    /// Ends the grants of issuers that are not trusted any more, or not as they were when they gave them.
    ///
    /// # Errors
    /// [`Unavailable`]; the same may be done again.
    pub(crate) async fn end_withdrawn(&self) -> Result<usize, Unavailable> {
        let withdrawn = RevokeSelector::Withdrawn { beginning: BEGINNING, kept: self.trust.all() };
        self.grants.revoke(&withdrawn, EndCause::IssuerChanged).await
    }
}

#[expect(clippy::expect_used, reason = "the beginning and 43 characters of base64url are less than 128")]
fn key(words: &str) -> SessionKey {
    let digest = digest::digest(&digest::SHA256, words.as_bytes());
    SessionKey::new(format!("{BEGINNING}{}", URL_SAFE_NO_PAD.encode(digest))).expect("it is short")
}

/// No name of a session has a colon.
const BEGINNING: &str = "trust:";
