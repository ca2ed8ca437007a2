//! `mcp-gateway demo`: an MCP server, an authorization server and the gateway between, all on loopback.

mod authorization_server;
mod guide;
pub(crate) mod mcp_server;
pub(crate) mod steps;
mod walk;

pub(crate) use authorization_server::DEMO_SCOPE;

use std::{
    future::{Future, pending},
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
};

use axum::Router;
use oauth_types::{SystemClock, SystemEntropy};
use tokio::task::JoinHandle;

use self::authorization_server::DemoAuthorizationServer;
use crate::{
    adapters::SigningKeyError,
    config::{AuthorizationServerMaterial, Config, ConfigError, Loaded, Material, ServerMaterial},
    serve::{Running, StartError},
};

/// How the demo runs.
#[derive(Clone, Copy, Debug)]
pub struct DemoOptions {
    /// Walk through the flow and stop, instead of staying up.
    pub once: bool,
    /// The port of the gateway on 127.0.0.1; 0 takes any.
    pub port: u16,
}

/// Why the demo failed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No socket, or nowhere to print to.
    #[error("the demo cannot open its sockets or print")]
    Io(#[from] io::Error),
    /// The port is taken, or not for us.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// No key for its authorization server.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
    /// The demo's own configuration was refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The gateway did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A step of the walk did not go as it must.
    #[error("{0} of the steps did not go as they must")]
    Steps(usize),
}

/// The three servers of the demo.
struct Servers {
    gateway: Running,
    authorization_server: Arc<DemoAuthorizationServer>,
    addresses: Addresses,
    tasks: [JoinHandle<io::Result<()>>; 2],
}

/// Where they are.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    /// The MCP endpoint of the gateway: what a client is given.
    pub(crate) resource: String,
    /// The origin of the gateway.
    pub(crate) gateway: String,
    /// The authorization server.
    pub(crate) issuer: String,
    /// The MCP server behind the gateway.
    pub(crate) upstream: String,
}

/// Starts the demo, walks through its flow, and stays up until `stop` resolves unless it runs once.
///
/// # Errors
/// [`DemoError`] when something cannot start, or a step did not go as it must.
pub async fn run(
    options: DemoOptions,
    out: &mut (dyn Write + Send),
    stop: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    show(start(options.port).await?, options.once, out, stop).await
}

/// Prints the guide to `servers`, walks through the flow, and stops them in the end.
async fn show(
    servers: Servers,
    once: bool,
    out: &mut (dyn Write + Send),
    stop: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    guide::print(out, &servers.addresses, &servers.authorization_server)?;
    let failed = walk::run(out, &servers.addresses, &servers.authorization_server).await?;
    if failed == 0 && !once {
        writeln!(out, "\nEverything stays up until you press Ctrl-C.")?;
        out.flush()?;
        stop.await;
    }
    servers.gateway.stop(pending()).await;
    servers.tasks.iter().for_each(JoinHandle::abort);
    if failed > 0 { Err(DemoError::Steps(failed)) } else { Ok(()) }
}

async fn start(port: u16) -> Result<Servers, DemoError> {
    let (upstream_socket, upstream) = bind(0)?;
    let (issuer_socket, issuer) = bind(0)?;
    let (gateway_socket, gateway) = bind(port)?;
    let addresses = Addresses {
        resource: format!("http://{gateway}/mcp"),
        gateway: format!("http://{gateway}"),
        issuer: format!("http://{issuer}"),
        upstream: format!("http://{upstream}/mcp"),
    };
    let clock = Arc::new(SystemClock::new());
    let authorization_server = Arc::new(DemoAuthorizationServer::new(
        addresses.issuer.clone(),
        addresses.resource.clone(),
        clock,
        Arc::new(SystemEntropy),
    )?);
    let tasks = [
        spawn(upstream_socket, mcp_server::router())?,
        spawn(issuer_socket, authorization_server::router(Arc::clone(&authorization_server)))?,
    ];
    let config = Config::parse(&configuration(&addresses, gateway), "the demo's configuration")?;
    let gateway = Running::start_on(&without_files(config), gateway_socket).await?;
    Ok(Servers { gateway, authorization_server, addresses, tasks })
}

/// What somebody would write into a file to get the same gateway.
pub(crate) fn configuration(addresses: &Addresses, listen: SocketAddr) -> String {
    let Addresses { gateway, issuer, upstream, .. } = addresses;
    format!(
        r#"public_url = "{gateway}"

[listen]
address = "{listen}"

[[server]]
path = "/mcp"
name = "Demo"
upstream = {{ http = "{upstream}" }}
scopes = ["{DEMO_SCOPE}"]

[[authorization_server]]
issuer = "{issuer}"

[outbound]
allow_loopback = true

[limits]
shutdown = "1s"
"#
    )
}

/// A configuration that points at nothing.
pub(crate) fn without_files(config: Config) -> Loaded {
    let servers = config.servers.iter().map(|_| ServerMaterial {
        roots: Vec::new(),
        identity_key: None,
        credential: None,
        stdio: None,
    });
    let authorization_servers = config
        .authorization_servers
        .iter()
        .map(|_| AuthorizationServerMaterial { keys: None, client_secret: None });
    let material = Material {
        tls: None,
        session_key: None,
        outbound_roots: Vec::new(),
        servers: servers.collect(),
        authorization_servers: authorization_servers.collect(),
        third_party: None,
    };
    Loaded { config, material, files: Vec::new() }
}

pub(crate) fn bind(port: u16) -> Result<(TcpListener, SocketAddr), DemoError> {
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let socket = TcpListener::bind(wanted).map_err(|error| DemoError::Listen(wanted, error))?;
    let address = socket.local_addr()?;
    Ok((socket, address))
}

pub(crate) fn spawn(socket: TcpListener, router: Router) -> io::Result<JoinHandle<io::Result<()>>> {
    let server = axum_server::from_tcp(socket)?;
    Ok(tokio::spawn(server.serve(router.into_make_service())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_step_that_does_not_go_as_it_must_is_a_failure() {
        let mut said = Vec::new();
        Box::pin(show(start(0).await.unwrap(), true, &mut said, async {})).await.unwrap();
        assert!(!String::from_utf8(said).unwrap().contains("FAIL"));

        // The MCP server itself lets everybody in: no step can go as it must but the good call.
        let mut servers = start(0).await.unwrap();
        servers.addresses.resource = servers.addresses.upstream.clone();
        let mut said = Vec::new();
        // It does not stay up either.
        let outcome = Box::pin(show(servers, false, &mut said, pending())).await;
        let said = String::from_utf8(said).unwrap();
        let failed = said.matches("  FAIL ").count();
        assert!(
            matches!(outcome, Err(DemoError::Steps(it)) if it == failed && failed > 0),
            "{outcome:?}\n{said}"
        );
        assert!(said.contains("  FAIL call without a token: 200"), "{said}");
        assert!(said.contains("  ok   tools/call with a good token: 200"), "{said}");
    }
}
