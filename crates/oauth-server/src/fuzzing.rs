//! What fuzz targets reach of clients that publish a document. No part of the interface.

use oauth_types::ClientId;

use crate::{Client, metadata_document};

/// The client `id` that `document` describes, published at `host`.
#[must_use]
pub fn client_of_document(id: &ClientId, host: &str, document: &[u8]) -> Option<Client> {
    metadata_document::read(id, host, document).map(|it| it.client).ok()
}
