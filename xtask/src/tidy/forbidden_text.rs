//! Nothing half done is committed, and no test is switched off.

use super::{Findings, sources};

/// Written in halves, so that this file does not find itself.
const TEXTS: [&str; 5] = [
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("dbg", "!("),
    concat!("#[", "ignore"),
    concat!("```", "ignore"),
];

/// Names each line with a forbidden text.
pub(crate) fn check() -> Findings {
    Ok(sources::rust()?.iter().flat_map(|it| found(&it.path, &it.text)).collect())
}

fn found(path: &str, text: &str) -> Vec<String> {
    let numbered = text.lines().enumerate();
    let bad = numbered.filter_map(|(index, line)| {
        let text = TEXTS.iter().find(|it| line.contains(**it))?;
        Some(format!("{path}:{}: `{text}`", index + 1))
    });
    bad.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_found_with_its_line() {
        for text in TEXTS {
            let source = format!("fn a() {{\n    {text}\n}}\n");
            assert_eq!(found("a.rs", &source), [format!("a.rs:2: `{text}`")]);
        }
        assert_eq!(found("a.rs", "// nothing to do! ignored\n"), [""; 0]);
    }
}
