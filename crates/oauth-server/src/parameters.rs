//! Parameters of requests: what came in a query, a form or a JSON object (OAuth 2.1 sections 3.1 and 3.2).

use std::{borrow::Cow, str};

use percent_encoding::percent_decode;
use url::form_urlencoded::byte_serialize;

/// The parameters of a request, in their order; one without a value counts as absent (OAuth 2.1 section 3.1).
pub(crate) struct Parameters {
    pairs: Vec<(String, Vec<u8>)>,
}

/// A parameter that is given more than once, or is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidParameter {
    #[error("a parameter is given more than once")]
    Repeated,
    #[error("a parameter is not valid UTF-8")]
    NotText,
}

impl Parameters {
    /// Reads `application/x-www-form-urlencoded`, which is also the form of a query.
    ///
    /// Bytes stay as they were sent: `state` need not be text.
    pub(crate) fn from_urlencoded(text: &[u8]) -> Self {
        let pairs = text.split(|it| *it == b'&').filter(|it| !it.is_empty()).map(|pair| {
            let (name, value) = split_at_equals(pair);
            (String::from_utf8_lossy(&decode(name)).into_owned(), decode(value).into_owned())
        });
        Self::from_pairs(pairs)
    }

    /// Takes over what was decoded elsewhere.
    pub(crate) fn from_pairs(pairs: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self { pairs: pairs.into_iter().collect() }
    }

    /// The parameter of that name as text, if it has a value.
    ///
    /// # Errors
    /// It is there more than once, with or without a value, or it is no text.
    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, InvalidParameter> {
        let bytes = self.bytes(name)?;
        bytes.map(str::from_utf8).transpose().map_err(|_| InvalidParameter::NotText)
    }

    /// Like [`Parameters::one`], for a value that need not be text.
    ///
    /// # Errors
    /// It is there more than once, with or without a value.
    pub(crate) fn bytes(&self, name: &str) -> Result<Option<&[u8]>, InvalidParameter> {
        let mut values = self.values(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(InvalidParameter::Repeated);
        }
        Ok(first.filter(|it| !it.is_empty()))
    }

    /// Every value of a parameter that may be repeated.
    ///
    /// # Errors
    /// A value is no text.
    pub(crate) fn all(&self, name: &str) -> Result<Vec<&str>, InvalidParameter> {
        let values = self.values(name).filter(|it| !it.is_empty()).map(str::from_utf8);
        values.collect::<Result<_, _>>().map_err(|_| InvalidParameter::NotText)
    }

    /// Those whose names are `wanted`, in their order.
    pub(crate) fn select(&self, wanted: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
        self.pairs.iter().filter(|(name, _)| wanted(name)).cloned().collect()
    }

    /// With one more.
    pub(crate) fn with(mut self, name: &str, value: Vec<u8>) -> Self {
        self.pairs.push((name.to_owned(), value));
        self
    }

    /// All of them as `application/x-www-form-urlencoded`, which [`Parameters::from_urlencoded`] reads again.
    pub(crate) fn to_urlencoded(&self) -> Vec<u8> {
        let mut text = String::new();
        for (name, value) in &self.pairs {
            if !text.is_empty() {
                text.push('&');
            }
            text.extend(byte_serialize(name.as_bytes()));
            text.push('=');
            text.extend(byte_serialize(value));
        }
        text.into_bytes()
    }

    /// Whether a parameter of that name has a value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values(name).any(|it| !it.is_empty())
    }

    /// Refuses parameters that are there more than once, known here or not; only `resource` may be
    /// (RFC 8707 section 2).
    ///
    /// # Errors
    /// [`InvalidParameter::Repeated`].
    pub(crate) fn check_repeated(&self) -> Result<(), InvalidParameter> {
        let mut names: Vec<_> =
            self.pairs.iter().map(|(name, _)| name.as_str()).filter(|it| *it != "resource").collect();
        names.sort_unstable();
        let is_repeated = names.windows(2).any(|it| it.first() == it.last());
        if is_repeated { Err(InvalidParameter::Repeated) } else { Ok(()) }
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.pairs.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_slice())
    }
}

/// The values may be secret.
impl std::fmt::Debug for Parameters {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Parameters").finish_non_exhaustive()
    }
}

fn split_at_equals(pair: &[u8]) -> (&[u8], &[u8]) {
    let mut halves = pair.splitn(2, |it| *it == b'=');
    (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
}

fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'+') {
        return percent_decode(text).into();
    }
    let spaced: Vec<u8> = text.iter().map(|it| if *it == b'+' { b' ' } else { *it }).collect();
    percent_decode(&spaced).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests;
