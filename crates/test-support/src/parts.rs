//! Programs of other people, which `cargo xtask parts` installs, and those of `tests/real/` that drive them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The root of the workspace.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A program of `tests/real/`, with what runs it: `.mjs` or `.py`.
///
/// # Panics
/// If it is of another kind, or what runs it is not installed.
#[must_use]
pub fn command(program: &str) -> Command {
    let interpreter = match Path::new(program).extension().and_then(|it| it.to_str()) {
        Some("py") => root().join(".parts/python/bin/python"),
        Some("mjs") => node(),
        _ => panic!("{program} is neither JavaScript nor Python"),
    };
    let mut command = Command::new(installed(&interpreter));
    command.arg(root().join("tests/real").join(program)).current_dir(root());
    command
}

/// Debian's browser.
///
/// # Panics
/// If it is not installed.
#[must_use]
pub fn chromium() -> &'static Path {
    installed(Path::new("/usr/bin/chromium"))
}

fn node() -> PathBuf {
    let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    root().join(format!(".parts/node/node_modules/node-linux-{processor}/bin/node"))
}

fn installed(program: &Path) -> &Path {
    assert!(program.exists(), "{} is missing: run `cargo xtask parts`", program.display());
    program
}
