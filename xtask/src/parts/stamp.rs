//! Remembers from which files something was installed.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Files that say what to install, and the place where their content at the last installation is kept.
pub(crate) struct Stamp {
    path: PathBuf,
    inputs: String,
}

impl Stamp {
    /// Reads the input files; `folder` is where the things are installed.
    pub(crate) fn of(folder: &Path, inputs: &[PathBuf]) -> Result<Self, String> {
        let mut text = String::new();
        for path in inputs {
            text += &fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(Self { path: folder.join(".installed-from"), inputs: text })
    }

    /// Whether the last installation was finished and came from the same inputs.
    pub(crate) fn is_current(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|it| it == self.inputs)
    }

    /// To be called when the installation is complete.
    pub(crate) fn write(&self) -> Result<(), String> {
        fs::write(&self.path, &self.inputs).map_err(|error| format!("{}: {error}", self.path.display()))
    }
}

/// An empty folder in place of whatever was there.
pub(crate) fn emptied(folder: &Path) -> Result<(), String> {
    let problem = |error| format!("{}: {error}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(problem)?;
    }
    fs::create_dir_all(folder).map_err(problem)
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    #[test]
    fn a_stamp_is_current_until_an_input_changes_or_the_folder_is_emptied() {
        let folder = env::temp_dir().join(format!("stamp-{}", process::id()));
        let (input, installed) = (folder.join("input"), folder.join("installed"));
        emptied(&installed).unwrap();
        fs::write(&input, "one").unwrap();
        let stamp = || Stamp::of(&installed, std::slice::from_ref(&input)).unwrap();
        assert!(!stamp().is_current());
        stamp().write().unwrap();
        assert!(stamp().is_current());
        fs::write(&input, "two").unwrap();
        assert!(!stamp().is_current());
        fs::write(&input, "one").unwrap();
        assert!(stamp().is_current());
        emptied(&installed).unwrap();
        assert!(!stamp().is_current());
        assert!(Stamp::of(&installed, &[folder.join("missing")]).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
