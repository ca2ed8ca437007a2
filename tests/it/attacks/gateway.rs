//! A gateway in its own process, with what stands on both sides of it.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use oauth_types::{Clock, SystemClock};
use tempfile::TempDir;
use test_support::{
    issuer::{TestIssuer, TokenBuilder},
    upstream::{Answer, Recorded, RecordingUpstream},
};
use tokio::{sync::watch, time::timeout};

use super::wire::{Message, Wire};

/// Long enough for a loaded machine; a test that needs it has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The host of `public_url`.
pub(super) const HOST: &str = "mcp.example";

pub(super) const ISSUER: &str = "https://as.example";

/// A configuration in the making; what it says is added to one that works.
#[derive(Default)]
pub(super) struct Setup {
    /// Lines before the first section.
    root: String,
    /// Lines of the first `[[server]]`.
    server: String,
    /// Sections of their own.
    sections: String,
    public_url: Option<String>,
    authorization_server: Option<String>,
    upstream: Option<String>,
    listen: String,
    log_format: Option<&'static str>,
}

impl Setup {
    pub(super) fn root(mut self, lines: &str) -> Self {
        self.root.push_str(lines);
        self
    }

    pub(super) fn server(mut self, lines: &str) -> Self {
        self.server.push_str(lines);
        self
    }

    pub(super) fn sections(mut self, text: &str) -> Self {
        self.sections.push_str(text);
        self
    }

    pub(super) fn public_url(mut self, url: &str) -> Self {
        self.public_url = Some(url.to_owned());
        self
    }

    /// The lines of `[[authorization_server]]`, instead of an issuer whose keys are in a file.
    pub(super) fn authorization_server(mut self, lines: &str) -> Self {
        self.authorization_server = Some(lines.to_owned());
        self
    }

    /// How log lines look; JSON if nothing is said.
    pub(super) fn log_format(mut self, format: &'static str) -> Self {
        self.log_format = Some(format);
        self
    }

    /// Where proxies are that may speak plain HTTP to it.
    pub(super) fn behind_proxy(mut self, network: &str) -> Self {
        self.listen = format!("behind_proxy = [\"{network}\"]\n");
        self
    }

    /// The upstream of `/mcp`, instead of a recording one.
    pub(super) fn upstream(mut self, address: SocketAddr) -> Self {
        self.upstream = Some(format!("http://{address}/up"));
        self
    }

    /// The whole file, for an upstream at `upstream`.
    pub(super) fn text(&self, upstream: &str) -> String {
        let upstream = self.upstream.as_deref().unwrap_or(upstream);
        let log_format = self.log_format.unwrap_or("json");
        let public_url = self.public_url.as_deref().unwrap_or("https://mcp.example");
        let from_file = format!("issuer = \"{ISSUER}\"\nkeys = {{ file = \"keys.json\" }}");
        let authorization_server = self.authorization_server.as_deref().unwrap_or(&from_file);
        format!(
            "public_url = \"{public_url}\"\n{}\
             [listen]\naddress = \"127.0.0.1:0\"\n{}\
             [log]\nlevel = \"trace\"\nformat = \"{log_format}\"\n\
             [[server]]\npath = \"/mcp\"\nscopes = [\"mcp\"]\nupstream = {{ http = \"{upstream}\" }}\n{}\n\
             [[authorization_server]]\n{authorization_server}\n{}",
            self.root, self.listen, self.server, self.sections
        )
    }

    /// Starts it in front of an upstream that answers every request alike.
    pub(super) async fn start(self) -> Gateway {
        self.start_before(|_| Answer::json(ANSWER)).await
    }

    /// Starts it in front of an upstream with a script.
    pub(super) async fn start_before(
        self,
        script: impl FnMut(&Recorded) -> Answer + Send + 'static,
    ) -> Gateway {
        let upstream = RecordingUpstream::start(script).await;
        let issuer = TestIssuer::new(ISSUER);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("keys.json"), issuer.jwks().to_string()).unwrap();
        let config = folder.path().join("mcp-gateway.toml");
        std::fs::write(&config, self.text(&upstream.uri("/up").to_string())).unwrap();
        let mut process = command(&config).stderr(Stdio::piped()).spawn().unwrap();
        let log = Log::of(&mut process);
        let line = log.line_with("listening on").await;
        let address = line.rsplit("http://").next().unwrap().split('"').next().unwrap().parse().unwrap();
        Gateway { process, address, log, upstream, issuer, folder }
    }
}

