//! The Rust version that we promise is not older than the one that a dependency needs, and is the one in the documents.

use std::fs;

use serde_json::Value;

use super::Findings;
use crate::{shell, workspace::root};

/// Compares `rust-version` of the workspace with that of every package in the lock file, and with the documents.
pub(crate) fn check() -> Findings {
    let (ours, mut found) = problems(&metadata()?)?;
    for page in PAGES {
        let text = fs::read_to_string(root().join(page)).map_err(|error| format!("{page}: {error}"))?;
        if !text.contains(&format!("{ours} or newer")) {
            found.push(format!("{page} does not say `{ours} or newer`"));
        }
    }
    Ok(found)
}

/// The version that we promise, as it is written.
pub(crate) fn promised() -> Result<String, String> {
    problems(&metadata()?).map(|(ours, _)| ours)
}

fn metadata() -> Result<Value, String> {
    let text = shell::output("cargo", &["metadata", "--locked", "--format-version", "1", "--all-features"])?;
    serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))
}

/// Our version as it is written, and the packages that need a newer one.
fn problems(metadata: &Value) -> Result<(String, Vec<String>), String> {
    let packages = metadata["packages"].as_array().ok_or("cargo metadata: no packages")?;
    let of_binary = packages.iter().find(|it| it["name"] == "mcp-gateway" && it["source"].is_null());
    let ours =
        of_binary.and_then(|it| it["rust_version"].as_str()).ok_or("mcp-gateway has no rust-version")?;
    let newer = packages.iter().filter_map(|it| {
        let theirs = it["rust_version"].as_str()?;
        let name = it["name"].as_str().unwrap_or_default();
        (parts(theirs) > parts(ours)).then(|| format!("{name} needs Rust {theirs}, and we promise {ours}"))
    });
    Ok((ours.to_owned(), newer.collect()))
}

fn parts(version: &str) -> [u64; 3] {
    let mut numbers = version.split('.').map(|it| it.parse().unwrap_or_default());
    [(); 3].map(|()| numbers.next().unwrap_or_default())
}

const PAGES: &[&str] = &["README.md", "docs/guides/option-a.md", "docs/guides/option-b.md"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dependency_that_needs_more_is_found() {
        let with = |theirs: Value| {
            let ours = json!({ "name": "mcp-gateway", "source": null, "rust_version": "1.90" });
            problems(&json!({ "packages": [ours, { "name": "d", "source": "r", "rust_version": theirs }] }))
        };
        for fine in [json!("1.90"), json!("1.90.0"), json!("1.9"), json!("1.85.1"), Value::Null] {
            assert_eq!(with(fine), Ok(("1.90".to_owned(), Vec::new())));
        }
        for newer in ["1.90.1", "1.91", "2.0"] {
            assert_eq!(with(json!(newer)).unwrap().1, [format!("d needs Rust {newer}, and we promise 1.90")]);
        }
        assert!(problems(&json!({ "packages": [] })).is_err());
    }
}
