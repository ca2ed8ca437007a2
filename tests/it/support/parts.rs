//! Programs of other people, which `cargo xtask parts` installs.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use serde_json::Value;
use test_support::parts;
use tokio::io::{AsyncBufReadExt, BufReader as AsyncBufReader};

use super::Person;

/// A server that runs until its standard input closes.
pub(crate) struct Part {
    child: Child,
    stdin: ChildStdin,
    origin: String,
}

impl Part {
    /// Starts a program of `tests/real/` and waits until it listens.
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Self {
        let mut child = command(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let origin =
            line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{program} said {line:?}"));
        Self { origin: origin.to_owned(), child, stdin }
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Writes a line to its standard input.
    pub(crate) fn tell(&mut self, line: &str) {
        self.stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Runs a program of `tests/real/` to its end and returns what it printed, which must be a success.
#[track_caller]
pub(crate) fn program_output(program: &str, arguments: &[&str]) -> String {
    let output = command(program).args(arguments).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{program} failed: {}\n{text}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// What a client program printed, without the addresses that it wanted opened.
#[derive(Debug)]
pub(crate) struct ClientOutput {
    pub(crate) succeeded: bool,
    pub(crate) lines: Vec<String>,
}

impl ClientOutput {
    /// The last line, which is the report.
    #[track_caller]
    pub(crate) fn report(&self) -> Value {
        let last = self.lines.last().unwrap_or_else(|| panic!("the client said nothing"));
        serde_json::from_str(last).unwrap_or_else(|_| panic!("no report: {last}"))
    }
}

/// Runs a client of `tests/real/` to its end, while `person` opens each address that it wants opened.
pub(crate) async fn client_output(program: &str, arguments: &[&str], person: &mut Person) -> ClientOutput {
    let mut child = tokio::process::Command::from(command(program))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut output = AsyncBufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = Vec::new();
    while let Some(line) = output.next_line().await.unwrap() {
        match line.strip_prefix("open ") {
            Some(url) => drop(person.goes_to(url).await),
            None => lines.push(line),
        }
    }
    ClientOutput { succeeded: child.wait().await.unwrap().success(), lines }
}

/// The report of a client, which must have succeeded.
pub(crate) async fn client_report(program: &str, arguments: &[&str], person: &mut Person) -> Value {
    let output = client_output(program, arguments, person).await;
    assert!(output.succeeded, "{program} failed: {:#?}\n{:#?}", output.lines, person.visited());
    output.report()
}

fn command(program: &str) -> Command {
    if Path::new(program).extension().is_some() {
        parts::command(program)
    } else {
        Command::new(example(program))
    }
}

/// A client in Rust, which is built with the tests of its crate.
fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().unwrap().with_file_name("examples").join(name);
    assert!(program.exists(), "{name} is missing: run `cargo build -p test-support --examples`");
    program
}
