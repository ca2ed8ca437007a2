use std::path::PathBuf;

use toml::{Table, Value};

/// A configuration that fits on a command line: one program, protected, at one public address.
#[derive(Clone, Debug)]
pub struct CommandLine {
    /// The origin that clients type.
    pub public_url: String,
    /// The path of the endpoint.
    pub path: String,
    /// Where to listen.
    pub listen: String,
    /// Certificate chain and key, if the gateway itself terminates TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Networks of the proxies that terminate TLS.
    pub behind_proxy: Vec<String>,
    /// Scopes that every request must have.
    pub scopes: Vec<String>,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Variables of the gateway's environment that the program finds in its own.
    pub env: Vec<String>,
    /// Whose tokens count.
    pub tokens_of: TokensOf,
}

/// Whose tokens a server takes.
#[derive(Clone, Debug)]
pub enum TokensOf {
    /// Option A: those of these authorization servers.
    Issuers(Vec<String>),
    /// Option B: those of the gateway itself, for one built-in account.
    Account {
        /// The name to sign in with.
        username: String,
        /// The hash of the password.
        password_hash: String,
        /// The folder with `state.redb` and `master.key`.
        folder: PathBuf,
    },
}

impl CommandLine {
    /// The file that says the same.
    ///
    /// It is checked like any file: what is insecure there is refused here.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut root = table([("public_url", self.public_url.as_str().into())]);
        root.insert("listen".to_owned(), self.listen().into());
        root.insert("server".to_owned(), Value::Array(vec![self.server().into()]));
        match &self.tokens_of {
            TokensOf::Issuers(issuers) => {
                let sections = issuers.iter().map(|it| table([("issuer", it.as_str().into())]).into());
                root.insert("authorization_server".to_owned(), Value::Array(sections.collect()));
            }
            TokensOf::Account { username, password_hash, folder } => {
                root.insert("third_party".to_owned(), account(username, password_hash, folder).into());
            }
        }
        root.to_string()
    }

    fn listen(&self) -> Table {
        let mut listen = table([("address", self.listen.as_str().into())]);
        if let Some((certificate, key)) = &self.tls {
            let tls = table([("certificate", path(certificate)), ("key", path(key))]);
            listen.insert("tls".to_owned(), tls.into());
        }
        if !self.behind_proxy.is_empty() {
            listen.insert("behind_proxy".to_owned(), texts(&self.behind_proxy));
        }
        listen
    }

    fn server(&self) -> Table {
        let env = self.env.iter().map(|it| (it.clone(), table([("env", it.as_str().into())]).into()));
        let upstream = table([("stdio", texts(&self.command)), ("env", env.collect::<Table>().into())]);
        table([
            ("path", self.path.as_str().into()),
            ("upstream", upstream.into()),
            ("scopes", texts(&self.scopes)),
        ])
    }
}

fn account(username: &str, password_hash: &str, folder: &std::path::Path) -> Table {
    let account = table([("username", username.into()), ("password_hash", password_hash.into())]);
    let provider = table([
        ("id", "account".into()),
        ("preset", "local".into()),
        ("name", "Account".into()),
        ("account", Value::Array(vec![account.into()])),
    ]);
    table([
        ("storage", table([("redb", path(&folder.join("state.redb")))]).into()),
        ("master_key", table([("file", path(&folder.join("master.key")))]).into()),
        ("provider", Value::Array(vec![provider.into()])),
    ])
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn texts(texts: &[String]) -> Value {
    Value::Array(texts.iter().map(|it| it.as_str().into()).collect())
}

/// A path that is no UTF-8 names no file that could be found again.
fn path(path: &std::path::Path) -> Value {
    path.to_string_lossy().into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Upstream};

    fn command_line() -> CommandLine {
        CommandLine {
            public_url: "https://mcp.example.com".to_owned(),
            path: "/mcp".to_owned(),
            listen: "127.0.0.1:8080".to_owned(),
            tls: None,
            behind_proxy: Vec::new(),
            scopes: vec!["mcp".to_owned()],
            command: ["npx", "-y", "quote\" and \\ and \u{7f} and 'é'"].map(str::to_owned).into(),
            env: vec!["API_TOKEN".to_owned()],
            tokens_of: TokensOf::Issuers(vec!["https://as.example/".to_owned()]),
        }
    }

    #[test]
    fn o16_the_words_of_the_command_line_are_those_of_the_program() {
        let config = Config::parse(&command_line().to_toml(), "the command line").unwrap();
        let Upstream::Stdio(stdio) = &config.servers[0].upstream else { panic!("{config:?}") };
        assert_eq!(stdio.program.to_str(), Some("npx"));
        assert_eq!(stdio.arguments, command_line().command[1..]);
        assert_eq!(stdio.env.keys().collect::<Vec<_>>(), ["API_TOKEN"]);
    }

    type Change = (fn(&mut CommandLine), &'static str);

    #[test]
    fn o01_a_command_line_is_as_strict_as_a_file() {
        let refused = |change: fn(&mut CommandLine)| {
            let mut line = command_line();
            change(&mut line);
            Config::parse(&line.to_toml(), "the command line").map(drop).unwrap_err().to_string()
        };
        let rows: [Change; 5] = [
            (|it| it.listen = "0.0.0.0:8080".to_owned(), "plain HTTP"),
            (|it| it.public_url = "http://mcp.example.com".to_owned(), "public_url"),
            (|it| it.tokens_of = TokensOf::Issuers(vec!["http://as.example/".to_owned()]), "issuer"),
            (|it| it.command.clear(), "stdio"),
            (|it| it.command = ["sh", "-c", "id"].map(str::to_owned).into(), "shell"),
        ];
        for (change, expected) in rows {
            let error = refused(change);
            assert!(error.contains(expected), "{error}");
        }
    }
}
