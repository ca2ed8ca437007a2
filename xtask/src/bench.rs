//! The benchmark: builds the gateway as it is shipped and hands it to the bench programs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{gate::Step, shell, tally::Tally, workspace::root};

/// Measures and prints tables.
pub(crate) const FULL: Step = Step { name: "bench", run: || Tally::of(run(false)) };

/// Only looks whether everything is answered as it must be.
pub(crate) const QUICK: Step = Step { name: "bench", run: || Tally::of(run(true)) };

fn run(quick: bool) -> Result<(), String> {
    let release = target_folder()?.join("release");
    let third_party = build_third_party(&release)?;
    shell::run("cargo", &["build", "--release", "--package", "mcp-gateway"])?;
    load("--gateway", &release.join(PROGRAM), quick)?;
    load("--third-party", &third_party, quick)?;
    bench("token-manager", "grants", &[], quick)
}

/// Builds the gateway with Option B and keeps it beside the one without, which has the same name.
fn build_third_party(release: &Path) -> Result<PathBuf, String> {
    let build = ["build", "--release", "--package", "mcp-gateway", "--features", "third-party"];
    shell::run("cargo", &build)?;
    let kept = release.join("mcp-gateway-third-party");
    fs::copy(release.join(PROGRAM), &kept).map_err(|error| format!("{}: {error}", kept.display()))?;
    Ok(kept)
}

fn load(role: &str, gateway: &Path, quick: bool) -> Result<(), String> {
    let gateway = gateway.to_str().ok_or("the target folder has a name that is no text")?;
    bench("gateway", "load", &[role, gateway], quick)
}

fn bench(package: &str, name: &str, arguments: &[&str], quick: bool) -> Result<(), String> {
    let mut command =
        shell::command("cargo", &["bench", "--quiet", "--package", package, "--bench", name, "--"]);
    command.args(arguments);
    if quick {
        command.arg("--quick");
    }
    shell::run_command(command)
}

/// Where cargo puts what it builds.
fn target_folder() -> Result<PathBuf, String> {
    let text = shell::output("cargo", &["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    let folder = metadata.get("target_directory").and_then(serde_json::Value::as_str);
    Ok(folder.map_or_else(|| root().join("target"), Into::into))
}

const PROGRAM: &str = "mcp-gateway";
