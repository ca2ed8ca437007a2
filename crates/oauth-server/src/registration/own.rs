use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Response, StatusCode};
use oauth_types::ClientId;
use storage::StoreError;
use url::Url;

use super::{
    Registrations,
    answer::{ClientInformation, IssuedSecret},
    error::RegistrationError,
    record::Stored,
};
use crate::{ClientAuthMethod, SecretDigest, client::metadata::ClientMetadata};

impl Registrations {
    /// A client with a secret or keys of its own, and the token to manage it.
    pub(super) async fn register_own(
        &self,
        metadata: ClientMetadata,
    ) -> Result<Response<Bytes>, RegistrationError> {
        let now = self.inner.clock.now();
        let id: ClientId = self
            .random_text()
            .parse()
            .map_err(|_| StoreError::Unavailable("no client_id can be made".to_owned()))?;
        let token = IssuedSecret::new(self.random_text());
        let mut stored = Stored::new(metadata, now);
        let secret = self.renew_secret(&mut stored);
        stored.registration_token = Some(SecretDigest::of(token.expose()));
        if !self.insert(&id, &stored).await? {
            return Err(StoreError::Unavailable("a client_id came twice".to_owned()).into());
        }
        let management = Some((self.client_uri(&id), token));
        let information = ClientInformation {
            id: &id,
            issued_at: stored.issued_at,
            metadata: &stored.metadata,
            secret,
            management,
        };
        Ok(information.answer(StatusCode::CREATED))
    }

    /// Gives a client a secret if it needs one and has none, and takes it away if it needs none.
    pub(super) fn renew_secret(&self, stored: &mut Stored) -> Option<IssuedSecret> {
        match stored.metadata.token_endpoint_auth_method {
            ClientAuthMethod::None | ClientAuthMethod::PrivateKeyJwt => {
                stored.secret = None;
                None
            }
            ClientAuthMethod::ClientSecretPost | ClientAuthMethod::ClientSecretBasic => {
                if stored.secret.is_some() {
                    return None;
                }
                let secret = IssuedSecret::new(self.random_text());
                stored.secret = Some(SecretDigest::of(secret.expose()));
                Some(secret)
            }
        }
    }

    /// `registration_client_uri`.
    pub(super) fn client_uri(&self, id: &ClientId) -> Url {
        let mut uri = self.inner.settings.endpoint.clone();
        if let Ok(mut segments) = uri.path_segments_mut() {
            segments.pop_if_empty().push(id.as_str());
        }
        uri
    }

    /// 256 random bits as 43 of `A-Z`, `a-z`, `0-9`, `-` and `_`.
    fn random_text(&self) -> String {
        let mut bytes = [0; 32];
        self.inner.entropy.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}
