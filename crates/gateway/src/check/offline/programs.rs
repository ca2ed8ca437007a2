use std::path::Path;

use crate::{
    check::{FindingCode, Findings},
    config::{Server, StdioUpstream, Upstream},
};

/// What is bold about a program that the gateway starts.
pub(super) fn check(server: &Server, subject: &str, findings: &mut Findings) {
    let Upstream::Stdio(stdio) = &server.upstream else { return };
    let subject = format!("{subject}.upstream");
    if let Some(package) = unpinned_package(stdio) {
        let message = format!("runs whatever {package} is at that moment");
        findings.add(FindingCode::ProgramUnpinned, format!("{subject}.stdio"), message);
    }
    if stdio.shared {
        let message = "everybody's requests are in one process";
        findings.add(FindingCode::ProgramShared, format!("{subject}.shared"), message);
    }
}

/// The package that a package runner fetches, if its version is not written.
fn unpinned_package(stdio: &StdioUpstream) -> Option<&str> {
    let runner = Path::new(&stdio.program).file_name()?.to_str()?;
    if !RUNNERS.contains(&runner) {
        return None;
    }
    let mut words = stdio.arguments.iter().map(String::as_str);
    let package = loop {
        let word = words.next()?;
        match word {
            "dlx" | "x" | "run" | "exec" | "tool" => {}
            "-p" | "--package" | "--from" | "--spec" => break words.next()?,
            _ if word.starts_with('-') => {}
            _ => break word,
        }
    };
    // The first `@` of a scoped name is no version.
    let name = package.strip_prefix('@').unwrap_or(package);
    let version = name.split_once('@').or_else(|| name.split_once("==")).map(|(_, version)| version);
    let is_pinned = version.is_some_and(|it| it.starts_with(|first: char| first.is_ascii_digit()));
    (!is_pinned).then_some(package)
}

const RUNNERS: [&str; 7] = ["npx", "pnpx", "pnpm", "bunx", "uvx", "uv", "pipx"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn p13_a_package_without_a_version_is_noticed() {
        let rows: [(&str, &[&str], Option<&str>); 11] = [
            ("npx", &["-y", "@scope/server"], Some("@scope/server")),
            ("npx", &["-y", "@scope/server@latest"], Some("@scope/server@latest")),
            ("npx", &["-y", "@scope/server@1.2.3"], None),
            ("/usr/bin/npx", &["server"], Some("server")),
            ("npx", &["-p", "server@1.0.0", "run-it"], None),
            ("uvx", &["mcp-server-time"], Some("mcp-server-time")),
            ("uvx", &["mcp-server-time==2026.1.1"], None),
            ("uvx", &["--from", "mcp-server-time@2026.1.1", "it"], None),
            ("pnpm", &["dlx", "server"], Some("server")),
            ("python3", &["server.py"], None),
            ("npx", &[], None),
        ];
        for (program, arguments, expected) in rows {
            let stdio = StdioUpstream {
                program: program.into(),
                arguments: arguments.iter().map(|it| (*it).to_owned()).collect(),
                env: BTreeMap::new(),
                credential_env: None,
                directory: None,
                shared: false,
            };
            assert_eq!(unpinned_package(&stdio), expected, "{program} {arguments:?}");
        }
    }
}
