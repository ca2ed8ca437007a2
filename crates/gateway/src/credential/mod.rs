//! What the gateway shows an upstream to be let in: nothing, a fixed secret, or a credential of the person who calls.
//!
//! A credential belongs to one `[[server]]` and is attached to requests to that server's upstream only.
//! Whoever starts upstreams in another way than by requests takes the text from [`Credentials::obtain`].

mod error;
mod exchange;
mod holder;
mod renewal;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) use self::{
    error::CredentialError,
    exchange::{ClientProof, ExchangeSettings, SubjectToken, TokenExchange, may_be_asked, question},
    holder::{Holder, PresentedToken},
    renewal::Renewal,
};

oauth_types::secret! {
    /// A credential that an upstream takes for one person.
    pub(crate) struct UpstreamToken;
}

/// Where the credentials of persons come from.
///
/// An implementation serves one upstream, bounds what it remembers, and asks its source once however many requests of
/// one person wait.
#[async_trait]
pub(crate) trait UserCredentials: fmt::Debug + Send + Sync {
    /// Whether it needs the text of the access token that the person's client presented.
    fn needs_presented(&self) -> bool {
        false
    }

    /// The credential of `holder`, good for some time from now.
    ///
    /// # Errors
    /// [`CredentialError`] when there is none for this person, or none now.
    async fn obtain(&self, holder: &Holder) -> Result<UpstreamToken, CredentialError>;

    /// Another credential in the place of `refused`, which the upstream takes no more.
    ///
    /// # Errors
    /// As [`UserCredentials::obtain`].
    async fn replace(
        &self,
        holder: &Holder,
        refused: &UpstreamToken,
    ) -> Result<UpstreamToken, CredentialError>;
}

/// The credentials for one upstream.
#[derive(Clone, Debug, Default)]
pub(crate) enum Credentials {
    /// The upstream wants none.
    #[default]
    None,
    /// The same for everybody.
    Fixed(UpstreamToken, Placement),
    /// That of the person who calls.
    OfUser(Arc<dyn UserCredentials>, Placement),
}

/// In which header, and behind which word, a credential is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) header: HeaderName,
    /// The scheme in front of the credential; none for a header that holds it alone.
    pub(crate) scheme: Option<String>,
}

impl Placement {
    /// The header field; none if the credential cannot stand in one.
    pub(crate) fn field(&self, token: &UpstreamToken) -> Option<(HeaderName, HeaderValue)> {
        let mut value = match &self.scheme {
            Some(scheme) => HeaderValue::try_from(format!("{scheme} {}", token.expose())),
            None => HeaderValue::from_str(token.expose()),
        }
        .ok()?;
        value.set_sensitive(true);
        Some((self.header.clone(), value))
    }
}

impl Credentials {
    /// Whether [`Holder::presented`] is needed.
    pub(crate) fn need_presented(&self) -> bool {
        matches!(self, Self::OfUser(source, _) if source.needs_presented())
    }

    /// The credential for a request of `holder`; none where the upstream wants none.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub(crate) async fn obtain(&self, holder: &Holder) -> Result<Option<UpstreamToken>, CredentialError> {
        match self {
            Self::None => Ok(None),
            Self::Fixed(token, _) => Ok(Some(token.clone())),
            Self::OfUser(source, _) => source.obtain(holder).await.map(Some),
        }
    }

    /// The credential for a request of `holder`, to be attached to it; none where the upstream wants none.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub(crate) async fn obtain_for_request(
        &self,
        holder: Holder,
    ) -> Result<Option<Box<ObtainedCredential>>, CredentialError> {
        let Some(token) = self.obtain(&holder).await? else { return Ok(None) };
        let (source, placement) = match self {
            Self::None => return Ok(None),
            Self::Fixed(_, placement) => (None, placement),
            Self::OfUser(source, placement) => (Some(Arc::clone(source)), placement),
        };
        let field = placement.field(&token).ok_or_else(CredentialError::unusable)?;
        let renewal = source.map(|source| (source, placement.clone(), holder, token));
        Ok(Some(Box::new(ObtainedCredential { field, renewal })))
    }
}

/// A credential for one request, had after its grant was known to live.
#[derive(Debug)]
pub(crate) struct ObtainedCredential {
    field: (HeaderName, HeaderValue),
    /// What another is had with, should this one be refused.
    renewal: Option<(Arc<dyn UserCredentials>, Placement, Holder, UpstreamToken)>,
}

impl ObtainedCredential {
    /// Adds it to `headers`; what comes back has another if this one is refused, where there can be another.
    pub(crate) fn attach(self, headers: &mut HeaderMap) -> Option<Arc<Renewal>> {
        let Self { field: (name, value), renewal } = self;
        let without = renewal.as_ref().map(|_| headers.clone());
        headers.insert(name, value);
        let (source, placement, holder, token) = renewal?;
        Some(Arc::new(Renewal::new(source, placement, (holder, token), without?)))
    }
}

#[cfg(test)]
mod tests;
