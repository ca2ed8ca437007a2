//! For whom processes of ours are started.

use std::sync::Arc;

use async_trait::async_trait;
use mcp_stdio::{BoxError, Tenant, TenantEnd, Variable};
use token_validate::ValidatedToken;
use tokio_util::sync::CancellationToken;

use super::{GrantCheck, GrantEnd, NoGrants, Principal};

/// Somebody whose processes end with the grant behind their token, if there is one.
#[derive(Debug)]
pub(super) struct PrincipalOfChildren {
    grants: Arc<dyn GrantCheck>,
    token: Option<ValidatedToken>,
    /// Their credential for what is behind the process.
    credential: Option<Variable>,
}

impl PrincipalOfChildren {
    pub(super) fn new(
        grants: Arc<dyn GrantCheck>,
        principal: &Principal,
        credential: Option<Variable>,
    ) -> Self {
        Self { grants, token: principal.token().cloned(), credential }
    }
}

#[derive(Debug)]
struct Watch(Box<dyn GrantEnd>);

#[async_trait]
impl Tenant for PrincipalOfChildren {
    fn watch(&self) -> Option<Box<dyn TenantEnd>> {
        let grant = match &self.token {
            Some(token) => self.grants.watch(token)?,
            None => NoGrants::watch_nothing(),
        };
        Some(Box::new(Watch(grant)))
    }

    async fn environment(&self) -> Result<Vec<Variable>, BoxError> {
        Ok(self.credential.iter().cloned().collect())
    }
}

impl TenantEnd for Watch {
    fn token(&self) -> &CancellationToken {
        self.0.token()
    }
}
