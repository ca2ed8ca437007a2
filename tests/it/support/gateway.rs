//! The gateway as a process.

use std::{
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::Issuer;

/// A gateway to be started: a folder of files and a configuration that may name the origin.
pub(crate) struct Setup {
    folder: TempDir,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    scheme: &'static str,
    program: Program,
}

/// How the program is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    Plain,
    /// A write beyond the limit of file sizes is an error, and not its end.
    FileSizesAreErrors,
    /// What it writes to standard output is in a file beside its configuration.
    StdoutInFile,
}

/// A running gateway; killed when dropped.
pub(crate) struct Gateway {
    child: Child,
    folder: TempDir,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    program: Program,
    address: SocketAddr,
    origin: String,
    output: Arc<Output>,
}

/// A gateway that did not start.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: ExitStatus,
    pub(crate) output: String,
}

/// All that a process has said; of a very long run, the last of it.
#[derive(Default)]
struct Output {
    said: Mutex<Said>,
    grown: Condvar,
}

#[derive(Default)]
struct Said {
    text: String,
    /// It will say no more.
    is_all: bool,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            folder,
            arguments: Vec::new(),
            environment: Vec::new(),
            scheme: "http",
            program: Program::Plain,
        }
    }

    /// The gateway speaks TLS.
    pub(crate) fn https(mut self) -> Self {
        self.scheme = "https";
        self
    }

    /// The limit of file sizes can be made to look like a full disk (`prlimit --fsize`).
    pub(crate) fn file_sizes_are_errors(mut self) -> Self {
        self.program = Program::FileSizesAreErrors;
        self
    }

    /// What it writes to standard output is in the file [`STDOUT`].
    pub(crate) fn stdout_in_file(mut self) -> Self {
        self.program = Program::StdoutInFile;
        self
    }

    /// A further argument of `serve`.
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// A variable of its environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A file beside the configuration, which only its owner may read.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        write_private(&self.folder.path().join(name), text);
        self
    }

    /// The public keys of an issuer as `NAME.json`.
    pub(crate) fn keys(self, name: &str, issuer: &Issuer) -> Self {
        let keys = issuer.jwks();
        self.file(&format!("{name}.json"), &keys)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts with the configuration that `config` makes of the address to listen on.
    pub(crate) fn start(self, config: impl Fn(&str) -> String) -> Gateway {
        let mut setup = self;
        for _ in 0..8 {
            match setup.try_start(&config) {
                Ok(gateway) => return gateway,
                // Somebody else took the port between our asking and its binding.
                Err(failed) if failed.1.output.contains("cannot listen") => setup = failed.0,
                Err(failed) => panic!("the gateway did not start: {}", failed.1.output),
            }
        }
        panic!("no free port")
    }

    /// Starts what must not start.
    pub(crate) fn refuse(self, config: impl Fn(&str) -> String) -> Refused {
        match self.try_start(&config) {
            Ok(gateway) => panic!("the gateway must not start:\n{}", gateway.output()),
            Err(failed) => failed.1,
        }
    }

    fn try_start(self, config: &impl Fn(&str) -> String) -> Result<Gateway, Box<(Self, Refused)>> {
        let listen = free_address();
        let config = config(&listen.to_string());
        std::fs::write(self.folder.path().join(CONFIG), &config).unwrap();
        // A first start: there is no state to lose yet.
        let init = config.contains("[third_party]").then(|| INIT.to_owned());
        let arguments: Vec<_> = self.arguments.iter().cloned().chain(init).collect();
        let (mut child, output) = serve(self.program, self.folder.path(), &arguments, &self.environment);
        if output.wait_for("listening on") {
            let origin = format!("{}://localhost:{}", self.scheme, listen.port());
            let Self { folder, arguments, environment, program, .. } = self;
            return Ok(Gateway {
                child,
                folder,
                arguments,
                environment,
                program,
                address: listen,
                origin,
                output,
            });
        }
        let status = child.wait().unwrap();
        let output = output.text();
        Err(Box::new((self, Refused { status, output })))
    }
}

impl Gateway {
    /// `http://localhost:PORT`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// An address at the gateway.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has said so far.
    pub(crate) fn output(&self) -> String {
        self.output.text()
    }

