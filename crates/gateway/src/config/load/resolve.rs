use std::path::{Path, PathBuf};

use crate::config::{
    ClientKeys, Config, KeySource, SecretSource, Server, Storage, ThirdParty, Upstream, VariableSource,
};

/// Makes every path of `config` absolute or relative to where the process is, given the `folder` of the file.
pub(super) fn paths(config: &mut Config, folder: &Path) {
    if let Some(tls) = &mut config.listen.tls {
        resolve(&mut tls.certificate, folder);
        resolve(&mut tls.key, folder);
    }
    config.outbound.ca_files.iter_mut().for_each(|path| resolve(path, folder));
    config.audit.iter_mut().filter_map(|it| it.file.as_mut()).for_each(|path| resolve(path, folder));
    config.admin.socket.iter_mut().for_each(|path| resolve(path, folder));
    config.sessions.key.iter_mut().for_each(|source| secret(source, folder));
    config.servers.iter_mut().for_each(|it| server(it, folder));
    config.third_party.iter_mut().for_each(|it| third_party(it, folder));
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
    server.api_keys.iter_mut().for_each(|it| resolve(&mut it.file, folder));
    if let Upstream::Stdio(stdio) = &mut server.upstream {
        // A bare name is looked up in `PATH`.
        if stdio.program.components().count() > 1 {
            resolve(&mut stdio.program, folder);
        }
        stdio.directory.iter_mut().for_each(|path| resolve(path, folder));
        for source in stdio.env.values_mut() {
            if let VariableSource::Secret(source) = source {
                secret(source, folder);
            }
        }
    }
    server.http.ca_files.iter_mut().for_each(|path| resolve(path, folder));
    if let Some(credential) = &mut server.credential {
        let exchange = credential.exchange.iter_mut();
        let of_exchange = exchange.flat_map(|it| it.client_secret.iter_mut().chain(&mut it.client_key));
        credential.secret.iter_mut().chain(of_exchange).for_each(|it| secret(it, folder));
    }
    if let Some(source) = server.identity.jwt.as_mut().and_then(|it| it.key.as_mut()) {
        secret(source, folder);
    }
}

fn third_party(third_party: &mut ThirdParty, folder: &Path) {
    match &mut third_party.storage {
        Storage::Redb(path) => resolve(path, folder),
        Storage::Postgres(source) => secret(source, folder),
        Storage::Memory => {}
    }
    secret(&mut third_party.master_key, folder);
    third_party.old_master_keys.iter_mut().for_each(|it| secret(it, folder));
    let tokens = third_party.registration.initial_access_tokens.iter_mut().flatten();
    tokens.for_each(|it| secret(it, folder));
    third_party
        .providers
        .iter_mut()
        .filter_map(|it| it.client_secret.as_mut())
        .for_each(|it| secret(it, folder));
    for client in &mut third_party.clients {
        client.client_secret.iter_mut().for_each(|it| secret(it, folder));
        if let Some(ClientKeys::File(path)) = &mut client.keys {
            resolve(path, folder);
        }
    }
    for issuer in &mut third_party.trusted_issuers {
        if let Some(ClientKeys::File(path)) = &mut issuer.keys {
            resolve(path, folder);
        }
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
