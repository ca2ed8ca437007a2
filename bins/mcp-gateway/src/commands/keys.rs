use std::io::{self, Write};

use gateway::config::write_master_key;

use super::Failure;
use crate::arguments::KeysCommand;

/// What there is to do with keys.
pub(crate) fn keys(command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::GenerateMaster { path } => {
            write_master_key(path).map_err(|error| Failure::asked(format!("{}: {error}", path.display())))?;
            let shown = path.display();
            Ok(writeln!(
                io::stdout(),
                "wrote a new master key into {shown}; keep a copy apart from the storage"
            )?)
        }
    }
}
