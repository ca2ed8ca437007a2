//! Writes the reference pages into a folder; `cargo xtask codegen` runs it.

use std::{env, error::Error, fs, path::PathBuf};

use gateway::{
    check,
    config::{json_schema, reference_markdown},
    reason,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args_os().nth(1).ok_or("usage: reference FOLDER")?);
    fs::write(folder.join("configuration.md"), reference_markdown())?;
    let schema = serde_json::to_string_pretty(&json_schema())?;
    fs::write(folder.join("configuration.schema.json"), schema + "\n")?;
    fs::write(folder.join("reasons.md"), reason::reference_markdown())?;
    fs::write(folder.join("check.md"), check::reference_markdown())?;
    Ok(())
}
