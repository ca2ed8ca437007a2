use std::collections::HashMap;

use bytes::Bytes;

use crate::{ProtectedResource, WELL_KNOWN_PATH};

/// The documents of all resources of a host, by the paths where they are served.
///
/// What it answers depends on the resources it was made from and on the path, on nothing else.
#[derive(Clone, Debug)]
pub struct Documents {
    by_path: HashMap<String, Bytes>,
    appended: Vec<String>,
}

/// Two resources have the same metadata path, which is in the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two resources have their metadata at `{0}`")]
pub struct DuplicateResource(pub String);

impl Documents {
    /// Several resources without a preferred one.
    ///
    /// [`WELL_KNOWN_PATH`] itself describes the resource at the origin, else the only resource;
    /// when there are several and none is at the origin it describes nothing (RFC 9728 section 3.3).
    ///
    /// # Errors
    ///
    /// When two resources have the same [`ProtectedResource::well_known_path`].
    pub fn new(resources: impl IntoIterator<Item = ProtectedResource>) -> Result<Self, DuplicateResource> {
        let resources: Vec<_> = resources.into_iter().collect();
        match resources.as_slice() {
            [only] => Self::with_root(&resources, Some(only)),
            _ => Self::with_root(&resources, None),
        }
    }

    /// Several resources; [`WELL_KNOWN_PATH`] describes `default`, unless another one is at the origin.
    ///
    /// # Errors
    ///
    /// When two resources have the same [`ProtectedResource::well_known_path`].
    pub fn with_default(
        default: ProtectedResource,
        others: impl IntoIterator<Item = ProtectedResource>,
    ) -> Result<Self, DuplicateResource> {
        let root = default.clone();
        let resources: Vec<_> = std::iter::once(default).chain(others).collect();
        Self::with_root(&resources, Some(&root))
    }

    /// The document at `path`, which is the path of a request as it came, without the query.
    ///
    /// Paths are compared byte for byte: `//`, `%2f` and other cases find nothing.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&Bytes> {
        self.by_path.get(path)
    }

    /// The paths that do not start with [`WELL_KNOWN_PATH`], in the order of the resources.
    pub fn appended_paths(&self) -> impl Iterator<Item = &str> {
        self.appended.iter().map(String::as_str)
    }

    /// First the paths that belong to one resource alone, then those that it may have if nobody else does.
    fn with_root(
        resources: &[ProtectedResource],
        root: Option<&ProtectedResource>,
    ) -> Result<Self, DuplicateResource> {
        let mut by_path = HashMap::new();
        for resource in resources {
            let path = resource.well_known_path();
            if by_path.insert(path.clone(), resource.document().clone()).is_some() {
                return Err(DuplicateResource(path));
            }
        }
        let mut appended = Vec::new();
        for resource in resources {
            for path in resource.locations() {
                if !path.starts_with(WELL_KNOWN_PATH) && !by_path.contains_key(&path) {
                    appended.push(path.clone());
                }
                by_path.entry(path).or_insert_with(|| resource.document().clone());
            }
        }
        if let Some(resource) = root {
            by_path.entry(WELL_KNOWN_PATH.to_owned()).or_insert_with(|| resource.document().clone());
        }
        Ok(Self { by_path, appended })
    }
}

#[cfg(test)]
mod tests;
