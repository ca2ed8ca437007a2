use std::{borrow::Cow, error::Error, fmt, sync::Arc};

use crate::Reason;

/// A request that may not go on, and why.
///
/// [`Refusal::reason`] decides what the client sees.
/// The detail and the source are for the operator's log: they may quote claims, never token text.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The cause, from the closed list.
    pub reason: Reason,
    detail: Option<Cow<'static, str>>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Refusal {
    /// A refusal without detail.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self { reason, detail: None, source: None }
    }

    /// Adds what the operator should know beyond the reason.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds the error that led here.
    #[must_use]
    pub fn with_source(mut self, source: Arc<dyn Error + Send + Sync>) -> Self {
        self.source = Some(source);
        self
    }

    /// What the operator should know beyond the reason.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.reason.code())?;
        match &self.detail {
            Some(detail) => write!(formatter, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|it| it as _)
    }
}

/// A claim's text for the log: escaped, and cut after 80 characters.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m04_quoted_claims_are_escaped_and_cut() {
        assert_eq!(quoted("a\r\n\u{1b}[31m"), r#""a\r\n\u{1b}[31m""#);
        assert_eq!(quoted(&"\u{e9}".repeat(80)).chars().count(), 82);
        assert_eq!(quoted(&"\u{e9}".repeat(8000)).chars().count(), 83);
    }

    #[test]
    fn a_refusal_shows_its_code_and_detail() {
        let refusal = Refusal::new(Reason::ClaimMissing).with_detail("aud");
        assert_eq!(refusal.to_string(), "claim_missing: aud");
        assert_eq!(refusal.detail(), Some("aud"));
        assert!(refusal.source().is_none());
        let source = Arc::new(std::io::Error::other("broken"));
        assert_eq!(refusal.with_source(source).source().unwrap().to_string(), "broken");
        assert_eq!(Refusal::from(Reason::TokenExpired).to_string(), "token_expired");
    }
}