    /// Waits until it has said `text`.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        assert!(self.output.wait_for(text), "never said {text:?}:\n{}", self.output());
    }

    /// Waits until it has said `text` so many times.
    #[track_caller]
    pub(crate) fn wait_for_times(&self, text: &str, times: usize) {
        let said = self.output.wait_until(|it| it.matches(text).count() >= times);
        assert!(said, "said {text:?} fewer than {times} times:\n{}", self.output());
    }

    /// A file beside its configuration.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Rewrites such a file at once, as an editor or a mounted volume does.
    pub(crate) fn rewrite(&self, name: &str, text: &str) {
        let new = self.path("new");
        write_private(&new, text);
        std::fs::rename(new, self.path(name)).unwrap();
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Kills it without warning, if it has not ended, and starts it again on the same files and the same port.
    pub(crate) fn crash_and_restart(&mut self) {
        assert!(self.restarts(&[]), "{}", self.output());
    }

    /// The same with further arguments of `serve`, for once.
    pub(crate) fn crash_and_restart_with(&mut self, arguments: &[&str]) {
        assert!(self.restarts(arguments), "{}", self.output());
    }

    /// Kills it and starts what must not start; it has ended then.
    pub(crate) fn crash_and_refuse(&mut self) -> Refused {
        assert!(!self.restarts(&[]), "the gateway must not start:\n{}", self.output());
        Refused { status: self.child.wait().unwrap(), output: self.output() }
    }

    /// Whether it listens again.
    fn restarts(&mut self, further: &[&str]) -> bool {
        self.child.kill().ok();
        self.child.wait().unwrap();
        let further = further.iter().map(|&it| it.to_owned());
        let arguments: Vec<_> = self.arguments.iter().cloned().chain(further).collect();
        (self.child, self.output) = serve(self.program, self.folder.path(), &arguments, &self.environment);
        self.output.wait_for("listening on")
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + LONG;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "did not end:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Output {
    fn collect(child: &mut Child) -> Arc<Self> {
        let output = Arc::new(Self::default());
        let lines = BufReader::new(child.stderr.take().unwrap());
        let writer = Arc::clone(&output);
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let Said { text, .. } = &mut *writer.said.lock().unwrap();
                if text.len() > MOST_OUTPUT {
                    text.clear();
                }
                text.push_str(&line);
                text.push('\n');
                writer.grown.notify_all();
            }
            writer.said.lock().unwrap().is_all = true;
            writer.grown.notify_all();
        });
        output
    }

    fn text(&self) -> String {
        self.said.lock().unwrap().text.clone()
    }

    /// Whether it says `wanted` in time.
    fn wait_for(&self, wanted: &str) -> bool {
        self.wait_until(|it| it.contains(wanted))
    }

    /// Whether all that it has said is `good` in time, and before it says no more.
    fn wait_until(&self, good: impl Fn(&str) -> bool) -> bool {
        let waits = |it: &mut Said| !it.is_all && !good(&it.text);
        let said = self.grown.wait_timeout_while(self.said.lock().unwrap(), LONG, waits).unwrap().0;
        good(&said.text)
    }
}

/// Starts the program on the configuration in `folder`.
fn serve(
    program: Program,
    folder: &Path,
    arguments: &[String],
    environment: &[(String, String)],
) -> (Child, Arc<Output>) {
    let mut child = program
        .command()
        .args(["serve", "--config"])
        .arg(folder.join(CONFIG))
        .args(arguments)
        .envs(environment.iter().cloned())
        .stdin(Stdio::null())
        .stdout(program.stdout(folder))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = Output::collect(&mut child);
    (child, output)
}

impl Program {
    fn stdout(self, folder: &Path) -> Stdio {
        match self {
            Self::Plain | Self::FileSizesAreErrors => Stdio::null(),
            Self::StdoutInFile => std::fs::File::create(folder.join(STDOUT)).unwrap().into(),
        }
    }

    fn command(self) -> Command {
        let binary = env!("CARGO_BIN_EXE_mcp-gateway");
        match self {
            Self::Plain | Self::StdoutInFile => Command::new(binary),
            Self::FileSizesAreErrors => {
                let mut shell = Command::new("sh");
                // What a process ignores it goes on to ignore as another program.
                shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", binary]);
                shell
            }
        }
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn write_private(path: &Path, text: &str) {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

const CONFIG: &str = "gateway.toml";
/// What lets `serve` make a state file.
const INIT: &str = "--init";
/// Where [`Setup::stdout_in_file`] has it.
pub(crate) const STDOUT: &str = "stdout";
/// Of what a process says this much is kept at most, in bytes.
const MOST_OUTPUT: usize = 64 << 20;
/// More than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);
