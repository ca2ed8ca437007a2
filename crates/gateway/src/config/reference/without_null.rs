use serde_json::Value;

/// Takes `null` out of the types: TOML has none, a key is left out instead.
pub(super) fn apply(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(apply),
        Value::Object(members) => {
            if let Some(Value::Array(types)) = members.get_mut("type") {
                types.retain(|it| it != "null");
                if let [single] = types.as_slice() {
                    let single = single.clone();
                    members.insert("type".to_owned(), single);
                }
            }
            if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
                choices.retain(|it| it["type"] != "null");
                if let [Value::Object(single)] = choices.as_slice() {
                    let single = single.clone();
                    members.remove("anyOf");
                    members.extend(single);
                }
            }
            members.retain(|name, value| name != "default" || !value.is_null());
            members.values_mut().for_each(apply);
        }
        _ => {}
    }
}
