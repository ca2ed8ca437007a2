use std::{sync::Arc, time::Duration};

use axum::{body::Body, extract::Request, response::Response};
use http::{HeaderMap, HeaderValue, header};
use mcp_message::Limits;
use mcp_proxy::{CredentialRenewal, ForwardError, OnBehalf};
use mcp_stdio::Variable;
use oauth_types::{Clock, UnixTime};
use resource_metadata::ProtectedResource;
use token_validate::{ResourcePolicy, Validator};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::{
    Dpop, GrantCheck, GrantEnd, NoGrants, Oversight, Permitted, Policy, Principal, Ways,
    tenant::PrincipalOfChildren,
    upstream::{Rests, UpstreamBody, UpstreamError, UpstreamKind},
};
use crate::{
    adapters::{Identity, SigningKeyError},
    credential::{CredentialError, Credentials, Holder, ObtainedCredential, PresentedToken, Renewal},
    edge::Origins,
    limits::{RequestLimit, StreamLimit, StreamPlace},
    reason::Reason,
    refusal::Refusal,
    request_body::BodyBounds,
    routes::MCP_METHODS,
    service::Arrival,
    stream_body::CountedStream,
};

/// One `[[server]]`: a resource, who may use it, and the MCP server behind it.
#[derive(Debug)]
pub(crate) struct ProtectedServer {
    route: Arc<str>,
    parts: ServerParts,
}

/// What a [`ProtectedServer`] is made of.
#[derive(Debug)]
pub(crate) struct ServerParts {
    pub(crate) resource: ProtectedResource,
    pub(crate) resource_policy: ResourcePolicy,
    pub(crate) validator: Validator,
    pub(crate) dpop: Dpop,
    pub(crate) ways: Ways,
    pub(crate) grants: Arc<dyn GrantCheck>,
    pub(crate) origins: Origins,
    /// Which operations are for whom; `None` lets everybody with the scopes of the server do everything.
    pub(crate) policy: Option<Arc<Policy>>,
    pub(crate) upstream: UpstreamKind,
    /// Where messages are posted, if the upstream speaks HTTP+SSE.
    pub(crate) messages_path: Option<String>,
    pub(crate) identity: Identity,
    pub(crate) credentials: Credentials,
    pub(crate) requests: RequestLimit,
    pub(crate) streams: StreamLimit,
    pub(crate) bodies: BodyBounds,
    pub(crate) clock: Arc<dyn Clock>,
    /// How long after `exp` a token is still accepted.
    pub(crate) leeway: Duration,
    /// Ends event streams when the configuration may accept their tokens no longer.
    pub(crate) acceptance_ends: CancellationToken,
    /// Ends streams that only listen, at once when the gateway stops.
    pub(crate) listening_ends: CancellationToken,
    /// Ends answers that are still streaming when the time to stop is up.
    pub(crate) answering_ends: CancellationToken,
    pub(crate) oversight: Oversight,
}

impl ProtectedServer {
    /// A server of these parts.
    pub(crate) fn new(parts: ServerParts) -> Self {
        Self { route: parts.resource.resource().path().into(), parts }
    }

    /// Its path, for the log.
    pub(crate) const fn route(&self) -> &Arc<str> {
        &self.route
    }

    /// The path of the endpoint, without a slash at its end.
    pub(crate) fn path(&self) -> &str {
        self.parts.resource.resource().path()
    }

    /// The path that messages are posted to, if the upstream speaks HTTP+SSE.
    pub(crate) fn messages_path(&self) -> Option<&str> {
        self.parts.messages_path.as_deref()
    }

