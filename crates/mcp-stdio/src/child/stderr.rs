use std::fmt::Write;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::process::ChildStderr;
use tokio::time::Instant;
use tokio_util::codec::{AnyDelimiterCodec, AnyDelimiterCodecError, FramedRead};

use crate::VariableValue;

/// What the lines of a child's stderr are told as.
#[derive(Debug)]
pub(super) struct Label {
    pub(super) server: String,
    pub(super) pid: i32,
}

/// Writes what a child says on stderr to the log until it says no more: so many lines a second, each cut to a length,
/// without control characters and without the secrets that the child was given.
pub(super) async fn log(stderr: ChildStderr, label: Label, secrets: Vec<VariableValue>) {
    let codec = AnyDelimiterCodec::new_with_max_length(b"\n".to_vec(), Vec::new(), LONGEST_READ);
    let mut lines = FramedRead::new(stderr, codec);
    let mut allowance = Allowance::new(Instant::now());
    loop {
        let text = match lines.next().await {
            None | Some(Err(AnyDelimiterCodecError::Io(_))) => break,
            Some(Err(AnyDelimiterCodecError::MaxChunkLengthExceeded)) => {
                // An error pauses the reader once; then it goes on behind that line.
                let _ = lines.next().await;
                "a line that is too long".to_owned()
            }
            Some(Ok(line)) => shown(&String::from_utf8_lossy(&line), &secrets),
        };
        if let Some(left_out) = allowance.take(Instant::now()) {
            if left_out > 0 {
                tracing::warn!(target: "stdio", server = label.server, pid = label.pid, lines = left_out, "stderr was left out");
            }
            tracing::info!(target: "stdio", server = label.server, pid = label.pid, text, "stderr");
        }
    }
    if allowance.left_out > 0 {
        tracing::warn!(target: "stdio", server = label.server, pid = label.pid, lines = allowance.left_out, "stderr was left out");
    }
}

/// The text of a line as it may stand in the log.
fn shown(line: &str, secrets: &[VariableValue]) -> String {
    let mut text = line.trim_end().to_owned();
    for secret in secrets.iter().filter(|it| it.expose().len() >= SHORTEST_SECRET) {
        text = text.replace(secret.expose(), HIDDEN);
    }
    let text = without_credentials(&text);
    let mut shown = String::with_capacity(text.len().min(MOST_SHOWN));
    for letter in text.chars() {
        if shown.len() >= MOST_SHOWN {
            shown.push('…');
            break;
        }
        if letter.is_control() {
            let _ = write!(shown, "{}", letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Hides what follows the name of an authentication scheme, and what has the form of a JWT.
fn without_credentials(text: &str) -> String {
    let mut after_scheme = false;
    let words = text.split(' ').map(|word| {
        let hide = after_scheme && !word.is_empty();
        after_scheme =
            (after_scheme && word.is_empty()) || SCHEMES.iter().any(|it| ends_with_ignoring_case(word, it));
        if hide || word.contains(JWT_HEAD) { HIDDEN } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn ends_with_ignoring_case(word: &str, end: &str) -> bool {
    word.len()
        .checked_sub(end.len())
        .and_then(|it| word.get(it..))
        .is_some_and(|it| it.eq_ignore_ascii_case(end))
}

/// So many lines at once, and so many more each second.
#[derive(Debug)]
struct Allowance {
    left: u32,
    since: Instant,
    left_out: u64,
}

impl Allowance {
    const fn new(now: Instant) -> Self {
        Self { left: LINES_PER_SECOND, since: now, left_out: 0 }
    }

    /// Whether a line may be written now, and how many were left out before it.
    fn take(&mut self, now: Instant) -> Option<u64> {
        if now.duration_since(self.since) >= Duration::from_secs(1) {
            self.since = now;
            self.left = LINES_PER_SECOND;
        }
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            return Some(std::mem::take(&mut self.left_out));
        }
        self.left_out += 1;
        None
    }
}

const LINES_PER_SECOND: u32 = 20;
/// What is read of a line before the rest of it is thrown away.
const LONGEST_READ: usize = 16 * 1024;
/// What is shown of a line, in bytes.
const MOST_SHOWN: usize = 500;
/// Shorter values, such as `1` or `true`, hide nothing and would make nonsense of the text.
const SHORTEST_SECRET: usize = 6;
const HIDDEN: &str = "[hidden]";
const SCHEMES: [&str; 4] = ["bearer", "basic", "dpop", "token"];
/// `{"` in base64url, with which each JWT begins.
const JWT_HEAD: &str = "eyJ";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        assert_eq!(shown(line, &[VariableValue::new("hunter2hunter2".to_owned())]), expected);
    }

    #[test]
    fn e36_a_line_of_stderr_is_fit_for_the_log() {
        check("listening on stdio\r", "listening on stdio");
        check("key=hunter2hunter2;", "key=[hidden];");
        check("Authorization: Bearer abc.def ok", "Authorization: Bearer [hidden] ok");
        check("got eyJhbGciOi.x.y", "got [hidden]");
        check("red \u{1b}[31m\nlevel=error", r"red \u{1b}[31m\nlevel=error");
        let long = "x".repeat(10_000);
        check(&long, &format!("{}…", "x".repeat(MOST_SHOWN)));
    }

    #[test]
    fn e36_a_flood_is_left_out_and_counted() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        for _ in 0..LINES_PER_SECOND {
            assert_eq!(allowance.take(start), Some(0));
        }
        assert_eq!(allowance.take(start), None);
        assert_eq!(allowance.take(start), None);
        assert_eq!(allowance.take(start + Duration::from_secs(1)), Some(2));
    }
}
