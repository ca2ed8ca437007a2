//! The Python packages of `tests/real/`, in the virtual environment `.parts/python/`.

use super::{
    stamp::{Stamp, emptied},
    system,
};
use crate::{shell, workspace::root};

/// Installs exactly the pinned packages, unless they are there already.
pub(crate) fn install() -> Result<(), String> {
    system::need("python3", &["-c", "import ensurepip, venv"], &["python3", "python3-venv"])?;
    let folder = root().join(".parts/python");
    let requirements = root().join("tests/real/requirements.txt");
    let stamp = Stamp::of(&folder, std::slice::from_ref(&requirements))?;
    if stamp.is_current() && shell::works(folder.join("bin/python"), &["--version"]) {
        println!("Python packages: as pinned");
        return Ok(());
    }
    emptied(&folder)?;
    let mut environment = shell::command("python3", &["-m", "venv"]);
    environment.arg(&folder);
    shell::run_command(environment)?;
    let mut packages = shell::command(folder.join("bin/pip"), &["install", "--disable-pip-version-check"]);
    packages.arg("--requirement").arg(requirements);
    shell::run_command(packages)?;
    stamp.write()
}
