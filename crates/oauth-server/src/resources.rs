//! The `resource` parameter (RFC 8707 section 2).

use oauth_types::ResourceUri;
use url::Url;

use crate::{OfferedResource, ServerSettings, parameters::Parameters};

/// A `resource` that is malformed, or not one that is offered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("resource is not one that is offered here")]
pub(crate) struct UnknownResource;

impl ServerSettings {
    /// What every `resource` of a request names, each once; none if it names nothing.
    ///
    /// Several spellings of one resource are one: with and without a slash at the end, a default port,
    /// a host in upper case. Clients build the value from what a person typed.
    ///
    /// # Errors
    /// [`UnknownResource`] (`invalid_target`).
    pub(crate) fn requested_resources(
        &self,
        parameters: &Parameters,
    ) -> Result<Vec<&OfferedResource>, UnknownResource> {
        let mut found: Vec<&OfferedResource> = Vec::new();
        for text in parameters.all("resource").map_err(|_| UnknownResource)? {
            let offered = self.find_resource(text).ok_or(UnknownResource)?;
            if !found.contains(&offered) {
                found.push(offered);
            }
        }
        Ok(found)
    }

    /// The one resource that a request is about: the default one if it names none.
    ///
    /// # Errors
    /// [`UnknownResource`] (`invalid_target`), also when it names several.
    pub(crate) fn requested_resource(
        &self,
        parameters: &Parameters,
    ) -> Result<&OfferedResource, UnknownResource> {
        match self.requested_resources(parameters)?.as_slice() {
            [] => self.resources().first().ok_or(UnknownResource),
            [one] => Ok(one),
            _ => Err(UnknownResource),
        }
    }

    /// The resource that `text` names in one of its spellings, if it is offered.
    pub(crate) fn find_resource(&self, text: &str) -> Option<&OfferedResource> {
        let plain = |it: u8| matches!(it, 0x21..=0x7E) && it != b'\\';
        if !text.bytes().all(plain) {
            return None;
        }
        let requested: ResourceUri = Url::parse(text).ok()?.as_str().parse().ok()?;
        let exact = self.resources().iter().find(|it| it.resource == requested);
        exact.or_else(|| self.resources().iter().find(|it| stem(&it.resource) == stem(&requested)))
    }
}

fn stem(resource: &ResourceUri) -> &str {
    let text = resource.as_str();
    text.strip_suffix('/').unwrap_or(text)
}

#[cfg(test)]
mod tests;
