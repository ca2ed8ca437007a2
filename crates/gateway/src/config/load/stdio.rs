use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{Reader, Secret};
use crate::config::{
    StdioUpstream, Upstream, VariableSource,
    report::{KeyPath, Problem},
};

/// What a program is started with.
#[derive(Debug)]
pub struct StdioMaterial {
    /// Where the program is.
    pub program: PathBuf,
    /// What every program finds in its environment, from that of the gateway.
    pub ordinary: Vec<(String, String)>,
    /// What the configuration grants to it there.
    pub environment: Vec<(String, Secret)>,
}

impl StdioMaterial {
    /// `None` for other upstreams.
    pub(super) fn read(
        section: &KeyPath,
        upstream: &Upstream,
        reader: &mut Reader<'_>,
    ) -> Result<Option<Self>, Problem> {
        let Upstream::Stdio(stdio) = upstream else { return Ok(None) };
        let section = section.key("upstream");
        let ordinary = ordinary(reader);
        let environment = granted(&section, stdio, reader)?;
        let granted_path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, it)| it.expose());
        let path = ordinary.iter().find(|(name, _)| name == "PATH").map(|(_, it)| it.as_str());
        let path = granted_path.or(path);
        let refuse = |message| Problem::new(section.key("stdio"), message);
        let program = find(&stdio.program, path).map_err(refuse)?;
        if let Some(directory) = &stdio.directory
            && !directory.is_dir()
        {
            let message = format!("{}: is no folder", directory.display());
            return Err(Problem::new(section.key("directory"), message));
        }
        Ok(Some(Self { program, ordinary, environment }))
    }
}

/// The few names that every program needs; what is granted under the same names takes their place.
fn ordinary(reader: &Reader<'_>) -> Vec<(String, String)> {
    let found = |name: &str| Some((name.to_owned(), reader.variable(name)?));
    PASSED_ON.into_iter().filter_map(found).collect()
}

/// What the configuration grants.
fn granted(
    section: &KeyPath,
    stdio: &StdioUpstream,
    reader: &mut Reader<'_>,
) -> Result<Vec<(String, Secret)>, Problem> {
    let granted = stdio.env.iter().map(|(name, source)| {
        let value = match source {
            VariableSource::Text(text) => text.clone(),
            VariableSource::Secret(source) => reader.text(&section.key("env").key(name), source)?,
        };
        Ok((name.clone(), Secret::new(value)))
    });
    granted.collect()
}

/// The file that `program` means; one that others may change would be their way into the gateway's account.
fn find(program: &Path, path: Option<&str>) -> Result<PathBuf, String> {
    let file = if program.components().count() > 1 {
        check_file(program)?;
        program.to_owned()
    } else {
        let folders = path.map(std::env::split_paths).into_iter().flatten();
        let mut files = folders.filter(|it| it.is_absolute()).map(|it| it.join(program));
        files.find(|it| check_file(it).is_ok()).ok_or_else(|| {
            format!(
                "`{}` is in no folder of `PATH`, or cannot be run: write its absolute path",
                program.display()
            )
        })?
    };
    let target = fs::canonicalize(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    for place in [Some(target.as_path()), target.parent()].into_iter().flatten() {
        check_owner(place)?;
    }
    Ok(file)
}

fn check_file(file: &Path) -> Result<(), String> {
    let metadata = fs::metadata(file).map_err(|error| format!("{}: {error}", file.display()))?;
    if !metadata.is_file() || metadata.permissions().mode() & 0o111 == 0 {
        return Err(format!("{}: is no program that can be run", file.display()));
    }
    Ok(())
}

fn check_owner(place: &Path) -> Result<(), String> {
    let mode =
        fs::metadata(place).map_err(|error| format!("{}: {error}", place.display()))?.permissions().mode();
    let is_sticky_folder = mode & 0o1000 != 0 && place.is_dir();
    if mode & 0o002 != 0 && !is_sticky_folder {
        return Err(format!("{}: may be changed by everybody: run `chmod o-w` on it", place.display()));
    }
    Ok(())
}

const PASSED_ON: [&str; 8] = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR"];
