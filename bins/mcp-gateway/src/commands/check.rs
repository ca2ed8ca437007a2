use std::io::{self, Write};

use gateway::{
    check::{Findings, offline, online, refused},
    config::Config,
};

use super::{Failure, environment, runtime};
use crate::arguments::CheckArguments;

/// Reads the configuration as `serve` would; with `--online` asks what it points at.
pub(crate) fn check(arguments: &CheckArguments) -> Result<(), Failure> {
    let loaded = match Config::load(&arguments.config, &environment) {
        Ok(loaded) => loaded,
        Err(error) => {
            if arguments.json {
                print(&refused(&error), true)?;
            }
            return Err(error.into());
        }
    };
    let mut findings = offline(&loaded);
    if arguments.online {
        findings.extend(runtime(Some(1))?.block_on(online(&loaded)));
    }
    print(&findings, arguments.json)?;
    if findings.has_errors() { Err(Failure::asked("the check found errors")) } else { Ok(()) }
}

fn print(findings: &Findings, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json { writeln!(out, "{}", findings.to_json()) } else { write!(out, "{findings}") }
}
