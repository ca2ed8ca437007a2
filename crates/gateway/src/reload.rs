//! Notices that the configuration, or a file it points at, has changed.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{SHA256, digest};

/// What the files of a configuration held when they were read.
///
/// Contents are compared, not times: a mounted volume that swaps a link keeps neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(BTreeMap<PathBuf, Option<[u8; 32]>>);

impl Fingerprint {
    /// The present contents of `files`; a file that cannot be read counts as a content of its own.
    #[must_use]
    pub fn of(files: &[PathBuf]) -> Self {
        Self(files.iter().map(|path| (path.clone(), contents(path))).collect())
    }

    /// The same files with their present contents.
    #[must_use]
    pub fn renewed(&self) -> Self {
        Self(self.0.keys().map(|path| (path.clone(), contents(path))).collect())
    }

    /// Whether any of the files holds something else now.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.0.iter().any(|(path, before)| contents(path) != *before)
    }
}

fn contents(path: &Path) -> Option<[u8; 32]> {
    digest(&SHA256, &fs::read(path).ok()?).as_ref().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o18_a_change_of_any_file_is_noticed_and_the_same_contents_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let files = [folder.path().join("a"), folder.path().join("b")];
        fs::write(&files[0], "1").unwrap();
        let fingerprint = Fingerprint::of(&files);
        fs::write(&files[0], "1").unwrap();
        assert!(!fingerprint.has_changed());
        fs::write(&files[1], "").unwrap();
        assert!(fingerprint.has_changed());
        assert!(!Fingerprint::of(&files).has_changed());
        fs::remove_file(&files[0]).unwrap();
        assert!(Fingerprint::of(&files[..1]) != fingerprint);
    }
}