    /// What the endpoint takes, or where messages are posted the place for them (RFC 9110 section 10.2.1).
    fn methods(&self, is_for_messages: bool) -> &'static str {
        match &self.parts.messages_path {
            None => MCP_METHODS,
            Some(_) if is_for_messages => "POST, OPTIONS",
            Some(_) => "GET, OPTIONS",
        }
    }

    pub(crate) const fn resource(&self) -> &ProtectedResource {
        &self.parts.resource
    }

    pub(crate) const fn resource_policy(&self) -> &ResourcePolicy {
        &self.parts.resource_policy
    }

    pub(crate) const fn validator(&self) -> &Validator {
        &self.parts.validator
    }

    pub(super) const fn dpop(&self) -> &Dpop {
        &self.parts.dpop
    }

    pub(super) const fn policy(&self) -> Option<&Arc<Policy>> {
        self.parts.policy.as_ref()
    }

    /// Whether the messages of a request must be known before it may go on.
    pub(super) fn reads_messages(&self) -> bool {
        self.parts.policy.is_some() || self.parts.oversight.quotas.need_tool()
    }

    /// How messages are read.
    pub(super) fn message_limits(&self) -> Limits {
        self.policy().map_or_else(Limits::default, |it| *it.limits())
    }

    /// How long after its end a token is still accepted.
    pub(super) const fn leeway(&self) -> Duration {
        self.parts.leeway
    }

    pub(crate) const fn ways(&self) -> &Ways {
        &self.parts.ways
    }

    pub(super) fn grants(&self) -> &dyn GrantCheck {
        self.parts.grants.as_ref()
    }

    /// What lets its callers in at the upstream.
    pub(super) const fn credentials(&self) -> &Credentials {
        &self.parts.credentials
    }

    pub(super) const fn oversight(&self) -> &Oversight {
        &self.parts.oversight
    }

    pub(super) fn now(&self) -> UnixTime {
        self.parts.clock.now()
    }

    pub(crate) const fn origins(&self) -> &Origins {
        &self.parts.origins
    }

    /// A place among the requests that wait for their answer.
    pub(super) fn admit(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Ok(self.parts.requests.admit()?)
    }

    /// A place among the streams of the subject: at once for a GET, which asks for nothing else, and for the others
    /// when their answer is one. Only a POST is expected to be answered so.
    pub(super) fn admit_stream(
        &self,
        principal: &Principal,
        method: &http::Method,
    ) -> Result<StreamPlace, Refusal> {
        let (streams, subject) = (&self.parts.streams, principal.subject_digest());
        Ok(match *method {
            http::Method::GET => streams.listen(subject),
            http::Method::POST => streams.ask(subject),
            _ => streams.pass(subject),
        }?)
    }

    /// # Errors
    /// 413 when the declared length is above the limit, before a byte of the body is read.
    pub(super) fn bound_body(&self, headers: &HeaderMap) -> Result<BodyBounds, Refusal> {
        let declared =
            headers.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
        if declared.is_some_and(|it| it > self.parts.bodies.most) {
            return Err(Reason::BodyTooLarge.into());
        }
        Ok(self.parts.bodies)
    }

    /// Hands the request to the upstream and its answer back.
    ///
    /// # Errors
    /// 502, 504 and their kin when the upstream gave nothing that can be passed on; 413 or 408 when the body broke
    /// its bounds on the way; 401 when the grant has ended before its stream began.
    pub(super) async fn forward(
        &self,
        permitted: &Permitted,
        arrival: &Arrival,
        request: Request<Body>,
        bounds: BodyBounds,
        (stream, credential): (StreamPlace, Option<Box<ObtainedCredential>>),
        now: UnixTime,
    ) -> Result<Response, Refusal> {
        let mut on_behalf = self
            .on_behalf(permitted, arrival, request.method(), now)
            .map_err(|_| Refusal::from(Reason::Internal))?;
        let renewal = credential.and_then(|it| (*it).attach(&mut on_behalf.headers));
        on_behalf.renewal = renewal.clone().map(|it| it as Arc<dyn CredentialRenewal>);
        let (head, body) = request.into_parts();
        let is_for_messages = self.messages_path() == Some(head.uri.path());
        let (body, fault) = bounds.apply(body);
        // Nothing of this has a name, so that nothing of it is kept while it is under way.
        let answered =
            self.parts.upstream.forward(Request::from_parts(head, body), on_behalf, |credential| {
                self.rests(permitted.principal(), credential)
            });
        let response = match answered.await {
            Ok(response) => response,
            Err(error) => {
                let refusal = match fault.reason() {
                    Some(reason) => Refusal::from(reason),
                    None if error.is_about_method() => {
                        Refusal::from(error.reason()).allowing(self.methods(is_for_messages))
                    }
                    None => self.not_forwarded(&error, permitted.principal(), renewal.as_deref()),
                };
                let reason = refusal.reason.code();
                tracing::warn!(request.id = %arrival.request_id, reason, error = %outbound_http::causes(&error), "not forwarded");
                return error.in_words_of_mcp().ok_or(refusal);
            }
        };
        let (head, body) = response.into_parts();
        let body = if body.is_event_stream() {
            self.bounded_stream(body, permitted.principal(), stream)?
        } else {
            Body::new(body)
        };
        Ok(Response::from_parts(head, body))
    }

    /// What lets the caller in at the upstream, if it wants something.
    ///
    /// # Errors
    /// When there is nothing for this caller; and 401 when the grant has ended while it was fetched.
    pub(super) async fn obtain(
        &self,
        credentials: &Credentials,
        permitted: &Permitted,
        presented: Option<Arc<PresentedToken>>,
    ) -> Result<Option<Box<ObtainedCredential>>, Refusal> {
        let (resource, principal) = (&self.parts.resource, permitted.principal());
        if principal.is_nobody() && matches!(credentials, Credentials::OfUser(..)) {
            // Whoever signs in has a credential here.
            return Err(Refusal::of_token(&token_validate::Reason::TokenMissing.into(), resource));
        }
        let holder = Holder { principal: principal.clone(), presented };
        let obtained = credentials.obtain_for_request(holder).await;
        let obtained = obtained.map_err(|it| Refusal::of_upstream_credential(&it, resource, principal))?;
        permitted.still(self)?;
        Ok(obtained)
    }

    /// A credential of the caller that the upstream refuses is the caller's affair, with our own challenge; any other
    /// failure is the upstream's.
    fn not_forwarded(
        &self,
        error: &UpstreamError,
        principal: &Principal,
        renewal: Option<&Renewal>,
    ) -> Refusal {
        if error.is_end_of_grant() {
            return Refusal::of_grant(&self.parts.resource, principal);
        }
        match (error, renewal) {
            (UpstreamError::Http(ForwardError::Unauthorized), Some(renewal)) => {
                let refused = CredentialError::ended("the upstream answered 401");
                let error = renewal.failure().unwrap_or(&refused);
                Refusal::of_upstream_credential(error, &self.parts.resource, principal)
            }
            _ => error.reason().into(),
        }
    }

    /// An event stream that counts among those of its subject and ends with whatever its principal rests on.
    fn bounded_stream(
        &self,
        body: UpstreamBody,
        principal: &Principal,
        place: StreamPlace,
    ) -> Result<Body, Refusal> {
        // Watched only now, since few answers are streams: a grant that ended meanwhile shows here.
        let Some(grant) = self.watch_grant(principal) else {
            body.abort();
            return Err(Refusal::of_grant(&self.parts.resource, principal));
        };
        let body = body.ending_with(self.stream_ends(principal).chain([grant.token().clone()]));
        Ok(Body::new(CountedStream::new(body, place.open(), grant)))
    }

    fn watch_grant(&self, principal: &Principal) -> Option<Box<dyn GrantEnd>> {
        match principal.token() {
            Some(token) => self.parts.grants.watch(token),
            None => Some(NoGrants::watch_nothing()),
        }
    }

    /// What ends an event stream before its principal's time is up, beside the end of the gateway and of the grant.
    fn stream_ends(&self, principal: &Principal) -> impl Iterator<Item = CancellationToken> {
        [Some(self.parts.acceptance_ends.clone()), principal.ends().cloned()].into_iter().flatten()
    }

    /// What a process that is started for this request rests on.
    fn rests(&self, principal: &Principal, credential: Option<Variable>) -> Rests {
        let tenant = PrincipalOfChildren::new(Arc::clone(&self.parts.grants), principal, credential);
        Rests { tenant: Arc::new(tenant), listening_ends: self.parts.listening_ends.clone() }
    }

    fn on_behalf(
        &self,
        permitted: &Permitted,
        arrival: &Arrival,
        method: &http::Method,
        now: UnixTime,
    ) -> Result<OnBehalf, SigningKeyError> {
        let principal = permitted.principal();
        let listens = method == http::Method::GET;
        let ends = if listens { &self.parts.listening_ends } else { &self.parts.answering_ends };
        Ok(OnBehalf {
            principal: Arc::clone(principal.unique_name()),
            headers: self.parts.identity.headers(principal, now)?,
            renewal: None,
            request_id: HeaderValue::clone(&arrival.request_id_header),
            // A token that was accepted within the leeway must not lose its answer.
            stream_until: principal.accepted_until(self.parts.leeway).map(|it| it.saturating_since(now)),
            cancel: ends.clone(),
        })
    }
}
