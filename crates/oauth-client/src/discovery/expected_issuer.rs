use oauth_types::Issuer;
use serde_json::{Map, Value};
use url::Url;

/// Whose word counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExpectedIssuer {
    /// This issuer's, byte for byte.
    Exact(Issuer),
    /// This Entra tenant's.
    Tenant {
        /// Its id, in lower case.
        id: String,
        /// Its issuer.
        issuer: Issuer,
    },
    /// Any Entra tenant's; the value is `common` or `organizations`.
    AnyTenant(&'static str),
}

const ENTRA: &str = "https://login.microsoftonline.com/";
/// The tenant of personal accounts, which `consumers` stands for.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

impl ExpectedIssuer {
    /// Entra's issuer for a configured tenant, which was checked; `organizations` without one.
    pub(super) fn of_tenant(tenant: Option<&str>) -> Self {
        match tenant {
            Some("common") => Self::AnyTenant("common"),
            Some("consumers") => Self::one_tenant(PERSONAL),
            Some(id) if is_uuid(id) => Self::one_tenant(id),
            _ => Self::AnyTenant("organizations"),
        }
    }

    fn one_tenant(id: &str) -> Self {
        let id = id.to_ascii_lowercase();
        match entra_issuer(&id) {
            Some(issuer) => Self::Tenant { id, issuer },
            None => Self::AnyTenant("organizations"),
        }
    }

    /// What the metadata document must say.
    pub(super) fn in_metadata(&self) -> String {
        match self {
            Self::Exact(issuer) | Self::Tenant { issuer, .. } => issuer.as_str().to_owned(),
            Self::AnyTenant(_) => format!("{ENTRA}{{tenantid}}/v2.0"),
        }
    }

    pub(super) fn metadata_urls(&self) -> Vec<Url> {
        match self {
            Self::Exact(issuer) | Self::Tenant { issuer, .. } => issuer.metadata_urls(),
            Self::AnyTenant(alias) => {
                let text = format!("{ENTRA}{alias}/v2.0/.well-known/openid-configuration");
                Url::parse(&text).into_iter().collect()
            }
        }
    }

    pub(super) fn is_loopback(&self) -> bool {
        matches!(self, Self::Exact(issuer) if issuer.is_loopback())
    }

    /// Whether `iss` of an authorization response may be this (RFC 9207 section 2.4).
    pub(crate) fn is_named_by(&self, iss: &str) -> bool {
        match self {
            Self::Exact(issuer) | Self::Tenant { issuer, .. } => issuer.as_str() == iss,
            Self::AnyTenant(_) => {
                iss.strip_prefix(ENTRA).and_then(|it| it.strip_suffix("/v2.0")).is_some_and(is_uuid)
            }
        }
    }

    /// The issuer that an ID token with these unproven claims must be proven to be from.
    ///
    /// Where any tenant may sign in, the token names its own; the claims are only worth something once that issuer
    /// has proven them.
    pub(crate) fn for_token(&self, unverified: &Map<String, Value>) -> Option<Issuer> {
        match self {
            Self::Exact(issuer) => Some(issuer.clone()),
            Self::Tenant { id, issuer } => (tenant_of(unverified)? == id).then(|| issuer.clone()),
            Self::AnyTenant(_) => entra_issuer(tenant_of(unverified)?),
        }
    }
}

fn tenant_of(claims: &Map<String, Value>) -> Option<&str> {
    claims.get("tid")?.as_str().filter(|it| is_uuid(it))
}

/// Whether `text` is a UUID in its usual form, as the ids of tenants are.
pub(crate) fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn entra_issuer(tenant: &str) -> Option<Issuer> {
    format!("{ENTRA}{tenant}/v2.0").parse().ok()
}
