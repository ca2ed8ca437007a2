use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::config::Config;

/// Renders the page: an example, then one part per section of the file.
pub(super) fn render(schema: &Value) -> String {
    let page = Page { definitions: schema.get("$defs").unwrap_or(&Value::Null) };
    let (example, third_party) = (Config::example(), Config::third_party_example());
    let mut out = format!(
        "{INTRODUCTION}\n```toml\n{example}```\n\n{OPTION_B}\n```toml\n{third_party}```\n\n## Top level\n"
    );
    page.section(&mut out, schema, "");
    out
}

struct Page<'a> {
    definitions: &'a Value,
}

impl<'a> Page<'a> {
    /// The keys of the section `schema`, then the sections within it.
    fn section(&self, out: &mut String, schema: &'a Value, path: &str) {
        let keys = in_order(schema);
        for (name, key, required) in &keys {
            if self.table(key).is_none() {
                self.key(out, name, key, *required);
            }
        }
        for (name, key, required) in keys {
            let Some((table, is_list)) = self.table(key) else { continue };
            let inner = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            let (open, close) = if is_list { ("[[", "]]") } else { ("[", "]") };
            let presence = if required { "Required." } else { "May be left out." };
            let about = table["description"].as_str().unwrap_or_default();
            // Infallible: writing to a `String`.
            let _ = write!(out, "\n## `{open}{inner}{close}`\n\n{presence}\n{about}\n");
            self.section(out, table, &inner);
        }
    }

    fn key(&self, out: &mut String, name: &str, key: &'a Value, required: bool) {
        let presence = match key.get("default") {
            Some(default) => format!("default `{}`", toml_text(default)),
            None if required => "required".to_owned(),
            None => "may be left out".to_owned(),
        };
        let about = key["description"].as_str().unwrap_or_default();
        let _ = write!(out, "\n### `{name}`\n\nType: {}; {presence}.\n{about}\n", self.type_of(key));
        let variants = self.resolve(key.get("items").unwrap_or(key))["oneOf"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let named: Vec<_> = variants.iter().filter_map(|it| Some((it["const"].as_str()?, it))).collect();
        if named.len() < 2 || named.len() < variants.len() {
            return;
        }
        out.push('\n');
        for (value, variant) in named {
            let about = variant["description"].as_str().unwrap_or_default();
            let _ = writeln!(out, "- `\"{value}\"`: {about}");
        }
    }

    /// The section that `key` opens, and whether it may come several times.
    fn table(&self, key: &'a Value) -> Option<(&'a Value, bool)> {
        let (target, is_list) = match key.get("items") {
            Some(items) => (self.resolve(items), true),
            None => (self.resolve(key), false),
        };
        // Some are short enough to be a key with an inline table.
        let is_section = target.get("properties").is_some() && !is_inline(key);
        is_section.then_some((target, is_list))
    }

    fn type_of(&self, key: &'a Value) -> String {
        let target = self.resolve(key);
        let about = target["description"].as_str().filter(|it| it.starts_with(char::is_lowercase));
        match (target["type"].as_str(), target["oneOf"].as_array()) {
            _ if about.is_some() => about.unwrap_or_default().to_owned(),
            (Some("array"), _) => format!("list, each {}", self.type_of(&target["items"])),
            (Some("boolean"), _) => "`true` or `false`".to_owned(),
            (Some("integer"), _) => "number".to_owned(),
            (Some("string"), _) => "text".to_owned(),
            (None, Some(variants)) if variants.iter().all(|it| it["type"] == "string") => {
                "one of the texts below".to_owned()
            }
            (None, Some(_)) => "text or inline table".to_owned(),
            _ => "inline table".to_owned(),
        }
    }

    /// What `key` refers to, or itself.
    fn resolve(&self, key: &'a Value) -> &'a Value {
        let name = key["$ref"].as_str().and_then(|it| it.strip_prefix("#/$defs/"));
        name.and_then(|it| self.definitions.get(it)).unwrap_or(key)
    }
}

/// Name, schema and whether it is required: required keys first, then by name.
fn in_order(section: &Value) -> Vec<(&str, &Value, bool)> {
    let required = section["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let members = section["properties"].as_object().into_iter().flat_map(Map::iter);
    let mut keys: Vec<_> =
        members.map(|(name, key)| (name.as_str(), key, required.iter().any(|it| it == name))).collect();
    keys.sort_by_key(|(name, _, required)| (!required, *name));
    keys
}

fn is_inline(key: &Value) -> bool {
    INLINE.iter().any(|it| key["$ref"] == *it)
}

/// A default as one would write it in the file.
fn toml_text(value: &Value) -> String {
    match value {
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        value => value.to_string(),
    }
}

const INLINE: [&str; 2] = ["#/$defs/Upstream", "#/$defs/Storage"];

const OPTION_B: &str = "\
With `[third_party]` the gateway is the authorization server itself (Option B).
That needs a build with `--features third-party`; without the feature the section is refused.
";

const INTRODUCTION: &str = "\
# Configuration

<!-- Generated by `cargo xtask codegen` from the comments in crates/gateway/src/config. -->

`mcp-gateway` reads one TOML file.
Unknown keys are refused, and so is everything that would leave a door open.
Durations are texts such as `\"15s\"`, `\"5m\"`, `\"1h 30m\"` or `\"30d\"`; sizes are bytes or texts such as `\"32KiB\"` or `\"4MiB\"`.
Relative paths are resolved against the folder of the file.
A secret is named by `{ env = \"NAME\" }` or `{ file = \"PATH\" }` and never stands in the file itself.
Files with secrets and private keys must not be readable by everybody (`chmod 600`, or 640 for a group).
An editor can check the file against [configuration.schema.json](configuration.schema.json).
";
