use async_trait::async_trait;
use oauth_server::{DirectGrant, DirectGrants, TokenGrant, TokenRefusal};
use oauth_types::TokenErrorCode;
use token_manager::IssueError;

use super::{
    GrantAccess,
    grant_port::{answer, later},
};

#[async_trait]
impl DirectGrants for GrantAccess {
    async fn issue(&self, grant: DirectGrant<'_>) -> Result<TokenGrant, TokenRefusal> {
        let new = token_manager::DirectGrant {
            client_id: grant.client_id.clone(),
            principal: grant.principal.clone(),
            scope: grant.scope.clone(),
            resource: grant.resource.clone(),
        };
        self.grants().issue_tokens(new).await.map(answer).map_err(|error| match error {
            IssueError::Principal => TokenRefusal::Refused {
                code: TokenErrorCode::InvalidGrant,
                description: "the subject is too long",
            },
            IssueError::Unavailable(error) => TokenRefusal::Unavailable(later(error)),
        })
    }
}
