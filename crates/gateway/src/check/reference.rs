use std::fmt::Write as _;

use super::FindingCode;

/// The reference page of all codes, `docs/reference/check.md`.
#[must_use]
pub fn reference_markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    for code in FindingCode::ALL {
        let remedy = code.remedy().map(sentence).unwrap_or_default();
        // Writing into a text cannot fail.
        let _ = writeln!(page, "| `{code}` | {} | {} | {remedy} |", code.severity().name(), code.meaning());
    }
    page
}

/// A remedy as a sentence of its own.
fn sentence(remedy: &str) -> String {
    let mut letters = remedy.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

const INTRODUCTION: &str = "\
# What `mcp-gateway check` finds

<!-- Generated from the list of codes in crates/gateway/src/check/code.rs. -->

`mcp-gateway check` reads the configuration as `serve` does, explains it, and names what deserves a second thought.
With `--online` it also asks what the configuration points at: authorization servers and MCP servers.
It prints no secret.
The exit code is 1 if there is an error, and 2 if the configuration is refused.

With `--json` each finding is an object with `severity`, `subject` (the key), `code`, `message` and perhaps `remedy`.

| code | severity | meaning | what to do |
|---|---|---|---|
";
