use std::path::PathBuf;
use std::time::Duration;

oauth_types::secret! {
    /// What an environment variable of a child holds; it may be a secret, so it is never printed.
    pub struct VariableValue;
}

/// One environment variable of a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: VariableValue,
}

/// How the MCP server is started, and what it may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StdioSettings {
    /// What logs call it: the path of its endpoint.
    pub server: String,
    /// The program: a path, or a name that is looked up in `PATH` of its environment.
    pub program: PathBuf,
    /// Its arguments, as they are: there is no shell.
    pub arguments: Vec<String>,
    /// What it finds in its environment besides, such as `PATH`: no secrets, so the log may have them.
    pub ordinary: Vec<Variable>,
    /// What was granted to it in its environment, in place of what is `ordinary` under the same names; the log does not
    /// have the values.
    pub environment: Vec<Variable>,
    /// Where it runs; `None` is where the gateway runs.
    pub directory: Option<PathBuf>,
    /// Whether one child serves everybody, for revisions from 2026-07-28 on; older ones have a child per MCP session.
    pub shared: bool,
    /// What its children may use.
    pub bounds: Bounds,
}

/// What children may use, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Children at a time.
    pub children: usize,
    /// Children of one principal at a time.
    pub children_per_principal: usize,
    /// A child that nobody has used for so long is ended.
    pub idle: Duration,
    /// A child is ended after this time, whoever uses it.
    pub life: Duration,
    /// Time from the start of a child to its first answer.
    pub start: Duration,
    /// Silence about a request after which it is given up.
    pub answer: Duration,
    /// Time between the end of its input, SIGTERM and SIGKILL, each, when a child is ended.
    pub grace: Duration,
    /// The longest message in bytes, in both directions.
    pub message: usize,
    /// Data segment of a process in bytes (`RLIMIT_DATA`); `None` leaves the gateway's own limit.
    pub memory: Option<u64>,
    /// Open files of a process (`RLIMIT_NOFILE`); `None` leaves the gateway's own limit.
    pub open_files: Option<u64>,
    /// Silence on an event stream after which a comment is sent; also how long an answer may take before it becomes one.
    pub keep_alive: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            children: 100,
            children_per_principal: 10,
            idle: Duration::from_secs(15 * 60),
            life: Duration::from_secs(24 * 60 * 60),
            start: Duration::from_secs(60),
            answer: Duration::from_secs(5 * 60),
            grace: Duration::from_secs(2),
            message: 4 * 1024 * 1024,
            memory: None,
            open_files: Some(1024),
            keep_alive: Duration::from_secs(15),
        }
    }
}

impl StdioSettings {
    /// The server at `server` that `program` is, without arguments, environment and directory.
    #[must_use]
    pub fn new(server: impl Into<String>, program: impl Into<PathBuf>) -> Self {
        Self {
            server: server.into(),
            program: program.into(),
            arguments: Vec::new(),
            ordinary: Vec::new(),
            environment: Vec::new(),
            directory: None,
            shared: false,
            bounds: Bounds::default(),
        }
    }
}
