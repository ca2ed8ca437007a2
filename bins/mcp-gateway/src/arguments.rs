//! What may stand on the command line.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, Parser, Subcommand};
use gateway::{
    api_keys::{KeyId, ScopeToken},
    config::Period,
    serve::StateFile,
};

/// OAuth 2.1 in front of any MCP server.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    /// What to do; `serve`, whose options may stand alone, if nothing is said.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeArguments,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve until a signal says to stop; a changed configuration is taken while serving.
    Serve(ServeArguments),
    /// Start an MCP server and all it needs to be reached with OAuth on loopback, and walk through the flow.
    Demo(DemoArguments),
    /// Read a configuration as `serve` would, and say what is wrong with it.
    Check(CheckArguments),
    /// The API keys of servers with `api_keys`.
    #[command(subcommand)]
    ApiKeys(ApiKeysCommand),
    /// Print the hash of a password, for an account of `preset = "local"`.
    ///
    /// Asks for the password twice at a terminal, else reads one line from standard input.
    #[cfg(feature = "third-party")]
    HashPassword,
    /// The grants: which client may do what for which person.
    #[cfg(feature = "third-party")]
    #[command(subcommand)]
    Grants(GrantsCommand),
    /// The clients that registered, and all that hold grants.
    #[cfg(feature = "third-party")]
    #[command(subcommand)]
    Clients(ClientsCommand),
    /// The keys that sign tokens, and those under which stored secrets are sealed.
    #[cfg(feature = "third-party")]
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The file with the state: how it begins, backups, and what is done with them.
    #[cfg(feature = "third-party")]
    #[command(subcommand)]
    Storage(StorageCommand),
    /// Print the JSON Schema of the configuration.
    Schema,
    /// Print the completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// `api-keys`.
#[derive(Debug, Subcommand)]
pub(crate) enum ApiKeysCommand {
    /// Make a key, and show it once.
    Add(AddKeyArguments),
    /// List the keys, without their texts, which nobody has.
    List {
        #[command(flatten)]
        keys: ApiKeysArguments,
    },
    /// End a key: a gateway that serves refuses it within seconds, and ends its streams.
    Revoke {
        /// Its id.
        id: KeyId,
        #[command(flatten)]
        keys: ApiKeysArguments,
    },
}

/// `api-keys add`.
#[derive(Args, Debug)]
pub(crate) struct AddKeyArguments {
    /// What people call it, such as who has it and where.
    #[arg(long)]
    pub(crate) label: String,
    /// What it may do; can be repeated. All of the server's `scopes` must be among these.
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<ScopeToken>,
    /// How long it is good, such as `30d`, or `never`.
    #[arg(long, value_name = "TIME", default_value = "90d")]
    pub(crate) expires: Expires,
    #[command(flatten)]
    pub(crate) keys: ApiKeysArguments,
}

/// What commands on API keys have in common.
#[derive(Args, Clone, Debug)]
pub(crate) struct ApiKeysArguments {
    /// The path of the server; may be left out where only one takes keys.
    #[arg(long, value_name = "PATH")]
    pub(crate) server: Option<String>,
    /// The configuration of the gateway.
    #[arg(long, short, value_name = "FILE", default_value = DEFAULT_CONFIG)]
    pub(crate) config: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How long a key is good; `None` for one without an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expires(pub(crate) Option<Period>);

impl FromStr for Expires {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "never" { Ok(Self(None)) } else { text.parse().map(|it| Self(Some(it))) }
    }
}

/// `keys`.
#[cfg(feature = "third-party")]
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Write a new master key into a file that is not there yet, for nobody but you.
    GenerateMaster {
        /// The file.
        path: PathBuf,
    },
    /// Sign tokens with the next key from now on; the old one stays published until its last token has ended.
    Rotate {
        /// Although others that keep our key set may not have the next key yet.
        #[arg(long)]
        at_once: bool,
        #[command(flatten)]
        operate: OperateArguments,
    },
    /// Seal all stored secrets with `master_key`, so that `old_master_keys` can go; to be called again if interrupted.
    Reseal {
        #[command(flatten)]
        operate: OperateArguments,
    },
}

/// `grants`.
#[cfg(feature = "third-party")]
#[derive(Debug, Subcommand)]
pub(crate) enum GrantsCommand {
    /// List the live grants, the one used last first.
    List {
        #[command(flatten)]
        selection: SelectionArguments,
        #[command(flatten)]
        operate: OperateArguments,
    },
    /// End grants at once, with their tokens and open streams, and the sign-ins that nothing else rests on.
    Revoke {
        #[command(flatten)]
        selection: SelectionArguments,
        /// Every grant, and every sign-in.
        #[arg(long, conflicts_with_all = ["grant", "user", "client"])]
        all: bool,
        #[command(flatten)]
        operate: OperateArguments,
    },
}

