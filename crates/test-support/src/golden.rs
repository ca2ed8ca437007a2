//! Golden files: what goes over the wire, kept beside the tests and reviewed as a diff.

use std::{fs, path::Path};

/// Compares a text with the file of that name below the calling crate's `tests/golden/`.
///
/// `golden!("challenge.txt", text)`; the comparison is byte for byte.
/// With `UPDATE_GOLDEN=1` in the environment the file is written instead.
///
/// # Panics
///
/// When the texts differ, and when the file is missing.
#[macro_export]
macro_rules! golden {
    ($name:expr, $actual:expr $(,)?) => {
        $crate::golden::check(env!("CARGO_MANIFEST_DIR"), $name, $actual)
    };
}

/// What [`golden!`](crate::golden!) calls; `crate_folder` is the folder of the calling crate.
///
/// # Panics
///
/// When the texts differ, when the file is missing, and when it cannot be written.
#[track_caller]
pub fn check(crate_folder: &str, name: &str, actual: &str) {
    let path = Path::new(crate_folder).join("tests/golden").join(name);
    compare(&path, actual, update_is_wanted());
}

#[track_caller]
fn compare(path: &Path, actual: &str, update: bool) {
    let shown = path.display();
    if update {
        let folder = path.parent().unwrap_or(Path::new("."));
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, actual));
        assert!(written.is_ok(), "cannot write {shown}: {written:?}");
        return;
    }
    match fs::read_to_string(path) {
        Ok(expected) => assert_eq!(actual, expected, "{shown} differs; UPDATE_GOLDEN=1 rewrites it"),
        Err(error) => panic!("cannot read {shown}: {error}; UPDATE_GOLDEN=1 writes it"),
    }
}

#[expect(clippy::disallowed_methods, reason = "a switch for the developer who runs the tests")]
fn update_is_wanted() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some_and(|it| it == "1")
}

#[cfg(test)]
mod tests {
    use std::{env, panic, process};

    use super::*;

    fn passes(path: &Path, actual: &str) -> bool {
        panic::catch_unwind(|| compare(path, actual, false)).is_ok()
    }

    #[test]
    fn a_missing_or_different_file_fails_and_an_update_mends_it() {
        let folder = env::temp_dir().join(format!("golden-{}", process::id()));
        let path = folder.join("nested/text.txt");
        assert!(!passes(&path, "a\n"), "missing");
        compare(&path, "a\n", true);
        assert!(passes(&path, "a\n"), "equal");
        assert!(!passes(&path, "a"), "different");
        fs::remove_dir_all(folder).unwrap();
    }
}
