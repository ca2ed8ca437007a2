//! Requests one after the other on a fixed number of connections.

use std::{
    cell::{Cell, RefCell},
    io,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::task::LocalSet;

use crate::{connection::Connection, process::Process};

/// What is asked for, with which tokens, and what must be the answer.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    pub(crate) tokens: Rc<[String]>,
    /// Whether a token is used once only; then the traffic ends with the tokens.
    pub(crate) once: bool,
    pub(crate) status: u16,
    pub(crate) call: Call,
}

/// The body of a request and the session that it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    body: Rc<str>,
    /// A header line, or nothing.
    session: Rc<str>,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    pub(crate) elapsed: Duration,
    /// Microseconds from request to whole answer, sorted.
    latencies: Vec<u32>,
}

/// The same with what it took.
pub(crate) struct Sample {
    pub(crate) answers: Answers,
    /// Processor time of the proxy for each answer, in microseconds.
    pub(crate) cpu_us: f64,
}

/// What the connections of one run share.
struct Shared {
    traffic: Traffic,
    next: Cell<usize>,
    until: Instant,
    latencies: RefCell<Vec<u32>>,
}

impl Traffic {
    /// The same with another call.
    pub(crate) fn with(&self, call: &Call) -> Self {
        Self { call: call.clone(), ..self.clone() }
    }
}

impl Call {
    pub(crate) fn new(body: &str) -> Self {
        Self { body: body.into(), session: "".into() }
    }

    /// A call of `tool` with so many bytes of text.
    pub(crate) fn of_tool(tool: &str, bytes: usize) -> Self {
        let text = "x".repeat(bytes);
        Self::new(&CALL.replacen("echo", tool, 1).replacen("the same words in every request", &text, 1))
    }

    /// The same in an MCP session.
    pub(crate) fn in_session(&self, id: &str) -> Self {
        Self { session: format!("Mcp-Session-Id: {id}\r\n").into(), ..self.clone() }
    }
}

impl Default for Call {
    fn default() -> Self {
        Self::new(CALL)
    }
}

impl Answers {
    /// Takes the latencies in any order.
    pub(crate) fn new(elapsed: Duration, mut latencies: Vec<u32>) -> Self {
        latencies.sort_unstable();
        Self { elapsed, latencies }
    }

    pub(crate) fn count(&self) -> usize {
        self.latencies.len()
    }

    pub(crate) fn per_second(&self) -> f64 {
        to_f64(self.count()) / self.elapsed.as_secs_f64()
    }

    /// The latency in microseconds that `share` of the answers stayed below.
    pub(crate) fn percentile(&self, hundredths: usize) -> f64 {
        let at = self.latencies.len().saturating_sub(1) * hundredths / 100;
        self.latencies.get(at).copied().map_or(f64::NAN, f64::from)
    }
}

/// Keeps `connections` busy for `duration`.
///
/// # Errors
/// Fails at the first answer of another status than the traffic's.
pub(crate) async fn run(
    address: SocketAddr,
    connections: usize,
    traffic: &Traffic,
    duration: Duration,
) -> io::Result<Answers> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let started = Instant::now();
    let shared = Rc::new(Shared {
        traffic: traffic.clone(),
        next: Cell::new(0),
        until: started + duration,
        latencies: RefCell::default(),
    });
    let tasks = LocalSet::new();
    let running: Vec<_> =
        open.into_iter().map(|it| tasks.spawn_local(keep_busy(it, address, Rc::clone(&shared)))).collect();
    tasks.await;
    let elapsed = started.elapsed();
    for task in running {
        task.await.map_err(io::Error::other)??;
    }
    Ok(Answers::new(elapsed, shared.latencies.take()))
}

/// The text of a request; `None` leaves the body out and asks for the event stream.
pub(crate) fn request(into: &mut Vec<u8>, address: SocketAddr, token: &str, call: Option<&Call>) {
    into.clear();
    let (method, accept) = match call {
        Some(_) => ("POST", "application/json, text/event-stream"),
        None => ("GET", "text/event-stream"),
    };
    let authorization =
        if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    let head = format!(
        "{method} /mcp HTTP/1.1\r\nHost: {address}\r\n{authorization}Accept: {accept}\r\n\
         User-Agent: load/1\r\nMCP-Protocol-Version: 2025-11-25\r\n"
    );
    into.extend_from_slice(head.as_bytes());
    let rest = match call {
        Some(Call { body, session }) => {
            let length = body.len();
            format!("{session}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
        }
        None => "\r\n".to_owned(),
    };
    into.extend_from_slice(rest.as_bytes());
}

async fn keep_busy(mut connection: Connection, address: SocketAddr, shared: Rc<Shared>) -> io::Result<()> {
    let mut text = Vec::new();
    while let Some(token) = shared.token() {
        request(&mut text, address, token, Some(&shared.traffic.call));
        let sent = Instant::now();
        connection.write(&text).await?;
        let head = connection.head().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        connection.skip_body(&head).await?;
        let latency = microseconds_since(sent);
        if head.status() != Some(shared.traffic.status) {
            let wanted = shared.traffic.status;
            return Err(io::Error::other(format!("answered {:?} instead of {wanted}", head.status())));
        }
        shared.latencies.borrow_mut().push(latency);
    }
    Ok(())
}

impl Sample {
    /// What `process` did since it had used `before` microseconds.
    pub(crate) fn new(answers: Answers, process: &Process, before: f64) -> io::Result<Self> {
        let used = process.cpu_us()? - before;
        Ok(Self { cpu_us: used / to_f64(answers.count()), answers })
    }
}

impl Shared {
    /// The token of the next request, if there is to be one.
    fn token(&self) -> Option<&str> {
        if Instant::now() >= self.until {
            return None;
        }
        let at = self.next.get();
        self.next.set(at + 1);
        let tokens = &self.traffic.tokens;
        let at = if self.traffic.once { at } else { at % tokens.len().max(1) };
        tokens.get(at).map(String::as_str)
    }
}

pub(crate) fn microseconds_since(start: Instant) -> u32 {
    u32::try_from(start.elapsed().as_micros()).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

/// The usual call.
pub(crate) const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"the same words in every request"}}}"#;
