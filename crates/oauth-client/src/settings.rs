use std::fmt;

use oauth_types::{ClaimPath, ClientId, Clock, Issuer, ProviderId};
use outbound_http::HttpClient;
use serde::Deserialize;
use url::Url;

use crate::{
    MetadataError,
    discovery::Discovery,
    preset::{EmailTrust, Preset},
};

mod check;
mod kind;

pub use check::InvalidSettings;
pub(crate) use check::{check, is_allowed};
pub use kind::ProviderKind;

oauth_types::secret! {
    /// What the gateway proves itself with at the third party.
    pub struct ClientSecret;
}

/// One third party, as the operator describes it.
///
/// [`ProviderSettings::new`] gives what a preset needs least; every field can be changed afterwards.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// The name it has in the configuration, in principals and in the path of its callback.
    pub id: ProviderId,
    /// Whose quirks it has.
    pub kind: ProviderKind,
    /// The client that the gateway is there.
    pub client_id: ClientId,
    /// The client's secret; `None` for a public client, where the third party has such.
    pub client_secret: Option<ClientSecret>,
    /// The issuer whose metadata is fetched; `None` takes the preset's, if it has one.
    pub issuer: Option<Issuer>,
    /// Entra only: `common`, `organizations`, `consumers` or the id of a tenant; `None` is `organizations`.
    pub tenant: Option<String>,
    /// Endpoints that differ from the preset's or the metadata's, one by one.
    pub endpoints: EndpointOverrides,
    /// The scopes to ask for; empty takes the preset's.
    pub scopes: Vec<String>,
    /// What stands before every scope of an API, such as Entra's `api://<application>/`; empty by default.
    pub scope_prefix: String,
    /// The API that access tokens are wanted for, sent the way the preset knows (`resource`, `audience`), or not
    /// at all where the third party refuses it.
    pub resource: Option<String>,
    /// Whether to ask for a refresh token; `None` does what suits the preset.
    pub offline: Option<bool>,
    /// Whether to send PKCE; `None` does what suits the preset, which is yes wherever it is understood.
    pub pkce: Option<bool>,
    /// How the client authenticates at the token endpoint; `None` does what suits the preset or the metadata.
    pub token_auth: Option<TokenAuth>,
    /// Further parameters of the authorization request, such as `prompt` or `login_hint`.
    pub authorize_parameters: Vec<(String, String)>,
    /// The name that people see; `None` takes the preset's.
    pub display_name: Option<String>,
    /// Where parts of the identity are, if not where the preset looks.
    pub claims: ClaimMapping,
    /// What rules must know of a person; nothing by default.
    pub lookups: Lookups,
}

/// Endpoints of a third party that the operator wrote, for GitHub Enterprise, proxies and test servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EndpointOverrides {
    /// Where people authorize (RFC 6749 section 3.1).
    pub authorization: Option<Url>,
    /// Where codes and refresh tokens are exchanged (RFC 6749 section 3.2).
    pub token: Option<Url>,
    /// Where the identity is read: OpenID userinfo, or the third party's own "who am I".
    pub userinfo: Option<Url>,
    /// Where tokens are revoked (RFC 7009, or the third party's own way).
    pub revocation: Option<Url>,
    /// Where tokens are checked (RFC 7662, or the third party's own way).
    pub introspection: Option<Url>,
    /// Where the keys are that sign ID tokens (RFC 7517).
    pub jwks: Option<Url>,
    /// Where people sign out (OpenID Connect RP-Initiated Logout).
    pub end_session: Option<Url>,
}

/// Where parts of the identity are in the ID token or in the answer of the userinfo endpoint.
///
/// Each one that is set replaces the preset's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClaimMapping {
    /// The stable user id, text or integer; only for `oauth2`, whose default is `id`.
    pub subject: Option<ClaimPath>,
    /// The name for people.
    pub name: Option<ClaimPath>,
    /// The name used to sign in, which may change hands.
    pub login: Option<ClaimPath>,
    /// The e-mail address.
    pub email: Option<ClaimPath>,
    /// Whether the address is verified; only JSON `true` counts.
    pub email_verified: Option<ClaimPath>,
    /// The tenant, workspace or hosted domain.
    pub tenant: Option<ClaimPath>,
    /// The organisations, one text or a list.
    pub organizations: Option<ClaimPath>,
    /// The teams, one text or a list.
    pub teams: Option<ClaimPath>,
    /// The groups or roles, one text or a list.
    pub groups: Option<ClaimPath>,
}

