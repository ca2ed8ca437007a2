//! The figures as tables for `docs/benchmarks.md`: medians of the rounds, and ratios taken within a round.

use std::fmt;

/// Lines of text in columns, as Markdown has them.
#[derive(Debug, Default)]
pub(crate) struct Sheet(Vec<Vec<String>>);

/// All rows in the order they were added.
#[derive(Debug)]
pub(crate) struct Table {
    /// What the two columns of figures are of.
    sides: [&'static str; 2],
    rows: Vec<Row>,
}

/// One measure of both sides over all rounds.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    name: String,
    unit: &'static str,
    aim: Option<Aim>,
    baseline: Vec<f64>,
    gateway: Vec<f64>,
    /// A further measure in the same row.
    beside: Option<Box<Row>>,
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
    pub(crate) const fn new(baseline: &'static str, gateway: &'static str) -> Self {
        Self { sides: [baseline, gateway], rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(crate) fn into_sheet(self) -> Sheet {
        let [baseline, gateway] = self.sides;
        let mut sheet = Sheet::new(&["measure", baseline, gateway, "ratio", "aim", ""]);
        for row in &self.rows {
            sheet.add(row.cells());
        }
        sheet
    }
}

impl Row {
    /// `unit` follows each figure; it may be empty.
    pub(crate) fn new(name: &str, unit: &'static str) -> Self {
        let (baseline, gateway) = (Vec::new(), Vec::new());
        Self { name: name.to_owned(), unit, aim: None, baseline, gateway, beside: None }
    }

    pub(crate) fn aim(mut self, aim: Aim) -> Self {
        self.aim = Some(aim);
        self
    }

    /// Puts `further`, which has the same unit, into the same row.
    pub(crate) fn beside(mut self, further: Self) -> Self {
        self.name = format!("{} / {}", self.name, further.name);
        self.beside = Some(Box::new(further));
        self
    }

    /// Adds a round; a figure that does not exist is not a number.
    pub(crate) fn add(&mut self, baseline: f64, gateway: f64) {
        self.baseline.push(baseline);
        self.gateway.push(gateway);
    }

    /// The figure of the gateway, or of what is measured alone, with its unit.
    pub(crate) fn alone(&self) -> String {
        self.figures(|it| median(it.gateway.iter().copied()))
    }

    fn cells(&self) -> Vec<String> {
        let ratios = self.each(|it| match it.ratio() {
            ratio if ratio.is_nan() => String::new(),
            ratio => format!("{ratio:.2}"),
        });
        let value = median(self.gateway.iter().copied());
        let (aim, verdict) = match self.aim {
            None => (String::new(), ""),
            Some(aim) if aim.is_met(value, self.ratio()) => (aim.text(self.unit), "met"),
            Some(aim) => (aim.text(self.unit), "not met"),
        };
        let baseline = self.figures(|it| median(it.baseline.iter().copied()));
        vec![self.name.clone(), baseline, self.alone(), ratios, aim, verdict.to_owned()]
    }

    /// The figures of this row and of what is beside it, with their unit.
    fn figures(&self, of: impl Fn(&Self) -> f64) -> String {
        let figures = self.each(|it| figure(of(it)));
        if figures.is_empty() || self.unit.is_empty() { figures } else { format!("{figures} {}", self.unit) }
    }

    fn each(&self, of: impl Fn(&Self) -> String) -> String {
        let texts = std::iter::once(self).chain(self.beside.as_deref()).map(of);
        texts.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" / ")
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

    fn text(self, unit: &str) -> String {
        match self {
            Self::RatioAtLeast(bound) => format!("at least {bound}"),
            Self::Below(bound) => format!("under {bound} {unit}"),
            Self::AtMost(bound) => format!("at most {bound} {unit}"),
        }
    }
}

impl Sheet {
    /// A sheet whose columns, but for the first, hold figures.
    pub(crate) fn new(head: &[&str]) -> Self {
        let mut sheet = Self::default();
        sheet.add(head.iter().map(|it| (*it).to_owned()).collect());
        sheet.add(head.iter().map(|it| rule(it).to_owned()).collect());
        sheet
    }

    pub(crate) fn add(&mut self, cells: Vec<String>) {
        self.0.push(cells);
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.0.iter().filter_map(|it| it.get(column));
        cells.map(|it| it.chars().count()).max().unwrap_or_default()
    }
}

impl fmt::Display for Sheet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.0 {
            for (column, cell) in line.iter().enumerate() {
                let width = self.width(column);
                write!(formatter, "| {cell:<width$} ")?;
            }
            writeln!(formatter, "|")?;
        }
        Ok(())
    }
}

/// What stands beneath the head of a column.
fn rule(head: &str) -> &'static str {
    match head {
        "measure" | "aim" | "" => "---",
        _ => "---:",
    }
}

/// Three digits at least, and the thousands apart.
fn figure(value: f64) -> String {
    match value {
        _ if value.is_nan() => String::new(),
        _ if value.abs() < 100.0 => format!("{value:.1}"),
        _ => grouped(&format!("{value:.0}")),
    }
}

/// A count with its thousands apart.
pub(crate) fn thousands(count: usize) -> String {
    grouped(&count.to_string())
}

fn grouped(digits: &str) -> String {
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",").replace("-,", "-")
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
