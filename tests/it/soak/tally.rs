//! What became of the calls.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::behind::Behind;

/// How a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Answered by one JSON text.
    Said,
    /// Answered by events: progress, then the result.
    Counted,
    /// The server asks the client something before it answers (revisions up to 2025-11-25).
    AskedBack,
    /// The server tells something on the caller's other stream.
    Told,
    /// The client leaves without waiting for the answer.
    Left,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [Self::Said, Self::Counted, Self::AskedBack, Self::Told, Self::Left];
}

/// What became of one call.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// All that came was the caller's own.
    Own,
    /// Something of somebody else came, or something of another call.
    Crossed(String),
    /// Something did not come.
    Lost(String),
    /// The gateway or the upstream said no.
    Refused(String),
}

impl Outcome {
    /// The same, with what it is of.
    pub(super) fn of(self, call: &str) -> Self {
        let with = |what: String| format!("{call}: {what}");
        match self {
            Self::Own => Self::Own,
            Self::Crossed(what) => Self::Crossed(with(what)),
            Self::Lost(what) => Self::Lost(with(what)),
            Self::Refused(what) => Self::Refused(with(what)),
        }
    }
}

/// How many calls there were, and how many of them went wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) calls: u64,
    pub(super) crossed: u64,
    pub(super) lost: u64,
    pub(super) refused: u64,
}

/// Counts for all callers.
#[derive(Debug, Default)]
pub(super) struct Tally {
    calls: [[AtomicU64; Kind::ALL.len()]; Behind::ALL.len()],
    crossed: AtomicU64,
    lost: AtomicU64,
    refused: AtomicU64,
    examples: Mutex<Vec<String>>,
}

impl Tally {
    pub(super) fn count(&self, behind: Behind, kind: Kind, outcome: Outcome) {
        self.calls[behind as usize][kind as usize].fetch_add(1, Relaxed);
        self.note(outcome);
    }

    /// Counts what is wrong beside the calls.
    pub(super) fn note(&self, outcome: Outcome) {
        let (count, example) = match outcome {
            Outcome::Own => return,
            Outcome::Crossed(what) => (&self.crossed, format!("crossed: {what}")),
            Outcome::Lost(what) => (&self.lost, format!("lost: {what}")),
            Outcome::Refused(what) => (&self.refused, format!("refused: {what}")),
        };
        count.fetch_add(1, Relaxed);
        let mut examples = self.examples.lock().unwrap();
        if examples.len() < 10 {
            examples.push(example);
        }
    }

    pub(super) fn of(&self, behind: Behind, kind: Kind) -> u64 {
        self.calls[behind as usize][kind as usize].load(Relaxed)
    }

    fn of_kind(&self, kind: Kind) -> u64 {
        Behind::ALL.iter().map(|it| self.of(*it, kind)).sum()
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            calls: Kind::ALL.iter().map(|it| self.of_kind(*it)).sum(),
            crossed: self.crossed.load(Relaxed),
            lost: self.lost.load(Relaxed),
            refused: self.refused.load(Relaxed),
        }
    }

    /// Some of what went wrong.
    pub(super) fn examples(&self) -> Vec<String> {
        self.examples.lock().unwrap().clone()
    }

    /// How far it is, for people.
    pub(super) fn progress(&self, of: u64, seconds: u64) -> String {
        let Counts { calls, crossed, lost, refused } = self.counts();
        let first = self.examples().first().map_or(String::new(), |it| format!("; {it}"));
        format!(
            "{calls} of {of} calls after {seconds} s: {crossed} crossed, {lost} lost, {refused} refused{first}"
        )
    }

    /// All of it, for people.
    pub(super) fn line(&self, seconds: f64) -> String {
        let Counts { calls, crossed, lost, refused } = self.counts();
        let [http, own, shared] =
            Behind::ALL.map(|behind| Kind::ALL.iter().map(|it| self.of(behind, *it)).sum::<u64>());
        let [said, counted, asked, told, left] = Kind::ALL.map(|it| self.of_kind(it));
        format!(
            "{calls} calls ({http} over HTTP, {own} to processes of their own, {shared} to a shared process; \
             {said} answered at once, {counted} by events, {asked} after a question, {told} told on another \
             stream, {left} left) in {seconds:.0} s: {crossed} crossed, {lost} lost, {refused} refused"
        )
    }
}
