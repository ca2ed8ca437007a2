//! The program compiles with the oldest Rust version that we promise: with its default features, and with Option B.
//!
//! Tests and examples may need more. What was built is kept in a folder of its own, because another compiler would make
//! the usual one worthless; with it, a step in which nothing has changed takes a second.

use std::path::PathBuf;

use crate::{gate::Step, shell, tally::Tally, tidy::minimum_rust, workspace::root};

pub(crate) const STEP: Step = Step { name: "rust", run };

fn run() -> Tally {
    match minimum_rust::promised().and_then(|version| installed(&version).map(|()| version)) {
        Ok(version) => BUILDS.iter().map(|build| Tally::of(check(&version, build))).sum(),
        Err(problem) => Tally::of(Err(problem)),
    }
}

/// Installs the toolchain unless it is there.
fn installed(version: &str) -> Result<(), String> {
    if shell::works("rustup", &["run", version, "rustc", "--version"]) {
        return Ok(());
    }
    shell::run("rustup", &["toolchain", "install", version, "--profile", "minimal", "--no-self-update"])
}

fn check(version: &str, build: &[&str]) -> Result<(), String> {
    let arguments = [&["run", version, "cargo", "check", "--locked", "--quiet"], build].concat();
    let mut command = shell::command("rustup", &arguments);
    command.env("CARGO_TARGET_DIR", folder());
    // Of the compiler that runs us.
    for name in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(name);
    }
    shell::run_command(command)
}

fn folder() -> PathBuf {
    root().join("target").join("minimum-rust")
}

const BUILDS: [&[&str]; 2] = [&["--workspace"], &["--workspace", "--features", "mcp-gateway/third-party"]];
