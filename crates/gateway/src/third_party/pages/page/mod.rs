//! One file per page: what its template needs, made of its view.

mod account;
mod client;
mod connect;
mod consent;
mod pick_provider;
mod problem;
mod sign_in;
mod signed_out;

use super::{ProviderView, ScopeView, text::Shown};

/// A scope in words.
#[derive(Debug)]
struct Permission {
    /// The configured words, or the name for want of them.
    words: Shown,
    /// The name, when `words` are not it.
    name: Option<Shown>,
}

impl Permission {
    fn all(scopes: &[ScopeView]) -> Vec<Self> {
        scopes.iter().map(Self::new).collect()
    }

    fn new(scope: &ScopeView) -> Self {
        let name = Shown::cut(&scope.name, NAME_LIMIT);
        match Shown::if_visible(scope.words.as_deref(), WORDS_LIMIT) {
            Some(words) => Self { words, name: Some(name) },
            None => Self { words: name, name: None },
        }
    }
}

/// A button that leads to a way to sign in.
#[derive(Debug)]
struct Choice {
    /// For the form; the provider's own id, not altered.
    id: String,
    name: Shown,
    local: bool,
}

impl Choice {
    fn all(providers: &[ProviderView]) -> Vec<Self> {
        let choice = |it: &ProviderView| Self {
            id: it.id.clone(),
            name: Shown::cut(&it.name, NAME_LIMIT),
            local: it.local,
        };
        providers.iter().map(choice).collect()
    }
}

/// Characters of a name: a line or two on a phone.
const NAME_LIMIT: usize = 60;
/// Characters of a name that nobody vouches for: no room for a sentence.
const CLAIMED_LIMIT: usize = 40;
/// Characters of an operator's words.
const WORDS_LIMIT: usize = 200;
/// Characters of a URL.
const URL_LIMIT: usize = 200;
