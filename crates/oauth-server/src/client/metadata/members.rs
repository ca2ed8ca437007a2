use serde_json::{Map, Value};
use url::Url;

use super::InvalidMetadata;
use crate::client::public_host::is_public_url;

/// The members of a JSON object, by the types they should have.
///
/// `null` and, for texts, nothing between the quotes count as absent: clients send both.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Members<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Members<'a> {
    pub(crate) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|it| !it.is_null())
    }

    pub(crate) fn text(self, name: &str, error: &'static str) -> Result<Option<&'a str>, InvalidMetadata> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|it| !it.is_empty())),
            Some(_) => Err(InvalidMetadata::new(error)),
        }
    }

    /// A switch, off when it is absent.
    pub(crate) fn flag(self, name: &str, error: &'static str) -> Result<bool, InvalidMetadata> {
        self.get(name).map_or(Ok(false), |it| it.as_bool().ok_or(InvalidMetadata::new(error)))
    }

    /// A short text without characters that break a line.
    pub(crate) fn short_text(
        self,
        name: &str,
        error: &'static str,
    ) -> Result<Option<String>, InvalidMetadata> {
        let text = self.text(name, error)?;
        if text.is_some_and(|it| it.len() > MAX_SHORT || it.chars().any(char::is_control)) {
            return Err(InvalidMetadata::new(error));
        }
        Ok(text.map(str::to_owned))
    }

    pub(crate) fn texts(
        self,
        name: &str,
        error: &'static str,
    ) -> Result<Option<Vec<&'a str>>, InvalidMetadata> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let texts = value.as_array().map(|all| all.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        texts.flatten().map(Some).ok_or(InvalidMetadata::new(error))
    }

    /// A URL on a public host, which is not fetched now.
    pub(crate) fn url(self, name: &str, error: &'static str) -> Result<Option<Url>, InvalidMetadata> {
        let text = self.text(name, error)?;
        text.map(|it| parse_url(it).ok_or(InvalidMetadata::new(error))).transpose()
    }

    /// Checks `name#lang` for every language (RFC 7591 section 2.2), which is not used otherwise.
    pub(crate) fn check_translated_urls(
        self,
        name: &str,
        error: &'static str,
    ) -> Result<(), InvalidMetadata> {
        let is_translated = |it: &str| it.strip_prefix(name).is_some_and(|rest| rest.starts_with('#'));
        for (name, _) in self.0.iter().filter(|(name, _)| is_translated(name)) {
            self.url(name, error)?;
        }
        Ok(())
    }
}

fn parse_url(text: &str) -> Option<Url> {
    let is_plain = text.len() <= MAX_URL && text.bytes().all(|it| matches!(it, 0x21..=0x7E) && it != b'\\');
    let url = is_plain.then(|| Url::parse(text).ok()).flatten()?;
    is_public_url(&url).then_some(url)
}

const MAX_URL: usize = 2048;
const MAX_SHORT: usize = 256;
