use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use oauth_types::{ClientId, GrantId, Principal, ResourceUri, Scope, UnixTime};

use crate::BrowserSession;

/// One client's hold on a person's access, as the account page lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The grant, which is what can be ended.
    pub grant: GrantId,
    /// Who holds it.
    pub client_id: ClientId,
    /// What the client called itself when the person approved; a stranger's text.
    pub client_name: Option<String>,
    /// What it is for.
    pub resource: ResourceUri,
    /// What it allows.
    pub scope: Scope,
    /// When the person approved.
    pub created: UnixTime,
    /// When it was last used.
    pub last_used: UnixTime,
}

/// The port to whoever keeps the grants.
#[async_trait]
pub trait GrantDirectory: Debug + Send + Sync {
    /// The live grants of a person.
    async fn list(&self, principal: &Principal) -> Result<Vec<Connection>, DirectoryUnavailable>;

    /// Ends grants because the person wants it: their tokens and open streams end before the answer.
    ///
    /// A grant that has ended, or is unknown, is no error.
    async fn end(&self, grants: &[GrantId]) -> Result<(), DirectoryUnavailable>;

    /// Ends everything a person has given, as [`GrantDirectory::end`] does, and with it every code that is out and that
    /// a client could still redeem.
    async fn end_all(&self, principal: &Principal) -> Result<(), DirectoryUnavailable>;
}

/// The grants cannot be read or ended now (answer 503).
#[derive(Debug, thiserror::Error)]
#[error("the grants are unavailable")]
pub struct DirectoryUnavailable(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// What a signed-in person may see and end: their own connections, nobody else's.
#[derive(Clone, Debug)]
pub struct Connections(Arc<dyn GrantDirectory>);

/// Why nothing was ended.
#[derive(Debug, thiserror::Error)]
pub enum DisconnectError {
    /// The form's token is not that of this browser session.
    #[error("the form is not from our page")]
    Csrf,
    /// The person has no such connection.
    #[error("there is no such connection")]
    NotFound,
    /// The port gave no answer.
    #[error(transparent)]
    Unavailable(#[from] DirectoryUnavailable),
}

impl Connections {
    /// The connections that `directory` knows.
    #[must_use]
    pub fn new(directory: Arc<dyn GrantDirectory>) -> Self {
        Self(directory)
    }

    /// Those of the signed-in person, the latest used first.
    ///
    /// # Errors
    /// When the port gives no answer.
    pub async fn list(&self, session: &BrowserSession) -> Result<Vec<Connection>, DirectoryUnavailable> {
        let mut connections = self.0.list(session.who().principal()).await?;
        connections.sort_by_key(|it| std::cmp::Reverse(it.last_used));
        Ok(connections)
    }

    /// Ends one connection of the signed-in person; `csrf` is what the form sent.
    ///
    /// # Errors
    /// See [`DisconnectError`].
    pub async fn end_one(
        &self,
        session: &BrowserSession,
        csrf: &str,
        grant: GrantId,
    ) -> Result<Connection, DisconnectError> {
        check_csrf(session, csrf)?;
        let connections = self.0.list(session.who().principal()).await?;
        let found = connections.into_iter().find(|it| it.grant == grant).ok_or(DisconnectError::NotFound)?;
        self.0.end(&[grant]).await?;
        Ok(found)
    }

    /// Ends all connections of the signed-in person, and what could become one without them, and answers which
    /// connections there were; `csrf` is what the form sent.
    ///
    /// # Errors
    /// See [`DisconnectError`].
    pub async fn end_all(
        &self,
        session: &BrowserSession,
        csrf: &str,
    ) -> Result<Vec<Connection>, DisconnectError> {
        check_csrf(session, csrf)?;
        let connections = self.0.list(session.who().principal()).await?;
        self.0.end_all(session.who().principal()).await?;
        Ok(connections)
    }
}

fn check_csrf(session: &BrowserSession, csrf: &str) -> Result<(), DisconnectError> {
    if session.csrf_token().is_answered_by(csrf) { Ok(()) } else { Err(DisconnectError::Csrf) }
}

#[cfg(test)]
mod tests;
