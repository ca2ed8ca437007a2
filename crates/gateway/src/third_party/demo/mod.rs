//! `mcp-gateway demo` with Option B: an MCP server and the gateway before it, which signs in one built-in account.

mod guide;
mod person;
mod walk;

use std::{
    future::{Future, pending},
    io::{self, Write},
    net::SocketAddr,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_client::local;
use oauth_types::{Entropy, SystemEntropy};
use tokio::task::JoinHandle;

use crate::{
    config::{Config, Secret, ThirdPartyMaterial},
    demo::{DEMO_SCOPE, DemoError, DemoOptions, bind, mcp_server, spawn, without_files},
    serve::Running,
};

/// Where everything is.
struct Addresses {
    /// The MCP endpoint of the gateway: what a client is given.
    resource: String,
    /// The origin of the gateway, which is the issuer, too.
    gateway: String,
    /// The MCP server behind the gateway.
    upstream: String,
}

/// The one account.
struct Account {
    name: String,
    password: String,
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
    let account = Account { name: "demo".to_owned(), password: password() };
    let (gateway, addresses, upstream) = start(options.port, &account).await?;
    guide::print(out, &addresses, &account)?;
    let failed = walk::run(out, &addresses, &account).await?;
    if failed == 0 && !options.once {
        writeln!(out, "\nEverything stays up until you press Ctrl-C, and is forgotten then.")?;
        out.flush()?;
        stop.await;
    }
    gateway.stop(pending()).await;
    upstream.abort();
    if failed > 0 { Err(DemoError::Steps(failed)) } else { Ok(()) }
}

type Upstream = JoinHandle<io::Result<()>>;

async fn start(port: u16, account: &Account) -> Result<(Running, Addresses, Upstream), DemoError> {
    let (upstream_socket, upstream) = bind(0)?;
    let (gateway_socket, gateway) = bind(port)?;
    let addresses = Addresses {
        resource: format!("http://{gateway}/mcp"),
        gateway: format!("http://{gateway}"),
        upstream: format!("http://{upstream}/mcp"),
    };
    let password = local::Password::new(account.password.clone());
    let hash = local::hash_password(&password, &SystemEntropy).map_err(io::Error::other)?;
    let text = configuration(&addresses, gateway, &account.name, &hash.to_phc());
    let config = Config::parse(&text, "the demo's configuration")?;
    let mut loaded = without_files(config);
    loaded.material.third_party = Some(ThirdPartyMaterial {
        database: None,
        master_key: Secret::new(random_text()),
        old_master_keys: Vec::new(),
        initial_access_tokens: Vec::new(),
        provider_secrets: vec![None],
        trusted_issuer_keys: Vec::new(),
        clients: Vec::new(),
    });
    let task = spawn(upstream_socket, mcp_server::router())?;
    let running = Running::start_on(&loaded, gateway_socket).await?;
    Ok((running, addresses, task))
}

/// What somebody would write into a file to get the same gateway.
fn configuration(addresses: &Addresses, listen: SocketAddr, name: &str, password_hash: &str) -> String {
    let Addresses { gateway, upstream, .. } = addresses;
    format!(
        r#"public_url = "{gateway}"

[listen]
address = "{listen}"

[[server]]
path = "/mcp"
name = "Demo"
upstream = {{ http = "{upstream}" }}
scopes = ["{DEMO_SCOPE}"]
scope_descriptions = {{ {DEMO_SCOPE} = "Use the demo's tools: add, echo and count" }}

[third_party]
storage = {{ memory = true }}
master_key = {{ env = "MCP_GATEWAY_MASTER_KEY" }}

[[third_party.provider]]
id = "demo"
preset = "local"
name = "Demo account"

[[third_party.provider.account]]
username = "{name}"
password_hash = "{password_hash}"

[outbound]
allow_loopback = true

[limits]
shutdown = "1s"
"#
    )
}

/// More than 90 random bits, which are easily typed.
fn password() -> String {
    random_text().chars().filter(char::is_ascii_alphanumeric).take(16).collect()
}

/// 256 random bits.
fn random_text() -> String {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
