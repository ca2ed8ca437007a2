//! Figures of the process for whoever watches it, in the text format of Prometheus; never a name that a client chose.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// What is counted, for as long as the process lives.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    head: Family<At, Histogram>,
    tokens: Family<TokenOutcome, Counter>,
    upstream_errors: Family<UpstreamError, Counter>,
    grants: Gauge<u64, AtomicU64>,
    codes: Gauge<u64, AtomicU64>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: Route,
    status: u16,
    reason: &'static str,
}

/// What became of a token request; both are of closed lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct TokenOutcome {
    /// The last part of `grant_type`, or `other`.
    pub(crate) grant_type: &'static str,
    /// `issued`, the `error` of the answer, or `other`.
    pub(crate) outcome: &'static str,
}

/// How an MCP server failed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UpstreamError {
    route: Route,
    reason: &'static str,
}

/// Where it was answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct At {
    route: Route,
}

/// A route as it is written in the router, or none for a path that nobody answers: there are few of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Route(Option<Arc<str>>);

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        EncodeLabelValue::encode(&self.0.as_deref().unwrap_or("-"), encoder)
    }
}

impl Metrics {
    /// Nothing counted yet, but for `lost_lines` of the audit, which it counts itself.
    pub(crate) fn new(lost_lines: Counter) -> Self {
        let mut registry = Registry::with_prefix("mcp_gateway");
        let requests = Family::default();
        let head = Family::new_with_constructor(histogram as fn() -> Histogram);
        let (tokens, upstream_errors) = (Family::<TokenOutcome, Counter>::default(), Family::default());
        // From the start, so that the first one shows as an increase.
        let _ = tokens.get_or_create(&TokenOutcome { grant_type: "authorization_code", outcome: "issued" });
        let (grants, codes) = (Gauge::default(), Gauge::default());
        registry.register("token_requests", "Token requests by grant type and outcome", tokens.clone());
        registry.register(
            "upstream_errors",
            "Requests that an MCP server failed, by route and reason; `answered_5xx` is an answer of its own",
            upstream_errors.clone(),
        );
        registry.register("audit_lines_lost", "Lines of the audit that could not be written", lost_lines);
        registry.register("requests", "Requests by route, status and reason of refusal", requests.clone());
        let words = "Time from a request to the head of its answer, by route";
        registry.register_with_unit("answer_head", words, Unit::Seconds, head.clone());
        registry.register("grants_live", "Grants that live", grants.clone());
        registry.register(
            "codes_waiting",
            "Authorization codes that wait for their redemption",
            codes.clone(),
        );
        Self { registry, requests, head, tokens, upstream_errors, grants, codes }
    }

    /// Counts a request; `head` is none if its client left before there was an answer.
    pub(crate) fn answered(
        &self,
        route: Option<&Arc<str>>,
        status: u16,
        reason: &'static str,
        head: Option<Duration>,
    ) {
        let route = Route(route.cloned());
        if let Some(head) = head {
            self.head.get_or_create(&At { route: route.clone() }).observe(head.as_secs_f64());
        }
        if let Some(reason) = upstream_error(status, reason) {
            self.upstream_errors.get_or_create(&UpstreamError { route: route.clone(), reason }).inc();
        }
        self.requests.get_or_create(&Answered { route, status, reason }).inc();
    }

    /// Counts a token request.
    pub(crate) fn token_answered(&self, outcome: TokenOutcome) {
        self.tokens.get_or_create(&outcome).inc();
    }

    fn text(&self, grants: (usize, usize)) -> Result<String, fmt::Error> {
        self.grants.set(grants.0 as u64);
        self.codes.set(grants.1 as u64);
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Tells how many grants live, and how many codes are out.
pub(crate) type Census = Arc<dyn Fn() -> (usize, usize) + Send + Sync>;

/// `/metrics`; `grants` tells how many grants live and how many codes are out.
pub(crate) fn router(metrics: Arc<Metrics>, grants: Census) -> Router {
    let answer = async move || -> Response {
        match metrics.text(grants()) {
            Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
            Err(fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    };
    Router::new().route("/metrics", get(answer))
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Metrics")
    }
}

/// Refusals of our own have a reason, so a 5xx without one is the upstream's.
fn upstream_error(status: u16, reason: &'static str) -> Option<&'static str> {
    match reason {
        "ok" if status >= 500 => Some("answered_5xx"),
        reason if reason.starts_with("upstream_") => Some(reason),
        _ => None,
    }
}

/// From half a millisecond to half a minute.
fn histogram() -> Histogram {
    Histogram::new([
        0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    ])
}

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_counted_by_route_status_and_reason() {
        let lost_lines = Counter::default();
        lost_lines.inc_by(2);
        let metrics = Metrics::new(lost_lines);
        let route: Arc<str> = "/mcp".into();
        metrics.answered(Some(&route), 200, "ok", Some(Duration::from_millis(3)));
        metrics.answered(Some(&route), 200, "ok", Some(Duration::from_millis(7)));
        metrics.answered(Some(&route), 401, "token_missing", Some(Duration::from_millis(1)));
        metrics.answered(Some(&route), 0, "client_left", None);
        metrics.answered(None, 404, "route_unknown", Some(Duration::from_millis(1)));
        metrics.answered(Some(&route), 500, "ok", Some(Duration::from_millis(1)));
        metrics.answered(Some(&route), 502, "upstream_unreachable", Some(Duration::from_millis(1)));
        metrics.answered(Some(&route), 503, "not_ready", Some(Duration::from_millis(1)));
        let outcome = TokenOutcome { grant_type: "refresh_token", outcome: "invalid_grant" };
        metrics.token_answered(outcome);
        metrics.token_answered(outcome);
        let text = metrics.text((5, 1)).unwrap();
        let failed = text.lines().filter(|it| it.starts_with("mcp_gateway_upstream_errors_total{"));
        assert_eq!(failed.count(), 2, "{text}");
        for line in [
            r#"mcp_gateway_token_requests_total{grant_type="refresh_token",outcome="invalid_grant"} 2"#,
            r#"mcp_gateway_upstream_errors_total{route="/mcp",reason="answered_5xx"} 1"#,
            r#"mcp_gateway_upstream_errors_total{route="/mcp",reason="upstream_unreachable"} 1"#,
            r#"mcp_gateway_requests_total{route="/mcp",status="200",reason="ok"} 2"#,
            r#"mcp_gateway_requests_total{route="/mcp",status="401",reason="token_missing"} 1"#,
            r#"mcp_gateway_requests_total{route="/mcp",status="0",reason="client_left"} 1"#,
            r#"mcp_gateway_requests_total{route="-",status="404",reason="route_unknown"} 1"#,
            r#"mcp_gateway_answer_head_seconds_bucket{le="0.005",route="/mcp"} 5"#,
            r#"mcp_gateway_answer_head_seconds_count{route="/mcp"} 6"#,
            "mcp_gateway_audit_lines_lost_total 2",
            "mcp_gateway_grants_live 5",
            "mcp_gateway_codes_waiting 1",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
