//! The benchmark: builds the gateway as it is shipped and hands it to the bench program of its crate.

use crate::{gate::Step, shell, tally::Tally, workspace::root};

/// Measures and prints a table.
pub(crate) const FULL: Step = Step { name: "bench", run: || Tally::of(run(false)) };

/// Only looks whether everything is answered as it must be.
pub(crate) const QUICK: Step = Step { name: "bench", run: || Tally::of(run(true)) };

fn run(quick: bool) -> Result<(), String> {
    let target = target_folder()?;
    shell::run("cargo", &["build", "--release", "--package", "mcp-gateway"])?;
    let bench = ["bench", "--quiet", "--package", "gateway", "--bench", "load", "--", "--gateway"];
    let mut command = shell::command("cargo", &bench);
    command.arg(target.join("release/mcp-gateway"));
    if quick {
        command.arg("--quick");
    }
    shell::run_command(command)
}

/// Where cargo puts what it builds.
fn target_folder() -> Result<std::path::PathBuf, String> {
    let text = shell::output("cargo", &["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    let folder = metadata.get("target_directory").and_then(serde_json::Value::as_str);
    Ok(folder.map_or_else(|| root().join("target"), Into::into))
}
