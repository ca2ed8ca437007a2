//! Runs steps one after the other, however many fail, and counts.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use crate::{steps, tally::Tally};

/// One step of the gate.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// What it is called in headings and on the command line.
    pub(crate) name: &'static str,
    /// Does it, prints what is wrong, and counts.
    pub(crate) run: fn() -> Tally,
}

/// The whole gate, cheap checks first.
const STEPS: [Step; 11] = [
    steps::format::STEP,
    steps::tidy::STEP,
    steps::clippy::STEP,
    steps::parts::STEP,
    steps::tests::STEP,
    steps::durability::STEP,
    steps::docs::STEP,
    steps::features::STEP,
    steps::rust::STEP,
    steps::codegen::CHECK,
    steps::deny::STEP,
];

/// Runs every step.
pub(crate) fn run_all() -> ExitCode {
    run(&STEPS)
}

/// Runs the step of that name, if there is one.
pub(crate) fn run_named(name: &str) -> Option<ExitCode> {
    let step = STEPS.iter().find(|it| it.name == name)?;
    Some(run(&[*step]))
}

/// Runs `steps`, prints a table of them and, as the last line, `N passed, N failed`.
pub(crate) fn run(steps: &[Step]) -> ExitCode {
    let results: Vec<_> = steps.iter().map(timed).collect();
    println!("\n{}", table(&results));
    let total: Tally = results.iter().map(|it| it.tally).sum();
    println!("{total}");
    if total.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Timed {
    name: &'static str,
    tally: Tally,
    elapsed: Duration,
}

fn timed(step: &Step) -> Timed {
    println!("\n== {} ==", step.name);
    let start = Instant::now();
    let tally = (step.run)();
    let elapsed = start.elapsed();
    println!("== {}: {tally}, {:.1} s ==", step.name, elapsed.as_secs_f64());
    Timed { name: step.name, tally, elapsed }
}

fn table(results: &[Timed]) -> String {
    let head = format!("{:<12}{:>8}{:>8}{:>9}\n", "step", "passed", "failed", "seconds");
    let line = |Timed { name, tally, elapsed }: &Timed| {
        let (passed, failed, seconds) = (tally.passed, tally.failed, elapsed.as_secs_f64());
        format!("{name:<12}{passed:>8}{failed:>8}{seconds:>9.1}\n")
    };
    std::iter::once(head).chain(results.iter().map(line)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_in_the_usage() {
        let names: HashSet<_> = STEPS.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), STEPS.len());
        for name in names {
            assert!(crate::USAGE.contains(&format!("\n  {name} ")), "{name}");
        }
        assert!(run_named("no-such-step").is_none());
    }

    #[test]
    fn the_table_has_a_line_per_step() {
        let tally = Tally { passed: 12, failed: 1 };
        let results = [Timed { name: "tests", tally, elapsed: Duration::from_millis(1_250) }];
        assert_eq!(
            table(&results),
            "step          passed  failed  seconds\ntests             12       1      1.2\n"
        );
    }
}
