//! One program as Option A and as Option B, started alike.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Write},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;
use test_support::github::{CLIENT_SECRET, GithubServer};

use crate::{
    configuration,
    process::{Places, Process, free_address},
    tokens::Mint,
};

/// How to start either.
pub(crate) struct Options {
    places: Places,
    program: PathBuf,
    folder: TempDir,
    upstream: SocketAddr,
}

impl Options {
    /// Makes what both need, in a folder that goes when this goes.
    pub(crate) fn new(
        places: Places,
        program: PathBuf,
        upstream: SocketAddr,
        mint: &Mint,
    ) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("keys.json"), mint.jwks())?;
        let secret = folder.path().join("github.secret");
        let mut secret = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(secret)?;
        secret.write_all(CLIENT_SECRET.as_bytes())?;
        make_master_key(&program, &folder.path().join("master.key"))?;
        Ok(Self { places, program, folder, upstream })
    }

    /// Starts Option A; tokens of `mint` are for it then.
    pub(crate) fn option_a(&self, mint: &mut Mint) -> io::Result<Process> {
        let address = free_address()?;
        mint.set_resource(&format!("http://{address}/mcp"));
        self.start(address, "a.toml", &configuration::option_a(address, self.upstream), &[])
    }

    /// Starts Option B on a new database, in front of `github`.
    pub(crate) fn option_b(&self, github: &GithubServer) -> io::Result<Process> {
        let address = free_address()?;
        let store = self.folder.path().join("state.redb");
        let text = configuration::option_b(address, self.upstream, github, &store);
        self.start(address, "b.toml", &text, &["--init"])
    }

    fn start(
        &self,
        address: SocketAddr,
        name: &str,
        configuration: &str,
        further: &[&str],
    ) -> io::Result<Process> {
        let path = self.folder.path().join(name);
        fs::write(&path, configuration)?;
        let arguments = ["serve", "--workers", "1", "--config"].map(OsStr::new);
        let further: Vec<_> = further.iter().map(OsStr::new).collect();
        let arguments = [arguments.as_slice(), &[path.as_os_str()], &further].concat();
        self.places.proxy(&self.program, &arguments, address)
    }
}

fn make_master_key(program: &Path, path: &Path) -> io::Result<()> {
    let mut command = Command::new(program);
    command.args(["keys", "generate-master"]).arg(path).stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{command:?} ended with {status}"))) }
}
