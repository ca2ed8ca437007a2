use std::{collections::HashMap, fmt, sync::Arc};

use async_trait::async_trait;
use oauth_types::{ClientId, GrantId, Principal};
use session_binding::{Connection, DirectoryUnavailable, GrantDirectory, ThirdPartySessions};
use token_manager::{EndCause, GrantSummary, Grants, RevokeSelector};

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
    sessions: ThirdPartySessions,
    names: Arc<dyn ClientNames>,
}

impl Directory {
    /// The `grants`, with what their clients called themselves in `sessions`, or else the `names` that they have.
    pub(crate) fn new(grants: Grants, sessions: ThirdPartySessions, names: Arc<dyn ClientNames>) -> Self {
        Self { grants, sessions, names }
    }

    async fn connection(&self, grant: GrantSummary, told: Option<String>) -> Connection {
        let client_name = match told {
            Some(name) => Some(name),
            None => self.names.name(&grant.client_id).await,
        };
        Connection {
            client_name,
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
        let sessions = self.sessions.for_principal(principal).await.map_err(unavailable)?;
        let mut told: HashMap<_, _> = sessions.into_iter().flat_map(|it| it.client_names).collect();
        let mut connections = Vec::with_capacity(grants.len());
        for grant in grants {
            let told = told.remove(&grant.id);
            connections.push(self.connection(grant, told).await);
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

    async fn end_all(&self, principal: &Principal) -> Result<(), DirectoryUnavailable> {
        let selector = RevokeSelector::Principal(principal.clone());
        self.grants.revoke(&selector, EndCause::PersonRevoked).await.map_err(unavailable)?;
        Ok(())
    }
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> DirectoryUnavailable {
    DirectoryUnavailable(Box::new(error))
}