/// Which grants; several of these together must all be true.
#[cfg(feature = "third-party")]
#[derive(Args, Clone, Debug)]
pub(crate) struct SelectionArguments {
    /// The grant of this id.
    #[arg(long, value_name = "ID", conflicts_with_all = ["user", "client"])]
    pub(crate) grant: Option<gateway::third_party::admin::GrantId>,
    /// Those that this person gave, such as `github:583231`.
    #[arg(long, value_name = "PROVIDER:ID", value_parser = person)]
    pub(crate) user: Option<gateway::third_party::admin::Principal>,
    /// Those that this client holds.
    #[arg(long, value_name = "CLIENT_ID")]
    pub(crate) client: Option<gateway::third_party::admin::ClientId>,
}

/// `clients`.
#[cfg(feature = "third-party")]
#[derive(Debug, Subcommand)]
pub(crate) enum ClientsCommand {
    /// List the clients.
    List {
        #[command(flatten)]
        operate: OperateArguments,
    },
    /// End what a client holds, and forget its registration.
    Revoke {
        /// Its `client_id`.
        client_id: gateway::third_party::admin::ClientId,
        #[command(flatten)]
        operate: OperateArguments,
    },
}

/// `storage`.
#[cfg(feature = "third-party")]
#[derive(Debug, Subcommand)]
pub(crate) enum StorageCommand {
    /// Make the empty file of the state, for a first start; one that is there stays as it is.
    Init {
        #[command(flatten)]
        operate: OperateArguments,
    },
    /// Copy the state to a new file, also while the gateway serves.
    Backup {
        /// The new file, on the machine of the gateway.
        target: PathBuf,
        #[command(flatten)]
        operate: OperateArguments,
    },
    /// Read everything in a backup, or in a store that no gateway uses, and say what is wrong with it.
    Verify {
        /// The file, which is not touched.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make the store of a backup, while no gateway runs; everybody has to sign in again.
    Restore {
        /// The backup, which is not touched.
        backup: PathBuf,
        /// Move aside the store that is there.
        #[arg(long)]
        replace: bool,
        /// Keep grants and sign-ins, also those that were ended after the backup was made.
        #[arg(long)]
        keep_grants: bool,
        #[command(flatten)]
        operate: OperateArguments,
    },
}

/// What commands on a gateway have in common.
#[cfg(feature = "third-party")]
#[derive(Args, Clone, Debug)]
pub(crate) struct OperateArguments {
    /// The configuration of the gateway.
    #[arg(long, short, value_name = "FILE", default_value = DEFAULT_CONFIG)]
    pub(crate) config: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(feature = "third-party")]
fn person(text: &str) -> Result<gateway::third_party::admin::Principal, &'static str> {
    let subject = text.parse().map_err(|_| "is no PROVIDER:ID")?;
    gateway::third_party::admin::Principal::from_subject(&subject).ok_or("is no PROVIDER:ID")
}

/// `serve`.
#[derive(Args, Debug)]
pub(crate) struct ServeArguments {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = DEFAULT_CONFIG)]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) program: ProgramArguments,
    /// Make the state, its file or its tables in the database, if there is none: for a first start, since a new one
    /// knows nothing of what was revoked.
    #[cfg(feature = "third-party")]
    #[arg(long)]
    pub(crate) init: bool,
    /// Worker threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: Option<u16>,
}

impl ServeArguments {
    /// What to do where there is no state file.
    #[cfg(feature = "third-party")]
    pub(crate) const fn state_file(&self) -> StateFile {
        if self.init { StateFile::MayBeMade } else { StateFile::MustBeThere }
    }

    /// A build without Option B has none.
    #[cfg(not(feature = "third-party"))]
    #[expect(clippy::unused_self, reason = "it stands in for one with a flag")]
    pub(crate) const fn state_file(&self) -> StateFile {
        StateFile::MustBeThere
    }
}

/// A program to protect without a file: `--public-url https://mcp.example.com -- npx -y some-mcp-server`.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Without a configuration file")]
pub(crate) struct ProgramArguments {
    /// The origin that clients type, such as `https://mcp.example.com`.
    #[arg(long, value_name = "URL", requires = "command", conflicts_with = "config")]
    pub(crate) public_url: Option<String>,
    /// The path of the MCP endpoint.
    #[arg(long, value_name = "PATH", default_value = "/mcp", requires = "public_url")]
    pub(crate) path: String,
    /// Where to listen; other addresses than loopback need TLS or a proxy.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", requires = "public_url")]
    pub(crate) listen: String,
    /// PEM file with the certificate chain.
    #[arg(long, value_name = "FILE", requires_all = ["public_url", "tls_key"])]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// PEM file with its key.
    #[arg(long, value_name = "FILE", requires_all = ["public_url", "tls_certificate"])]
    pub(crate) tls_key: Option<PathBuf>,
    /// Network of the proxy that terminates TLS; may be repeated.
    #[arg(long, value_name = "NETWORK", requires = "public_url")]
    pub(crate) behind_proxy: Vec<String>,
    /// An authorization server whose tokens count; may be repeated.
    ///
    /// Without one the gateway itself signs in one person, with a password that it shows at its first start
    /// (in a build with `--features third-party`).
    #[arg(long, value_name = "URL", requires = "public_url")]
    pub(crate) authorization_server: Vec<String>,
    /// A scope that every request must have; may be repeated [default: `mcp` without `--authorization-server`].
    #[arg(long, value_name = "SCOPE", requires = "public_url")]
    pub(crate) scope: Vec<String>,
    /// A variable of the environment that the program finds in its own; may be repeated.
    #[arg(long, value_name = "NAME", requires = "public_url")]
    pub(crate) env: Vec<String>,
    /// The folder for password, key and state of the built-in account [default: one for each public URL in
    /// `$STATE_DIRECTORY`, `$XDG_STATE_HOME/mcp-gateway` or `~/.local/state/mcp-gateway`].
    #[arg(long, value_name = "FOLDER", requires = "public_url", conflicts_with = "authorization_server")]
    pub(crate) state: Option<PathBuf>,
    /// The MCP server: a program that speaks over stdin and stdout, and its arguments.
    #[arg(last = true, value_name = "COMMAND", requires = "public_url")]
    pub(crate) command: Vec<String>,
}

