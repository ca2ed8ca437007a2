use http::Uri;
use mcp_proxy::{UpstreamSettings, UpstreamTarget};
use resource_metadata::{Dpop, ProtectedResource};
use token_validate::DpopSettings;
use url::Url;

use crate::config::{Config, DpopMode, Server, ServerMaterial, Upstream};

/// Why a `[[server]]` cannot be used, although the file was accepted.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Nobody issues tokens for it.
    #[error("the server {0} has no authorization server")]
    NoAuthorizationServer(String),
    /// Its audiences are of no use.
    #[error("the audiences of the server {0} are of no use")]
    Audiences(String, #[source] token_validate::InvalidResourcePolicy),
    /// Its upstream has an address that cannot be called.
    #[error("the upstream of the server {0} has an address that cannot be called")]
    Address(String, #[source] http::uri::InvalidUri),
    /// Its upstream cannot be set up.
    #[error("the upstream of the server {0} cannot be set up")]
    Upstream(String, #[source] mcp_proxy::ProxySetupError),
    /// The program of its upstream was not found when the configuration was read.
    #[error("the upstream of the server {0} has no program")]
    NoProgram(String),
    /// Its session key cannot be derived.
    #[error("two servers have the same resource")]
    SameResource(#[from] resource_metadata::DuplicateResource),
}

/// The resource that `server` is, with the issuers whose tokens count for it.
pub(crate) fn protected_resource(config: &Config, server: &Server) -> Result<ProtectedResource, ServerError> {
    let mut issuers = config.issuers(server).into_iter();
    let first = issuers.next().ok_or_else(|| ServerError::NoAuthorizationServer(server.path.to_string()))?;
    let mut builder = ProtectedResource::builder(config.resource(server), first)
        .scopes(server.scopes.iter().cloned().collect())
        .offered_scopes(server.known_scopes().cloned().collect());
    for issuer in issuers {
        builder = builder.authorization_server(issuer);
    }
    if server.dpop != DpopMode::Off {
        let required = server.dpop == DpopMode::Required;
        builder = builder.dpop(Dpop { algorithms: DpopSettings::default().algorithm_names(), required });
    }
    if let Some(name) = &server.name {
        builder = builder.name(name);
    }
    if let Some(page) = &server.documentation {
        builder = builder.documentation(page.clone());
    }
    if let Some(page) = &server.policy {
        builder = builder.policy(page.clone());
    }
    if let Some(page) = &server.terms {
        builder = builder.terms(page.clone());
    }
    Ok(builder.build())
}

/// How the MCP server behind `server` is called.
///
/// `None` for one that the gateway starts itself.
pub(crate) fn upstream_settings(
    server: &Server,
    material: &ServerMaterial,
) -> Result<Option<UpstreamSettings>, ServerError> {
    let address = |url: &Url| {
        url.as_str().parse::<Uri>().map_err(|it| ServerError::Address(server.path.to_string(), it))
    };
    let target = match &server.upstream {
        Upstream::Stdio(_) => return Ok(None),
        Upstream::Http(url) => UpstreamTarget::Http(address(url)?),
        Upstream::Sse(url) => UpstreamTarget::Sse {
            stream: address(url)?,
            messages: server.messages_path().unwrap_or_default(),
        },
        Upstream::Unix { socket, path } => {
            UpstreamTarget::Unix { socket: socket.clone(), path: path.as_str().to_owned() }
        }
    };
    let http = &server.http;
    let mut settings = UpstreamSettings::new(server.path.as_str(), target);
    settings.extra_roots.clone_from(&material.roots);
    settings.connect_timeout = http.connect_timeout.get();
    settings.response_timeout = http.response_timeout.get();
    settings.request_headers = http.request_headers.iter().map(|it| it.name().clone()).collect();
    settings.response_headers = http.response_headers.iter().map(|it| it.name().clone()).collect();
    settings.keep_alive = http.keep_alive.get();
    settings.drain = http.drain.get();
    Ok(Some(settings))
}
