//! The MCP server behind a path, whichever way it is reached.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::{FutureExt, future::Either};
use http::{HeaderMap, HeaderValue, Request, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use mcp_proxy::{BoxError, ForwardError, OnBehalf, Proxy, ProxyBody};
use mcp_stdio::{Bridge, StdioBody, StdioError, StdioReason, Tenant, Variable, VariableValue};
use tokio_util::sync::CancellationToken;

use crate::{credential::Placement, reason::Reason, request_body::BoundedBody};

/// How requests get to the MCP server.
#[derive(Debug)]
pub(crate) enum UpstreamKind {
    /// By HTTP.
    Http(Box<Proxy>),
    /// Over stdin and stdout of processes of ours.
    Stdio(Arc<Bridge>, Option<CredentialVariable>),
}

/// Where a process of ours finds the credential that an upstream over HTTP would find in a header.
#[derive(Debug)]
pub(crate) struct CredentialVariable {
    /// The variable.
    pub(crate) name: String,
    /// The header, and the scheme before it.
    pub(crate) placement: Placement,
}

impl CredentialVariable {
    fn of(&self, headers: &HeaderMap) -> Option<Variable> {
        let value = headers.get(&self.placement.header)?.to_str().ok()?;
        let value = match &self.placement.scheme {
            Some(scheme) => value.strip_prefix(scheme.as_str())?.trim_start(),
            None => value,
        };
        Some(Variable { name: self.name.clone(), value: VariableValue::new(value.to_owned()) })
    }
}

/// Why there is no answer of the MCP server.
#[derive(Debug, thiserror::Error)]
pub(super) enum UpstreamError {
    #[error(transparent)]
    Http(#[from] ForwardError),
    #[error(transparent)]
    Stdio(#[from] StdioError),
}

/// The body of its answer.
#[derive(Debug)]
pub(super) enum UpstreamBody {
    Http(ProxyBody),
    Stdio(StdioBody),
}

/// What a process of ours rests on, beside the request.
#[derive(Debug)]
pub(super) struct Rests {
    pub(super) tenant: Arc<dyn Tenant>,
    /// Ends streams that only listen.
    pub(super) listening_ends: CancellationToken,
}

impl UpstreamKind {
    /// Hands a request to the MCP server.
    ///
    /// # Errors
    /// [`UpstreamError`] when it gave nothing that can be passed on.
    pub(super) fn forward(
        &self,
        request: Request<BoundedBody<Body>>,
        on_behalf: OnBehalf,
        rests: impl FnOnce(Option<Variable>) -> Rests,
    ) -> impl Future<Output = Result<Response<UpstreamBody>, UpstreamError>> {
        match self {
            // Not a future around a future, which would keep the request twice.
            Self::Http(proxy) => {
                Either::Left(proxy.forward(request, on_behalf).map(|it| Ok(it?.map(UpstreamBody::Http))))
            }
            Self::Stdio(bridge, variable) => {
                let credential = variable.as_ref().and_then(|it| it.of(&on_behalf.headers));
                let OnBehalf { principal, stream_until, cancel, .. } = on_behalf;
                let Rests { tenant, listening_ends } = rests(credential);
                let on_behalf =
                    mcp_stdio::OnBehalf { principal, stream_until, cancel, listening_ends, tenant };
                // In a box of its own, so that the way to an HTTP server does not carry it along.
                let answered = Box::pin(bridge.forward(request, on_behalf));
                Either::Right(answered.map(|it| Ok(it?.map(UpstreamBody::Stdio))))
            }
        }
    }
}

impl UpstreamError {
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Http(error) => Reason::Upstream(error.reason()),
            Self::Stdio(error) => Reason::Stdio(error.reason()),
        }
    }

    /// Whether this method has no meaning there.
    pub(super) fn is_about_method(&self) -> bool {
        match self {
            Self::Http(error) => matches!(error, ForwardError::Method),
            Self::Stdio(error) => error.reason() == StdioReason::Method,
        }
    }

    /// Whether the grant of the caller had ended.
    pub(super) fn is_end_of_grant(&self) -> bool {
        matches!(self, Self::Stdio(error) if error.reason() == StdioReason::TenantEnded)
    }

    /// The answer in the words of MCP, where its revision asks for them: from a plain one, clients would conclude that
    /// the server is of another era.
    pub(super) fn in_words_of_mcp(&self) -> Option<Response> {
        let Self::Stdio(error) = self else { return None };
        let mut response = Response::new(Body::from(error.body()?.to_owned()));
        *response.status_mut() = error.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.extensions_mut().insert(self.reason());
        Some(response)
    }
}

impl UpstreamBody {
    /// Whether this is a stream of server-sent events, which may stay open for long.
    pub(super) const fn is_event_stream(&self) -> bool {
        match self {
            Self::Http(body) => body.is_event_stream(),
            Self::Stdio(body) => body.is_event_stream(),
        }
    }

    /// Ends the stream also when one of `ends` is cancelled.
    pub(super) fn ending_with(self, ends: impl IntoIterator<Item = CancellationToken>) -> Self {
        match self {
            Self::Http(body) => Self::Http(body.ending_with(ends)),
            Self::Stdio(body) => Self::Stdio(body.ending_with(ends)),
        }
    }

    /// Ends the answer here and at the MCP server.
    pub(super) fn abort(self) {
        match self {
            Self::Http(body) => body.abort(),
            Self::Stdio(body) => body.abort(),
        }
    }
}

impl HttpBody for UpstreamBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Http(body) => Pin::new(body).poll_frame(context),
            Self::Stdio(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Http(body) => body.is_end_stream(),
            Self::Stdio(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Http(body) => body.size_hint(),
            Self::Stdio(body) => body.size_hint(),
        }
    }
}