/// The command that serves `config`.
pub(super) fn command(config: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-gateway"));
    command.arg("serve").arg("--config").arg(config).stdin(Stdio::null());
    command
}

/// A gateway that serves; killed when dropped.
pub(super) struct Gateway {
    process: Child,
    pub(super) address: SocketAddr,
    pub(super) log: Log,
    pub(super) upstream: RecordingUpstream,
    pub(super) issuer: TestIssuer,
    folder: TempDir,
}

impl Gateway {
    pub(super) async fn start() -> Self {
        Setup::default().start().await
    }

    /// A token in the making: good for `/mcp` unless told otherwise.
    pub(super) fn token(&self) -> TokenBuilder {
        self.issuer.token().issued_at(now())
    }

    /// A good token of `subject`.
    pub(super) fn token_of(&self, subject: &str) -> String {
        self.token().claim("sub", subject).sign()
    }

    pub(super) async fn connect(&self) -> Wire {
        Wire::connect(self.address).await
    }

    /// The answer to one request on a connection of its own.
    pub(super) async fn ask(&self, request: impl AsRef<[u8]>) -> Message {
        let mut wire = self.connect().await;
        wire.send(request.as_ref()).await;
        wire.answer().await
    }

    /// A good request with a good token still passes.
    pub(super) async fn serves(&self) {
        let answer = self.ask(post("/mcp", &bearer(&self.token_of("bystander")), BODY)).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
    }

    /// Its configuration.
    pub(super) fn config(&self) -> PathBuf {
        self.folder.path().join("mcp-gateway.toml")
    }

    /// Writes its configuration anew, with the one place that reads `from` changed.
    pub(super) fn change_config(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.config()).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        std::fs::write(self.config(), text.replace(from, to)).unwrap();
    }

    /// The resident memory of the process in KiB.
    pub(super) fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|it| it.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Ends the process in order and gives every line that it logged.
    pub(super) async fn stop(mut self) -> String {
        let process = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
        let lines = self.log.whole().await;
        assert!(self.process.wait().unwrap().success());
        lines
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// What a process wrote to its standard error so far.
pub(super) struct Log(watch::Receiver<String>);

impl Log {
    fn of(process: &mut Child) -> Self {
        let stderr = BufReader::new(process.stderr.take().unwrap());
        let (sender, receiver) = watch::channel(String::new());
        std::thread::spawn(move || {
            for line in stderr.lines() {
                let line = line.unwrap();
                sender.send_modify(|it| {
                    it.push_str(&line);
                    it.push('\n');
                });
            }
        });
        Self(receiver)
    }

    /// The first line that holds `text`, as soon as there is one.
    pub(super) async fn line_with(&self, text: &str) -> String {
        let mut log = self.0.clone();
        let found = timeout(PATIENCE, log.wait_for(|it| it.contains(text))).await;
        match found {
            Ok(Ok(log)) => log.lines().find(|it| it.contains(text)).unwrap().to_owned(),
            _ => panic!("no line with {text}:\n{}", *self.0.borrow()),
        }
    }

    /// Everything, once the process has closed it.
    async fn whole(&self) -> String {
        let mut log = self.0.clone();
        let ended = async { while log.changed().await.is_ok() {} };
        timeout(PATIENCE, ended).await.expect("the process ends");
        self.0.borrow().clone()
    }
}

pub(super) fn now() -> oauth_types::UnixTime {
    SystemClock::new().now()
}

/// `Authorization` with this token.
pub(super) fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

/// A POST with complete header lines, each with its CRLF.
pub(super) fn post(target: &str, lines: &str, body: &str) -> String {
    format!(
        "POST {target} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n{lines}\r\n{body}",
        body.len()
    )
}

/// A request without a body.
pub(super) fn request(method: &str, target: &str, lines: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: {HOST}\r\n{lines}\r\n")
}

/// A call that the upstream answers.
pub(super) const BODY: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

/// What the upstream answers.
pub(super) const ANSWER: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#;
