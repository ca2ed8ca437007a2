use async_trait::async_trait;
use oauth_server::{
    CodeCheck, DpopProof, GrantPort, RefreshCheck, TokenFacts, TokenGrant, TokenRefusal, TokenText,
    TokenUnavailable,
};
use oauth_types::{ClientId, TokenErrorCode};
use token_manager::{
    EndCause, GrantError, GrantSummary, Grants, IssuedTokens, RedeemCheck, Refusal, RevokeSelector,
    RotateCheck, Unavailable,
};

use super::{Foundations, OwnTokens, Trust, rests_on::unavailable};

/// The grants, as the token, revocation and introspection endpoints use them.
#[derive(Clone, Debug)]
pub(crate) struct GrantAccess {
    foundations: Foundations,
    tokens: OwnTokens,
    trust: Trust,
}

impl GrantAccess {
    /// The grants of `foundations`, and the access tokens that rest on them.
    pub(crate) fn new(foundations: Foundations, tokens: OwnTokens) -> Self {
        Self { foundations, tokens, trust: Trust::default() }
    }

    /// With the issuers whose word is enough for a grant.
    pub(crate) fn trusting(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }

    pub(super) const fn tokens(&self) -> &OwnTokens {
        &self.tokens
    }

    pub(super) const fn grants(&self) -> &Grants {
        &self.foundations.grants
    }

    pub(super) const fn foundations(&self) -> &Foundations {
        &self.foundations
    }

    pub(super) const fn trust(&self) -> &Trust {
        &self.trust
    }

    async fn facts_of_access_token(&self, token: &str) -> Result<Option<TokenFacts>, TokenUnavailable> {
        let Some(read) = self.tokens.read(token) else { return Ok(None) };
        // The record, and not the index, since this is no use of the grant.
        if self.foundations.grants.find(read.grant).await.map_err(later)?.is_none() {
            return Ok(None);
        }
        Ok(Some(TokenFacts {
            client_id: read.client_id,
            subject: read.subject.as_str().to_owned(),
            resource: read.resource,
            scope: read.scope,
            issued_at: read.issued_at,
            expires_at: read.expires_at,
            is_access_token: true,
            key: read.key,
            actor: read.actor,
        }))
    }
}

#[async_trait]
impl GrantPort for GrantAccess {
    async fn redeem(&self, code: &str, check: CodeCheck<'_>) -> Result<TokenGrant, TokenRefusal> {
        let CodeCheck { client_id, redirect_uri, code_verifier, resources, proof, is_public } = check;
        let grants = &self.foundations.grants;
        let rests_on = grants.session_of_code(code, client_id).await.map_err(unavailable)?;
        let memberships = &self.checked(rests_on.as_ref()).await?;
        let key = proof.map(DpopProof::key);
        let check =
            RedeemCheck { client_id, redirect_uri, code_verifier, resources, key, is_public, memberships };
        if let Some(proof) = proof
            && grants.would_redeem(code, check).await.map_err(unavailable)?
        {
            proof.spend()?;
        }
        Ok(answer(grants.redeem(code, check).await.map_err(refused)?))
    }

    async fn refresh(
        &self,
        refresh_token: &str,
        check: RefreshCheck<'_>,
    ) -> Result<TokenGrant, TokenRefusal> {
        let RefreshCheck { client_id, scope, resources, proof } = check;
        let grants = &self.foundations.grants;
        let rests_on =
            grants.session_of_refresh_token(refresh_token, client_id).await.map_err(unavailable)?;
        let memberships = &self.checked(rests_on.as_ref()).await?;
        let key = proof.map(DpopProof::key);
        let check = RotateCheck { client_id, scope, resources, key, memberships };
        if let Some(proof) = proof
            && grants.would_rotate(refresh_token, check).await.map_err(unavailable)?
        {
            proof.spend()?;
        }
        Ok(answer(grants.rotate(refresh_token, check).await.map_err(refused)?))
    }

    async fn revoke(&self, token: &str, client: &ClientId) -> Result<(), TokenRefusal> {
        let grants = &self.foundations.grants;
        match self.tokens.read(token) {
            Some(read) if read.actor.is_some() && read.client_id == *client => {
                return Err(TokenRefusal::Refused {
                    code: TokenErrorCode::UnsupportedTokenType,
                    description: "an exchanged token ends with the grant that it was made of",
                });
            }
            Some(read) => grants.revoke_for_client(read.grant, client).await.map_err(later)?,
            None => grants.revoke_refresh_token(token, client).await.map_err(later)?,
        };
        Ok(())
    }

    async fn introspect(&self, token: &str) -> Result<Option<TokenFacts>, TokenUnavailable> {
        if let Some(facts) = self.facts_of_access_token(token).await? {
            return Ok(Some(facts));
        }
        let found = self.foundations.grants.inspect_refresh_token(token).await.map_err(later)?;
        Ok(found.and_then(facts_of_refresh_token))
    }

    async fn has_grants(&self, client: &ClientId) -> Result<bool, TokenUnavailable> {
        self.foundations.grants.has_live_grants(client).await.map_err(later)
    }

    async fn end_grants(&self, client: &ClientId) -> Result<(), TokenUnavailable> {
        let selector = RevokeSelector::Client(client.clone());
        self.foundations.grants.revoke(&selector, EndCause::ClientRemoved).await.map_err(later)?;
        Ok(())
    }
}

pub(super) fn answer(issued: IssuedTokens) -> TokenGrant {
    TokenGrant {
        access_token: TokenText::new(issued.access_token.expose().to_owned()),
        expires_in: issued.expires_in,
        refresh_token: issued.refresh_token.map(|it| TokenText::new(it.expose().to_owned())),
        scope: issued.scope,
    }
}

fn facts_of_refresh_token(grant: GrantSummary) -> Option<TokenFacts> {
    Some(TokenFacts {
        client_id: grant.client_id,
        subject: grant.principal.to_subject().ok()?.as_str().to_owned(),
        resource: grant.resource,
        scope: grant.scope,
        issued_at: grant.created_at,
        expires_at: grant.expires_at,
        is_access_token: false,
        key: None,
        actor: None,
    })
}

pub(super) fn refused(error: GrantError) -> TokenRefusal {
    match error {
        GrantError::Refused(refusal) => {
            TokenRefusal::Refused { code: refusal.error_code(), description: description(refusal) }
        }
        GrantError::Unavailable(error) => unavailable(error),
    }
}

/// What the developer of the client may know: nothing about other clients' grants, nor why a grant has ended.
const fn description(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Unknown | Refusal::WrongClient | Refusal::CodeUsed | Refusal::NothingToDo => {
            "the code or refresh token is not good"
        }
        Refusal::WrongKey => "the code or refresh token is bound to another key",
        Refusal::WrongRedirectUri => "redirect_uri is not the one of the authorization request",
        Refusal::WrongVerifier => "code_verifier does not match the code_challenge",
        Refusal::WrongResource => "resource was not granted",
        Refusal::WrongScope => "scope was not granted",
        Refusal::CodeExpired => "the code has expired",
        Refusal::Expired => "the grant has expired: sign in again",
        Refusal::Ended(_) => "the grant has ended: sign in again",
    }
}

pub(super) fn later(error: Unavailable) -> TokenUnavailable {
    TokenUnavailable(Box::new(error))
}
