use oauth_types::Issuer;

/// What one protected resource accepts: how tokens must name it, and whose they may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePolicy {
    audiences: Vec<String>,
    issuers: Option<Vec<Issuer>>,
}

/// Why audiences do not make a resource policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResourcePolicy {
    /// No audience: any token, or none, would fit.
    #[error("needs at least one audience")]
    NoAudience,
    /// An audience is empty or a wildcard.
    #[error("an audience must be a plain text, neither empty nor with an asterisk")]
    NotPlain,
}

impl ResourcePolicy {
    /// A resource that tokens name as one of `audiences`, of whatever configured issuer.
    ///
    /// # Errors
    /// [`InvalidResourcePolicy`] when there is no audience, or one is empty or a wildcard.
    pub fn new<T: Into<String>>(
        audiences: impl IntoIterator<Item = T>,
    ) -> Result<Self, InvalidResourcePolicy> {
        let audiences: Vec<String> = audiences.into_iter().map(Into::into).collect();
        if audiences.is_empty() {
            return Err(InvalidResourcePolicy::NoAudience);
        }
        if audiences.iter().any(|it| it.trim().is_empty() || it.contains('*')) {
            return Err(InvalidResourcePolicy::NotPlain);
        }
        Ok(Self { audiences, issuers: None })
    }

    /// The same resource, for tokens of these issuers only; an empty list accepts none.
    #[must_use]
    pub fn with_issuers(mut self, issuers: Vec<Issuer>) -> Self {
        self.issuers = Some(issuers);
        self
    }

    /// The names by which tokens may mean this resource, compared byte for byte.
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// Whose tokens it accepts; `None` means every configured issuer.
    #[must_use]
    pub fn issuers(&self) -> Option<&[Issuer]> {
        self.issuers.as_deref()
    }

    pub(crate) fn accepts(&self, issuer: &Issuer) -> bool {
        self.issuers.as_ref().is_none_or(|it| it.contains(issuer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o03_a_resource_has_plain_audiences() {
        let check = |audiences: &[&str]| ResourcePolicy::new(audiences.iter().copied()).map(drop);
        assert_eq!(check(&["https://mcp.example/mcp", "api://x"]), Ok(()));
        assert_eq!(check(&[]), Err(InvalidResourcePolicy::NoAudience));
        assert_eq!(check(&["https://mcp.example/mcp", ""]), Err(InvalidResourcePolicy::NotPlain));
        assert_eq!(check(&["*"]), Err(InvalidResourcePolicy::NotPlain));
        assert_eq!(check(&["https://*.example"]), Err(InvalidResourcePolicy::NotPlain));
    }
}
