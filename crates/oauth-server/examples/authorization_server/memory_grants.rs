// Grants in memory: opaque tokens, looked up by their text. A server that keeps grants over a restart uses another crate.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_server::{
    AuthorizationRequest, CodeCheck, DpopProof, GrantPort, RefreshCheck, TokenFacts, TokenGrant,
    TokenRefusal, TokenText, TokenUnavailable,
};
use oauth_types::{
    ClientId, Clock, CodeVerifier, Entropy, JwkThumbprint, ResourceUri, Scope, TokenErrorCode, UnixTime,
};

/// What people have allowed clients.
#[derive(Debug)]
pub(crate) struct MemoryGrants {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    grants: Mutex<Vec<Grant>>,
}

/// One of them, from its code to the end of its last token.
#[derive(Debug)]
struct Grant {
    request: AuthorizationRequest,
    subject: String,
    code: TokenText,
    code_expires_at: UnixTime,
    is_redeemed: bool,
    access_tokens: Vec<AccessToken>,
    refresh_token: Option<TokenText>,
    /// The key that refresh tokens need.
    refresh_key: Option<JwkThumbprint>,
    spent: Vec<TokenText>,
}

#[derive(Debug)]
struct AccessToken {
    text: TokenText,
    scope: Scope,
    key: Option<JwkThumbprint>,
    issued_at: UnixTime,
    expires_at: UnixTime,
}

impl MemoryGrants {
    /// Nothing allowed yet.
    pub(crate) fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy, grants: Mutex::default() }
    }

    /// The code for a request that the person `subject` allowed.
    pub(crate) fn issue_code(&self, request: AuthorizationRequest, subject: &str) -> TokenText {
        let code = self.random();
        self.grants().push(Grant {
            request,
            subject: subject.to_owned(),
            code: code.clone(),
            code_expires_at: self.clock.now() + CODE_LIFETIME,
            is_redeemed: false,
            access_tokens: Vec::new(),
            refresh_token: None,
            refresh_key: None,
            spent: Vec::new(),
        });
        code
    }

    /// New tokens of a grant; the refresh token before them is spent.
    fn tokens(&self, grant: &mut Grant, scope: Scope, key: Option<JwkThumbprint>) -> TokenGrant {
        let access_token = self.random();
        let issued_at = self.clock.now();
        grant.access_tokens.push(AccessToken {
            text: access_token.clone(),
            scope: scope.clone(),
            key,
            issued_at,
            expires_at: issued_at + TOKEN_LIFETIME,
        });
        grant.spent.extend(grant.refresh_token.take());
        grant.refresh_token = grant.request.refreshable.then(|| self.random());
        let refresh_token = grant.refresh_token.clone();
        TokenGrant { access_token, expires_in: TOKEN_LIFETIME, refresh_token, scope }
    }

    fn random(&self) -> TokenText {
        let mut bytes = [0; 32];
        self.entropy.fill(&mut bytes);
        TokenText::new(URL_SAFE_NO_PAD.encode(bytes))
    }

    fn grants(&self) -> MutexGuard<'_, Vec<Grant>> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl GrantPort for MemoryGrants {
    async fn redeem(&self, code: &str, check: CodeCheck<'_>) -> Result<TokenGrant, TokenRefusal> {
        let code = TokenText::new(code.to_owned());
        let mut grants = self.grants();
        let found = grants.iter_mut().enumerate().find(|(_, it)| it.code == code);
        let (index, grant) = found.ok_or(invalid_grant("the code is not known"))?;
        grant.check_code(&check, self.clock.now())?;
        if grant.is_redeemed {
            // Whoever has all of this took it from the client, or lost it to somebody.
            grants.remove(index);
            return Err(invalid_grant("the code has been used"));
        }
        check.proof.map_or(Ok(()), DpopProof::spend)?;
        grant.is_redeemed = true;
        let key = check.proof.map(DpopProof::key);
        grant.refresh_key = key.filter(|_| check.is_public);
        let scope = grant.request.scope.clone();
        Ok(self.tokens(grant, scope, key))
    }

    async fn refresh(
        &self,
        refresh_token: &str,
        check: RefreshCheck<'_>,
    ) -> Result<TokenGrant, TokenRefusal> {
        let token = TokenText::new(refresh_token.to_owned());
        let mut grants = self.grants();
        let had = |it: &Grant| it.refresh_token.as_ref() == Some(&token) || it.spent.contains(&token);
        let found = grants.iter_mut().enumerate().find(|(_, it)| had(it));
        let (index, grant) = found.ok_or(invalid_grant("the refresh token is not known"))?;
        grant.check_client(check.client_id)?;
        let key = check.proof.map(DpopProof::key);
        check_key(grant.refresh_key, key)?;
        if grant.spent.contains(&token) {
            grants.remove(index);
            return Err(invalid_grant("the refresh token has been used"));
        }
        grant.check_resources(check.resources)?;
        let scope = grant.narrowed(check.scope)?;
        check.proof.map_or(Ok(()), DpopProof::spend)?;
        Ok(self.tokens(grant, scope, key))
    }

    async fn revoke(&self, token: &str, client: &ClientId) -> Result<(), TokenRefusal> {
        let token = TokenText::new(token.to_owned());
        self.grants().retain(|it| it.request.client.id != *client || !it.has(&token));
        Ok(())
    }

    async fn introspect(&self, token: &str) -> Result<Option<TokenFacts>, TokenUnavailable> {
        let token = TokenText::new(token.to_owned());
        let now = self.clock.now();
        Ok(self.grants().iter().find_map(|it| it.facts(&token)).filter(|it| it.expires_at > now))
    }

    async fn has_grants(&self, client: &ClientId) -> Result<bool, TokenUnavailable> {
        Ok(self.grants().iter().any(|it| it.request.client.id == *client))
    }

    async fn end_grants(&self, client: &ClientId) -> Result<(), TokenUnavailable> {
        self.grants().retain(|it| it.request.client.id != *client);
        Ok(())
    }
}

