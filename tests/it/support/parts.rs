//! Programs of other people, which `cargo xtask parts` installs.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

/// A server that runs until its standard input closes.
pub(crate) struct Part {
    child: Child,
    _stdin: ChildStdin,
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
        Self { origin: origin.to_owned(), child, _stdin: stdin }
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
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

/// The root of the workspace.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn command(program: &str) -> Command {
    let is_python = Path::new(program).extension().is_some_and(|it| it == "py");
    let interpreter = if is_python { python() } else { node() };
    let mut command = Command::new(installed(&interpreter));
    command.arg(root().join("tests/real").join(program)).current_dir(root());
    command
}

fn node() -> PathBuf {
    let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    root().join(format!(".parts/node/node_modules/node-linux-{processor}/bin/node"))
}

fn python() -> PathBuf {
    root().join(".parts/python/bin/python")
}

#[track_caller]
fn installed(program: &Path) -> &Path {
    assert!(program.exists(), "{} is missing: run `cargo xtask parts`", program.display());
    program
}
