use std::time::Duration;

use crate::{BrowserBinding, PendingId, SessionSecret};

oauth_types::secret! {
    /// The value of a `Set-Cookie` header.
    pub struct SetCookie;
}

/// What our cookies are called.
///
/// On `https` each name has the prefix `__Host-`, so no other host, path or plain connection can set it (RFC 6265bis section 4.1.3).
/// On plain `http`, which is for a loopback host in development, a browser would refuse that prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieNames {
    https: bool,
}

/// The name of one of our cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieName {
    text: String,
    https: bool,
}

/// The cookies of one request, read strictly.
///
/// Names are compared byte for byte: no case folding, no trimming beyond spaces and tabs, no percent decoding, no quotes.
#[derive(Debug)]
pub struct Cookies<'request>(Vec<(&'request str, &'request str)>);

/// Why the cookies of a request are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CookieError {
    /// More than [`Cookies::MAX_BYTES`] together.
    #[error("the cookies are larger than 8 KiB")]
    TooLarge,
    /// A pair without `=`, or a name that is no token (RFC 6265 section 4.1.1), such as one with a Unicode space.
    #[error("a cookie is malformed")]
    Malformed,
    /// Two cookies with one of our names: somebody tossed one in, and nobody can tell which.
    #[error("a cookie is there twice")]
    Duplicate,
}

impl CookieNames {
    /// The names for a gateway whose public URL is `https`, or else plain `http` on loopback.
    #[must_use]
    pub const fn new(https: bool) -> Self {
        Self { https }
    }

    /// The cookie that binds transaction `id` to the browser that began it.
    #[must_use]
    pub fn binding(self, id: &PendingId) -> CookieName {
        self.name(&format!("{BINDING}{}", id.tag()))
    }

    /// The cookie of a signed-in person.
    #[must_use]
    pub fn session(self) -> CookieName {
        self.name(SESSION)
    }

    /// The secret that binds this browser to transaction `id`, if it has one.
    #[must_use]
    pub fn find_binding(self, cookies: &Cookies<'_>, id: &PendingId) -> Option<BrowserBinding> {
        cookies.value(&self.binding(id))?.parse().ok()
    }

    /// The secrets that bind this browser to its open transactions, for a callback that names none of them.
    #[must_use]
    pub fn find_bindings(self, cookies: &Cookies<'_>) -> Vec<BrowserBinding> {
        let prefix = self.name(BINDING).text;
        let ours = cookies.0.iter().filter(|it| it.0.starts_with(&prefix));
        let read = |it: &(&str, &str)| {
            let binding: BrowserBinding = it.1.parse().ok()?;
            (self.binding(&binding.id()).text == it.0).then_some(binding)
        };
        ours.filter_map(read).collect()
    }

    /// The secret of the browser's session, if it has one.
    #[must_use]
    pub fn find_session(self, cookies: &Cookies<'_>) -> Option<SessionSecret> {
        cookies.value(&self.session())?.parse().ok()
    }

    /// `Set-Cookie` headers that make room in a browser which has begun too many transactions, oldest first.
    ///
    /// Call it when a further one begins; afterwards the browser holds at most [`CookieNames::MAX_BINDINGS`].
    /// Browsers send cookies in the order of their creation (RFC 6265 section 5.4).
    #[must_use]
    pub fn surplus_bindings(self, cookies: &Cookies<'_>) -> Vec<SetCookie> {
        let prefix = self.name(BINDING).text;
        let ours: Vec<&str> = cookies.0.iter().map(|it| it.0).filter(|it| it.starts_with(&prefix)).collect();
        let surplus = (ours.len() + 1).saturating_sub(Self::MAX_BINDINGS);
        let clear = |name: &&str| CookieName { text: (*name).to_owned(), https: self.https }.clear();
        ours.iter().take(surplus).map(clear).collect()
    }

    /// How many transactions one browser can have open at once; with them its cookies stay far below 8 KiB.
    pub const MAX_BINDINGS: usize = 16;

    fn name(self, plain: &str) -> CookieName {
        let prefix = if self.https { HOST_PREFIX } else { "" };
        CookieName { text: format!("{prefix}{plain}"), https: self.https }
    }
}

impl CookieName {
    /// The name as on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Keeps the secret that binds a transaction in the browser.
    #[must_use]
    pub fn set_binding(&self, secret: &BrowserBinding, lifetime: Duration) -> SetCookie {
        self.set(secret.expose(), lifetime)
    }

    /// Keeps the secret of a session in the browser.
    #[must_use]
    pub fn set_session(&self, secret: &SessionSecret, lifetime: Duration) -> SetCookie {
        self.set(secret.expose(), lifetime)
    }

    /// Removes the cookie from the browser.
    #[must_use]
    pub fn clear(&self) -> SetCookie {
        self.set("", Duration::ZERO)
    }

    fn set(&self, value: &str, lifetime: Duration) -> SetCookie {
        let secure = if self.https { "; Secure" } else { "" };
        let age = lifetime.as_secs();
        let name = &self.text;
        SetCookie::new(format!("{name}={value}; Path=/; Max-Age={age}{secure}; HttpOnly; SameSite=Lax"))
    }
}

impl<'request> Cookies<'request> {
    /// The most that all `Cookie` headers of a request may have together.
    pub const MAX_BYTES: usize = 8 * 1024;

    /// Reads the values of all `Cookie` headers of a request; HTTP/2 may send several (RFC 9113 section 8.2.3).
    ///
    /// # Errors
    /// A request with cookies that different programs would read differently deserves status 400.
    pub fn read(headers: impl IntoIterator<Item = &'request [u8]>) -> Result<Self, CookieError> {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        let mut total = 0_usize;
        for header in headers {
            total = total.saturating_add(header.len());
            if total > Self::MAX_BYTES {
                return Err(CookieError::TooLarge);
            }
            let text = str::from_utf8(header).map_err(|_| CookieError::Malformed)?;
            for part in text.split(';').map(|it| it.trim_matches([' ', '\t'])).filter(|it| !it.is_empty()) {
                let (name, value) = part.split_once('=').ok_or(CookieError::Malformed)?;
                check_name(name, &pairs)?;
                pairs.push((name, value));
            }
        }
        Ok(Self(pairs))
    }

    fn value(&self, name: &CookieName) -> Option<&'request str> {
        self.0.iter().find(|it| it.0.as_bytes() == name.text.as_bytes()).map(|it| it.1)
    }
}

/// `$Version` and its like would make an older parser read the rest by other rules.
fn check_name(name: &str, before: &[(&str, &str)]) -> Result<(), CookieError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(CookieError::Malformed);
    }
    let plain = name.strip_prefix(HOST_PREFIX).unwrap_or(name);
    let is_ours = plain == SESSION || plain.starts_with(BINDING);
    if is_ours && before.iter().any(|it| it.0 == name) {
        return Err(CookieError::Duplicate);
    }
    Ok(())
}

const HOST_PREFIX: &str = "__Host-";
const SESSION: &str = "mcp-session";
const BINDING: &str = "mcp-flow-";

#[cfg(test)]
mod tests;
