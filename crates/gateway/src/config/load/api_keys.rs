use std::{collections::BTreeMap, fs};

use crate::{
    api_keys,
    config::{
        Server,
        report::{KeyPath, Problem},
    },
};

/// Each server has keys of its own, in a file that can be read, if it is there already.
///
/// The file is none of those whose change loads the configuration anew: it is watched apart.
pub(super) fn check(servers: &[Server]) -> Result<(), Problem> {
    let section = KeyPath::root("server");
    let mut seen = BTreeMap::new();
    for (index, server) in servers.iter().enumerate() {
        let Some(keys) = &server.api_keys else { continue };
        let key = section.index(index).key("api_keys").key("file");
        let file = fs::canonicalize(&keys.file).unwrap_or_else(|_| keys.file.clone());
        if let Some(other) = seen.insert(file, server.path.as_str()) {
            let message =
                format!("holds the keys of {other} too, which would open both: choose another file");
            return Err(Problem::new(key, message));
        }
        if let Err(error) = api_keys::read(&keys.file) {
            return Err(Problem::new(key, format!("{}: {error}", keys.file.display())));
        }
    }
    Ok(())
}
