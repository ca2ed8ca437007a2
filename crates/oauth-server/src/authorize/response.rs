use oauth_types::{AuthorizeErrorCode, Issuer, RedirectUri};
use url::form_urlencoded::byte_serialize;

/// The answer to an authorization request, as the URI to send the browser to
/// (OAuth 2.1 sections 4.1.2 and 4.1.2.1, RFC 9207 section 2).
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationResponse<'a> {
    /// Where it goes.
    pub redirect_uri: &'a RedirectUri,
    /// The client's `state`, which is answered byte for byte.
    pub state: Option<&'a [u8]>,
    /// `iss`; none when the operator switched it off for old clients.
    pub issuer: Option<&'a Issuer>,
}

impl AuthorizationResponse<'_> {
    /// The answer that carries a code.
    #[must_use]
    pub fn code(self, code: &str) -> String {
        self.build(&[("code", code)])
    }

    /// The answer that carries an error.
    #[must_use]
    pub fn error(self, error: AuthorizeErrorCode, description: &str) -> String {
        self.build(&[("error", error.as_str()), ("error_description", description)])
    }

    /// A registered redirect URI holds none of these parameters itself ([`RedirectUri`]), so each is there once.
    fn build(self, parameters: &[(&str, &str)]) -> String {
        let mut uri = self.redirect_uri.as_str().to_owned();
        let mut separator = if uri.contains('?') { '&' } else { '?' };
        let own = parameters.iter().map(|(name, value)| (*name, value.as_bytes()));
        let state = self.state.map(|it| ("state", it));
        let issuer = self.issuer.map(|it| ("iss", it.as_str().as_bytes()));
        for (name, value) in own.chain(state).chain(issuer) {
            uri.push(separator);
            uri.push_str(name);
            uri.push('=');
            uri.extend(byte_serialize(value));
            separator = '&';
        }
        uri
    }
}
