//! Every claim in the documents names a test, and that test exists.
//!
//! In the listed documents each table with a column headed `test` or `tests` is read:
//! the cell holds at least one test's name in backticks, by itself or with its path (`token_validate::b01_…`).

use std::collections::BTreeSet;

use super::{Findings, sources};

const DOCUMENTS: [&str; 2] = ["docs/conformance.md", "docs/threat-model.md"];

/// Names each row whose test is missing.
pub(crate) fn check() -> Findings {
    let tests: BTreeSet<String> = sources::rust()?.iter().flat_map(|it| tests_in(&it.text)).collect();
    let mut problems = Vec::new();
    for path in DOCUMENTS {
        let claims = match sources::read(path) {
            Ok(document) => claims(&document.text),
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        if claims.is_empty() {
            problems.push(format!("{path} has no table with a column `test`"));
        }
        problems.extend(claims.iter().flat_map(|it| it.problems(&tests)).map(|it| format!("{path}:{it}")));
    }
    Ok(problems)
}

/// A row of a table and the tests that it names.
#[derive(Debug, PartialEq, Eq)]
struct Claim {
    line: usize,
    tests: Vec<String>,
}

impl Claim {
    fn problems(&self, tests: &BTreeSet<String>) -> Vec<String> {
        if self.tests.is_empty() {
            return vec![format!("{}: names no test", self.line)];
        }
        let missing = self.tests.iter().filter(|it| !tests.contains(*it));
        missing.map(|it| format!("{}: there is no test `{it}`", self.line)).collect()
    }
}

/// The rows of all tables that have a column of tests.
fn claims(document: &str) -> Vec<Claim> {
    let mut claims = Vec::new();
    let mut column = None;
    let mut in_table = false;
    for (index, line) in document.lines().enumerate() {
        let cells = cells(line);
        if cells.is_empty() {
            in_table = false;
        } else if !in_table {
            in_table = true;
            column = cells.iter().position(|it| matches!(it.to_lowercase().as_str(), "test" | "tests"));
        } else if let Some(column) = column
            && !is_rule(line)
        {
            let tests = cells.get(column).map(|it| quoted(it)).unwrap_or_default();
            claims.push(Claim { line: index + 1, tests });
        }
    }
    claims
}

/// The cells of a table's line; none if it is no such line.
fn cells(line: &str) -> Vec<&str> {
    let inner = line.trim().strip_prefix('|').and_then(|it| it.strip_suffix('|'));
    inner.map(|it| it.split('|').map(str::trim).collect()).unwrap_or_default()
}

/// Whether it is the line of dashes below a table's head.
fn is_rule(line: &str) -> bool {
    line.chars().all(|it| matches!(it, '|' | '-' | ':' | ' '))
}

/// The texts in backticks, without the path before a test's name.
fn quoted(cell: &str) -> Vec<String> {
    let names = cell.split('`').skip(1).step_by(2);
    names.map(|it| it.rsplit("::").next().unwrap_or(it).to_owned()).collect()
}

/// The names of the functions that follow a `#[test]` or `#[tokio::test]` attribute, and of those that a program
/// without a harness lists itself, as `"NAME: test"`.
fn tests_in(source: &str) -> Vec<String> {
    let mut names: Vec<_> =
        source.split('"').filter_map(|it| it.strip_suffix(": test")).map(str::to_owned).collect();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(name) = function_name(line) {
            if is_test {
                names.push(name.to_owned());
            }
            is_test = false;
        }
    }
    names
}

fn function_name(line: &str) -> Option<&str> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    let (name, _rest) = line.strip_prefix("fn ")?.split_once('(')?;
    Some(name)
}

#[cfg(test)]
mod tests;
