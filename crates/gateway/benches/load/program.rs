//! An MCP server over stdin and stdout reduced to two fixed answers, and what speaks to it without any gateway.

use std::{
    collections::HashMap,
    io::{self, BufRead, Write},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
};

use crate::{
    load::{Answers, CALL, microseconds_since},
    process::Places,
};

/// Serves until its input ends.
pub(crate) fn serve() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let text = "x".repeat(110);
    for line in io::stdin().lock().lines() {
        let message: Value = serde_json::from_str(&line?)?;
        let Some(id) = message.get("id") else { continue };
        let result = if message.get("method").and_then(Value::as_str) == Some("initialize") {
            json!({
                "protocolVersion": "2025-11-25",
                "capabilities": { "tools": {} },
                "serverInfo": { "name": "load", "version": "1" },
            })
        } else {
            json!({ "content": [{ "type": "text", "text": text }], "isError": false })
        };
        writeln!(out, "{}", json!({ "jsonrpc": "2.0", "id": id, "result": result }))?;
        out.flush()?;
    }
    Ok(())
}

/// The program at the other end of two pipes.
pub(crate) struct Direct {
    _child: Child,
    stdin: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    next: u64,
}

impl Direct {
    /// Starts the program where the gateway would have it.
    pub(crate) fn start(places: &Places, this_program: &Path) -> io::Result<Self> {
        let mut command = tokio::process::Command::from(places.on_the_proxies(this_program));
        command.arg(ROLE).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let missing = || io::Error::other("a pipe to the program is missing");
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        Ok(Self { _child: child, stdin, answers: BufReader::new(stdout).lines(), next: 1 })
    }

    /// Keeps `at_once` calls under way for `duration`.
    pub(crate) async fn run(&mut self, at_once: usize, duration: Duration) -> io::Result<Answers> {
        let started = Instant::now();
        let (mut under_way, mut latencies) = (HashMap::new(), Vec::new());
        for _ in 0..at_once {
            self.call(&mut under_way).await?;
        }
        while !under_way.is_empty() {
            let line = self.answers.next_line().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let answer: Value = serde_json::from_str(&line)?;
            let id = answer.get("id").and_then(Value::as_u64).unwrap_or_default();
            let sent = under_way.remove(&id).ok_or_else(|| io::Error::other("an answer to nothing"))?;
            latencies.push(microseconds_since(sent));
            if started.elapsed() < duration {
                self.call(&mut under_way).await?;
            }
        }
        Ok(Answers::new(started.elapsed(), latencies))
    }

    async fn call(&mut self, under_way: &mut HashMap<u64, Instant>) -> io::Result<()> {
        let id = self.next;
        self.next += 1;
        let line = CALL.replacen("\"id\":1,", &format!("\"id\":{id},"), 1) + "\n";
        under_way.insert(id, Instant::now());
        self.stdin.write_all(line.as_bytes()).await
    }
}

/// What this program is told to be the server.
pub(crate) const ROLE: &str = "program";
