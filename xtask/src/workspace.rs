//! What the workspace consists of.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::shell;

/// The root folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// A package of the workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) features: Vec<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency as its package declares it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) for_tests: bool,
    pub(crate) optional: bool,
    pub(crate) features: Vec<String>,
}

/// All packages of the workspace, as `cargo metadata` tells.
pub(crate) fn packages() -> Result<Vec<Package>, String> {
    let text = shell::output("cargo", &["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    Ok(read_packages(&metadata))
}

fn read_packages(metadata: &Value) -> Vec<Package> {
    list(&metadata["packages"], |package| Package {
        name: text(&package["name"]),
        features: package["features"].as_object().map(|it| it.keys().cloned().collect()).unwrap_or_default(),
        dependencies: list(&package["dependencies"], |dependency| Dependency {
            name: text(&dependency["name"]),
            for_tests: dependency["kind"] == "dev",
            optional: dependency["optional"] == true,
            features: list(&dependency["features"], text),
        }),
    })
}

fn list<T>(value: &Value, each: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().into_iter().flatten().map(each).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read() {
        let metadata = serde_json::json!({ "packages": [{
            "name": "a",
            "features": { "x": ["dep:c"] },
            "dependencies": [
                { "name": "b", "kind": null, "optional": false, "features": ["f"] },
                { "name": "c", "kind": "dev", "optional": true, "features": [] },
            ],
        }]});
        let b = Dependency { name: "b".into(), features: vec!["f".into()], ..Dependency::default() };
        let c = Dependency { name: "c".into(), for_tests: true, optional: true, ..Dependency::default() };
        let expected = Package { name: "a".into(), features: vec!["x".into()], dependencies: vec![b, c] };
        assert_eq!(read_packages(&metadata), [expected]);
    }

    #[test]
    fn this_workspace_has_this_package() {
        assert!(packages().unwrap().iter().any(|it| it.name == "xtask"));
    }
}
