use std::io::{self, BufRead, IsTerminal, Read, Write};

use gateway::config;

use super::Failure;

/// Prints the hash of a password that is typed without echo, or comes as one line.
pub(crate) fn hash_password() -> Result<(), Failure> {
    let password = if io::stdin().is_terminal() { typed()? } else { piped()? };
    let hash = config::hash_password(password).map_err(Failure::asked)?;
    Ok(writeln!(io::stdout(), "{hash}")?)
}

fn typed() -> Result<String, Failure> {
    let password = rpassword::prompt_password("Password: ")?;
    let again = rpassword::prompt_password("The same again: ")?;
    if password == again { Ok(password) } else { Err(Failure::asked("the two passwords differ")) }
}

fn piped() -> Result<String, Failure> {
    let mut line = String::new();
    io::stdin().lock().take(MOST_BYTES).read_line(&mut line)?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(line)
}

/// More than any password has.
const MOST_BYTES: u64 = 4096;
