//! Pages that a person leaves open in a real browser until their time is over.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    process::{Child, ChildStdin, ChildStdout, Stdio},
    sync::Arc,
    time::Duration,
};

use axum::{Router, extract::Request, middleware};
use axum_server::tls_rustls::RustlsConfig;
use serde_json::Value;
use test_support::parts;

use super::world::*;
use crate::{request_id::RequestIds, service::Arrival};

/// A window of Chromium that takes the server at `address` for [`ISSUER`].
struct Window {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Window {
    fn before(address: SocketAddr) -> Self {
        let mut command = parts::command("browser-led.mjs");
        command.args(["--origin", ISSUER, "--at", &address.to_string(), "--chromium"]);
        command.arg(parts::chromium()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (commands, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, commands, answers: BufReader::new(answers) }
    }

    /// The heading of the page that the command leads to.
    #[track_caller]
    fn does(&mut self, command: &str) -> String {
        writeln!(self.commands, "{command}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{command}: {line:?}"));
        answer["heading"].as_str().unwrap().to_owned()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Serves the pages of `world` by TLS, so that cookies are `__Host-` and `Secure` as they are in the open.
fn serve(world: &World) -> SocketAddr {
    let signed = rcgen::generate_simple_self_signed(vec!["mcp.example".to_owned()]).unwrap();
    let key = signed.signing_key.serialize_der().try_into().unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    socket.set_nonblocking(true).unwrap();
    let server = axum_server::from_tcp_rustls(socket, RustlsConfig::from_config(Arc::new(tls))).unwrap();
    tokio::spawn(server.serve(with_arrivals(world.router.clone()).into_make_service()));
    address
}

fn with_arrivals(router: Router) -> Router {
    let ids = Arc::new(RequestIds::new(&oauth_types::SystemEntropy));
    router.layer(middleware::from_fn(move |mut request: Request, next: middleware::Next| {
        let arrival = Arrival::new(ids.next(), "192.0.2.1".parse().unwrap());
        request.extensions_mut().insert(arrival);
        next.run(request)
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn i13_a_page_that_was_left_open_too_long_says_so_and_signs_nobody_in() {
    let world = World::with(|setup| setup.local = true).await;
    let mut window = Window::before(serve(&world));
    let step = world.setup.pending.step_timeout;
    let nearly = step.saturating_sub(MOMENT);
    let asked = format!("open {}", request(&[]));

    // Too late for the password, even the right one.
    assert!(window.does(&asked).starts_with("Allow"));
    world.clock.advance(nearly);
    assert_eq!(window.does("press provider:local"), SIGN_IN);
    world.clock.advance(nearly);
    assert_eq!(window.does("type alice wrong"), SIGN_IN, "the form is good until then");
    world.clock.advance(step);
    assert_eq!(window.does(&right_password()), GONE);

    // Too late for the decision, whichever it is.
    for decision in ["provider:local", "provider:hub", "deny"] {
        window.does(&asked);
        world.clock.advance(step);
        assert_eq!(window.does(&format!("press {decision}")), GONE);
        assert_eq!(window.does("open /account"), "Sign in", "nobody is signed in");
    }
    assert_eq!(world.counts(), (0, 0));
    assert_eq!(world.exchanges(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn i13_whoever_comes_a_moment_before_the_end_is_signed_in() {
    let world = World::with(|setup| setup.local = true).await;
    let mut window = Window::before(serve(&world));
    assert_eq!(window.does("open /account"), "Sign in");
    for (command, heading) in [("press provider:local", SIGN_IN), (&right_password(), "Your connections")] {
        world.clock.advance(world.setup.pending.step_timeout.saturating_sub(MOMENT));
        assert_eq!(window.does(command), heading);
    }
}

fn right_password() -> String {
    format!("type alice {PASSWORD}")
}

const MOMENT: Duration = Duration::from_secs(1);
const SIGN_IN: &str = "Sign in with A local account";
const GONE: &str = "This sign-in cannot go on";
