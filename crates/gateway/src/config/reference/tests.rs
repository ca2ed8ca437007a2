use std::{fs, path::Path};

use super::*;

/// `cargo xtask codegen` writes both files; this holds them against the structs.
#[test]
fn the_generated_files_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let page = fs::read_to_string(folder.join("configuration.md")).unwrap();
    assert_eq!(page, reference_markdown(), "run `cargo xtask codegen`");
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("configuration.schema.json")).unwrap()).unwrap();
    assert_eq!(schema, json_schema(), "run `cargo xtask codegen`");
}

#[test]
fn the_schema_names_what_is_required() {
    let schema = json_schema();
    let required: Vec<_> = schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(required, ["public_url", "listen", "server"]);
    assert_eq!(schema["properties"]["server"]["minItems"], 1);
    assert_eq!(schema["properties"]["authorization_server"]["minItems"], 1);
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn toml_has_no_null() {
    assert!(!json_schema().to_string().contains("null\""));
}

/// Every key of every section has a comment, a type and either a default or a word on its absence.
#[test]
fn every_key_is_explained() {
    let page = reference_markdown();
    for part in page.split("\n### ").skip(1) {
        let lines: Vec<_> = part.lines().collect();
        let [name, "", kind, about, ..] = lines.as_slice() else { panic!("{part}") };
        assert!(kind.starts_with("Type: ") && kind.ends_with('.') && !kind.contains("``"), "{part}");
        assert!(about.len() > 10, "{name}: {about}");
    }
    assert!(page.contains(
        "\n### `body_bytes`\n\nType: a number of bytes, such as `65536` or `\"64KiB\"`; default `\"4MiB\"`.\n"
    ));
    assert!(page.contains("\n## `[[server]]`\n") && page.contains("\n## `[server.identity.jwt]`\n"));
    assert!(page.contains("\n## `[[third_party.provider.account]]`\n"));
    assert!(page.contains("\n### `storage`\n\nType: inline table; required.\n"));
}
