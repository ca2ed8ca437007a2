//! What a request must satisfy before a handler of the browser's part sees it, or its form.

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::answer::Stop;
use crate::{
    edge::Origins,
    service::Arrival,
    third_party::{pages::Problem, with_reason::with_reason},
};

/// Refuses what is too long, answers those who only look without doing anything, and tells the access log why a
/// request was refused.
pub(super) async fn bounds(request: Request, next: Next) -> Response {
    let length = request.uri().path_and_query().map_or(0, |it| it.as_str().len());
    if length > MAX_URL {
        return with_reason(Stop::from(Problem::TooLong).into_response(Arrival::of(&request).request_id));
    }
    if is_only_a_look(request.method(), request.headers()) {
        let headers = [(header::CACHE_CONTROL, "no-store")];
        return (StatusCode::NO_CONTENT, headers, Body::empty()).into_response();
    }
    with_reason(next.run(request).await)
}

/// Whether a program looks ahead, which must neither begin nor end anything: a link preview, or a browser that
/// prefetches (Fetch standard, `Sec-Purpose`).
fn is_only_a_look(method: &Method, headers: &HeaderMap) -> bool {
    let says_prefetch = |name: &HeaderName| {
        headers.get_all(name).iter().any(|it| it.to_str().is_ok_and(|it| it.contains("prefetch")))
    };
    method == Method::HEAD || [&SEC_PURPOSE, &PURPOSE, &X_MOZ].into_iter().any(says_prefetch)
}

/// Whether a browser sent this form from a page of ours, as far as the browser tells; the form's token tells the rest.
///
/// # Errors
/// [`Problem::NotOurForm`] for another page's form, or something that is no form.
pub(super) fn check_form(headers: &HeaderMap, origins: &Origins) -> Result<(), Problem> {
    let site = single(headers, &SEC_FETCH_SITE)?;
    let same_origin = site == Some("same-origin");
    if !(same_origin || matches!(site, None | Some("none"))) {
        return Err(Problem::NotOurForm);
    }
    match single(headers, &header::ORIGIN)? {
        None => {}
        // A browser that hides where it was; it still says that it was here.
        Some("null") if same_origin => {}
        Some(_) => origins.check(headers).map_err(|_| Problem::NotOurForm)?,
    }
    check_content_type(headers).map_err(|_| Problem::NotOurForm)
}

/// # Errors
/// [`Problem::Malformed`] for anything but `application/x-www-form-urlencoded`.
pub(super) fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let essence = single(headers, &header::CONTENT_TYPE)?.unwrap_or_default().split(';').next();
    let is_form = essence.is_some_and(|it| it.trim().eq_ignore_ascii_case(FORM));
    if is_form { Ok(()) } else { Err(Problem::Malformed) }
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let text = |it: &'a HeaderValue| it.to_str().map_err(|_| Problem::NotOurForm);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Problem::NotOurForm),
        (first, None) => first.map(text).transpose(),
    }
}

/// A `state` of 4 KiB may be three times as long when escaped.
const MAX_URL: usize = 16 * 1024;
const FORM: &str = "application/x-www-form-urlencoded";
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");
const PURPOSE: HeaderName = HeaderName::from_static("purpose");
const X_MOZ: HeaderName = HeaderName::from_static("x-moz");

#[cfg(test)]
mod tests;
