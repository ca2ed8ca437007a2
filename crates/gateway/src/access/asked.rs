//! What a request asks for, read from its body.

use axum::{body::Body, extract::Request};
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use http_body_util::BodyExt;
use mcp_message::{
    ErrorCode, Id, InvalidMessage, Limits, Operation,
    mirrored::{self, ToolParameters},
};
use serde_json::{Value, value::RawValue};

use crate::{reason::Reason, refusal::Refusal, request_body::BodyBounds};

/// The operations of one request, and the id that an error about it carries.
#[derive(Debug)]
pub(crate) struct Asked {
    operations: Vec<Operation<'static>>,
    id: Option<Box<RawValue>>,
    /// The body, for whoever must look closer; empty once it is judged.
    body: Bytes,
}

impl Asked {
    /// Reads the messages of a request, whose bytes stay as they are.
    ///
    /// GET and DELETE have no messages: what they ask for is the method itself.
    ///
    /// # Errors
    /// 413 or 408 when the body breaks its bounds, 415 when it is declared as something else, 400 when it could be
    /// understood in two ways or headers say something else than it.
    pub(super) async fn read(
        request: Request<Body>,
        bounds: BodyBounds,
        limits: &Limits,
    ) -> Result<(Self, Request<Body>), Refusal> {
        if let Some(method) = without_message(request.method()) {
            return Ok((
                Self { operations: vec![Operation::of_http(method)], id: None, body: Bytes::new() },
                request,
            ));
        }
        is_json(request.headers())?;
        let (head, body) = request.into_parts();
        let (body, fault) = bounds.apply(body);
        let body =
            body.collect().await.map_err(|_| fault.reason().unwrap_or(Reason::MessageInvalid))?.to_bytes();
        let asked = Self::of(&head.headers, &body, limits)?;
        Ok((asked, Request::from_parts(head, Body::from(body))))
    }

    fn of(headers: &HeaderMap, bytes: &Bytes, limits: &Limits) -> Result<Self, Refusal> {
        let body = mcp_message::read(bytes, limits).map_err(|it| invalid(it, None))?;
        let id = body.request_id().map(Id::raw);
        mirrored::check(headers, &body, limits).map_err(|it| match it {
            mirrored::Mismatch::Body(fault) => invalid(fault, id),
            other => mismatch(other, id),
        })?;
        let operations = body.messages().iter().map(|it| Operation::of(it).map(Operation::into_owned));
        let operations = operations.collect::<Result<_, _>>().map_err(|it| invalid(it, id))?;
        Ok(Self { operations, id: id.map(ToOwned::to_owned), body: bytes.clone() })
    }

    /// Holds the headers that mirror arguments of tools against the body, where the schemas of the tools are known.
    ///
    /// One that is missing is for the MCP server to miss: a schema may be another one by now.
    ///
    /// # Errors
    /// 400 when one says something else than the body.
    pub(super) fn check_parameters(
        &self,
        headers: &HeaderMap,
        known: &ToolParameters,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        if self.body.is_empty() || !headers.keys().any(|it| it.as_str().starts_with("mcp-param-")) {
            return Ok(());
        }
        let body = mcp_message::read(&self.body, limits).map_err(|it| invalid(it, self.id()))?;
        known.check(headers, body.messages(), false, limits).map_err(|it| mismatch(it, self.id()))
    }

    /// What is asked for, in order; at least one.
    pub(crate) fn operations(&self) -> &[Operation<'static>] {
        &self.operations
    }

    /// The arguments of these names, in a call of a tool or for a prompt; nothing for a batch.
    pub(super) fn arguments(&self, names: &[String]) -> Vec<(String, Value)> {
        let Ok(mcp_message::Body::Single(message)) = mcp_message::read(&self.body, &Limits::default()) else {
            return Vec::new();
        };
        let arguments = message.params().and_then(|it| it.object("arguments", InvalidMessage::Params).ok());
        let value = |name: &String| -> Option<Value> {
            serde_json::from_str(arguments.as_ref()?.get(name).ok()??.get()).ok()
        };
        names.iter().filter_map(|name| Some((name.clone(), value(name)?))).collect()
    }

    /// Lets go of the body, which the request has too, so that it is not kept for as long as the answer takes.
    pub(super) fn forget_body(&mut self) {
        self.body = Bytes::new();
    }

    /// The id of the request, as it was written, when there is one request alone.
    pub(crate) fn id(&self) -> Option<&RawValue> {
        self.id.as_deref()
    }
}

/// What a method without a body asks for; HEAD asks for what GET asks for.
fn without_message(method: &Method) -> Option<&'static str> {
    match *method {
        Method::GET | Method::HEAD => Some("GET"),
        Method::DELETE => Some("DELETE"),
        _ => None,
    }
}

/// A server that believes another media type or character set would read another message.
fn is_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (value, more) = (values.next().and_then(|it| it.to_str().ok()), values.next());
    let mut parts = value.unwrap_or_default().split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|it| it.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.all(|it| {
        it.is_empty()
            || it.eq_ignore_ascii_case("charset=utf-8")
            || it.eq_ignore_ascii_case(r#"charset="utf-8""#)
    });
    if is_json && is_utf8 && more.is_none() { Ok(()) } else { Err(Reason::MessageTypeUnsupported.into()) }
}

fn invalid(fault: InvalidMessage, id: Option<&RawValue>) -> Refusal {
    refused(Reason::MessageInvalid, &fault.to_string(), fault.code(), id)
}

fn mismatch(fault: mirrored::Mismatch, id: Option<&RawValue>) -> Refusal {
    refused(Reason::HeaderMismatch, &fault.to_string(), fault.code(), id)
}

fn refused(reason: Reason, detail: &str, code: ErrorCode, id: Option<&RawValue>) -> Refusal {
    Refusal::from(reason).with_detail(detail).answering(code, id.map(ToOwned::to_owned))
}
