use std::fmt;

use serde::Serialize;

use super::{FindingCode, Severity};

/// One thing that a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is; that of the code.
    pub severity: Severity,
    /// The key that it is about, such as `server[0].upstream`.
    pub subject: String,
    /// What kind of finding it is.
    pub code: FindingCode,
    /// What was found, in one sentence, never with a secret.
    pub message: String,
    /// What to do about it; `None` where nothing is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<&'static str>,
}

/// What a check found, in the order of the configuration file.
///
/// `Display` is for people: a mark (`ok`, `warn` or `FAIL`), the key and the sentence; the remedy is on its own line.
/// The last line counts errors and warnings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Puts `others` behind these.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Whether one of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Every finding in its order.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// A JSON array with an object for each finding: `severity`, `subject`, `code`, `message` and perhaps `remedy`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let list: Vec<_> = self.0.iter().filter_map(|it| serde_json::to_value(it).ok()).collect();
        format!("{:#}", serde_json::Value::Array(list))
    }

    pub(crate) fn add(&mut self, code: FindingCode, subject: impl Into<String>, message: impl Into<String>) {
        self.0.push(Finding {
            severity: code.severity(),
            subject: subject.into(),
            code,
            message: message.into(),
            remedy: code.remedy(),
        });
    }

    fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|it| it.severity == severity).count()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|it| it.subject.len()).max().unwrap_or_default();
        for finding in &self.0 {
            let mark = finding.severity.mark();
            let message = one_line(&finding.message);
            write!(formatter, "{mark:<4}  {:<width$}  {message}", finding.subject)?;
            if finding.severity != Severity::Info {
                write!(formatter, " [{}]", finding.code)?;
            }
            writeln!(formatter)?;
            if let Some(remedy) = finding.remedy {
                writeln!(formatter, "      {:width$}  -> {remedy}", "")?;
            }
        }
        let (errors, warnings) = (self.count(Severity::Error), self.count(Severity::Warning));
        writeln!(
            formatter,
            "{errors} {}, {warnings} {}",
            plural(errors, "error"),
            plural(warnings, "warning")
        )
    }
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// What a server said must not draw lines of its own, nor move the cursor of a terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}
