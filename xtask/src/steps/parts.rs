//! Installs what the tests need.

use crate::{gate::Step, parts, tally::Tally};

pub(crate) const STEP: Step = Step { name: "parts", run };

fn run() -> Tally {
    [parts::node::install(), parts::python::install(), parts::browser::install(), parts::postgres::install()]
        .into_iter()
        .map(Tally::of)
        .sum()
}
