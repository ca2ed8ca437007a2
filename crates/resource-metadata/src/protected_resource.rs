use bytes::Bytes;
use oauth_types::{Issuer, ProtectedResourceMetadata, ResourceUri, Scope};
use url::Url;

/// Where the metadata of a resource at the origin is, and what every other location contains (RFC 9728 section 3).
pub const WELL_KNOWN_PATH: &str = "/.well-known/oauth-protected-resource";

/// A protected resource and its metadata document, written once (RFC 9728 section 2).
///
/// It has at least one authorization server and takes tokens from the `Authorization` header only.
/// `offline_access` is never among its scopes: it asks for a refresh token, which is no matter of the resource
/// (MCP 2026-07-28 "Refresh Tokens").
#[derive(Clone, Debug)]
pub struct ProtectedResource {
    metadata: ProtectedResourceMetadata,
    scopes: Scope,
    dpop: Option<Dpop>,
    document: Bytes,
}

/// Which DPoP proofs a resource takes, and whether it takes anything else (RFC 9449).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dpop {
    /// The algorithms that a proof may be signed with, by their registered names.
    pub algorithms: Vec<&'static str>,
    /// Whether a token without a proof is refused.
    pub required: bool,
}

/// Gathers the optional members of a [`ProtectedResource`]; what is not set does not appear in the document.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    metadata: ProtectedResourceMetadata,
    scopes: Scope,
    offered: Scope,
    dpop: Option<Dpop>,
}

impl ProtectedResource {
    /// Starts with what every document must have: the resource identifier and the preferred authorization server.
    pub fn builder(resource: ResourceUri, authorization_server: Issuer) -> Builder {
        Builder {
            metadata: ProtectedResourceMetadata {
                resource,
                authorization_servers: vec![authorization_server],
                scopes_supported: Vec::new(),
                bearer_methods_supported: vec!["header".to_owned()],
                resource_name: None,
                resource_documentation: None,
                resource_policy_uri: None,
                resource_tos_uri: None,
                dpop_signing_alg_values_supported: Vec::new(),
                dpop_bound_access_tokens_required: false,
            },
            scopes: Scope::empty(),
            offered: Scope::empty(),
            dpop: None,
        }
    }

    /// The resource identifier.
    #[must_use]
    pub const fn resource(&self) -> &ResourceUri {
        &self.metadata.resource
    }

    /// The scopes for basic use, which the document and the challenges name.
    /// The document may name more ([`Builder::offered_scopes`]).
    #[must_use]
    pub const fn scopes(&self) -> &Scope {
        &self.scopes
    }

    /// Which DPoP proofs it takes; `None` when it takes none.
    #[must_use]
    pub const fn dpop(&self) -> Option<&Dpop> {
        self.dpop.as_ref()
    }

    /// The members of the document.
    #[must_use]
    pub const fn metadata(&self) -> &ProtectedResourceMetadata {
        &self.metadata
    }

    /// The document, the same bytes every time. A clone shares them.
    #[must_use]
    pub const fn document(&self) -> &Bytes {
        &self.document
    }

    /// The path of the document: the well-known path put before the path of the resource (RFC 9728 section 3.1).
    ///
    /// For a resource at the origin this is [`WELL_KNOWN_PATH`].
    #[must_use]
    pub fn well_known_path(&self) -> String {
        match self.resource().path() {
            "/" => WELL_KNOWN_PATH.to_owned(),
            path => format!("{WELL_KNOWN_PATH}{path}"),
        }
    }

    /// The path with the well-known path put behind it, which no standard names and some clients ask for.
    #[must_use]
    pub fn appended_path(&self) -> String {
        let path = self.resource().path();
        format!("{}{WELL_KNOWN_PATH}", path.strip_suffix('/').unwrap_or(path))
    }

    /// The absolute URL of the document, as challenges name it (RFC 9728 section 5.1).
    #[must_use]
    pub fn metadata_url(&self) -> String {
        format!("{}{}", self.resource().origin(), self.well_known_path())
    }

    /// Every path where the document is to be served, [`ProtectedResource::well_known_path`] first.
    ///
    /// The well-known path comes with and without a trailing slash: RFC 9728 section 3.1 is read both ways.
    #[must_use]
    pub fn locations(&self) -> Vec<String> {
        let own = self.well_known_path();
        let other = match own.strip_suffix('/') {
            Some(without) => without.to_owned(),
            None => format!("{own}/"),
        };
        let mut locations = vec![own, other];
        let appended = self.appended_path();
        if !locations.contains(&appended) {
            locations.push(appended);
        }
        locations
    }
}

impl Builder {
    /// Adds an authorization server behind those already there; one that is there stays where it is.
    ///
    /// Many clients use the first one only.
    pub fn authorization_server(mut self, issuer: Issuer) -> Self {
        if !self.metadata.authorization_servers.contains(&issuer) {
            self.metadata.authorization_servers.push(issuer);
        }
        self
    }

    /// The smallest set of scopes for basic use; clients ask for all of it (MCP 2025-11-25 "Scope Selection Strategy").
    ///
    /// `offline_access` is left out.
    pub fn scopes(mut self, scopes: Scope) -> Self {
        self.scopes = without_offline_access(&scopes);
        self
    }

    /// Scopes beyond basic use, which the document names and challenges do not, until an operation needs them.
    ///
    /// `offline_access` is left out.
    pub fn offered_scopes(mut self, scopes: Scope) -> Self {
        self.offered = without_offline_access(&scopes);
        self
    }

    /// A name for people; an empty one is none.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.metadata.resource_name = Some(name.into()).filter(|it| !it.is_empty());
        self
    }

    /// A page for developers.
    pub fn documentation(mut self, page: Url) -> Self {
        self.metadata.resource_documentation = Some(page);
        self
    }

    /// A page that says what may be done with the data.
    pub fn policy(mut self, page: Url) -> Self {
        self.metadata.resource_policy_uri = Some(page);
        self
    }

    /// The terms of service.
    pub fn terms(mut self, page: Url) -> Self {
        self.metadata.resource_tos_uri = Some(page);
        self
    }

    /// It takes tokens with DPoP proofs; not said, it takes none.
    pub fn dpop(mut self, dpop: Dpop) -> Self {
        self.dpop = Some(dpop);
        self
    }

    /// Writes the document.
    #[must_use]
    pub fn build(self) -> ProtectedResource {
        let Self { mut metadata, scopes, offered, dpop } = self;
        if let Some(dpop) = &dpop {
            metadata.dpop_signing_alg_values_supported =
                dpop.algorithms.iter().map(|it| (*it).to_owned()).collect();
            metadata.dpop_bound_access_tokens_required = dpop.required;
        }
        metadata.scopes_supported = scopes.union(&offered).iter().cloned().collect();
        let document = write(&metadata);
        ProtectedResource { metadata, scopes, dpop, document }
    }
}

/// `scope` without `offline_access`, which neither documents nor challenges name (MCP 2026-07-28 "Refresh Tokens").
pub(crate) fn without_offline_access(scope: &Scope) -> Scope {
    scope.iter().filter(|it| it.as_str() != "offline_access").cloned().collect()
}

#[expect(clippy::expect_used, reason = "the proof is in the text")]
fn write(metadata: &ProtectedResourceMetadata) -> Bytes {
    serde_json::to_vec(metadata).expect("a struct of texts and lists of texts is always JSON").into()
}

#[cfg(test)]
mod tests;
