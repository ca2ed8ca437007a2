//! Licences, banned crates and versions, and sources, as `deny.toml` says.
//!
//! The advisory database is not asked, because it cannot be fetched everywhere;
//! `deny.toml` bans the known bad versions instead.

use crate::{gate::Step, parts, shell, tally::Tally};

pub(crate) const STEP: Step = Step { name: "deny", run };

const VERSION: &str = "0.20.2";

fn run() -> Tally {
    Tally::of(check())
}

fn check() -> Result<(), String> {
    let program = parts::cargo::installed("cargo-deny", VERSION)?;
    shell::run("cargo", &["fetch", "--locked"])?;
    shell::run(program, &["--offline", "check", "licenses", "bans", "sources"])
}

#[cfg(test)]
mod tests {
    use crate::workspace::root;

    /// `name@<1.2.3` is accepted by cargo-deny and matches nothing; only `name:<1.2.3` is a range.
    fn is_a_floor(line: &str) -> Option<bool> {
        let (_, spec) = line.split_once("crate = \"")?;
        let (spec, _) = spec.split_once('"')?;
        spec.contains('<').then(|| spec.contains(":<"))
    }

    #[test]
    fn p03_the_floors_of_versions_are_ranges() {
        assert_eq!(is_a_floor(r#"{ crate = "bytes:<1.11.1" }"#), Some(true));
        assert_eq!(is_a_floor(r#"{ crate = "bytes@<1.11.1" }"#), Some(false));
        assert_eq!(is_a_floor(r#"{ crate = "ring" }"#), None);
        let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
        let floors: Vec<bool> = text.lines().filter_map(is_a_floor).collect();
        assert!(floors.len() >= 15 && floors.iter().all(|it| *it), "{floors:?}");
    }
}
