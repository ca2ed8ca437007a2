use std::fmt;

use serde::{Deserialize, Serialize};

/// Whose endpoints and quirks a third party has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ProviderPreset {
    /// A GitHub OAuth app.
    #[serde(rename = "github")]
    Github,
    /// A GitHub App that acts for people: expiring tokens, permissions set at the app.
    GithubApp,
    /// Google accounts and Workspace.
    Google,
    /// Microsoft Entra ID; `tenant` says which.
    Entra,
    /// GitLab, of gitlab.com or your own (`issuer`).
    Gitlab,
    /// "Sign in with Slack".
    Slack,
    /// Slack with the user's token for its API; needs `scopes`.
    SlackApi,
    /// Discord.
    Discord,
    /// Auth0; needs `issuer`, which ends with a slash.
    Auth0,
    /// Okta; needs `issuer`.
    Okta,
    /// Keycloak; needs `issuer`, the realm.
    Keycloak,
    /// Amazon Cognito user pools; needs `issuer`.
    Cognito,
    /// Linear.
    Linear,
    /// Atlassian cloud.
    Atlassian,
    /// Any OpenID provider with metadata; needs `issuer`.
    Oidc,
    /// Any OAuth 2.0 server that says who somebody is; needs `endpoints`.
    #[serde(rename = "oauth2")]
    Oauth2,
    /// Accounts of the gateway itself; needs `[[third_party.provider.account]]`.
    Local,
}

impl ProviderPreset {
    /// The name in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::GithubApp => "github-app",
            Self::Google => "google",
            Self::Entra => "entra",
            Self::Gitlab => "gitlab",
            Self::Slack => "slack",
            Self::SlackApi => "slack-api",
            Self::Discord => "discord",
            Self::Auth0 => "auth0",
            Self::Okta => "okta",
            Self::Keycloak => "keycloak",
            Self::Cognito => "cognito",
            Self::Linear => "linear",
            Self::Atlassian => "atlassian",
            Self::Oidc => "oidc",
            Self::Oauth2 => "oauth2",
            Self::Local => "local",
        }
    }
}

impl fmt::Display for ProviderPreset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
