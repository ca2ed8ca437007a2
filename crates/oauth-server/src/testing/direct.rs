use std::sync::Mutex;

use async_trait::async_trait;

use crate::{DirectGrant, DirectGrants, TokenGrant, TokenRefusal, TokenText};

/// Grants without a code, which say what they were made for.
#[derive(Debug, Default)]
pub(crate) struct RecordedGrants(Mutex<Vec<String>>);

impl RecordedGrants {
    /// What was issued since the last look.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[async_trait]
impl DirectGrants for RecordedGrants {
    async fn issue(&self, grant: DirectGrant<'_>) -> Result<TokenGrant, TokenRefusal> {
        let DirectGrant { client_id, principal, scope, resource } = grant;
        let subject = principal.to_subject().unwrap();
        self.0.lock().unwrap().push(format!("{subject} by {client_id} at {resource}: {scope}"));
        Ok(TokenGrant {
            access_token: TokenText::new("issued".to_owned()),
            expires_in: std::time::Duration::from_secs(3600),
            refresh_token: None,
            scope: scope.clone(),
        })
    }
}