/// What rules must know of a person; see [`AllowRules::lookups`](crate::AllowRules::lookups).
///
/// The first three cost further requests and scopes at some third parties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of independent wishes")]
pub struct Lookups {
    /// The verified e-mail address.
    pub email: bool,
    /// The organisations.
    pub organizations: bool,
    /// The teams.
    pub teams: bool,
    /// The groups.
    pub groups: bool,
    /// The tenant.
    pub tenant: bool,
}

/// How the client authenticates (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenAuth {
    /// `client_secret_post`: in the body.
    Post,
    /// `client_secret_basic`: in the `Authorization` header.
    Basic,
}

impl Lookups {
    /// What either of two asks for.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self {
            email: self.email || other.email,
            organizations: self.organizations || other.organizations,
            teams: self.teams || other.teams,
            groups: self.groups || other.groups,
            tenant: self.tenant || other.tenant,
        }
    }
}

impl ProviderSettings {
    /// The settings of a preset without any changes.
    #[must_use]
    pub fn new(id: ProviderId, kind: ProviderKind, client_id: ClientId) -> Self {
        Self {
            id,
            kind,
            client_id,
            client_secret: None,
            issuer: None,
            tenant: None,
            endpoints: EndpointOverrides::default(),
            scopes: Vec::new(),
            scope_prefix: String::new(),
            resource: None,
            offline: None,
            pkce: None,
            token_auth: None,
            authorize_parameters: Vec::new(),
            display_name: None,
            claims: ClaimMapping::default(),
            lookups: Lookups::default(),
        }
    }

    /// Checks that a [`Provider`](crate::Provider) can be made of these settings.
    ///
    /// # Errors
    /// [`InvalidSettings`], which names the key.
    pub fn check(&self) -> Result<(), InvalidSettings> {
        let preset = Preset::of(self).ok_or(InvalidSettings::Local)?;
        check(self, &preset)
    }

    /// What this third party can tell of a person; a rule about anything else could never match.
    #[must_use]
    pub fn tells(&self) -> Lookups {
        let Some(preset) = Preset::of(self) else {
            return Lookups { email: true, groups: true, ..Lookups::default() };
        };
        let (claims, known, lists) = (&self.claims, &preset.claims, &preset.lists);
        let trusts_email = preset.claims.email_trust != EmailTrust::Never || claims.email_verified.is_some();
        Lookups {
            email: trusts_email || lists.emails.is_some(),
            organizations: claims.organizations.is_some()
                || !known.organizations.is_empty()
                || lists.organizations.is_some(),
            teams: claims.teams.is_some() || lists.teams.is_some(),
            groups: claims.groups.is_some() || !known.groups.is_empty(),
            tenant: claims.tenant.is_some() || !known.tenant.is_empty(),
        }
    }

    /// Every endpoint that would be used, each under its key in the configuration; fetches the metadata if need be.
    ///
    /// # Errors
    /// [`MetadataError`] with what is wrong; also for built-in accounts, which have none.
    pub async fn known_endpoints(
        &self,
        http: &dyn HttpClient,
        clock: &dyn Clock,
    ) -> Result<Vec<(&'static str, Url)>, MetadataError> {
        let preset = Preset::of(self).ok_or(MetadataError::NotFound)?;
        let it = Discovery::new(self, &preset).endpoints(http, clock).await?;
        let optional = [
            ("userinfo", &it.userinfo),
            ("revocation", &it.revocation),
            ("introspection", &it.introspection),
            ("jwks", &it.jwks),
        ];
        let needed = [("authorization", it.authorization.clone()), ("token", it.token.clone())];
        let there = optional.into_iter().filter_map(|(name, url)| Some((name, url.clone()?)));
        Ok(needed.into_iter().chain(there).collect())
    }

    /// Whether the preset sends PKCE unless it is switched off.
    #[must_use]
    pub fn knows_pkce(&self) -> bool {
        Preset::of(self).is_some_and(|it| it.pkce)
    }

    /// The name that people see: the configured one, else the preset's; `None` for built-in accounts without one.
    #[must_use]
    pub fn name_for_people(&self) -> Option<&str> {
        let preset = Preset::of(self).map(|it| it.display_name);
        self.display_name.as_deref().or(preset)
    }
}

impl EndpointOverrides {
    /// Every one that is set, with its key in the configuration.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, &Url)> {
        [
            ("authorization", &self.authorization),
            ("token", &self.token),
            ("userinfo", &self.userinfo),
            ("revocation", &self.revocation),
            ("introspection", &self.introspection),
            ("jwks", &self.jwks),
            ("end_session", &self.end_session),
        ]
        .into_iter()
        .filter_map(|(name, url)| Some((name, url.as_ref()?)))
    }
}

impl fmt::Display for TokenAuth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Post => "client_secret_post",
            Self::Basic => "client_secret_basic",
        })
    }
}
