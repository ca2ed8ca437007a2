//! The figures as rows of a table.

use std::{fmt, io};

/// One figure, and what it is meant to be.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    name: String,
    unit: &'static str,
    figure: f64,
    aim: Option<Aim>,
}

/// What a figure is meant to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Aim {
    AtLeast(f64),
    Below(f64),
}

impl Row {
    pub(crate) fn new(name: String, unit: &'static str, figure: f64) -> Self {
        Self { name, unit, figure, aim: None }
    }

    pub(crate) fn aim(self, aim: Option<Aim>) -> Self {
        Self { aim, ..self }
    }
}

impl Aim {
    fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(bound) => figure >= bound,
            Self::Below(bound) => figure < bound,
        }
    }
}

impl fmt::Display for Aim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(formatter, ">= {bound}"),
            Self::Below(bound) => write!(formatter, "< {bound}"),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, unit, figure, aim } = self;
        let decimals = usize::from(*figure < 100.0);
        let (aim, verdict) = match aim {
            None => (String::new(), ""),
            Some(aim) => (aim.to_string(), if aim.is_met(*figure) { "met" } else { "not met" }),
        };
        write!(formatter, "| {name:<43} | {unit:<4} | {figure:>8.decimals$} | {aim:<7} | {verdict:<7} |")
    }
}

/// Writes the head of the table, so that rows can follow as they are measured.
pub(crate) fn head(out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "| {:<43} | unit | {:>8} | aim     |         |", "measure", "figure")?;
    writeln!(out, "| {} | ---- | -------: | ------- | ------- |", "-".repeat(43))
}
