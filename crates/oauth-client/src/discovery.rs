//! Where a third party's endpoints are: the operator's word first, then the preset's, then the metadata's.

use std::time::Duration;

use oauth_types::{Clock, Issuer, UnixTime};
use outbound_http::HttpClient;
use std::sync::Arc;
use tokio::sync::Mutex;
use url::Url;

use crate::{
    MetadataError, ProviderSettings,
    preset::{IssuerSource, Preset, StaticEndpoints},
};

mod document;
mod expected_issuer;

pub(crate) use document::Metadata;
pub(crate) use expected_issuer::{ExpectedIssuer, is_uuid};

/// How long metadata is taken as it is; RFC 8414 names no time.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// How long it is used at most when no newer can be had.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a failure keeps from asking again.
const BACK_OFF: Duration = Duration::from_secs(5);

/// The endpoints of one third party, found when they are first needed and kept fresh.
#[derive(Debug)]
pub(crate) struct Discovery {
    fixed: Fixed,
    /// Whose metadata; `None` if nothing is to be discovered.
    source: Option<ExpectedIssuer>,
    openid: bool,
    /// Held while somebody fetches, so that the others wait for that answer.
    cache: Mutex<Cache>,
}

/// Every endpoint that is known.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    pub(crate) authorization: Url,
    pub(crate) token: Url,
    pub(crate) userinfo: Option<Url>,
    pub(crate) revocation: Option<Url>,
    pub(crate) introspection: Option<Url>,
    pub(crate) jwks: Option<Url>,
    pub(crate) end_session: Option<Url>,
    /// Whether it says by `sid` that a sign-in has ended (OpenID Connect Back-Channel Logout 1.0 section 2.1).
    pub(crate) tells_of_sign_outs: bool,
    /// Who answers; `None` for those that have no issuer.
    pub(crate) issuer: Option<ExpectedIssuer>,
    /// Whether authorization responses must carry `iss` (RFC 9207 section 2.3).
    pub(crate) iss_required: bool,
    /// The token endpoint's authentication methods, if it says.
    pub(crate) token_auth_methods: Vec<String>,
    /// The scopes, if it says.
    pub(crate) scopes_supported: Vec<String>,
}

#[derive(Debug)]
struct Fixed {
    authorization: Option<Url>,
    token: Option<Url>,
    userinfo: Option<Url>,
    revocation: Option<Url>,
    introspection: Option<Url>,
    jwks: Option<Url>,
    end_session: Option<Url>,
}

#[derive(Debug, Default)]
struct Cache {
    known: Option<(Arc<Endpoints>, UnixTime)>,
    failed_at: Option<UnixTime>,
}

impl Discovery {
    pub(crate) fn new(settings: &ProviderSettings, preset: &Preset) -> Self {
        Self {
            fixed: Fixed::new(settings, &preset.endpoints),
            source: expected_issuer(settings, preset),
            openid: preset.is_openid(),
            cache: Mutex::default(),
        }
    }

    /// The endpoints, fetched at most once an hour and after a failure not for 5 s.
    pub(crate) async fn endpoints(
        &self,
        http: &dyn HttpClient,
        clock: &dyn Clock,
    ) -> Result<Arc<Endpoints>, MetadataError> {
        let mut cache = self.cache.lock().await;
        let now = clock.now();
        let age = |since: UnixTime| now.saturating_since(since);
        if let Some((known, since)) = &cache.known
            && (age(*since) < FRESH || (age(*since) < STALE && cache.is_backing_off(now)))
        {
            return Ok(known.clone());
        }
        if cache.is_backing_off(now) {
            return Err(MetadataError::BackingOff);
        }
        match self.find(http).await {
            Ok(endpoints) => {
                let endpoints = Arc::new(endpoints);
                *cache = Cache { known: Some((endpoints.clone(), now)), failed_at: None };
                Ok(endpoints)
            }
            Err(error) => {
                tracing::warn!(%error, "the metadata of a third party cannot be fetched");
                cache.failed_at = Some(now);
                let usable = cache.known.as_ref().filter(|(_, since)| age(*since) < STALE);
                usable.map(|(known, _)| known.clone()).ok_or(error)
            }
        }
    }

