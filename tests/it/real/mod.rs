//! Real authorization servers, MCP servers and clients, with the built gateway between them.

mod api_keys;
mod clients;
mod conformance;
mod credentials;
mod dpop;
mod eras;
mod legacy;

use test_support::parts;

use crate::support::{Gateway, Part, Setup};

/// `oidc-provider`, an MCP server, and the gateway between it and the clients.
struct Stage {
    authorization_server: Part,
    gateway: Gateway,
    upstream: Part,
}

impl Stage {
    /// A stage for the MCP server `upstream`, with further options of the authorization server and lines of its
    /// section in the configuration.
    fn set(upstream: &str, options: &[&str], section: &str) -> Self {
        Self::set_with_files(upstream, options, section, &[])
    }

    /// The same with files beside the configuration.
    fn set_with_files(upstream: &str, options: &[&str], section: &str, files: &[(&str, &str)]) -> Self {
        let upstream = Part::start(upstream, &[]);
        let address = format!("http = \"{}\"", upstream.url("/mcp"));
        Self::before(upstream, &address, options, section, files)
    }

    /// The same before a server that runs already, at this `upstream` of the configuration.
    fn before(
        upstream: Part,
        address: &str,
        options: &[&str],
        section: &str,
        files: &[(&str, &str)],
    ) -> Self {
        // The resource has the gateway's port, so the authorization server comes second but is named first.
        let reserved = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer_port = reserved.local_addr().unwrap().port();
        drop(reserved);
        let issuer = format!("http://127.0.0.1:{issuer_port}");
        let setup = files.iter().fold(Setup::new(), |setup, (name, text)| setup.file(name, text));
        let gateway = setup.start(|listen| configuration(listen, address, &issuer, section));
        let (port, resource) = (issuer_port.to_string(), gateway.url("/mcp"));
        let arguments: Vec<_> =
            ["--port", &port, "--resource", &resource].into_iter().chain(options.iter().copied()).collect();
        let authorization_server = Part::start("authorization-server.mjs", &arguments);
        assert_eq!(authorization_server.origin(), issuer);
        Self { authorization_server, gateway, upstream }
    }

    /// The MCP server behind the gateway.
    fn upstream(&self) -> &Part {
        &self.upstream
    }

    /// What clients are given.
    fn url(&self) -> String {
        self.gateway.url("/mcp")
    }

    /// A token from the authorization server, by client credentials.
    async fn token(&self) -> String {
        let form = format!(
            "grant_type=client_credentials&client_id=test-client&client_secret=test-client-secret&scope=mcp&resource={}",
            self.url().replace(':', "%3A").replace('/', "%2F")
        );
        let request = http::Request::post(self.authorization_server.url("/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .unwrap();
        let answer = crate::support::call(request).await;
        answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
    }

    /// Waits until the gateway has the keys, which it looks for again and again.
    async fn ready(&self) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(90);
        while crate::support::get(&self.gateway.url("/readyz")).await.status != 200 {
            assert!(std::time::Instant::now() < deadline, "never ready:\n{}", self.gateway.output());
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
}

/// What a gateway is told of a program of `tests/real/` that it shall start.
fn over_stdio(program: &str, arguments: &[&str]) -> String {
    let mut command = parts::command(program);
    command.args(arguments);
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|it| it.to_str().unwrap()).collect();
    format!("stdio = {}", serde_json::json!(words))
}

fn configuration(listen: &str, upstream: &str, issuer: &str, section: &str) -> String {
    let port = listen.rsplit(':').next().unwrap();
    format!(
        r#"public_url = "http://localhost:{port}"
[listen]
address = "{listen}"
[outbound]
allow_loopback = true
[[server]]
path = "/mcp"
upstream = {{ {upstream} }}
scopes = ["mcp"]
[[authorization_server]]
issuer = "{issuer}"
{section}
"#
    )
}
