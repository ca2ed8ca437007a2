//! How many checks passed and failed.

use std::{fmt, iter::Sum};

/// Passed and failed checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Tally {
    /// A step that is one check; prints why it failed.
    pub(crate) fn of(result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Self { passed: 1, failed: 0 },
            Err(problem) => {
                eprintln!("error: {problem}");
                Self { passed: 0, failed: 1 }
            }
        }
    }

    /// Reads a line of a test program's output: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    ///
    /// An ignored test counts as failed: it says something and proves nothing.
    pub(crate) fn of_test_line(line: &str) -> Option<Self> {
        let (_verdict, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let count = |word: &str| {
            counts.split("; ").find_map(|it| it.strip_suffix(word)?.trim_end().parse::<usize>().ok())
        };
        Some(Self { passed: count("passed")?, failed: count("failed")? + count("ignored")? })
    }

    /// What is left to say when the test command has ended: a failure that no line mentioned
    /// (it did not compile, a program was killed), or no test at all, is one failure.
    pub(crate) fn at_the_end(self, command_succeeded: bool) -> Self {
        let silent_failure = !command_succeeded && self.failed == 0;
        let nothing_ran = self.passed + self.failed == 0;
        Self { failed: self.failed + usize::from(silent_failure || nothing_ran), ..self }
    }

    /// Whether something passed and nothing failed.
    pub(crate) fn is_success(self) -> bool {
        self.failed == 0 && self.passed > 0
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, it| Self {
            passed: sum.passed + it.passed,
            failed: sum.failed + it.failed,
        })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn tally(passed: usize, failed: usize) -> Tally {
        Tally { passed, failed }
    }

    #[test]
    fn result_lines_are_read_and_ignored_tests_are_failures() {
        let read = Tally::of_test_line;
        let rest = "0 measured; 0 filtered out; finished in 0.08s";
        assert_eq!(
            read(&format!("test result: ok. 31 passed; 0 failed; 0 ignored; {rest}")),
            Some(tally(31, 0))
        );
        assert_eq!(
            read(&format!("test result: FAILED. 3 passed; 2 failed; 0 ignored; {rest}")),
            Some(tally(3, 2))
        );
        assert_eq!(
            read(&format!("test result: ok. 3 passed; 0 failed; 4 ignored; {rest}")),
            Some(tally(3, 4))
        );
        assert_eq!(read("test a::b ... ok"), None);
        assert_eq!(read("running 31 tests"), None);
        assert_eq!(read("test result: ok."), None);
    }

    #[test]
    fn what_no_line_mentions_is_a_failure() {
        assert_eq!(tally(3, 0).at_the_end(true), tally(3, 0));
        assert_eq!(tally(3, 0).at_the_end(false), tally(3, 1));
        assert_eq!(tally(3, 2).at_the_end(false), tally(3, 2));
        assert_eq!(tally(0, 0).at_the_end(true), tally(0, 1));
        assert_eq!(tally(0, 0).at_the_end(false), tally(0, 1));
    }

    #[test]
    fn the_sum_succeeds_only_if_something_passed_and_nothing_failed() {
        let sum: Tally = [tally(1, 0), tally(2, 0)].into_iter().sum();
        assert_eq!((sum.to_string().as_str(), sum.is_success()), ("3 passed, 0 failed", true));
        assert!(![tally(1, 0), tally(2, 1)].into_iter().sum::<Tally>().is_success());
        assert!(!Tally::default().is_success());
    }
}
