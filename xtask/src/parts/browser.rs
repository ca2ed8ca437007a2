//! The browser that the end-to-end tests drive.

use super::system;

/// Makes sure that Debian's Chromium is there, with a font to draw with.
///
/// It comes from the operating system since `playwright-core` brings no browser of its own.
pub(crate) fn install() -> Result<(), String> {
    system::need("chromium", &["--version"], &["chromium", "fonts-dejavu-core"])?;
    println!("Chromium: there");
    Ok(())
}
