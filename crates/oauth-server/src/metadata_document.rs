//! Clients that publish a document about themselves, whose URL is their `client_id`
//! (draft-ietf-oauth-client-id-metadata-document-01).

mod budgets;
mod cache;
mod error;
mod fetch;
mod freshness;
mod reader;
mod settings;
mod single_flight;
mod url;

use std::{fmt, sync::Arc};

use oauth_types::{ClientId, Clock, UnixTime};
use outbound_http::HttpClient;

pub(crate) use error::DocumentError;
#[cfg(feature = "fuzzing")]
pub(crate) use reader::read;
pub use settings::DocumentSettings;

use crate::{FindClientError, clients::KnownClient};
use budgets::Budgets;
use cache::{Cache, Cached, Found};
use single_flight::SingleFlight;
use url::DocumentUrl;

/// The clients that have a metadata document, fetched when they are asked for and kept for as long as HTTP and the
/// settings allow.
///
/// Cloning is cheap, and clones share documents and budgets.
#[derive(Clone)]
pub struct MetadataDocuments {
    inner: Arc<Inner>,
}

struct Inner {
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    settings: DocumentSettings,
    cache: Cache,
    flights: SingleFlight<Result<Arc<KnownClient>, Arc<DocumentError>>>,
    budgets: Budgets,
}

impl MetadataDocuments {
    /// The documents that `http` fetches.
    ///
    /// `http` must guard against addresses that are not public and must not follow redirects, as
    /// [`outbound_http::GuardedClient`] does; it should not be the client that talks to configured servers.
    #[must_use]
    pub fn new(http: Arc<dyn HttpClient>, clock: Arc<dyn Clock>, settings: DocumentSettings) -> Self {
        let inner = Inner {
            http,
            clock,
            cache: Cache::new(settings.max_documents),
            flights: SingleFlight::default(),
            budgets: Budgets::new(&settings),
            settings,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Whether `id` is of the kind that names a document, whatever may be wrong with it.
    pub(crate) fn is_document_id(id: &ClientId) -> bool {
        id.as_str().get(..6).is_some_and(|it| it.eq_ignore_ascii_case("https:"))
    }

    /// Notes that a person approved the client `id` or tokens were issued to it: its document is kept before others.
    pub(crate) fn used(&self, id: &ClientId) {
        self.inner.cache.used(id);
    }

    /// The client whose document is at `id`.
    ///
    /// A URL that is not allowed is nobody's, and nothing is sent.
    pub(crate) async fn find(&self, id: &ClientId) -> Result<Arc<KnownClient>, FindClientError> {
        let url = DocumentUrl::parse(id, &self.inner.settings).map_err(|refused| {
            tracing::debug!(client.id = %id, reason = %refused, "client metadata document not asked for");
            FindClientError::Unknown
        })?;
        let stale = match self.inner.cache.find(id, self.inner.clock.now()) {
            Found::Fresh(known) => return Ok(known),
            Found::Stale(known) => Some(known),
            Found::Nothing => None,
        };
        let outcome = self.inner.flights.run(id, || self.inner.fetch(id, &url)).await;
        let error = match outcome {
            Ok(known) => return Ok(known),
            Err(error) => error,
        };
        tracing::info!(client.id = %id, error = &*error as &dyn std::error::Error, "client metadata document not usable");
        match stale {
            // The document was good a while ago, and nobody says that it is not any more.
            Some(known) if error.is_temporary() => Ok(known),
            _ => Err(FindClientError::Document(Box::new(error))),
        }
    }
}

impl Inner {
    async fn fetch(&self, id: &ClientId, url: &DocumentUrl) -> Result<Arc<KnownClient>, Arc<DocumentError>> {
        let now = self.clock.now();
        // Somebody else may have fetched it between our look at the cache and our turn.
        if let Found::Fresh(known) = self.cache.find(id, now) {
            return Ok(known);
        }
        match self.fetch_new(id, url, now).await {
            Ok(cached) => {
                let known = cached.known.clone();
                self.cache.keep(id.clone(), cached);
                Ok(known)
            }
            Err(error) => {
                if !error.is_temporary() {
                    self.cache.withdraw(id);
                }
                Err(Arc::new(error))
            }
        }
    }

    async fn fetch_new(
        &self,
        id: &ClientId,
        url: &DocumentUrl,
        now: UnixTime,
    ) -> Result<Cached, DocumentError> {
        let _slot = self.budgets.spend(id, url, self.cache.standing(id), now)?;
        let answer = fetch::fetch(&*self.http, url).await?;
        let known = reader::read(id, url.host(), answer.body())?;
        let lifetime = freshness::lifetime(answer.headers(), now, &self.settings);
        Ok(Cached::new(Arc::new(known), now, lifetime, &self.settings))
    }
}

impl fmt::Debug for MetadataDocuments {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MetadataDocuments")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
