//! Each crate compiles by itself: without features, and with each feature alone.
//!
//! In a build of the whole workspace one crate's features can hide what another forgot to ask for.

use crate::{
    gate::Step,
    shell,
    tally::Tally,
    workspace::{self, Package},
};

pub(crate) const STEP: Step = Step { name: "features", run };

fn run() -> Tally {
    match workspace::packages() {
        Ok(packages) => packages.iter().flat_map(builds).map(|it| Tally::of(check(&it))).sum(),
        Err(problem) => Tally::of(Err(problem)),
    }
}

/// The arguments of each build of a package.
fn builds(package: &Package) -> Vec<Vec<String>> {
    let bare = vec!["-p".to_owned(), package.name.clone(), "--no-default-features".to_owned()];
    let with = |feature: &String| [bare.clone(), vec!["--features".to_owned(), feature.clone()]].concat();
    std::iter::once(bare.clone()).chain(package.features.iter().map(with)).collect()
}

fn check(build: &[String]) -> Result<(), String> {
    let build: Vec<&str> = build.iter().map(String::as_str).collect();
    shell::run("cargo", &[&["clippy", "--quiet"], build.as_slice(), &["--", "-D", "warnings"]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_built_once_and_the_bare_crate_too() {
        let package =
            Package { name: "a".into(), features: vec!["x".into(), "y".into()], ..Package::default() };
        let builds: Vec<String> = builds(&package).iter().map(|it| it.join(" ")).collect();
        assert_eq!(
            builds,
            [
                "-p a --no-default-features",
                "-p a --no-default-features --features x",
                "-p a --no-default-features --features y",
            ]
        );
    }
}
