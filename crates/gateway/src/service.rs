//! The service of a connection: names each request, checks what every request must satisfy, and writes its line.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use arc_swap::ArcSwap;
use axum::{body::Body, extract::Request, response::Response};
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, Version, header, request::Parts};
use hyper::body::{Body as _, Incoming};
use tower_service::Service;

use crate::{
    access_log::{AccessRecord, LoggedBody, Notes, SubjectDigest},
    exchanges::{Exchange, Exchanges},
    late_body::LateBody,
    limits::{Counted, Site},
    listener::ForConnection,
    metrics::{Metrics, TokenOutcome},
    reason::Reason,
    refusal::{Detail, Refusal},
    request_body::BodyBounds,
    request_id::{RequestId, RequestIds},
    routes,
    runtime::Runtime,
};

/// Makes the service of each connection.
#[derive(Clone, Debug)]
pub(crate) struct MakeService(Arc<Shared>);

/// The service of one connection.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionService {
    shared: Arc<Shared>,
    peer: Peer,
    exchanges: Exchanges,
}

/// The other end of a connection.
#[derive(Clone, Debug)]
struct Peer {
    address: SocketAddr,
    /// Its IP address in words, for the log.
    shown: Arc<str>,
}

#[derive(Debug)]
struct Shared {
    runtime: Arc<ArcSwap<Runtime>>,
    metrics: Arc<Metrics>,
    request_ids: RequestIds,
}

/// What is known of a request beside its own words; handlers find it in the extensions.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) request_id: RequestId,
    pub(crate) request_id_header: HeaderValue,
    /// The address that asked, as far as it can be believed: for the log and for limits.
    pub(crate) client: IpAddr,
    /// The other end of the connection, whatever the request says.
    pub(crate) peer: IpAddr,
    notes: Arc<Notes>,
}

impl Arrival {
    /// A request of this id, from `client`.
    pub(crate) fn new(request_id: RequestId, client: IpAddr) -> Self {
        let request_id_header = request_id.header_value();
        Self { request_id, request_id_header, client, peer: client, notes: Arc::default() }
    }

    /// The same, if `peer` has spoken for the client.
    pub(crate) fn through(self, peer: IpAddr) -> Self {
        Self { peer, ..self }
    }

    /// The arrival of a request that this service passed on.
    pub(crate) fn of(request: &Request) -> Self {
        Self::in_extensions(request.extensions())
    }

    /// [`Arrival::of`] a request whose extensions are at hand.
    #[expect(clippy::expect_used, reason = "the one service in front of the routes inserts it")]
    pub(crate) fn in_extensions(extensions: &http::Extensions) -> Self {
        extensions.get::<Self>().expect("every routed request has an arrival").clone()
    }

    /// Remembers for the log who calls.
    pub(crate) fn note_subject(&self, subject: SubjectDigest) {
        self.notes.subject.get_or_init(|| subject);
    }

    /// Remembers for the log which route answers.
    pub(crate) fn note_route(&self, route: Arc<str>) {
        self.notes.route.get_or_init(|| route);
    }
}

impl MakeService {
    /// Connections that follow `runtime` as it is replaced, and whose requests `metrics` counts.
    pub(crate) fn new(
        runtime: Arc<ArcSwap<Runtime>>,
        entropy: &dyn oauth_types::Entropy,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self(Arc::new(Shared { runtime, metrics, request_ids: RequestIds::new(entropy) }))
    }
}

impl Service<SocketAddr> for MakeService {
    type Response = ConnectionService;
    type Error = Infallible;
    type Future = Ready<Result<ConnectionService, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, peer: SocketAddr) -> Self::Future {
        let peer = Peer { address: peer, shown: peer.ip().to_canonical().to_string().into() };
        ready(Ok(ConnectionService { shared: Arc::clone(&self.0), peer, exchanges: Exchanges::default() }))
    }
}

impl ConnectionService {
    /// The request with a body that ends even if nobody wants all of it; HTTP/2 needs nothing of the kind, and a client
    /// that waits to be asked for its body is not asked.
    fn with_late_body(&self, request: Request<Incoming>, bounds: BodyBounds) -> Request {
        let is_awaited = request.version() != Version::HTTP_2
            && !request.body().is_end_stream()
            && !request.headers().contains_key(header::EXPECT);
        request.map(|body| {
            if is_awaited {
                Body::new(LateBody::new(body, bounds, self.exchanges.clone()))
            } else {
                Body::new(body)
            }
        })
    }
}

