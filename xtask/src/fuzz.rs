//! Long runs of the fuzz targets under libFuzzer; the tests do some thousand inputs of each.

use std::{fs, process::ExitCode};

use crate::{parts, shell, workspace::root};

/// What is asked for on the command line.
#[derive(Debug, PartialEq, Eq)]
struct Request<'a> {
    /// For how long each target runs.
    seconds: &'a str,
    /// None means all of them.
    target: Option<&'a str>,
}

/// Runs the targets as `options` say, until one fails.
///
/// `None` if the options are none that there are.
pub(crate) fn run(options: &[&str]) -> Option<ExitCode> {
    let request = request(options)?;
    match fuzz(&request) {
        Ok(line) => {
            println!("{line}");
            Some(ExitCode::SUCCESS)
        }
        Err(problem) => {
            eprintln!("{problem}");
            Some(ExitCode::FAILURE)
        }
    }
}

fn request<'a>(options: &[&'a str]) -> Option<Request<'a>> {
    let (seconds, rest) = match options {
        ["--seconds", seconds, rest @ ..] => (*seconds, rest),
        rest => ("60", rest),
    };
    match rest {
        [] => Some(Request { seconds, target: None }),
        [target] if !target.starts_with('-') => Some(Request { seconds, target: Some(target) }),
        _ => None,
    }
}

fn fuzz(request: &Request<'_>) -> Result<String, String> {
    if !shell::works("c++", &["--version"]) {
        return Err("libFuzzer needs a C++ compiler: apt-get install g++".to_owned());
    }
    let program = parts::cargo::installed("cargo-fuzz", VERSION)?;
    let targets = match request.target {
        Some(target) => vec![target.to_owned()],
        None => targets()?,
    };
    // The versions that are shipped, and libFuzzer's own beside them.
    let lock = root().join(FOLDER).join("Cargo.lock");
    fs::copy(root().join("Cargo.lock"), &lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    for target in &targets {
        let found = format!("{FOLDER}/corpus/{target}");
        fs::create_dir_all(root().join(&found)).map_err(|error| format!("{found}: {error}"))?;
        let seeds = format!("{CORPUS}/{target}");
        let time = format!("-max_total_time={}", request.seconds);
        let arguments =
            ["fuzz", "run", "--fuzz-dir", FOLDER, target, &found, &seeds, "--", &time, "-max_len=16384"];
        let mut command = shell::command(&program, &arguments);
        // Sanitizers are not yet part of stable Rust.
        command.env("RUSTC_BOOTSTRAP", "1");
        shell::run_command(command)?;
    }
    Ok(format!("{} targets, {} s each: 0 failed", targets.len(), request.seconds))
}

/// The names of all targets, which are those of the folders of their seeds.
fn targets() -> Result<Vec<String>, String> {
    let problem = |error| format!("{CORPUS}: {error}");
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join(CORPUS)).map_err(problem)? {
        names.push(entry.map_err(problem)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

const VERSION: &str = "0.13.2";
const FOLDER: &str = "fuzz/libfuzzer";
const CORPUS: &str = "fuzz/corpus";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        assert_eq!(request(&[]), Some(Request { seconds: "60", target: None }));
        assert_eq!(request(&["jwt"]), Some(Request { seconds: "60", target: Some("jwt") }));
        assert_eq!(request(&["--seconds", "5", "jwt"]), Some(Request { seconds: "5", target: Some("jwt") }));
        assert_eq!(request(&["--minutes", "5"]), None);
        assert_eq!(request(&["jwt", "jwks"]), None);
    }

    #[test]
    fn each_folder_of_seeds_has_a_program() {
        let targets = targets().unwrap();
        assert!(targets.len() >= 8);
        for target in targets {
            assert!(root().join(FOLDER).join(format!("targets/{target}.rs")).exists(), "{target}");
        }
    }
}
