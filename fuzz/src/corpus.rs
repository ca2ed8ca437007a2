//! The inputs that every run begins with.

use std::{fs, path::Path};

/// The seeds of a target, in the order of their names: good inputs, bad ones, and all that ever failed.
#[must_use]
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let entries = fs::read_dir(&folder).expect("each target has a folder of seeds");
    let mut paths: Vec<_> = entries.map(|it| it.expect("a folder that can be read").path()).collect();
    paths.sort();
    paths.iter().map(|it| fs::read(it).expect("a seed that can be read")).collect()
}
