use std::path::Path;

use crate::config::{
    SecretSource, Server, StdioUpstream, VariableSource,
    report::{KeyPath, Problem},
};

/// A program is started as it stands in the file: without a shell, and without secrets in the file.
pub(super) fn check(section: &KeyPath, server: &Server, stdio: &StdioUpstream) -> Result<(), Problem> {
    let upstream = section.key("upstream");
    towards_upstream(section, server, stdio)?;
    if server.identity.headers || server.identity.jwt.is_some() {
        let message = "is told in headers, and a program gets no headers: leave it out";
        return Err(Problem::new(section.key("identity"), message));
    }
    let command = || upstream.key("stdio");
    let words = || {
        std::iter::once(stdio.program.to_str().unwrap_or_default())
            .chain(stdio.arguments.iter().map(String::as_str))
    };
    if words().any(|it| it.contains('\0')) {
        return Err(Problem::new(command(), "must not hold a NUL"));
    }
    if is_shell(&stdio.program) && stdio.arguments.iter().any(|it| is_command_flag(it)) {
        let message =
            "must be the program itself and its arguments: what a shell reads has more than one meaning";
        return Err(Problem::new(command(), message));
    }
    for (name, value) in &stdio.env {
        let key = upstream.key("env").key(name);
        if !SecretSource::is_variable_name(name) {
            return Err(Problem::new(
                key,
                "is no name of an environment variable: write letters, digits and `_`",
            ));
        }
        if LOADER.iter().any(|it| name.starts_with(it)) {
            return Err(Problem::new(
                key,
                "would make the program load other code: set it in a script of yours",
            ));
        }
        let VariableSource::Text(text) = value else { continue };
        if text.contains('\0') {
            return Err(Problem::new(key, "must not hold a NUL"));
        }
        if sounds_secret(name) && !text.is_empty() {
            let message = r#"sounds like a secret, which must not stand in this file: write `{ env = "NAME" }` or `{ file = "PATH" }`"#;
            return Err(Problem::new(key, message));
        }
    }
    Ok(())
}

/// The credential that an upstream over HTTP finds in a header, a program finds in its environment.
fn towards_upstream(section: &KeyPath, server: &Server, stdio: &StdioUpstream) -> Result<(), Problem> {
    let key = section.key("upstream").key("credential_env");
    match (&stdio.credential_env, &server.credential) {
        (None, Some(_)) => {
            let message = "a program is told it in its environment: name the variable in `credential_env`";
            Err(Problem::new(section.key("credential"), message))
        }
        (Some(_), None) => Err(Problem::new(key, "needs a section `[server.credential]`")),
        (Some(name), Some(_)) if !SecretSource::is_variable_name(name) || stdio.env.contains_key(name) => {
            Err(Problem::new(key, "must be the name of a variable that is not in `env`"))
        }
        (Some(_), Some(credential)) if stdio.shared && credential.secret.is_none() => {
            Err(Problem::new(key, "a process for everybody cannot have a credential for each person"))
        }
        (None, None) | (Some(_), Some(_)) => Ok(()),
    }
}

fn is_shell(program: &Path) -> bool {
    program.file_name().and_then(|it| it.to_str()).is_some_and(|it| SHELLS.contains(&it))
}

/// `-c`, also among other letters, as in `-lc`.
fn is_command_flag(argument: &str) -> bool {
    let letters = argument.strip_prefix('-').filter(|it| !it.starts_with('-'));
    letters.is_some_and(|it| it.contains('c'))
}

fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.split('_').any(|word| SECRET_WORDS.contains(&word))
}

const SHELLS: [&str; 7] = ["sh", "bash", "dash", "zsh", "ksh", "fish", "busybox"];
const LOADER: [&str; 2] = ["LD_", "DYLD_"];
const SECRET_WORDS: [&str; 11] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASS",
    "KEY",
    "APIKEY",
    "PAT",
    "CREDENTIAL",
    "CREDENTIALS",
    "AUTH",
];
