//! What fuzz targets reach of the edge. No part of the interface.

use http::Uri;

use crate::edge::CanonicalPath;

/// The path of a request to `target`, if it has one reading only.
#[must_use]
pub fn canonical_path(target: &Uri) -> Option<&str> {
    CanonicalPath::of(target).map(CanonicalPath::as_str).ok()
}
