use serde::Deserialize;
use url::Url;

/// Endpoints of a third party, for GitHub Enterprise, proxies and servers without metadata.
///
/// Each is an `https` URL; one that is left out is the preset's or the metadata's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ProviderEndpoints {
    /// Where people authorize (RFC 6749 section 3.1).
    pub authorization: Option<Url>,
    /// Where codes and refresh tokens are exchanged (RFC 6749 section 3.2).
    pub token: Option<Url>,
    /// Where the identity is read; for GitHub, `/user` of its REST API.
    pub userinfo: Option<Url>,
    /// Where tokens are revoked (RFC 7009).
    pub revocation: Option<Url>,
    /// Where the gateway asks whether its token still works (RFC 7662; for GitHub, Google and Discord their own way).
    ///
    /// Where this is set it is asked each time when it is looked whether a person may still come in.
    pub introspection: Option<Url>,
    /// Where the keys are that sign ID tokens (RFC 7517).
    pub jwks: Option<Url>,
    /// Where people sign out (OpenID Connect RP-Initiated Logout).
    pub end_session: Option<Url>,
}

impl ProviderEndpoints {
    /// Every endpoint that is written, with its key.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &Url)> {
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
