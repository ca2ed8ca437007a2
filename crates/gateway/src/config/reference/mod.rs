//! The JSON Schema of the file and the reference page, both made from the structs and their comments.

mod page;
mod without_null;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Config;

/// The JSON Schema of the configuration file (draft 2020-12), for editors.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Config>().to_value();
    without_null::apply(&mut schema);
    schema
}

/// The reference page, `docs/reference/configuration.md`.
#[must_use]
pub fn reference_markdown() -> String {
    page::render(&json_schema())
}

#[cfg(test)]
mod tests;
