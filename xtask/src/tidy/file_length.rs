//! A file has at most 500 lines, tests not counted. (Clippy counts the lines of functions.)

use super::{Findings, sources};

const LIMIT: usize = 500;

/// Names the files that are too long.
pub(crate) fn check() -> Findings {
    let sources = sources::rust()?;
    let counted = sources.iter().filter(|it| !is_test_file(&it.path));
    Ok(counted.filter_map(|it| too_long(&it.path, &it.text)).collect())
}

fn too_long(path: &str, text: &str) -> Option<String> {
    let length = length(text);
    (length > LIMIT)
        .then(|| format!("{path} has {length} lines without its tests, at most {LIMIT} are allowed"))
}

fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.split('/').any(|it| it == "tests")
}

/// Lines before the module of unit tests, which is the last thing in a file.
fn length(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(2).position(|two| two == ["#[cfg(test)]", "mod tests {"]);
    tests.unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_found_and_its_tests_are_not_counted() {
        let lines = |count: usize| "//\n".repeat(count);
        assert_eq!(too_long("a.rs", &lines(500)), None);
        assert!(too_long("a.rs", &lines(501)).is_some_and(|it| it.starts_with("a.rs has 501 lines")));
        let tests = |count| format!("#[cfg(test)]\nmod tests {{\n{}}}\n", lines(count));
        assert_eq!(too_long("a.rs", &(lines(400) + &tests(400))), None);
        assert!(too_long("a.rs", &(lines(501) + &tests(1))).is_some());
    }

    #[test]
    fn test_files_are_known_by_their_names() {
        assert!(is_test_file("crates/a/src/b/tests.rs"));
        assert!(is_test_file("tests/it/main.rs"));
        assert!(is_test_file("crates/a/src/b/tests/c.rs"));
        assert!(!is_test_file("crates/test-support/src/lib.rs"));
        assert!(!is_test_file("crates/a/src/attests.rs"));
    }
}
