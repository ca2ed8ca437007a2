use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use gateway::{
    config::{Config, Storage},
    third_party::admin::{self, BackedUp, BackupTo, Verdict, command},
};
use serde::Serialize;

use super::{Failure, environment, operate::ask, output::print, runtime};
use crate::arguments::{OperateArguments, StorageCommand};

/// What there is to do with the file of the state.
pub(crate) fn storage(command: StorageCommand) -> Result<(), Failure> {
    match command {
        StorageCommand::Init { operate } => init(&operate),
        StorageCommand::Backup { target, operate } => back_up(&target, &operate),
        StorageCommand::Verify { file, json } => verify(&file, json),
        StorageCommand::Restore { backup, replace, keep_grants, operate } => {
            restore(&backup, &operate, Restoring { replace, keep_grants })
        }
    }
}

#[derive(Serialize)]
struct Made {
    /// None for a database.
    file: Option<PathBuf>,
}

fn init(operate: &OperateArguments) -> Result<(), Failure> {
    let loaded = Config::load(&operate.config, &environment)?;
    let file = match runtime(Some(1))?.block_on(admin::init(&loaded)).map_err(Failure::asked)? {
        admin::Made::File(file) => Some(std::path::absolute(file)?),
        admin::Made::Database => None,
    };
    print(operate.json, &Made { file }, |it| {
        let place = it.file.as_ref().map(|it| it.display().to_string());
        let place = place.unwrap_or_else(|| "the tables of the gateway in the database".to_owned());
        format!("made {place}, in which nobody is signed in, for the configured master key\n")
    })
}

fn back_up(target: &Path, operate: &OperateArguments) -> Result<(), Failure> {
    // The gateway may be in another folder.
    let path = std::path::absolute(target)?;
    let done = ask(operate, command::BACK_UP, &BackupTo { path }, |_| {})?;
    let words = |BackedUp { records }: &_| format!("wrote {records} records to {}\n", target.display());
    print(operate.json, &done, words)
}

#[derive(Serialize)]
struct Verified<'a> {
    sound: bool,
    tables: &'a BTreeMap<String, u64>,
    problems: &'a [String],
}

fn verify(file: &Path, json: bool) -> Result<(), Failure> {
    let Verdict { tables, problems } = admin::verify(file).map_err(Failure::asked)?;
    let verified = Verified { sound: problems.is_empty(), tables: &tables, problems: &problems };
    print(json, &verified, |it| {
        let mut text = counts(it.tables);
        for problem in it.problems {
            writeln!(text, "wrong: {problem}").ok();
        }
        text.push_str(if it.sound { "the file is sound\n" } else { "" });
        text
    })?;
    if problems.is_empty() { Ok(()) } else { Err(Failure::asked("the file is damaged")) }
}

#[derive(Clone, Copy)]
struct Restoring {
    replace: bool,
    keep_grants: bool,
}

#[derive(Serialize)]
struct Restored {
    records: u64,
    left_out: BTreeMap<String, u64>,
}

fn restore(backup: &Path, operate: &OperateArguments, how: Restoring) -> Result<(), Failure> {
    let config = Config::read(&operate.config)?;
    let Some(Storage::Redb(store)) = config.third_party.map(|it| it.storage) else {
        return Err(Failure::asked("the configuration has no `third_party.storage` in a file"));
    };
    let done = admin::restore(backup, &store, how.keep_grants, how.replace).map_err(Failure::asked)?;
    let done = Restored { records: done.records, left_out: done.left_out };
    print(operate.json, &done, |it| {
        let mut text = format!("restored {} records to {}\n", it.records, store.display());
        if how.keep_grants {
            text.push_str(
                "grants that were ended after the backup was made are good again: look at `grants list`\n",
            );
        } else {
            text.push_str(
                "left behind, so that nothing that has ended is good again; people sign in anew:\n",
            );
            text.push_str(&counts(&it.left_out));
        }
        text
    })
}

fn counts(tables: &BTreeMap<String, u64>) -> String {
    tables.iter().fold(String::new(), |mut text, (table, records)| {
        writeln!(text, "{records:>8} {table}").ok();
        text
    })
}