impl ForConnection for ConnectionService {
    fn exchanges(&self) -> Exchanges {
        self.exchanges.clone()
    }
}

impl Service<Request<Incoming>> for ConnectionService {
    type Response = Response<LoggedBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let started = Instant::now();
        let runtime = self.shared.runtime.load_full();
        let names = (self.shared.request_ids.next(), Arc::clone(&self.shared.metrics));
        let exchange = self.exchanges.begin(request.version() == Version::HTTP_2);
        let request = self.with_late_body(request, runtime.bodies());
        answer(runtime, names, self.peer.clone(), (started, exchange), request)
    }
}

/// Answers one request.
///
/// This is one block in its box, and not a function in a block or a future around another: it is large, and would be
/// copied each time it is handed on.
fn answer(
    runtime: Arc<Runtime>,
    (request_id, metrics): (RequestId, Arc<Metrics>),
    peer: Peer,
    (started, mut exchange): (Instant, Exchange),
    request: Request,
) -> <ConnectionService as Service<Request<Incoming>>>::Future {
    Box::pin(async move {
        let (head, body) = request.into_parts();
        let client = runtime.edge().client_address(peer.address, &head);
        let arrival = Arrival::new(request_id, client).through(peer.address.ip());
        let shown =
            if client == peer.address.ip().to_canonical() { peer.shown } else { client.to_string().into() };
        let notes = Arc::clone(&arrival.notes);
        let method = head.method.clone();
        let record = Box::new(AccessRecord::new(request_id, shown, method, notes, (started, metrics)));
        let outcome = match admit(&runtime, peer.address, client, &head) {
            Ok(place) => {
                let routed = runtime.route(&arrival, Request::from_parts(head, body));
                let outcome = contained(routed).await;
                drop(place);
                outcome
            }
            Err(reason) => Err(reason),
        };
        let mut response = outcome.unwrap_or_else(|reason| Refusal::from(reason).into_response(request_id));
        finish(&runtime, &arrival, &mut response);
        let record = noted(record, &mut response);
        exchange.answer();
        Ok(response.map(|body| LoggedBody::new(body, record, exchange)))
    })
}

/// The record, with what `response` says and keeps from its client.
fn noted(mut record: Box<AccessRecord>, response: &mut Response) -> Box<AccessRecord> {
    if let Some(outcome) = response.extensions_mut().remove::<TokenOutcome>() {
        record.token_answered(outcome);
    }
    let reason = response.extensions().get::<Reason>().map_or("ok", |reason| reason.code());
    record.answer(response.status(), reason);
    if reason != "ok" {
        record.detail = response.extensions_mut().remove::<Detail>();
    }
    record
}

/// What every request must satisfy before anybody looks for its route; probes need no place.
fn admit(
    runtime: &Runtime,
    peer: SocketAddr,
    client: IpAddr,
    head: &Parts,
) -> Result<Option<Counted<Site>>, Reason> {
    runtime.edge().check(peer, head)?;
    if routes::is_probe(head.uri.path()) {
        return Ok(None);
    }
    runtime.addresses().admit(client).map(Some)
}

/// Lets a defect in one request end that request only; what the panic says is told to nobody.
async fn contained(routed: impl Future<Output = Response>) -> Result<Response, Reason> {
    AssertUnwindSafe(routed).catch_unwind().await.map_err(|_| Reason::Internal)
}

/// The headers that every answer has.
fn finish(runtime: &Runtime, arrival: &Arrival, response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(X_REQUEST_ID, arrival.request_id_header.clone());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if runtime.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use oauth_types::SystemEntropy;

    use super::*;

    #[tokio::test]
    async fn m03_a16_a_panic_is_a_500_that_says_nothing_of_it() {
        let good = contained(async { Response::new(Body::from("fine")) }).await;
        assert_eq!(good.unwrap().status(), 200);
        let reason = contained(async { panic!("canary") }).await.unwrap_err();
        let answer = Refusal::from(reason).into_response(RequestIds::new(&SystemEntropy).next());
        assert_eq!(answer.status(), 500);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("server_error") && !text.contains("canary"), "{text}");
    }
}
