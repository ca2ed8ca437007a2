use http::header::LOCATION;
use http::{HeaderMap, Method, StatusCode, Uri};
use url::Url;

use crate::RefusedRedirect;

/// Whether `status` tells to go elsewhere.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    status.is_redirection() && status != StatusCode::NOT_MODIFIED
}

/// Where the upstream's redirect leads, if the same request may be sent there.
///
/// # Errors
/// [`RefusedRedirect::Status`] where the method would change or the status is no plain redirect,
/// [`RefusedRedirect::Location`] and [`RefusedRedirect::OtherOrigin`] by the value of `Location`.
pub(crate) fn resolve(
    method: &Method,
    from: &Uri,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Uri, RefusedRedirect> {
    let keeps_method = match status.as_u16() {
        307 | 308 => true,
        301..=303 => matches!(*method, Method::GET | Method::HEAD),
        _ => false,
    };
    if !keeps_method {
        return Err(RefusedRedirect::Status);
    }
    within(from, location(headers)?)
}

/// What `reference` names at `from`, if it is at the same origin.
///
/// # Errors
/// [`RefusedRedirect::Location`] when it is no reference, [`RefusedRedirect::OtherOrigin`].
pub(crate) fn within(from: &Uri, reference: &str) -> Result<Uri, RefusedRedirect> {
    let base = Url::parse(&from.to_string()).map_err(|_| RefusedRedirect::Location)?;
    let location = base.join(reference).map_err(|_| RefusedRedirect::Location)?;
    let same_origin = location.scheme() == base.scheme()
        && location.host() == base.host()
        && location.port_or_known_default() == base.port_or_known_default();
    if !same_origin || !location.username().is_empty() || location.password().is_some() {
        return Err(RefusedRedirect::OtherOrigin);
    }
    at_path_of(from, &location)
}

/// Whether both name the same place but for a slash at the end of the path.
///
/// Only such a redirect may move later requests: what one answer says, perhaps to a request that somebody made for it,
/// must not choose another endpoint for everybody.
pub(crate) fn differs_in_final_slash(from: &Uri, to: &Uri) -> bool {
    let (shorter, longer) = if from.path().len() < to.path().len() { (from, to) } else { (to, from) };
    longer.path().strip_suffix('/') == Some(shorter.path()) && from.query() == to.query()
}

fn location(headers: &HeaderMap) -> Result<&str, RefusedRedirect> {
    let mut values = headers.get_all(LOCATION).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| RefusedRedirect::Location),
        _ => Err(RefusedRedirect::Location),
    }
}

/// Takes path and query only, so that scheme and authority stay the configured ones to the byte.
fn at_path_of(from: &Uri, location: &Url) -> Result<Uri, RefusedRedirect> {
    let mut path = location.path().to_owned();
    if let Some(query) = location.query() {
        path.push('?');
        path.push_str(query);
    }
    let mut parts = from.clone().into_parts();
    parts.path_and_query = Some(path.parse().map_err(|_| RefusedRedirect::Location)?);
    Uri::from_parts(parts).map_err(|_| RefusedRedirect::Location)
}

/// How many redirects in a row are followed.
pub(crate) const MAX_REDIRECTS: usize = 3;

#[cfg(test)]
mod tests;
