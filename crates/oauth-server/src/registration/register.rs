use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use oauth_types::ClientId;
use storage::StoreError;

use super::{
    Registrations, TABLE,
    answer::ClientInformation,
    error::RegistrationError,
    key,
    record::{Found, Stored},
    request::{bearer, members, metadata},
};
use crate::{ClientAuthMethod, client::metadata::ClientMetadata, clients::sha256};

impl Registrations {
    /// Answers a registration request (RFC 7591 section 3).
    ///
    /// `source` stands for where it came from, such as an address; none counts for all sources together only.
    pub async fn register(&self, headers: &HeaderMap, body: &[u8], source: Option<&[u8]>) -> Response<Bytes> {
        let outcome = self.try_register(headers, body, source).await;
        outcome.unwrap_or_else(|error| {
            tracing::info!(error = &error as &dyn std::error::Error, "registration refused");
            error.answer()
        })
    }

    async fn try_register(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        source: Option<&[u8]>,
    ) -> Result<Response<Bytes>, RegistrationError> {
        self.check_initial_token(headers)?;
        let metadata = metadata(&members(headers, body)?, &self.inner.settings)?;
        match metadata.token_endpoint_auth_method {
            ClientAuthMethod::None => self.register_shared(metadata, source).await,
            ClientAuthMethod::ClientSecretPost
            | ClientAuthMethod::ClientSecretBasic
            | ClientAuthMethod::PrivateKeyJwt => {
                self.spend(source)?;
                self.register_own(metadata).await
            }
        }
    }

    fn check_initial_token(&self, headers: &HeaderMap) -> Result<(), RegistrationError> {
        let accepted = &self.inner.settings.initial_access_tokens;
        if accepted.is_empty() {
            return Ok(());
        }
        let token = bearer(headers).ok_or(RegistrationError::Token { was_presented: false })?;
        // Every one is compared, so that the time does not tell which one was right.
        if accepted.iter().fold(false, |right, it| it.is_of(token) | right) {
            return Ok(());
        }
        Err(RegistrationError::Token { was_presented: true })
    }

    /// Counts a client that is new; whoever registers again what is there already takes no place.
    fn spend(&self, source: Option<&[u8]>) -> Result<(), RegistrationError> {
        let now = self.inner.clock.now();
        let too_many = |retry_after| RegistrationError::TooMany { retry_after };
        if let Some(source) = source {
            self.inner.per_source.spend(source.to_vec(), now).map_err(too_many)?;
        }
        self.inner.all_sources.spend((), now).map_err(too_many)
    }

    /// One client for all who say the same of themselves; whoever registers again gets the same `client_id` again.
    ///
    /// Nobody gets a token to manage it, or the first to register could change the client of all others.
    async fn register_shared(
        &self,
        metadata: ClientMetadata,
        source: Option<&[u8]>,
    ) -> Result<Response<Bytes>, RegistrationError> {
        let id = shared_id(&metadata)?;
        let now = self.inner.clock.now();
        let answer = |issued_at| {
            let information =
                ClientInformation { id: &id, issued_at, metadata: &metadata, secret: None, management: None };
            information.answer(StatusCode::CREATED)
        };
        let found = self.load_record(&id).await?;
        if let Some(living) = found.as_ref().filter(|it| !it.stored.is_deleted) {
            self.note(&id, false).await;
            return Ok(answer(living.stored.issued_at));
        }
        self.spend(source)?;
        let stored = Stored::new(metadata.clone(), now);
        let is_new = match found {
            None => self.insert(&id, &stored).await?,
            Some(deleted) => self.succeed(&id, &deleted, &stored).await?,
        };
        if is_new {
            return Ok(answer(now));
        }
        // Somebody else said the same at the same time.
        let found = self.load(&id).await?.filter(|it| !it.stored.is_deleted);
        let found = found.ok_or_else(|| StoreError::Unavailable("the client is being deleted".to_owned()))?;
        Ok(answer(found.stored.issued_at))
    }

    /// Stores a new client, if there is room or can be made; `false` means that the `client_id` is taken.
    pub(super) async fn insert(&self, id: &ClientId, stored: &Stored) -> Result<bool, RegistrationError> {
        self.admit(id).await?;
        let record = stored.encode(self.inner.clock.now())?;
        let Some(key) = key(id) else { return Ok(false) };
        self.admitted(id, self.inner.store.insert_new(TABLE, &key, record).await)
    }

    /// Stores a new client in the place of a deleted one; `false` means that somebody else was faster.
    async fn succeed(
        &self,
        id: &ClientId,
        deleted: &Found,
        stored: &Stored,
    ) -> Result<bool, RegistrationError> {
        self.admit(id).await?;
        if !deleted.is_over {
            // Whoever began to delete it did not finish, and what it held must not come back to life.
            self.inner.grants.end_grants(id).await?;
        }
        self.admitted(id, self.replace(id, deleted, stored).await)
    }

    /// Finds or makes room for a client.
    async fn admit(&self, id: &ClientId) -> Result<(), RegistrationError> {
        let (index, now) = (&self.inner.index, self.inner.clock.now());
        if index.admit(id, now) || self.evict_one().await? && index.admit(id, now) {
            return Ok(());
        }
        Err(RegistrationError::Full)
    }

    /// What storing came to, once there was room.
    fn admitted(&self, id: &ClientId, outcome: Result<bool, StoreError>) -> Result<bool, RegistrationError> {
        outcome.map_err(|error| {
            // If it was stored all the same, the next sweep finds it.
            self.inner.index.set(id, None);
            error.into()
        })
    }
}

/// The digest of everything a public client says of itself; the order of its redirect URIs does not matter.
fn shared_id(metadata: &ClientMetadata) -> Result<ClientId, StoreError> {
    let mut normal = metadata.clone();
    normal.redirect_uris.sort();
    let impossible = || StoreError::Corrupt("the metadata cannot be written".to_owned());
    let text = serde_json::to_vec(&normal).map_err(|_| impossible())?;
    let digest = sha256(&[b"shared client 1\0", &text]);
    URL_SAFE_NO_PAD.encode(digest).parse().map_err(|_| impossible())
}
