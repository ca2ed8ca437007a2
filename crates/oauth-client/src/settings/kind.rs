use std::fmt;

use serde::{Deserialize, Serialize};

/// The presets: whose endpoints and quirks a third party has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderKind {
    /// A GitHub OAuth app: tokens that live until somebody revokes them.
    #[serde(rename = "github")]
    GithubOauthApp,
    /// A GitHub App acting for a person: expiring tokens, permissions set at the app.
    GithubApp,
    /// Google accounts and Workspace.
    Google,
    /// Microsoft Entra ID.
    Entra,
    /// GitLab, of gitlab.com or one's own.
    Gitlab,
    /// Slack: "Sign in with Slack", or its API when the configured scopes have no `openid`.
    Slack,
    /// Discord.
    Discord,
    /// Auth0; its issuer ends with a slash.
    Auth0,
    /// Okta, a custom authorization server or the organisation's.
    Okta,
    /// Keycloak; the issuer is the realm.
    Keycloak,
    /// Amazon Cognito user pools.
    Cognito,
    /// Linear.
    Linear,
    /// Atlassian cloud.
    Atlassian,
    /// Any OpenID provider with metadata.
    Oidc,
    /// Any OAuth 2.0 server that says who somebody is.
    Oauth2,
    /// Accounts built into the gateway; see [`LocalAccounts`](crate::local::LocalAccounts).
    Local,
}

impl ProviderKind {
    /// Every preset, in the order of the documentation.
    pub const ALL: [Self; 16] = [
        Self::GithubOauthApp,
        Self::GithubApp,
        Self::Google,
        Self::Entra,
        Self::Gitlab,
        Self::Slack,
        Self::Discord,
        Self::Auth0,
        Self::Okta,
        Self::Keycloak,
        Self::Cognito,
        Self::Linear,
        Self::Atlassian,
        Self::Oidc,
        Self::Oauth2,
        Self::Local,
    ];

    /// The name in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GithubOauthApp => "github",
            Self::GithubApp => "github-app",
            Self::Google => "google",
            Self::Entra => "entra",
            Self::Gitlab => "gitlab",
            Self::Slack => "slack",
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

impl fmt::Display for ProviderKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
