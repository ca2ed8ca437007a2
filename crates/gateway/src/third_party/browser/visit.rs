use std::{convert::Infallible, net::IpAddr};

use axum::{extract::FromRequestParts, response::Response};
use http::{HeaderMap, header, request::Parts};
use session_binding::{Cookies, PendingId};
use url::form_urlencoded;

use super::answer::Stop;
use crate::{request_id::RequestId, service::Arrival, third_party::pages::Problem};

/// What a handler knows of the request that it answers.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) headers: HeaderMap,
    pub(super) query: Option<String>,
    /// Where the browser is, for the limits of sign-ins.
    pub(super) address: IpAddr,
    request_id: RequestId,
}

impl Visit {
    /// The cookies, read strictly.
    pub(super) fn cookies(&self) -> Result<Cookies<'_>, Stop> {
        let values = self.headers.get_all(header::COOKIE).iter().map(http::HeaderValue::as_bytes);
        Cookies::read(values).map_err(|_| Problem::Malformed.into())
    }

    /// The transaction that the query names.
    pub(super) fn transaction(&self) -> Result<PendingId, Stop> {
        let query = self.query.as_deref().unwrap_or_default();
        let mut named = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == TRANSACTION);
        match (named.next(), named.next()) {
            (Some((_, id)), None) => id.parse().map_err(|_| Problem::Malformed.into()),
            _ => Err(Problem::Malformed.into()),
        }
    }

    /// The answer of a handler, or the page that says why there is none.
    pub(super) fn answer(&self, outcome: Result<Response, Stop>) -> Response {
        outcome.unwrap_or_else(|stop| stop.into_response(self.request_id))
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let arrival = Arrival::in_extensions(&parts.extensions);
        Ok(Self {
            headers: parts.headers.clone(),
            query: parts.uri.query().map(str::to_owned),
            address: arrival.client,
            request_id: arrival.request_id,
        })
    }
}

/// The parameter that names a transaction.
pub(super) const TRANSACTION: &str = "transaction";