    async fn find(&self, http: &dyn HttpClient) -> Result<Endpoints, MetadataError> {
        let metadata = match &self.source {
            Some(issuer) if !self.fixed.suffices(self.openid) => {
                document::fetch(http, issuer, self.openid).await?
            }
            _ => Metadata::default(),
        };
        self.fixed.completed_by(metadata, self.source.clone(), self.openid)
    }
}

impl Cache {
    fn is_backing_off(&self, now: UnixTime) -> bool {
        self.failed_at.is_some_and(|at| now.saturating_since(at) < BACK_OFF)
    }
}

impl Fixed {
    fn new(settings: &ProviderSettings, preset: &StaticEndpoints) -> Self {
        let either = |configured: &Option<Url>, known: Option<&str>| {
            configured.clone().or_else(|| Url::parse(known?).ok())
        };
        let configured = &settings.endpoints;
        Self {
            authorization: either(&configured.authorization, preset.authorization),
            token: either(&configured.token, preset.token),
            userinfo: either(&configured.userinfo, preset.userinfo),
            revocation: either(&configured.revocation, preset.revocation),
            introspection: either(&configured.introspection, preset.introspection),
            jwks: configured.jwks.clone(),
            end_session: configured.end_session.clone(),
        }
    }

    /// Whether nothing is missing that sign-in needs, so that no metadata is fetched.
    fn suffices(&self, openid: bool) -> bool {
        self.authorization.is_some() && self.token.is_some() && (self.jwks.is_some() || !openid)
    }

    fn completed_by(
        &self,
        metadata: Metadata,
        issuer: Option<ExpectedIssuer>,
        openid: bool,
    ) -> Result<Endpoints, MetadataError> {
        let loopback = issuer.as_ref().is_some_and(ExpectedIssuer::is_loopback);
        let either = |name: &'static str, fixed: &Option<Url>, found: Option<Url>| match (fixed, found) {
            (Some(url), _) => Ok(Some(url.clone())),
            (None, Some(url)) if document::is_allowed(&url, loopback) => Ok(Some(url)),
            (None, Some(_)) => Err(MetadataError::Endpoint(name)),
            (None, None) => Ok(None),
        };
        let needed = |name: &'static str, url: Option<Url>| url.ok_or(MetadataError::Endpoint(name));
        let authorization = "authorization_endpoint";
        let jwks = either("jwks_uri", &self.jwks, metadata.jwks_uri)?;
        Ok(Endpoints {
            authorization: needed(
                authorization,
                either(authorization, &self.authorization, metadata.authorization_endpoint)?,
            )?,
            token: needed("token_endpoint", either("token_endpoint", &self.token, metadata.token_endpoint)?)?,
            userinfo: either("userinfo_endpoint", &self.userinfo, metadata.userinfo_endpoint)?,
            revocation: either("revocation_endpoint", &self.revocation, metadata.revocation_endpoint)?,
            introspection: either(
                "introspection_endpoint",
                &self.introspection,
                metadata.introspection_endpoint,
            )?,
            jwks: if openid { Some(needed("jwks_uri", jwks)?) } else { jwks },
            end_session: either("end_session_endpoint", &self.end_session, metadata.end_session_endpoint)?,
            tells_of_sign_outs: metadata.backchannel_logout_session_supported,
            issuer,
            iss_required: metadata.authorization_response_iss_parameter_supported,
            token_auth_methods: metadata.token_endpoint_auth_methods_supported,
            scopes_supported: metadata.scopes_supported,
        })
    }
}

/// Whose metadata is fetched, and whose name `iss` must be.
fn expected_issuer(settings: &ProviderSettings, preset: &Preset) -> Option<ExpectedIssuer> {
    match preset.issuer {
        IssuerSource::None => None,
        IssuerSource::Tenant => Some(ExpectedIssuer::of_tenant(settings.tenant.as_deref())),
        IssuerSource::Configured => settings.issuer.clone().map(ExpectedIssuer::Exact),
        IssuerSource::Fixed(text) => {
            let fixed = || text.parse::<Issuer>().ok();
            settings.issuer.clone().or_else(fixed).map(ExpectedIssuer::Exact)
        }
    }
}
