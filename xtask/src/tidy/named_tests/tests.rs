use super::*;

const SOURCE: &str = "\
    fn helper() {}

    #[test]
    fn a01_plain() {}

    #[tokio::test(start_paused = true)]
    #[expect(clippy::too_many_lines, reason = \"a story\")]
    async fn a02_async() {}

    fn main() { list(\"a04_listed: test\"); }
";

fn problems(document: &str) -> Vec<String> {
    let tests = tests_in(SOURCE).into_iter().collect();
    claims(document).iter().flat_map(|it| it.problems(&tests)).collect()
}

#[test]
fn tests_are_functions_with_the_attribute_and_what_a_program_lists() {
    assert_eq!(tests_in(SOURCE), ["a04_listed", "a01_plain", "a02_async"]);
}

#[test]
fn a_row_names_tests_that_exist() {
    let table =
        |cell: &str| format!("# Title\n\n| clause | Test |\n|---|:--:|\n| D-1 | {cell} |\n\ntext | more\n");
    assert_eq!(problems(&table("`a01_plain`")), [""; 0]);
    assert_eq!(problems(&table("`crate::mod::a01_plain`, `a02_async`")), [""; 0]);
    assert_eq!(problems(&table("`a01_plain`, `a03_gone`")), ["5: there is no test `a03_gone`"]);
    assert_eq!(problems(&table("`helper`")), ["5: there is no test `helper`"]);
    assert_eq!(problems(&table("")), ["5: names no test"]);
    assert_eq!(problems(&table("a01_plain")), ["5: names no test"]);
}

#[test]
fn tables_without_such_a_column_claim_nothing() {
    assert_eq!(claims("| a | b |\n|---|---|\n| x | y |\n"), []);
    let two = "| a | b |\n|---|---|\n| x | y |\n\n| tests |\n|---|\n| `a01_plain` |\n";
    assert_eq!(claims(two), [Claim { line: 7, tests: vec!["a01_plain".to_owned()] }]);
}
