//! The two proxies that are compared, started alike.

use std::{ffi::OsStr, fs, io, net::SocketAddr, path::PathBuf};

use tempfile::TempDir;

use crate::{
    configuration,
    process::{Places, Process, free_address},
    tokens::Mint,
};

/// How to start each of them.
pub(crate) struct Proxies {
    pub(crate) places: Places,
    pub(crate) this_program: PathBuf,
    gateway: PathBuf,
    folder: TempDir,
    upstream: SocketAddr,
}

/// Something for each of the two.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pair<T> {
    pub(crate) baseline: T,
    pub(crate) gateway: T,
}

impl Proxies {
    pub(crate) fn new(
        places: Places,
        gateway: PathBuf,
        upstream: SocketAddr,
        mint: &Mint,
    ) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("keys.json"), mint.jwks())?;
        Ok(Self { places, this_program: std::env::current_exe()?, gateway, folder, upstream })
    }

    /// Starts both, each on an address of its own; tokens of `mint` are for this gateway then.
    pub(crate) fn start(&self, mint: &mut Mint) -> io::Result<Pair<Process>> {
        Ok(Pair { baseline: self.baseline()?, gateway: self.gateway(mint)? })
    }

    /// The size of the gateway's program in bytes.
    pub(crate) fn size(&self) -> io::Result<u64> {
        fs::metadata(&self.gateway).map(|it| it.len())
    }

    fn baseline(&self) -> io::Result<Process> {
        let address = free_address()?;
        let (listen, upstream) = (address.to_string(), self.upstream.to_string());
        let arguments = ["baseline", &listen, &upstream].map(OsStr::new);
        self.places.proxy(&self.this_program, &arguments, address)
    }

    fn gateway(&self, mint: &mut Mint) -> io::Result<Process> {
        self.gateway_of("gateway.toml", mint, configuration::option_a)
    }

    /// Starts a gateway with the configuration `of` its address and the MCP server's, in the file `name`; tokens of
    /// `mint` are for it then.
    pub(crate) fn gateway_of(
        &self,
        name: &str,
        mint: &mut Mint,
        of: impl FnOnce(SocketAddr, SocketAddr) -> String,
    ) -> io::Result<Process> {
        let address = free_address()?;
        let path = self.folder.path().join(name);
        fs::write(&path, of(address, self.upstream))?;
        mint.set_resource(&format!("http://{address}/mcp"));
        let arguments = ["serve", "--workers", "1", "--config"].map(OsStr::new);
        self.places.proxy(&self.gateway, &[arguments.as_slice(), &[path.as_os_str()]].concat(), address)
    }
}
