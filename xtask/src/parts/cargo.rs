//! Programs of cargo, in a folder of our own.

use std::path::PathBuf;

use crate::{shell, workspace::root};

/// Where the program is, after it was installed in this version if need be.
///
/// Without optimisation, because it runs for a second and takes minutes to compile.
pub(crate) fn installed(name: &str, version: &str) -> Result<PathBuf, String> {
    let folder = root().join(".parts/cargo");
    let program = folder.join("bin").join(name);
    if program.exists() && shell::output(&program, &["--version"])?.trim() == format!("{name} {version}") {
        return Ok(program);
    }
    let mut install =
        shell::command("cargo", &["install", name, "--version", version, "--locked", "--debug"]);
    install.arg("--force").arg("--root").arg(folder).env("CARGO_PROFILE_DEV_DEBUG", "false");
    shell::run_command(install)?;
    Ok(program)
}
