use std::io;
use std::process::Stdio;

use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};

use super::group::Group;
use crate::{StdioSettings, Variable};

/// A process that was just started.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) group: Group,
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
}

impl Process {
    /// Starts what `settings` name, with nothing of the gateway's own: an environment that holds what was granted and
    /// no more, three descriptors, a process group, and no shell.
    pub(super) fn start(settings: &StdioSettings, tenant: &[Variable]) -> io::Result<Self> {
        let mut command = Command::new(&settings.program);
        command.args(&settings.arguments).env_clear().process_group(0).kill_on_drop(true);
        for variable in settings.ordinary.iter().chain(&settings.environment).chain(tenant) {
            command.env(&variable.name, variable.value.expose());
        }
        if let Some(directory) = &settings.directory {
            command.current_dir(directory);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let group = Group::of(child)?;
        group.limit(&settings.bounds)?;
        let missing = || io::Error::other("a pipe to the process is missing");
        Ok(Self {
            group,
            stdin: stdin.ok_or_else(missing)?,
            stdout: stdout.ok_or_else(missing)?,
            stderr: stderr.ok_or_else(missing)?,
        })
    }
}
