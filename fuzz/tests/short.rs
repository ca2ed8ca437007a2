//! The short run of every target: its seeds, then some thousand inputs made of them, the same ones each time.

#![expect(clippy::print_stderr, reason = "whoever reads a failure needs its input")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use fuzz::{Mutations, TARGETS, Target, seeds};

/// Runs one input, and shows it if it fails.
fn run(target: &Target, input: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| (target.run)(input))).unwrap_or_else(|panic| {
        eprintln!("{} fails; a seed for its corpus:\n{:?}", target.name, String::from_utf8_lossy(input));
        std::panic::resume_unwind(panic)
    })
}

#[test]
fn p10_seeds_and_what_is_made_of_them_break_nothing() {
    for target in &TARGETS {
        let seeds = seeds(target.name);
        assert!(seeds.len() >= 3, "{} has {} seeds", target.name, seeds.len());
        let mutated = Mutations::of(&seeds, target.words).take(INPUTS);
        let inputs = seeds.iter().cloned().chain(mutated);
        let taken = inputs.filter(|it| run(target, it)).count();
        println!("{}: {taken} of {} inputs are taken for good", target.name, seeds.len() + INPUTS);
        // What must hold of good inputs is shown by many of them, and what is refused by many others.
        assert!((INPUTS / 100..INPUTS).contains(&taken), "{}: {taken}", target.name);
    }
}

#[test]
fn p10_each_target_has_a_program_for_a_long_run() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/libfuzzer");
    let manifest = std::fs::read_to_string(format!("{folder}/Cargo.toml")).unwrap();
    for target in &TARGETS {
        let program = std::fs::read_to_string(format!("{folder}/targets/{}.rs", target.name)).unwrap();
        assert!(program.contains(&format!("fuzz::targets::{}", target.name)), "{}", target.name);
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{}", target.name);
    }
}

const INPUTS: usize = 20_000;
