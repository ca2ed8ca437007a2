use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

oauth_types::secret! {
    /// What a form must carry so that only our own page can have sent it.
    ///
    /// Derived by HMAC-SHA256 from the secret in the browser's cookie and from what the form is about, so it is stored nowhere,
    /// and a token of one transaction or session is worth nothing in another.
    pub struct CsrfToken;
}

impl CsrfToken {
    /// The token for a form about `subject`, shown to the browser that holds `secret`.
    pub(crate) fn derive(secret: &str, subject: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, format!("session-binding csrf\0{subject}").as_bytes());
        Self::new(URL_SAFE_NO_PAD.encode(tag))
    }

    /// Whether a form carried this very token, compared in constant time.
    #[must_use]
    pub fn is_answered_by(&self, sent: &str) -> bool {
        *self == Self::new(sent.to_owned())
    }
}

#[cfg(test)]
mod tests;
