//! The npm packages of `tests/real/`, in `.parts/node/`.

use std::fs;

use super::{
    stamp::{Stamp, emptied},
    system,
};
use crate::{shell, workspace::root};

const INPUTS: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// Installs exactly what the lock file says, unless that is there already.
pub(crate) fn install() -> Result<(), String> {
    system::need("npm", &["--version"], &["nodejs", "npm"])?;
    let folder = root().join(".parts/node");
    let inputs = INPUTS.map(|name| root().join("tests/real").join(name));
    let stamp = Stamp::of(&folder, &inputs)?;
    if stamp.is_current() {
        println!("npm packages: as locked");
        return Ok(());
    }
    emptied(&folder)?;
    for (name, input) in INPUTS.iter().zip(&inputs) {
        fs::copy(input, folder.join(name)).map_err(|error| format!("{}: {error}", input.display()))?;
    }
    let mut command = shell::command("npm", &["ci"]);
    command.current_dir(&folder);
    shell::run_command(command)?;
    stamp.write()
}
