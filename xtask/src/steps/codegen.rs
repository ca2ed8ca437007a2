//! The generated reference in `docs/reference/`.
//!
//! The gateway's example `reference` writes it, so that this program needs none of the gateway to compile.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{gate::Step, shell, tally::Tally, workspace::root};

/// Says which files are stale.
pub(crate) const CHECK: Step = Step { name: "codegen", run: || Tally::of(check()) };

/// Rewrites the files.
pub(crate) const WRITE: Step = Step { name: "codegen", run: || Tally::of(write()) };

/// Files by name.
type Files = BTreeMap<String, Vec<u8>>;

fn check() -> Result<(), String> {
    let stale = differences(&generate()?, &read(&reference())?);
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("docs/reference/ is stale, run `cargo xtask codegen`:\n  {}", stale.join("\n  ")))
}

fn write() -> Result<(), String> {
    let (files, folder) = (generate()?, reference());
    fs::create_dir_all(&folder).map_err(|error| at(&folder, &error))?;
    for name in read(&folder)?.keys().filter(|it| !files.contains_key(*it)) {
        let path = folder.join(name);
        fs::remove_file(&path).map_err(|error| at(&path, &error))?;
    }
    for (name, content) in &files {
        let path = folder.join(name);
        fs::write(&path, content).map_err(|error| at(&path, &error))?;
    }
    Ok(())
}

fn reference() -> PathBuf {
    root().join("docs/reference")
}

/// Lets the example write into an empty folder.
fn generate() -> Result<Files, String> {
    let folder = root().join(".parts/reference");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| at(&folder, &error))?;
    }
    fs::create_dir_all(&folder).map_err(|error| at(&folder, &error))?;
    let build = ["run", "--quiet", "-p", "gateway", "--features", "schema", "--example", "reference", "--"];
    let mut command = shell::command("cargo", &build);
    command.arg(&folder);
    shell::run_command(command)?;
    let files = read(&folder)?;
    if files.is_empty() { Err("the example `reference` wrote nothing".to_owned()) } else { Ok(files) }
}

/// The files of a folder; none if it does not exist.
fn read(folder: &Path) -> Result<Files, String> {
    let mut files = Files::new();
    if !folder.exists() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder).map_err(|error| at(folder, &error))? {
        let path = entry.map_err(|error| at(folder, &error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.insert(name, fs::read(&path).map_err(|error| at(&path, &error))?);
    }
    Ok(files)
}

fn differences(generated: &Files, committed: &Files) -> Vec<String> {
    let changed = generated.iter().filter_map(|(name, content)| match committed.get(name) {
        None => Some(format!("{name} is missing")),
        Some(there) if there != content => Some(format!("{name} differs")),
        Some(_) => None,
    });
    let left = committed.keys().filter(|it| !generated.contains_key(*it));
    changed.chain(left.map(|name| format!("{name} is no longer generated"))).collect()
}

fn at(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(pairs: &[(&str, &str)]) -> Files {
        pairs.iter().map(|(name, content)| ((*name).to_owned(), content.as_bytes().to_vec())).collect()
    }

    #[test]
    fn missing_changed_and_left_over_files_are_stale() {
        let generated = files(&[("a", "1"), ("b", "2"), ("c", "3")]);
        assert_eq!(differences(&generated, &generated), [""; 0]);
        assert_eq!(
            differences(&generated, &files(&[("a", "1"), ("b", "old"), ("d", "4")])),
            ["b differs", "c is missing", "d is no longer generated"]
        );
    }
}
