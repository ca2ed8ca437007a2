//! The default build is Option A: no authorization server, no database, one crypto library.

use super::Findings;
use crate::shell;

/// Looks for banned crates in the default build of the binary, and in what the plain `cargo tree` shows of it, which
/// has the crates of its tests, too.
pub(crate) fn check() -> Findings {
    let tree = |more: &[&str]| {
        let arguments = ["tree", "--locked", "-p", "mcp-gateway", "--prefix", "none", "--format", "{p}"];
        shell::output("cargo", &[&arguments, more].concat())
    };
    let mut found = banned(&tree(&["-e", "no-dev"])?);
    let with_tests = banned(&tree(&[])?);
    found.extend(
        with_tests.into_iter().filter(|it| !it.starts_with(OF_TESTS)).map(|it| format!("{it}, by tests")),
    );
    Ok(found)
}

/// The banned crates among lines like `redb v4.6.0`.
fn banned(tree: &str) -> Vec<String> {
    let mut found: Vec<_> =
        tree.lines().filter(|line| is_banned(line)).map(|it| it.trim().to_owned()).collect();
    found.sort();
    found.dedup();
    found
}

fn is_banned(line: &str) -> bool {
    let name = line.split_whitespace().next().unwrap_or_default();
    NAMES.contains(&name) || FAMILIES.iter().any(|it| name.starts_with(it))
}

/// Crates of Option B, database drivers, and other crypto libraries than aws-lc.
const NAMES: &[&str] = &[
    "deadpool",
    "diesel",
    "etcd-client",
    "libsqlite3-sys",
    "mongodb",
    "native-tls",
    "oauth-client",
    "oauth-server",
    "oauth2",
    "openssl",
    "openssl-src",
    "openssl-sys",
    "postgres",
    "postgres-protocol",
    "redb",
    "redis",
    "ring",
    "rsa",
    "rusqlite",
    "session-binding",
    "sled",
    "storage",
    "test-support",
    "tiberius",
    "token-manager",
];
/// The one of them that tests may use.
const OF_TESTS: &str = "test-support ";
const FAMILIES: &[&str] = &["deadpool-", "mysql", "rocksdb", "sea-orm", "sqlx", "tokio-postgres"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banned_crates_are_found_by_their_whole_name_or_their_family() {
        let tree =
            "mcp-gateway v0.1.0 (/home/me/mcp-gateway)\nserde v1.0.0\nspring v1.0.0\nopenssl-probe v0.2.2\n";
        assert_eq!(banned(tree), [""; 0]);
        let tree = format!("{tree}redb v4.6.0\nsqlx-core v0.9.0\nredb v4.6.0 (*)\nring v0.17.14\n");
        assert_eq!(banned(&tree), ["redb v4.6.0", "redb v4.6.0 (*)", "ring v0.17.14", "sqlx-core v0.9.0"]);
    }
}
