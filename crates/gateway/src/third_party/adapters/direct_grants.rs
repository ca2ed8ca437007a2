use async_trait::async_trait;
use oauth_server::{
    DirectGrant, DirectGrants, Exchange, SubjectToken, TokenGrant, TokenRefusal, TokenUnavailable,
};
use oauth_types::TokenErrorCode;
use token_manager::{EndCause, ExchangedToken, IssueError, RevokeSelector};

use super::{
    GrantAccess,
    grant_port::{answer, later, refused},
    rests_on::unavailable,
};

#[async_trait]
impl DirectGrants for GrantAccess {
    async fn issue(&self, grant: DirectGrant<'_>) -> Result<TokenGrant, TokenRefusal> {
        let rests_on = match grant.vouched_by {
            Some(issuer) => Some(self.trust().find(issuer).cloned().ok_or(NOT_TRUSTED)?),
            None => None,
        };
        let new = token_manager::DirectGrant {
            client_id: grant.client_id.clone(),
            principal: grant.principal.clone(),
            scope: grant.scope.clone(),
            resource: grant.resource.clone(),
            key: grant.key,
            rests_on: rests_on.clone(),
        };
        let issued = self.grants().issue_tokens(new).await.map_err(|error| match error {
            IssueError::Principal => TokenRefusal::Refused {
                code: TokenErrorCode::InvalidGrant,
                description: "the subject is too long",
            },
            IssueError::Unavailable(error) => TokenRefusal::Unavailable(later(error)),
        })?;
        // Whoever has ended what is withdrawn may have looked before there was anything to end.
        if rests_on.is_some_and(|it| !self.foundations().trust.holds(&it)) {
            let grant = RevokeSelector::Grant(issued.grant);
            self.grants().revoke(&grant, EndCause::IssuerChanged).await.map_err(unavailable)?;
            return Err(NOT_TRUSTED);
        }
        Ok(answer(issued))
    }

    async fn subject_token(&self, token: &str) -> Result<Option<SubjectToken>, TokenUnavailable> {
        // Whoever cannot prove the key of a bound token must not get an unbound one for it.
        let Some(read) = self.tokens().read(token).filter(|it| !it.is_bound) else { return Ok(None) };
        let lives = self.grants().find(read.grant).await.map_err(later)?.is_some();
        Ok(lives.then_some(SubjectToken {
            grant: read.grant,
            resource: read.resource,
            scope: read.scope,
            expires_at: read.expires_at,
            actor: read.actor,
        }))
    }

    async fn exchange(&self, exchange: Exchange<'_>) -> Result<TokenGrant, TokenRefusal> {
        let grant = exchange.subject_token.grant;
        let memberships = self.memberships_elsewhere(grant, exchange.resource).await?;
        let new = ExchangedToken {
            grant,
            client_id: exchange.client_id.clone(),
            actor: exchange.actor,
            scope: exchange.scope.clone(),
            resource: exchange.resource.clone(),
            key: exchange.key,
            memberships,
            expires_at: exchange.subject_token.expires_at,
        };
        self.grants().exchange(new).await.map(answer).map_err(refused)
    }
}

const NOT_TRUSTED: TokenRefusal = TokenRefusal::Refused {
    code: TokenErrorCode::InvalidGrant,
    description: "the issuer of the assertion is not trusted here",
};
