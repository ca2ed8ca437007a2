//! Where the programs of PostgreSQL are, and as whom they run: they refuse to run as root.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

#[derive(Debug)]
pub(super) struct Programs {
    /// Without one they are on the path.
    folder: Option<PathBuf>,
    /// Whom root becomes: user and group.
    other: Option<(u32, u32)>,
}

impl Programs {
    /// # Panics
    /// If there are none.
    pub(super) fn find() -> Self {
        let folder = if works("initdb") { None } else { Some(find_folder().expect(MISSING)) };
        let root = number("-u", None) == Some(0);
        let other = ["postgres", "nobody"]
            .into_iter()
            .find_map(|user| Some((number("-u", Some(user))?, number("-g", Some(user))?)).filter(|_| root));
        Self { folder, other }
    }

    pub(super) const fn owner(&self) -> Option<(u32, u32)> {
        self.other
    }

    /// One of them, which runs in `folder` and gets no signal of the terminal.
    pub(super) fn command(&self, program: &str, folder: &Path) -> Command {
        let program = self.folder.as_ref().map_or_else(|| program.into(), |it| it.join(program));
        let mut command = Command::new(&program);
        if let Some((user, group)) = self.other {
            command = Command::new("setpriv");
            command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".into()]);
            command.arg(program);
        }
        command.current_dir(folder).stdin(Stdio::null()).process_group(0);
        command
    }
}

fn find_folder() -> Option<PathBuf> {
    let said = Command::new("pg_config").arg("--bindir").output().ok();
    let said = said.and_then(|it| String::from_utf8(it.stdout).ok()).map(|it| PathBuf::from(it.trim()));
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|it| it.path().join("bin")).collect();
    folders.sort();
    said.into_iter().chain(folders.into_iter().rev()).find(|it| works(it.join("initdb")))
}

fn works(program: impl AsRef<Path>) -> bool {
    Command::new(program.as_ref()).arg("--version").output().is_ok_and(|it| it.status.success())
}

/// What `id` says.
fn number(what: &str, user: Option<&str>) -> Option<u32> {
    let output = Command::new("id").arg(what).args(user).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

const MISSING: &str = "PostgreSQL is missing: run `cargo xtask parts`";