/// `demo`.
#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// Walk through the flow once and stop; exit 0 only if every step went as it must.
    #[arg(long)]
    pub(crate) once: bool,
    /// Show Option A: the gateway before an authorization server that is not its own.
    #[cfg(feature = "third-party")]
    #[arg(long)]
    pub(crate) resource_server: bool,
    /// The gateway's port on 127.0.0.1; 0 takes any.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
}

/// `check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArguments {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = DEFAULT_CONFIG)]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) program: ProgramArguments,
    /// Also ask everything that the configuration points at.
    #[arg(long)]
    pub(crate) online: bool,
    /// Print the findings as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Say which rule decides about an operation, such as `tools/call delete_file`, or a whole JSON-RPC message.
    #[arg(long, value_name = "OPERATION", conflicts_with = "online")]
    pub(crate) explain: Option<String>,
    #[command(flatten)]
    pub(crate) caller: CallerArguments,
}

/// Who asks, for `check --explain`.
#[derive(Args, Debug)]
pub(crate) struct CallerArguments {
    /// The scopes of the token, with all that they imply, separated by spaces.
    #[arg(long, value_name = "SCOPES", default_value = "", requires = "explain")]
    pub(crate) scopes: gateway::check::Scope,
    /// The path of the server; may be left out when there is one.
    #[arg(long, value_name = "PATH", requires = "explain")]
    pub(crate) server: Option<String>,
    /// The claim `sub`.
    #[arg(long, value_name = "SUB", requires = "explain")]
    pub(crate) subject: Option<String>,
    /// The claim `iss`.
    #[arg(long, value_name = "ISS", requires = "explain")]
    pub(crate) issuer: Option<String>,
    /// The claim `client_id`.
    #[arg(long, value_name = "CLIENT_ID", requires = "explain")]
    pub(crate) client: Option<String>,
    /// Further claims, as JSON: `{"groups":["admins"]}`.
    #[arg(long, value_name = "JSON", requires = "explain", value_parser = claims)]
    pub(crate) claims: Option<gateway::check::Claims>,
    /// The tool says that it changes nothing.
    #[arg(long, requires = "explain")]
    pub(crate) read_only: bool,
    /// The tool says that it destroys nothing.
    #[arg(long, requires = "explain")]
    pub(crate) not_destructive: bool,
}

fn claims(text: &str) -> Result<gateway::check::Claims, &'static str> {
    gateway::check::claims(text).ok_or("is no JSON object")
}

const DEFAULT_CONFIG: &str = "mcp-gateway.toml";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from([&["mcp-gateway"], arguments].concat())
    }

    #[test]
    fn a_key_has_an_end_unless_somebody_says_never() {
        let expires = |arguments: &[&str]| {
            let all = [&["api-keys", "add", "--label", "ci"], arguments].concat();
            match parse(&all).map(|it| it.command) {
                Ok(Some(Command::ApiKeys(ApiKeysCommand::Add(it)))) => Some(it.expires.0),
                _ => None,
            }
        };
        assert_eq!(expires(&[]), Some(Some(Period::from_days(90))));
        assert_eq!(expires(&["--expires", "12h"]), Some(Some(Period::from_secs(12 * 60 * 60))));
        assert_eq!(expires(&["--expires", "never"]), Some(None));
        assert_eq!(expires(&["--expires", "90"]), None);
    }

    #[test]
    fn serve_is_what_happens_without_a_command() {
        let bare = parse(&["-c", "other.toml", "--workers", "2"]).unwrap();
        assert!(bare.command.is_none());
        assert_eq!((bare.serve.config, bare.serve.workers), ("other.toml".into(), Some(2)));
        let Some(Command::Serve(named)) = parse(&["serve", "-c", "other.toml"]).unwrap().command else {
            panic!("a command")
        };
        assert_eq!(named.config, PathBuf::from("other.toml"));
        assert_eq!(parse(&[]).unwrap().serve.config, PathBuf::from(DEFAULT_CONFIG));
        assert!(parse(&["-c", "other.toml", "check"]).is_err());
    }
}
