//! Child processes: where they run, what they use, and their end.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A running program, killed when dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start to the first 200 of `/healthz`.
    pub(crate) start: Duration,
}

/// Which processors the proxies and the rest may use.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// `None` where nothing can be pinned.
    proxies: Option<String>,
}

impl Places {
    /// Keeps this process and its children to one processor and leaves another one to the proxies, if there are two;
    /// also lets them open enough files for all streams.
    pub(crate) fn take() -> Self {
        let own = std::process::id().to_string();
        if !works("prlimit", &["--nofile=16384:", "--pid", &own]) {
            eprintln!("warning: `prlimit` does not work, the streams may need more files than are allowed");
        }
        let processors = allowed_processors();
        let (Some(first), Some(last)) = (processors.first(), processors.last()) else {
            return Self { proxies: None };
        };
        let pinned = first != last && works("taskset", &["--pid", "--cpu-list", &last.to_string(), &own]);
        if !pinned {
            eprintln!("warning: nothing is pinned, the figures will scatter");
        }
        Self { proxies: pinned.then(|| first.to_string()) }
    }

    /// Starts a proxy on its processor and waits until it is healthy.
    pub(crate) fn proxy(
        &self,
        program: &Path,
        arguments: &[&OsStr],
        address: SocketAddr,
    ) -> io::Result<Process> {
        let mut command = self.on_the_proxies(program);
        command.args(arguments);
        start(command, address)
    }

    /// A command that runs `program` on the processor of the proxies.
    pub(crate) fn on_the_proxies(&self, program: &Path) -> Command {
        let Some(place) = &self.proxies else { return Command::new(program) };
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", place]).arg(program);
        command
    }
}

/// An address on loopback that nobody has at this moment.
pub(crate) fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

impl Process {
    /// Microseconds of processor time used so far, of all threads, at a resolution of 10 ms.
    pub(crate) fn cpu_us(&self) -> io::Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program, in parentheses, may hold anything.
        let fields = text.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
        let mut fields = fields.split_whitespace().skip(11);
        let mut ticks = || fields.next().and_then(|it| it.parse::<u32>().ok());
        let (user, system) = ticks().zip(ticks()).ok_or_else(|| io::Error::other("/proc/PID/stat"))?;
        Ok(f64::from(user + system) * MICROSECONDS_PER_TICK)
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> io::Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let kib = line.and_then(|it| it.trim().strip_suffix(" kB")?.parse::<u32>().ok());
        kib.map(f64::from).ok_or_else(|| io::Error::other("/proc/PID/status"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn start(mut command: Command, address: SocketAddr) -> io::Result<Process> {
    let started = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut process = Process { child, address, start: Duration::ZERO };
    while !is_healthy(address) {
        if let Some(status) = process.child.try_wait()? {
            return Err(io::Error::other(format!("{command:?} ended with {status}")));
        }
        if started.elapsed() > PATIENCE {
            return Err(io::Error::other(format!("{command:?} does not answer")));
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    process.start = started.elapsed();
    Ok(process)
}

/// Whether somebody listens and says to be healthy.
fn is_healthy(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    let asked = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_string(&mut answer));
    asked.is_ok() && answer.starts_with("HTTP/1.1 200 ")
}

/// The processors of this process: `0-3,8` in `/proc/self/status`.
fn allowed_processors() -> Vec<u32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status.lines().find_map(|it| it.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
    let ends = list.split([',', '-']).filter_map(|it| it.trim().parse().ok());
    ends.collect()
}

fn works(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|it| it.success())
}

/// Linux counts a hundred ticks a second for user space, whatever it does inside.
const MICROSECONDS_PER_TICK: f64 = 10_000.0;

const PATIENCE: Duration = Duration::from_secs(20);
