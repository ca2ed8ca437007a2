//! The database that the tests of the shared store start.

use super::system;

/// Makes sure that PostgreSQL is there; its server runs only where a test starts it.
pub(crate) fn install() -> Result<(), String> {
    // Debian keeps the server itself off the path, in a folder with the version in its name.
    let probe = r#"PATH="$PATH:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')" && initdb --version && postgres --version"#;
    system::need("sh", &["-c", probe], &["postgresql"])?;
    println!("PostgreSQL: there");
    Ok(())
}
