//! The figures as a table: medians of the rounds, and ratios taken within a round.

use std::fmt;

/// All rows in the order they were added.
#[derive(Debug)]
pub(crate) struct Table {
    /// What the two columns of figures are of.
    sides: [&'static str; 2],
    rows: Vec<Row>,
}

/// One measure of both proxies over all rounds.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    name: String,
    unit: &'static str,
    aim: Option<Aim>,
    baseline: Vec<f64>,
    gateway: Vec<f64>,
}

/// What the gateway is meant to reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Aim {
    /// Its figure divided by the baseline's is at least this.
    RatioAtLeast(f64),
    /// Its figure is below this.
    Below(f64),
    /// Its figure is at most this.
    AtMost(f64),
}

impl Table {
    /// `baseline` and `gateway` are at most 8 characters.
    pub(crate) const fn new(baseline: &'static str, gateway: &'static str) -> Self {
        Self { sides: [baseline, gateway], rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    fn width(&self) -> usize {
        self.rows.iter().map(|it| it.name.len()).max().unwrap_or_default()
    }
}

impl Row {
    pub(crate) fn new(name: &str, unit: &'static str) -> Self {
        Self { name: name.to_owned(), unit, aim: None, baseline: Vec::new(), gateway: Vec::new() }
    }

    pub(crate) fn aim(mut self, aim: Aim) -> Self {
        self.aim = Some(aim);
        self
    }

    /// Adds a round; a figure that does not exist is not a number.
    pub(crate) fn add(&mut self, baseline: f64, gateway: f64) {
        self.baseline.push(baseline);
        self.gateway.push(gateway);
    }

    fn ratio(&self) -> f64 {
        median(self.gateway.iter().zip(&self.baseline).map(|(gateway, baseline)| gateway / baseline))
    }
}

impl Aim {
    fn is_met(self, value: f64, ratio: f64) -> bool {
        match self {
            Self::RatioAtLeast(bound) => ratio >= bound,
            Self::Below(bound) => value < bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

impl fmt::Display for Aim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::RatioAtLeast(bound) => format!("ratio >= {bound}"),
            Self::Below(bound) => format!("< {bound}"),
            Self::AtMost(bound) => format!("<= {bound}"),
        };
        formatter.pad(&text)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, [baseline, gateway]) = (self.width(), self.sides);
        writeln!(
            formatter,
            "| {:<width$} | {:<4} | {:>8} | {:>8} | {:>5} | {:<13} | {:<7} |",
            "measure", "unit", baseline, gateway, "ratio", "aim", ""
        )?;
        let dashes = |count: usize| "-".repeat(count);
        writeln!(
            formatter,
            "| {} | ---- | -------: | -------: | ----: | {} | ------- |",
            dashes(width),
            dashes(13)
        )?;
        self.rows.iter().try_for_each(|row| row.line(formatter, width))
    }
}

impl Row {
    fn line(&self, formatter: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
        let (baseline, gateway) =
            (median(self.baseline.iter().copied()), median(self.gateway.iter().copied()));
        let ratio = self.ratio();
        let (aim, verdict) = match self.aim {
            None => (String::new(), ""),
            Some(aim) if aim.is_met(gateway, ratio) => (aim.to_string(), "met"),
            Some(aim) => (aim.to_string(), "not met"),
        };
        writeln!(
            formatter,
            "| {:<width$} | {:<4} | {:>8} | {:>8} | {:>5} | {aim:<13} | {verdict:<7} |",
            self.name,
            self.unit,
            figure(baseline),
            figure(gateway),
            if ratio.is_nan() { String::new() } else { format!("{ratio:.3}") },
        )
    }
}

fn figure(value: f64) -> String {
    match value {
        _ if value.is_nan() => String::new(),
        _ if value >= 100.0 => format!("{value:.0}"),
        _ => format!("{value:.1}"),
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
