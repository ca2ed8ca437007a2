use std::io::{self, Write};

use clap::CommandFactory;

use super::Failure;
use crate::arguments::Arguments;

/// Prints the JSON Schema of the configuration.
pub(crate) fn schema() -> Result<(), Failure> {
    Ok(io::stdout().write_all(SCHEMA.as_bytes())?)
}

/// Prints the completions for `shell`.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "mcp-gateway", &mut script);
    Ok(io::stdout().write_all(&script)?)
}

const SCHEMA: &str = include_str!("../../../../docs/reference/configuration.schema.json");
