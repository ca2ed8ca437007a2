use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use oauth_server::AuthorizeEndpoint;
use oauth_types::{Clock, Issuer, ProviderId, ResourceUri, ScopeToken};
use session_binding::{BrowserSessions, Connections, CookieNames, PendingAuthorizations};
use token_manager::KeyRing;
use tokio::sync::Semaphore;
use url::Url;

use super::{CALLBACK, SignInProvider};
use crate::{edge::Origins, third_party::adapters::Foundations};

/// What the handlers of the browser's part work with.
pub(crate) struct Browser {
    pub(super) parts: BrowserParts,
    pub(super) cookies: CookieNames,
    /// Whose forms are ours.
    pub(super) origins: Origins,
    /// How many passwords may be checked at a time, each of which takes memory and a processor.
    pub(super) hashing: Arc<Semaphore>,
}

/// What a [`Browser`] is made of.
pub(crate) struct BrowserParts {
    /// Judges authorization requests.
    pub(crate) authorize: AuthorizeEndpoint,
    /// The transactions between request and code.
    pub(crate) pending: PendingAuthorizations,
    /// The sessions of signed-in browsers.
    pub(crate) browser_sessions: BrowserSessions,
    /// Grants, the sign-ins at third parties that they rest on, and the tokens that these gave.
    pub(crate) foundations: Foundations,
    /// What a signed-in person sees and ends.
    pub(crate) connections: Connections,
    /// Seals what a third party's answer will need.
    pub(crate) ring: Arc<KeyRing>,
    /// The ways to sign in, in the order in which people see them.
    pub(crate) providers: Vec<SignInProvider>,
    /// Where people who are signed in may connect further accounts.
    pub(crate) connectable: Vec<ProviderId>,
    /// Our own origin, and the `iss` of answers.
    pub(crate) issuer: Issuer,
    /// Whether answers carry `iss` (RFC 9207).
    pub(crate) response_issuer: bool,
    /// What the operator says about each MCP server.
    pub(crate) servers: BTreeMap<ResourceUri, ServerWords>,
    /// How long the body of a form may pause.
    pub(crate) body_idle: Duration,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
}

/// An MCP server in words for people.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerWords {
    /// Its name; without one people see its address.
    pub(crate) name: Option<String>,
    /// What its scopes mean.
    pub(crate) scopes: BTreeMap<ScopeToken, String>,
}

impl Browser {
    /// Joins the parts.
    pub(crate) fn new(parts: BrowserParts) -> Self {
        let url = parts.issuer.url();
        Self {
            cookies: CookieNames::new(url.scheme() == "https"),
            origins: Origins::new(url, &[]),
            hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            parts,
        }
    }

    pub(super) fn provider(&self, id: &ProviderId) -> Option<&SignInProvider> {
        self.parts.providers.iter().find(|it| it.id() == id)
    }

    /// Where the third party sends people back to.
    pub(super) fn callback(&self, id: &ProviderId) -> Url {
        let mut url = self.parts.issuer.url().clone();
        url.set_path(&format!("{CALLBACK}/{id}"));
        url
    }
}

impl fmt::Debug for Browser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let providers: Vec<_> = self.parts.providers.iter().map(SignInProvider::id).collect();
        formatter.debug_struct("Browser").field("providers", &providers).finish_non_exhaustive()
    }
}

/// Each takes 19 MiB or more.
const HASHES_AT_ONCE: usize = 4;
