//! Which crate may depend on which: compares `cargo metadata` with the table in [`rules`].

mod rules;

use self::rules::{CRATES, CrateRule, LAYER_2_TOKIO, Layer, OUTSIDE, OWNERS, TO_UPSTREAMS};
use super::Findings;
use crate::workspace::{self, Dependency, Package};

/// Compares the workspace with the table.
pub(crate) fn check() -> Findings {
    Ok(problems(&workspace::packages()?))
}

fn problems(packages: &[Package]) -> Vec<String> {
    packages.iter().flat_map(problems_of).collect()
}

fn problems_of(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    if OUTSIDE.contains(&name) {
        let ours = package.dependencies.iter().filter(|it| rule(&it.name).is_some());
        return ours.map(|it| format!("{name} may use none of our crates, but uses {}", it.name)).collect();
    }
    match rule(name) {
        Some(rule) => package.dependencies.iter().filter_map(|it| problem(rule, it)).collect(),
        None => vec![format!("{name} is not in the crate map")],
    }
}

/// What is wrong with one dependency, if anything.
fn problem(user: &CrateRule, dependency: &Dependency) -> Option<String> {
    let name = user.name;
    match (rule(&dependency.name), dependency.for_tests) {
        (Some(ours), true) => test_edge(user, ours),
        (Some(ours), false) => edge(user, ours, dependency),
        (None, true) => None,
        (None, false) => external(user, dependency),
    }
    .map(|problem| format!("{name} -> {}: {problem}", dependency.name))
}

/// A normal or build dependency on one of our crates.
fn edge(user: &CrateRule, ours: &CrateRule, dependency: &Dependency) -> Option<String> {
    if !user.may_use.contains(&ours.name) {
        return Some("the crate map has no such edge".to_owned());
    }
    if ours.third_party && !user.third_party && !dependency.optional {
        return Some("belongs to the feature `third-party` and must be optional".to_owned());
    }
    if user.layer != Layer::Tests && dependency.features.iter().any(|it| it == "test-util") {
        return Some("the feature `test-util` is for tests".to_owned());
    }
    None
}

/// A dev-dependency on one of our crates: itself, the test crate, or anything further down.
fn test_edge(user: &CrateRule, ours: &CrateRule) -> Option<String> {
    let itself = user.name == ours.name;
    let downwards = user.layer.is_above(ours.layer) || user.may_use.contains(&ours.name);
    let allowed = itself || downwards || ours.layer == Layer::Tests;
    (!allowed).then(|| "tests may only use what is further down".to_owned())
}

/// A normal or build dependency on somebody else's crate.
fn external(user: &CrateRule, dependency: &Dependency) -> Option<String> {
    if user.layer == Layer::Tests {
        return None;
    }
    if let Some(owner) = OWNERS.iter().find(|it| it.external == dependency.name) {
        let allowed =
            owner.crates.contains(&user.name) || dependency.optional && owner.optional.contains(&user.name);
        if !allowed {
            return Some(format!("belongs to {}", [owner.crates, owner.optional].concat().join(", ")));
        }
    }
    if dependency.name == "tokio" && user.layer == Layer::Number(2) && !TO_UPSTREAMS.contains(&user.name) {
        let extra: Vec<_> =
            dependency.features.iter().filter(|it| !LAYER_2_TOKIO.contains(&it.as_str())).collect();
        return (!extra.is_empty()).then(|| format!("protocol logic may not use the features {extra:?}"));
    }
    None
}

fn rule(name: &str) -> Option<&'static CrateRule> {
    CRATES.iter().find(|it| it.name == name)
}

#[cfg(test)]
mod tests;
