use std::{fmt, io, net::IpAddr, sync::Arc};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::guard::{Guard, RefusedName};

/// Where the addresses of a name come from.
#[async_trait]
pub(crate) trait Lookup: fmt::Debug + Send + Sync {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver.
#[derive(Debug)]
pub(crate) struct SystemLookup {
    threads: Arc<Semaphore>,
}

/// Resolves names for the HTTP library, which dials the addresses it gets from here and no others.
///
/// There is no second lookup between check and dial, so a name that changes its mind gains nothing.
#[derive(Clone, Debug)]
pub(crate) struct CheckedResolver {
    guard: Guard,
    lookup: Arc<dyn Lookup>,
}

impl SystemLookup {
    /// At most `max_concurrent` lookups run at one time, including those nobody waits for any more.
    pub(crate) fn new(max_concurrent: usize) -> Self {
        Self { threads: Arc::new(Semaphore::new(max_concurrent)) }
    }
}

#[async_trait]
impl Lookup for SystemLookup {
    /// The lookup blocks a thread that no timeout can stop, so its permit stays taken until the thread is back.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let permit = Arc::clone(&self.threads).acquire_owned().await.map_err(io::Error::other)?;
        let target = (name.to_owned(), 0);
        let lookup = tokio::spawn(async move {
            let _until_the_thread_is_back = permit;
            let found = tokio::net::lookup_host(target).await?;
            Ok(found.map(|address| address.ip()).collect())
        });
        lookup.await.map_err(io::Error::other)?
    }
}

impl CheckedResolver {
    pub(crate) fn new(guard: Guard, lookup: Arc<dyn Lookup>) -> Self {
        Self { guard, lookup }
    }

    async fn checked(self, name: Name) -> Result<Addrs, RefusedName> {
        let name = name.as_str();
        let addresses = self.lookup.addresses(name).await.map_err(|error| {
            tracing::debug!(server.address = name, %error, "the host name does not resolve");
            RefusedName::Unresolved
        })?;
        let admitted = self.guard.admit_name(name, addresses)?;
        Ok(Box::new(admitted.into_socket_addresses()))
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let checked = self.clone().checked(name);
        Box::pin(async move { Ok(checked.await?) })
    }
}

#[cfg(test)]
mod tests;