impl Grant {
    fn check_code(&self, check: &CodeCheck<'_>, now: UnixTime) -> Result<(), TokenRefusal> {
        self.check_client(check.client_id)?;
        check_key(self.request.key, check.proof.map(DpopProof::key))?;
        if now > self.code_expires_at {
            return Err(invalid_grant("the code has expired"));
        }
        if check.redirect_uri != Some(self.request.redirect_uri.as_str()) {
            return Err(invalid_grant("redirect_uri is not the one of the authorization request"));
        }
        let verifier = check.code_verifier.and_then(|it| it.parse::<CodeVerifier>().ok());
        if !verifier.is_some_and(|it| self.request.code_challenge.is_answered_by(&it)) {
            return Err(invalid_grant("code_verifier does not match the code_challenge"));
        }
        self.check_resources(check.resources)
    }

    fn check_client(&self, client: &ClientId) -> Result<(), TokenRefusal> {
        if self.request.client.id == *client {
            return Ok(());
        }
        Err(invalid_grant("it belongs to another client"))
    }

    fn check_resources(&self, resources: &[ResourceUri]) -> Result<(), TokenRefusal> {
        if resources.iter().all(|it| *it == self.request.resource) {
            return Ok(());
        }
        let (code, description) = (TokenErrorCode::InvalidTarget, "resource was not granted");
        Err(TokenRefusal::Refused { code, description })
    }

    /// What was asked for, as far as it was granted.
    fn narrowed(&self, asked: Option<&Scope>) -> Result<Scope, TokenRefusal> {
        let granted = &self.request.scope;
        let Some(asked) = asked else { return Ok(granted.clone()) };
        let scope: Scope = asked.iter().filter(|it| granted.contains(it)).cloned().collect();
        if scope.is_empty() {
            let (code, description) = (TokenErrorCode::InvalidScope, "scope was not granted");
            return Err(TokenRefusal::Refused { code, description });
        }
        Ok(scope)
    }

    fn has(&self, token: &TokenText) -> bool {
        self.refresh_token.as_ref() == Some(token) || self.access_tokens.iter().any(|it| it.text == *token)
    }

    fn facts(&self, token: &TokenText) -> Option<TokenFacts> {
        let access_token = self.access_tokens.iter().find(|it| it.text == *token)?;
        Some(TokenFacts {
            client_id: self.request.client.id.clone(),
            subject: self.subject.clone(),
            resource: self.request.resource.clone(),
            scope: access_token.scope.clone(),
            issued_at: access_token.issued_at,
            expires_at: access_token.expires_at,
            is_access_token: true,
            key: access_token.key,
            actor: None,
        })
    }
}

fn check_key(bound_to: Option<JwkThumbprint>, key: Option<JwkThumbprint>) -> Result<(), TokenRefusal> {
    if bound_to.is_none() || bound_to == key {
        Ok(())
    } else {
        Err(invalid_grant("it is bound to another key"))
    }
}

const fn invalid_grant(description: &'static str) -> TokenRefusal {
    TokenRefusal::Refused { code: TokenErrorCode::InvalidGrant, description }
}

const CODE_LIFETIME: Duration = Duration::from_secs(60);
const TOKEN_LIFETIME: Duration = Duration::from_secs(3600);
