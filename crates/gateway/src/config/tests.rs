#[test]
fn dump() {
    let s = schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<super::Config>();
    println!("{}", serde_json::to_string_pretty(&s).unwrap());
}
