use std::{fmt, str::FromStr};

use oauth_types::Issuer;
use serde::{Deserialize, Serialize};

use super::issuer::claim;
use crate::{Algorithm, AudiencePolicy, IssuerPolicy, TokenTypePolicy};

/// An authorization server product whose tokens differ from RFC 9068 in known ways.
///
/// Written `auth0`, `keycloak`, `okta`, `entra-v1`, `entra-v2`, `cognito` and `google` in configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Preset {
    /// Auth0. The issuer ends in a slash.
    Auth0,
    /// Keycloak.
    Keycloak,
    /// Okta, a custom authorization server (`https://ORG/oauth2/NAME`); tokens of the org server are not for others.
    Okta,
    /// Microsoft Entra ID, tokens of version 1.0: issuer `https://sts.windows.net/TENANT/`.
    EntraV1,
    /// Microsoft Entra ID, tokens of version 2.0: issuer `https://login.microsoftonline.com/TENANT/v2.0`.
    EntraV2,
    /// Amazon Cognito user pools.
    Cognito,
    /// Google.
    Google,
}

/// A name that is no preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of auth0, keycloak, okta, entra-v1, entra-v2, cognito, google")]
pub struct UnknownPreset;

impl IssuerPolicy {
    /// The policy that fits the tokens of a product.
    ///
    /// Audience and subject are demanded as ever.
    /// For [`Preset::Cognito`] the caller adds the clients to [`AudiencePolicy::ClientId`]; until then only tokens
    /// with a fitting `aud` pass.
    /// For [`Preset::Google`] nothing passes: its access tokens are opaque and bound to no resource.
    #[must_use]
    pub fn with_preset(preset: Preset, issuer: Issuer) -> Self {
        let mut policy = Self::new(issuer);
        let lenient = TokenTypePolicy::Lenient;
        match preset {
            Preset::Auth0 => {
                policy.token_type = lenient;
                policy.algorithms = vec![Algorithm::Rs256, Algorithm::Ps256];
                policy.scope_claims = vec![claim("scope"), claim("permissions")];
            }
            Preset::Keycloak => {
                policy.token_type = lenient;
                policy.scope_claims = vec![claim("scope")];
            }
            Preset::Okta => {
                policy.token_type = lenient;
                policy.algorithms = vec![Algorithm::Rs256];
                policy.scope_claims = vec![claim("scp")];
            }
            Preset::EntraV1 | Preset::EntraV2 => {
                let (version, client) =
                    if preset == Preset::EntraV1 { ("1.0", "appid") } else { ("2.0", "azp") };
                policy.token_type = lenient;
                policy.algorithms = vec![Algorithm::Rs256];
                policy.required_claims = vec![(claim("ver"), version.to_owned())];
                // An ID token has the GUID of its client as `aud` and may have `roles`, as an access token may.
                policy.access_token_marks = vec![claim(client)];
                policy.scope_claims = vec![claim("scp"), claim("roles")];
            }
            Preset::Cognito => {
                policy.token_type = lenient;
                policy.algorithms = vec![Algorithm::Rs256];
                policy.audience = AudiencePolicy::ClientId { allowed: Vec::new() };
                policy.required_claims = vec![(claim("token_use"), "access".to_owned())];
                policy.scope_claims = vec![claim("scope")];
            }
            Preset::Google => policy.algorithms = vec![Algorithm::Rs256],
        }
        policy
    }
}

impl Preset {
    /// Every preset.
    pub const ALL: &'static [Self] =
        &[Self::Auth0, Self::Keycloak, Self::Okta, Self::EntraV1, Self::EntraV2, Self::Cognito, Self::Google];

    /// The name in configurations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth0 => "auth0",
            Self::Keycloak => "keycloak",
            Self::Okta => "okta",
            Self::EntraV1 => "entra-v1",
            Self::EntraV2 => "entra-v2",
            Self::Cognito => "cognito",
            Self::Google => "google",
        }
    }
}

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(text: &str) -> Result<Self, UnknownPreset> {
        Self::ALL.iter().copied().find(|it| it.as_str() == text).ok_or(UnknownPreset)
    }
}

impl TryFrom<String> for Preset {
    type Error = UnknownPreset;

    fn try_from(text: String) -> Result<Self, UnknownPreset> {
        text.parse()
    }
}

impl From<Preset> for String {
    fn from(preset: Preset) -> Self {
        preset.as_str().to_owned()
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
