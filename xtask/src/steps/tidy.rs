//! What no other tool checks; each finding is printed.

use crate::{gate::Step, tally::Tally, tidy};

pub(crate) const STEP: Step = Step { name: "tidy", run };

fn run() -> Tally {
    tidy::CHECKS.iter().map(|it| Tally::of(summary(it.subject, (it.run)()))).sum()
}

fn summary(subject: &str, found: Result<Vec<String>, String>) -> Result<(), String> {
    let problems = found?;
    if problems.is_empty() {
        println!("{subject}: fine");
        return Ok(());
    }
    Err(format!("{subject}:\n  {}", problems.join("\n  ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_fails_the_check_and_is_named() {
        assert_eq!(summary("map", Ok(Vec::new())), Ok(()));
        assert_eq!(summary("map", Ok(vec!["a".into(), "b".into()])), Err("map:\n  a\n  b".into()));
        assert_eq!(summary("map", Err("no cargo".into())), Err("no cargo".into()));
    }
}
