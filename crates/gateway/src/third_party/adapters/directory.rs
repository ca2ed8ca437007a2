use std::{fmt, sync::Arc};

use async_trait::async_trait;
use oauth_types::{ClientId, GrantId, Principal};
use session_binding::{Connection, DirectoryUnavailable, GrantDirectory};
use token_manager::{EndCause, GrantSummary, Grants, RevokeSelector, Unavailable};

/// What clients call themselves, as far as it is known without asking anybody outside.
#[async_trait]
pub(crate) trait ClientNames: fmt::Debug + Send + Sync {
    /// The name, if the client has one and is known.
    async fn name(&self, client_id: &ClientId) -> Option<String>;
}

/// Persons' grants, for the account page.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    grants: Grants,
    names: Arc<dyn ClientNames>,
}

impl Directory {
    /// The `grants`, with the `names` of their clients.
    pub(crate) fn new(grants: Grants, names: Arc<dyn ClientNames>) -> Self {
        Self { grants, names }
    }

    async fn connection(&self, grant: GrantSummary) -> Connection {
        Connection {
            client_name: self.names.name(&grant.client_id).await,
            grant: grant.id,
            client_id: grant.client_id,
            resource: grant.resource,
            scope: grant.scope,
            created: grant.created_at,
            last_used: grant.last_used_at,
        }
    }
}

#[async_trait]
impl GrantDirectory for Directory {
    async fn list(&self, principal: &Principal) -> Result<Vec<Connection>, DirectoryUnavailable> {
        let selector = RevokeSelector::Principal(principal.clone());
        let grants = self.grants.list(&selector).await.map_err(unavailable)?;
        let mut connections = Vec::with_capacity(grants.len());
        for grant in grants {
            connections.push(self.connection(grant).await);
        }
        Ok(connections)
    }

    async fn end(&self, grants: &[GrantId]) -> Result<(), DirectoryUnavailable> {
        for grant in grants {
            let selector = RevokeSelector::Grant(*grant);
            self.grants.revoke(&selector, EndCause::PersonRevoked).await.map_err(unavailable)?;
        }
        Ok(())
    }
}

fn unavailable(error: Unavailable) -> DirectoryUnavailable {
    DirectoryUnavailable(Box::new(error))
}
