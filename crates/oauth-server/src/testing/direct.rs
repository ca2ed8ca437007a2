use std::sync::Mutex;

use async_trait::async_trait;

use oauth_types::{JwkThumbprint, Scope};

use crate::{
    DirectGrant, DirectGrants, Exchange, SubjectToken, TokenGrant, TokenRefusal, TokenText, TokenUnavailable,
};

/// Grants without a code, which say what they were made for.
#[derive(Debug, Default)]
pub(crate) struct RecordedGrants {
    issued: Mutex<Vec<String>>,
    /// What is behind the one access token, `live`.
    pub(crate) live: Mutex<Option<SubjectToken>>,
}

impl RecordedGrants {
    /// What was issued since the last look.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.issued.lock().unwrap())
    }

    fn issue(&self, what: String, scope: &Scope) -> TokenGrant {
        self.issued.lock().unwrap().push(what);
        TokenGrant {
            access_token: TokenText::new("issued".to_owned()),
            expires_in: std::time::Duration::from_secs(3600),
            refresh_token: None,
            scope: scope.clone(),
        }
    }
}

#[async_trait]
impl DirectGrants for RecordedGrants {
    async fn issue(&self, grant: DirectGrant<'_>) -> Result<TokenGrant, TokenRefusal> {
        let DirectGrant { client_id, principal, scope, resource, key, vouched_by } = grant;
        let subject = principal.to_subject().unwrap();
        let of = vouched_by.map(|it| format!(" of {it}")).unwrap_or_default();
        Ok(self.issue(format!("{subject}{of} by {client_id} at {resource}: {scope}{}", bound(key)), scope))
    }

    async fn subject_token(&self, token: &str) -> Result<Option<SubjectToken>, TokenUnavailable> {
        Ok(self.live.lock().unwrap().clone().filter(|_| token == "live"))
    }

    async fn exchange(&self, exchange: Exchange<'_>) -> Result<TokenGrant, TokenRefusal> {
        let Exchange { subject_token, client_id, actor, scope, resource, key } = exchange;
        let actor = serde_json::to_string(&actor).unwrap();
        let grant = String::from(subject_token.grant);
        let what = format!("{grant} by {client_id} for {actor} at {resource}: {scope}{}", bound(key));
        Ok(self.issue(what, scope))
    }
}

fn bound(key: Option<JwkThumbprint>) -> String {
    key.map(|it| format!(", bound to {it}")).unwrap_or_default()
}
