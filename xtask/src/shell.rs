//! Runs other programs in the workspace's root folder.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, ExitStatus, Stdio},
};

use crate::workspace::root;

/// `program` with `arguments`, to be run in the root folder.
pub(crate) fn command(program: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(arguments).current_dir(root());
    command
}

/// Runs a program whose output goes to ours.
pub(crate) fn run(program: impl AsRef<Path>, arguments: &[&str]) -> Result<(), String> {
    run_command(command(program, arguments))
}

/// Runs a command whose output goes to ours.
pub(crate) fn run_command(mut command: Command) -> Result<(), String> {
    println!("$ {}", shown(&command));
    let status = command.status().map_err(|error| not_started(&command, &error))?;
    succeeded(&command, status)
}

/// Runs a command and hands each line of its standard output to `each`, as well as to ours.
///
/// Returns whether it succeeded.
pub(crate) fn run_and_read(mut command: Command, mut each: impl FnMut(&str)) -> Result<bool, String> {
    println!("$ {}", shown(&command));
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| not_started(&command, &error))?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(|error| not_started(&command, &error))?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            each(&line);
        }
    }
    let status = child.wait().map_err(|error| not_started(&command, &error))?;
    Ok(status.success())
}

/// Runs a program quietly and returns its standard output.
pub(crate) fn output(program: impl AsRef<Path>, arguments: &[&str]) -> Result<String, String> {
    let mut command = command(program, arguments);
    command.stderr(Stdio::inherit());
    let output = command.output().map_err(|error| not_started(&command, &error))?;
    succeeded(&command, output.status)?;
    String::from_utf8(output.stdout)
        .map_err(|_| format!("`{}` wrote something that is no UTF-8", shown(&command)))
}

/// Whether a program is there and succeeds; says nothing.
pub(crate) fn works(program: impl AsRef<Path>, arguments: &[&str]) -> bool {
    let status = command(program, arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|it| it.success())
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<(), String> {
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", shown(command))) }
}

fn not_started(command: &Command, error: &std::io::Error) -> String {
    format!("cannot run `{}`: {error}", shown(command))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|it| it.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_of_a_program_is_told_apart_from_success() {
        assert_eq!(run("true", &[]), Ok(()));
        assert!(run("false", &[]).unwrap_err().contains("`false` failed"));
        assert!(run("no-such-program", &["x"]).unwrap_err().contains("cannot run `no-such-program x`"));
        assert!(works("true", &[]));
        assert!(!works("false", &[]));
        assert!(!works("no-such-program", &[]));
    }

    #[test]
    fn lines_are_read_as_they_come_and_the_status_is_kept() {
        let mut lines = Vec::new();
        let script = command("sh", &["-c", "echo one; echo two; exit 3"]);
        assert_eq!(run_and_read(script, |line| lines.push(line.to_owned())), Ok(false));
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(output("sh", &["-c", "echo one"]), Ok("one\n".to_owned()));
        assert!(output("sh", &["-c", "exit 1"]).is_err());
    }
}
