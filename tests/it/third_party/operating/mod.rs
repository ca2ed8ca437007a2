//! What operators do with a gateway, running or not, by the commands of the program.

mod checks;
mod grants;
mod keys;
mod storage;

use serde_json::Value;
use test_support::upstream::RecordingUpstream;

use super::{
    attacks::echo,
    client::{Client, Tokens},
    commands::{run, text},
    stage::{LOCAL, alice, gateway},
};
use crate::support::{Gateway, call, tool_call};

/// A gateway with built-in accounts, a client of it, and alice's tokens.
struct Scene {
    gateway: Gateway,
    client: Client,
    tokens: Tokens,
    _upstream: RecordingUpstream,
}

impl Scene {
    async fn set() -> Self {
        let upstream = echo().await;
        let gateway = gateway(&upstream.uri("/mcp").to_string(), LOCAL, "");
        let client = Client::register(&gateway).await;
        let tokens = client.connect(&alice()).await;
        Self { gateway, client, tokens, _upstream: upstream }
    }

    /// The exit code of a command, what it answers and what it says besides.
    fn command(&self, arguments: &[&str]) -> (i32, String, String) {
        let folder = self.gateway.path("");
        let output = run(&folder, &[arguments, &["--config", "gateway.toml"]].concat(), "");
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    /// The answer of a command that succeeds.
    #[track_caller]
    fn asks(&self, arguments: &[&str]) -> Value {
        let (code, answer, said) = self.command(&[arguments, &["--json"]].concat());
        assert_eq!(code, 0, "{arguments:?}: {answer}{said}");
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("no JSON: {answer}"))
    }

    async fn status(&self, access: &str) -> u16 {
        call(tool_call(&self.gateway.url("/mcp"), Some(access))).await.status.as_u16()
    }

    fn stop(&mut self) {
        self.gateway.signal("TERM");
        assert!(self.gateway.wait().success());
    }
}
