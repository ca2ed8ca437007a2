use std::path::{Path, PathBuf};

use crate::config::{Config, KeySource, SecretSource, Server, Upstream};

/// Makes every path of `config` absolute or relative to where the process is, given the `folder` of the file.
pub(super) fn paths(config: &mut Config, folder: &Path) {
    if let Some(tls) = &mut config.listen.tls {
        resolve(&mut tls.certificate, folder);
        resolve(&mut tls.key, folder);
    }
    config.outbound.ca_files.iter_mut().for_each(|path| resolve(path, folder));
    config.sessions.key.iter_mut().for_each(|source| secret(source, folder));
    config.servers.iter_mut().for_each(|it| server(it, folder));
    for it in &mut config.authorization_servers {
        if let KeySource::File(path) = &mut it.keys {
            resolve(path, folder);
        }
        it.introspection.iter_mut().for_each(|it| secret(&mut it.client_secret, folder));
    }
}

fn server(server: &mut Server, folder: &Path) {
    if let Upstream::Unix { socket, .. } = &mut server.upstream {
        resolve(socket, folder);
    }
    server.http.ca_files.iter_mut().for_each(|path| resolve(path, folder));
    if let Some(source) = server.identity.jwt.as_mut().and_then(|it| it.key.as_mut()) {
        secret(source, folder);
    }
}

fn secret(source: &mut SecretSource, folder: &Path) {
    if let SecretSource::File(path) = source {
        resolve(path, folder);
    }
}

/// An absolute path stays as it is.
fn resolve(path: &mut PathBuf, folder: &Path) {
    *path = folder.join(&*path);
}
