use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use oauth_types::ClientId;
use serde_json::{Map, Value};
use storage::StoreError;

use super::{
    Registrations,
    answer::{self, ClientInformation, IssuedSecret},
    error::RegistrationError,
    record::{Found, Stored},
    request::{bearer, members, metadata},
};
use crate::client::metadata::InvalidMetadata;

/// A client, and the token that was shown to be its own.
struct Managed<'a> {
    id: ClientId,
    found: Found,
    token: &'a str,
}

impl Registrations {
    /// Answers a read request for the client `id` (RFC 7592 section 2.1).
    ///
    /// The secret is not in the answer: only its digest is kept.
    pub async fn read(&self, id: &str, headers: &HeaderMap) -> Response<Bytes> {
        let outcome = self.managed(id, headers, false).await;
        outcome.map_or_else(|it| it.answer(), |it| self.information(&it, &it.found.stored, None))
    }

    /// Answers an update request for the client `id` (RFC 7592 section 2.2): `body` replaces all metadata, after the
    /// same checks as at a registration. Token and secret stay, unless the new metadata need a secret for the first
    /// time, or none any more.
    pub async fn update(&self, id: &str, headers: &HeaderMap, body: &[u8]) -> Response<Bytes> {
        self.try_update(id, headers, body).await.unwrap_or_else(|it| it.answer())
    }

    /// Answers a delete request for the client `id` (RFC 7592 section 2.3), and ends its grants.
    ///
    /// A request that is not answered with success can be repeated.
    pub async fn delete(&self, id: &str, headers: &HeaderMap) -> Response<Bytes> {
        self.try_delete(id, headers).await.unwrap_or_else(|it| it.answer())
    }

    async fn try_update(
        &self,
        id: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Response<Bytes>, RegistrationError> {
        let managed = self.managed(id, headers, false).await?;
        let members = members(headers, body)?;
        check_identity(&members, &managed)?;
        let mut stored =
            Stored { metadata: metadata(&members, &self.inner.settings)?, ..managed.found.stored.clone() };
        let secret = self.renew_secret(&mut stored);
        if !self.replace(&managed.id, &managed.found, &stored).await? {
            return Err(StoreError::Unavailable("the client was changed meanwhile".to_owned()).into());
        }
        Ok(self.information(&managed, &stored, secret))
    }

    async fn try_delete(&self, id: &str, headers: &HeaderMap) -> Result<Response<Bytes>, RegistrationError> {
        let managed = self.managed(id, headers, true).await?;
        self.delete_found(&managed.id, managed.found).await?;
        Ok(answer::deleted())
    }

    /// The client that the request's token is for; one that is being deleted only if `deleted_too`.
    ///
    /// No client, another's token and none at all look the same.
    async fn managed<'a>(
        &self,
        id: &str,
        headers: &'a HeaderMap,
        deleted_too: bool,
    ) -> Result<Managed<'a>, RegistrationError> {
        let token = bearer(headers).ok_or(RegistrationError::Token { was_presented: false })?;
        let refused = || RegistrationError::Token { was_presented: true };
        let id: ClientId = id.parse().map_err(|_| refused())?;
        let found = self.load(&id).await?.filter(|it| deleted_too || !it.stored.is_deleted);
        let found = found.ok_or_else(refused)?;
        if !found.stored.registration_token.as_ref().is_some_and(|it| it.is_of(token)) {
            return Err(refused());
        }
        Ok(Managed { id, found, token })
    }

    fn information(
        &self,
        managed: &Managed<'_>,
        stored: &Stored,
        secret: Option<IssuedSecret>,
    ) -> Response<Bytes> {
        let information = ClientInformation {
            id: &managed.id,
            issued_at: stored.issued_at,
            metadata: &stored.metadata,
            secret,
            management: Some((self.client_uri(&managed.id), IssuedSecret::new(managed.token.to_owned()))),
        };
        information.answer(StatusCode::OK)
    }
}

/// `client_id` must be the client's, and `client_secret`, if it is there, as well.
fn check_identity(members: &Map<String, Value>, managed: &Managed<'_>) -> Result<(), InvalidMetadata> {
    if members.get("client_id").and_then(Value::as_str) != Some(managed.id.as_str()) {
        return Err(InvalidMetadata::new("client_id must be that of the client"));
    }
    let Some(secret) = members.get("client_secret") else { return Ok(()) };
    let digest = managed.found.stored.secret.as_ref();
    if secret.as_str().is_some_and(|secret| digest.is_some_and(|it| it.is_of(secret))) {
        return Ok(());
    }
    Err(InvalidMetadata::new("client_secret must be that of the client"))
}
