//! What must come from the operating system.

use std::process::Command;

use crate::shell;

/// Makes sure that `program` with `arguments` works.
///
/// As root on Debian it installs `packages` when it does not; otherwise it says how to.
pub(crate) fn need(program: &str, arguments: &[&str], packages: &[&str]) -> Result<(), String> {
    if shell::works(program, arguments) {
        return Ok(());
    }
    if is_root() && shell::works("apt-get", &["--version"]) {
        install(packages)?;
    }
    if shell::works(program, arguments) {
        return Ok(());
    }
    let called = [&[program], arguments].concat().join(" ");
    Err(format!("`{called}` does not work; on Debian run `apt-get install {}` as root", packages.join(" ")))
}

fn install(packages: &[&str]) -> Result<(), String> {
    shell::run("apt-get", &["update"])?;
    let mut command: Command = shell::command("apt-get", &["install", "--yes", "--no-install-recommends"]);
    command.args(packages).env("DEBIAN_FRONTEND", "noninteractive");
    shell::run_command(command)
}

fn is_root() -> bool {
    shell::output("id", &["-u"]).is_ok_and(|it| it.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_works_is_left_alone() {
        assert_eq!(need("true", &[], &["no-such-package"]), Ok(()));
    }
}
