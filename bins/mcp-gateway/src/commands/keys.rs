use std::{
    fmt::Write as _,
    io::{self, Write as _},
    path::Path,
};

use gateway::{
    config::write_master_key,
    third_party::admin::{Nothing, Progress, Resealed, RotatedSigningKey, SigningRotation, command},
};

use super::{Failure, operate::ask, output::print};
use crate::arguments::{KeysCommand, OperateArguments};

/// What there is to do with keys.
pub(crate) fn keys(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::GenerateMaster { path } => generate_master(&path),
        KeysCommand::Rotate { at_once, operate } => {
            let rotated = ask(&operate, command::ROTATE_SIGNING_KEY, &SigningRotation { at_once }, |_| {})?;
            print(operate.json, &rotated, rotation)
        }
        KeysCommand::Reseal { operate } => reseal(&operate),
    }
}

fn generate_master(path: &Path) -> Result<(), Failure> {
    write_master_key(path).map_err(|error| Failure::asked(format!("{}: {error}", path.display())))?;
    let shown = path.display();
    Ok(writeln!(io::stdout(), "wrote a new master key into {shown}; keep a copy apart from the storage")?)
}

fn reseal(operate: &OperateArguments) -> Result<(), Failure> {
    let resealed = ask(operate, command::RESEAL, &Nothing {}, show_progress)?;
    print(operate.json, &resealed, resealing)?;
    match (resealed.unopened.len(), resealed.busy) {
        (0, 0) => Ok(()),
        (0, busy) => {
            Err(Failure::asked(format!("{busy} records are in use just now: call it again in a minute")))
        }
        (_, _) => {
            Err(Failure::asked("not everything can be opened: put the lost key into `old_master_keys`"))
        }
    }
}

fn rotation(rotated: &RotatedSigningKey) -> String {
    let RotatedSigningKey { current, published } = rotated;
    format!("tokens are signed with {current} now; also published: {}\n", published.join(", "))
}

fn resealing(done: &Resealed) -> String {
    let mut text = format!("sealed {} records anew with the master key {}\n", done.resealed, done.current);
    for (key, needed) in &done.older {
        // Writing into memory does not fail.
        let line = if needed.is_free {
            format!("nothing needs {key} any more: remove it from `old_master_keys`")
        } else if needed.grants > 0 {
            format!("{} grants still need {key}, until their clients have refreshed: keep it", needed.grants)
        } else {
            format!("{key} is still needed: keep it")
        };
        writeln!(text, "{line}").ok();
    }
    for problem in &done.unopened {
        writeln!(text, "cannot be opened: {problem}").ok();
    }
    text
}

#[expect(
    clippy::print_stderr,
    reason = "progress is for the person, the answer for whoever reads the output"
)]
fn show_progress(progress: Progress) {
    let Progress { table, looked_at, resealed } = progress;
    eprintln!("{table}: {looked_at} records looked at, {resealed} sealed anew");
}
