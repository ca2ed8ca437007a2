use oauth_types::Issuer;

use crate::Preset;

/// Whether MCP clients can use a server directly (Option A).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectUse {
    /// They can, once this is set at the server.
    WorksAfter(&'static str),
    /// They cannot; the gateway must stand between (Option B), because of this.
    NeedsOptionB(&'static str),
}

impl DirectUse {
    /// What is known of the product that serves `issuer`, by its host; `None` for a host that nobody knows.
    #[must_use]
    pub fn of(issuer: &Issuer) -> Option<Self> {
        if let Some(preset) = Preset::of(issuer) {
            return Some(preset.direct_use());
        }
        let is_opaque = OPAQUE.contains(&issuer.url().host_str()?);
        is_opaque.then_some(Self::NeedsOptionB(
            "its access tokens are opaque and bound to no resource, so accepting them would let any application of \
             its users in",
        ))
    }
}

impl Preset {
    /// The preset for tokens of `issuer`, where its host tells the product.
    #[must_use]
    pub fn of(issuer: &Issuer) -> Option<Self> {
        let host = issuer.url().host_str()?;
        let is_cognito = host.starts_with("cognito-idp.") && host.contains(".amazonaws.com");
        match host {
            "accounts.google.com" => Some(Self::Google),
            "sts.windows.net" | "sts.chinacloudapi.cn" => Some(Self::EntraV1),
            "login.microsoftonline.com" | "login.microsoftonline.us" | "login.partner.microsoftonline.cn" => {
                Some(Self::EntraV2)
            }
            _ if host.ends_with(".ciamlogin.com") => Some(Self::EntraV2),
            _ if host.ends_with(".auth0.com") => Some(Self::Auth0),
            _ if host.ends_with(".okta.com") || host.ends_with(".oktapreview.com") => Some(Self::Okta),
            _ if is_cognito => Some(Self::Cognito),
            _ => None,
        }
    }

    /// Whether MCP clients can get tokens from it directly, and what to do about it.
    #[must_use]
    pub const fn direct_use(self) -> DirectUse {
        match self {
            Self::Auth0 => DirectUse::WorksAfter(
                "create an API whose identifier is the resource identifier of the server and whose permissions are \
                 its scopes, switch on the resource parameter compatibility profile, allow dynamic client registration \
                 or client ID metadata documents, and promote a connection to domain level",
            ),
            Self::Keycloak => DirectUse::WorksAfter(
                "add an audience mapper with the resource identifier to a default client scope, create a client scope \
                 for each scope of the server, and relax the trusted hosts policy of client registration or enable \
                 client ID metadata documents",
            ),
            Self::Okta => DirectUse::WorksAfter(
                "set the audience of a custom authorization server to the resource identifier, add the scopes of the \
                 server to it, and give each user a client id to type in, because clients cannot register themselves",
            ),
            Self::EntraV1 | Self::EntraV2 => DirectUse::NeedsOptionB(
                "Entra has no client registration, does not advertise PKCE S256 and refuses the resource parameter \
                 that MCP clients send",
            ),
            Self::Cognito => {
                DirectUse::NeedsOptionB("Cognito has no client registration and does not advertise PKCE S256")
            }
            Self::Google => DirectUse::NeedsOptionB(
                "Google's access tokens are opaque and bound to no resource, so accepting them would let any Google \
                 application in",
            ),
        }
    }

    /// Whether the scopes of an API stand in `scopes_supported` of the metadata, which names those of sign-in alone
    /// at some products.
    #[must_use]
    pub const fn publishes_scopes(self) -> bool {
        match self {
            Self::Keycloak | Self::Okta => true,
            Self::Auth0 | Self::EntraV1 | Self::EntraV2 | Self::Cognito | Self::Google => false,
        }
    }
}

/// Hosts whose access tokens are opaque, and good for their own API.
const OPAQUE: &[&str] =
    &["github.com", "gitlab.com", "slack.com", "discord.com", "linear.app", "auth.atlassian.com"];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(issuer: &str, expected: Option<Preset>) {
        assert_eq!(Preset::of(&issuer.parse().unwrap()), expected, "{issuer}");
    }

    #[test]
    fn a_product_is_known_by_the_host_of_its_issuer() {
        check("https://accounts.google.com", Some(Preset::Google));
        check("https://sts.windows.net/TENANT/", Some(Preset::EntraV1));
        check("https://login.microsoftonline.com/TENANT/v2.0", Some(Preset::EntraV2));
        check("https://tenant.eu.auth0.com/", Some(Preset::Auth0));
        check("https://tenant.okta.com/oauth2/default", Some(Preset::Okta));
        check("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a", Some(Preset::Cognito));
        check("https://auth.example.com/", None);
        check("https://auth0.com.example/", None);
        check("https://cognito-idp.example/", None);
    }

    #[test]
    fn hosts_whose_tokens_are_bound_to_nothing_need_option_b() {
        let of = |issuer: &str| DirectUse::of(&issuer.parse().unwrap());
        assert!(matches!(of("https://github.com"), Some(DirectUse::NeedsOptionB(_))));
        assert!(matches!(of("https://accounts.google.com"), Some(DirectUse::NeedsOptionB(_))));
        assert!(matches!(of("https://tenant.auth0.com/"), Some(DirectUse::WorksAfter(_))));
        assert_eq!(of("https://github.com.example"), None);
    }
}
