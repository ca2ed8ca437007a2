use std::io::{self, Write};

use gateway::{
    check::{Findings, Question, ToolHints, explain, offline, online, refused},
    config::Config,
};

use super::{Failure, runtime, source::Source};
use crate::arguments::CheckArguments;

/// Reads the configuration as `serve` would; with `--online` asks what it points at.
pub(crate) fn check(arguments: &CheckArguments) -> Result<(), Failure> {
    if let Some(operation) = &arguments.explain {
        return explained(arguments, operation);
    }
    let source = Source::of(&arguments.config, &arguments.program)?;
    let loaded = match source.load() {
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

/// Reads the configuration without what it points at, and says which rule decides.
fn explained(arguments: &CheckArguments, operation: &str) -> Result<(), Failure> {
    let config = Config::read(&arguments.config)?;
    let caller = &arguments.caller;
    let question = Question {
        operation: operation.to_owned(),
        server: caller.server.clone(),
        scopes: caller.scopes.clone(),
        subject: caller.subject.clone(),
        issuer: caller.issuer.clone(),
        client: caller.client.clone(),
        claims: caller.claims.clone().unwrap_or_default(),
        hints: ToolHints {
            read_only: caller.read_only.then_some(true),
            destructive: caller.not_destructive.then_some(false),
        },
    };
    let explanation = explain(&config, &question).map_err(|it| Failure::asked(it.to_string()))?;
    let mut out = io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", explanation.to_json())?;
    } else {
        write!(out, "{explanation}")?;
    }
    Ok(())
}

fn print(findings: &Findings, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json { writeln!(out, "{}", findings.to_json()) } else { write!(out, "{findings}") }
}
