//! What may stand on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// OAuth 2.1 in front of any MCP server.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
pub(crate) struct Arguments {
    /// What to do; `serve` if nothing is said.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
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
    /// Print the hash of a password, for an account of `preset = "local"`.
    ///
    /// Asks for the password twice at a terminal, else reads one line from standard input.
    #[cfg(feature = "third-party")]
    HashPassword,
    /// The keys under which stored secrets are sealed.
    #[cfg(feature = "third-party")]
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Print the JSON Schema of the configuration.
    Schema,
    /// Print the completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
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
}

/// `serve`.
#[derive(Args, Debug)]
pub(crate) struct ServeArguments {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = DEFAULT_CONFIG)]
    pub(crate) config: PathBuf,
    /// Worker threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: Option<u16>,
}

impl Default for ServeArguments {
    fn default() -> Self {
        Self { config: DEFAULT_CONFIG.into(), workers: None }
    }
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
    /// Also ask everything that the configuration points at.
    #[arg(long)]
    pub(crate) online: bool,
    /// Print the findings as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

const DEFAULT_CONFIG: &str = "mcp-gateway.toml";
