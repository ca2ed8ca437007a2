//! The source files of the workspace.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::workspace::root;

/// A text file.
pub(crate) struct Source {
    /// Its path below the root folder.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// All Rust files, in the order of their paths.
pub(crate) fn rust() -> Result<Vec<Source>, String> {
    let mut paths = Vec::new();
    for folder in ["bins", "crates", "fuzz", "tests", "xtask"] {
        collect(&root().join(folder), &mut paths)?;
    }
    paths.sort();
    paths.iter().filter(|it| it.extension().is_some_and(|it| it == "rs")).map(|it| read_path(it)).collect()
}

/// One file, named by its path below the root folder.
pub(crate) fn read(path: &str) -> Result<Source, String> {
    read_path(&root().join(path))
}

fn read_path(path: &Path) -> Result<Source, String> {
    let shown = path.strip_prefix(root()).unwrap_or(path).display().to_string();
    let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    Ok(Source { path: shown, text })
}

/// Everything below a folder; symbolic links are not followed.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), String> {
    let problem = |error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(problem)? {
        let entry = entry.map_err(problem)?;
        let kind = entry.file_type().map_err(problem)?;
        if kind.is_dir() && entry.file_name() != "target" {
            collect(&entry.path(), paths)?;
        } else if kind.is_file() {
            paths.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_file_is_found_and_named_from_the_root() {
        let sources = rust().unwrap();
        let this = sources.iter().find(|it| it.path == "xtask/src/tidy/sources.rs").unwrap();
        assert!(this.text.contains("this_file_is_found_and_named_from_the_root"));
        assert!(sources.iter().all(|it| it.path != "xtask/Cargo.toml"));
    }
}
