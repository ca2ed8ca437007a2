use std::sync::Arc;

use bytes::Bytes;
use http::{Request, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use mcp_stdio::{BoxError, Bridge, OnBehalf, StdioError, StdioReason, Tenant, TenantEnd, Variable};
use oauth_types::SystemEntropy;
use tokio_util::sync::CancellationToken;

use outbound_http::causes;

use super::upstream::{INITIALIZE, introduction};
use crate::{
    adapters::stdio_settings,
    check::{FindingCode, Findings},
    config::{Server, ServerMaterial, Upstream},
};

/// Starts the program behind `server`, opens an MCP session with it as the gateway would, and ends it.
pub(super) async fn check(server: &Server, material: &ServerMaterial, subject: String) -> Findings {
    let mut findings = Findings::default();
    let (Upstream::Stdio(stdio), Some(material)) = (&server.upstream, &material.stdio) else {
        return findings;
    };
    let bridge = Bridge::new(stdio_settings(server, stdio, material), Arc::new(SystemEntropy));
    let (code, message) = initialize(&bridge).await;
    findings.add(code, format!("{subject}.upstream.stdio"), message);
    bridge.stop().await;
    findings
}

async fn initialize(bridge: &Bridge) -> (FindingCode, String) {
    let request = Request::post("/").header(CONTENT_TYPE, "application/json");
    let Ok(request) = request.body(Full::new(Bytes::from_static(INITIALIZE.as_bytes()))) else {
        return (FindingCode::UpstreamFailed, String::new());
    };
    let on_behalf = OnBehalf {
        principal: "mcp-gateway check".into(),
        stream_until: None,
        cancel: CancellationToken::new(),
        listening_ends: CancellationToken::new(),
        tenant: Arc::new(Nobody::default()),
    };
    match bridge.forward(request, on_behalf).await {
        Err(error) => (code_of(&error), causes(&error)),
        Ok(answer) => {
            let body = answer.into_body().collect().await;
            let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            match serde_json::from_slice(&body) {
                Ok(message) => (FindingCode::UpstreamAnswers, introduction(&message)),
                Err(_) => (FindingCode::UpstreamNotMcp, "answered with what is no JSON-RPC".to_owned()),
            }
        }
    }
}

fn code_of(error: &StdioError) -> FindingCode {
    match error.reason() {
        StdioReason::StartTimeout | StdioReason::Timeout => FindingCode::UpstreamTimeout,
        _ => FindingCode::ProgramFails,
    }
}

/// The check acts for nobody, so nothing is granted to its process beyond the configuration.
#[derive(Clone, Debug, Default)]
struct Nobody(CancellationToken);

#[async_trait::async_trait]
impl Tenant for Nobody {
    fn watch(&self) -> Option<Box<dyn TenantEnd>> {
        Some(Box::new(self.clone()))
    }

    async fn environment(&self) -> Result<Vec<Variable>, BoxError> {
        Ok(Vec::new())
    }
}

impl TenantEnd for Nobody {
    fn token(&self) -> &CancellationToken {
        &self.0
    }
}
