//! A PostgreSQL server of the operating system, with data of its own in a temporary folder.

#![expect(clippy::expect_used, reason = "a test whose server cannot be set up must fail")]

mod programs;
mod tls;

pub use tls::{Authority, ServerCertificate};

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use programs::Programs;

/// A server that ends with its value, or with the process of the test, however that ends.
#[derive(Debug)]
pub struct PostgresServer {
    programs: Programs,
    folder: PathBuf,
    address: SocketAddr,
    databases: AtomicU32,
    running: Mutex<Option<Child>>,
    /// While it is open, the keeper waits.
    _keeper: ChildStdin,
}

impl PostgresServer {
    /// The one server that the tests of a process share; none of them may stop it.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<PostgresServer> = LazyLock::new(PostgresServer::start);
        &SHARED
    }

    /// Makes a cluster, and starts a server on a free port of 127.0.0.1 and on a Unix socket in [`Self::folder`].
    ///
    /// The user `postgres` has the password [`PASSWORD`].
    ///
    /// # Panics
    /// If PostgreSQL is not installed or does not start.
    #[must_use]
    pub fn start() -> Self {
        let programs = Programs::find();
        let folder = tempfile::Builder::new().prefix("postgres-").tempdir().expect("a folder").keep();
        if let Some((user, group)) = programs.owner() {
            chown(&folder, Some(user), Some(group)).expect("a folder of the server's user");
        }
        let keeper = keeper(&folder);
        fs::write(folder.join("password"), PASSWORD).expect("a file");
        let mut initdb = programs.command("initdb", &folder);
        initdb.args(["--pgdata=data", "--username=postgres", "--pwfile=password", "--auth=scram-sha-256"]);
        initdb.args(["--encoding=UTF8", "--locale=C", "--no-sync"]);
        succeed(initdb);
        let address = free_address();
        let (databases, running) = (AtomicU32::new(0), Mutex::new(None));
        let server = Self { programs, folder, address, databases, running, _keeper: keeper };
        server.resume();
        server
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder of its Unix socket, the number of which is the port of [`Self::address`].
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The URL of a new, empty database.
    ///
    /// # Panics
    /// If the server does not make one.
    pub fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut createdb = self.client("createdb");
        createdb.arg(&name);
        succeed(createdb);
        self.url(&name)
    }

    /// The URL of a database by its name.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres:{PASSWORD}@{}/{database}", self.address)
    }

    /// Starts it again after [`Self::stop`] or [`Self::kill`].
    ///
    /// # Panics
    /// If it does not start.
    pub fn resume(&self) {
        let log = File::options().create(true).append(true).open(self.folder.join("log")).expect("a log");
        let mut postgres = self.programs.command("postgres", &self.folder);
        postgres.args(["-D", "data", "-h", "127.0.0.1", "-k"]).arg(&self.folder);
        postgres.args(["-p", &self.address.port().to_string(), "-c", "max_connections=600"]);
        postgres.args(["-c", "shared_buffers=32MB", "-c", "max_wal_size=256MB"]);
        postgres.stdout(log.try_clone().expect("a log")).stderr(log);
        *self.running() = Some(postgres.spawn().expect("postgres starts"));
        self.wait_until_ready();
    }

    /// Stops it as an administrator would: connections are closed, transactions end without effect.
    ///
    /// # Panics
    /// If there is no way to tell it to.
    pub fn stop(&self) {
        self.end("INT");
    }

    /// Stops it at once, as a crash would: the data are recovered from the log at the next start.
    ///
    /// # Panics
    /// If there is no way to tell it to.
    pub fn kill(&self) {
        self.end("QUIT");
    }

    /// Lets it run as a standby from now on, which follows nobody.
    ///
    /// # Panics
    /// If it does not start so.
    pub fn become_standby(&self) {
        self.stop();
        File::create(self.folder.join("data/standby.signal")).expect("a file");
        self.resume();
    }

    /// Lets a standby take changes from now on.
    ///
    /// # Panics
    /// If it does not.
    pub fn promote(&self) {
        let mut promote = self.programs.command("pg_ctl", &self.folder);
        promote.args(["promote", "-D", "data", "-w"]);
        succeed(promote);
    }

    /// What it has written to its log.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn end(&self, signal: &str) {
        let Some(mut process) = self.running().take() else { return };
        let mut kill = Command::new("kill");
        kill.args(["-s", signal, &process.id().to_string()]);
        succeed(kill);
        process.wait().expect("the end of the server");
    }

    fn wait_until_ready(&self) {
        let start = Instant::now();
        while !self.client("pg_isready").arg("--quiet").status().is_ok_and(|it| it.success()) {
            assert!(start.elapsed() < START, "the server does not start: {}", self.log());
            sleep(Duration::from_millis(20));
        }
    }

    fn client(&self, program: &str) -> Command {
        let mut command = self.programs.command(program, &self.folder);
        let port = self.address.port().to_string();
        command.args(["--host=127.0.0.1", "--username=postgres", "--port", &port]);
        // Certificates of whoever runs the tests are not for it.
        command.env("PGPASSWORD", PASSWORD).env("HOME", &self.folder);
        command
    }

    fn running(&self) -> MutexGuard<'_, Option<Child>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ends the server and removes its folder when this process has ended, or only the value.
fn keeper(folder: &Path) -> ChildStdin {
    use std::os::unix::process::CommandExt;

    let mut shell = Command::new("sh");
    shell.args(["-c", KEEPER, "keeper"]).arg(folder);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    shell.spawn().expect("a shell").stdin.take().expect("its input")
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address")
}

fn succeed(mut command: Command) {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The password of the user `postgres`.
pub const PASSWORD: &str = "correct-horse";
const START: Duration = Duration::from_secs(30);
/// Reads until there is nobody any more who could write.
const KEEPER: &str = r#"cat
pid=$(head -n 1 "$1/data/postmaster.pid") && kill -s QUIT "$pid" && while kill -s 0 "$pid"; do sleep 0.05; done
rm -rf "$1""#;
