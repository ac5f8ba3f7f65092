//! JSON Schemas of arguments, short enough for an assistant that reads those of all tools.

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::bounds;

/// The closed schema of a tool's arguments: its own first, then the options that all tools of its kind take.
/// `arguments` is the function of [`schemars::JsonSchema`], and `required` are those of the options that cannot be left out.
pub(crate) fn input(
    arguments: fn(&mut SchemaGenerator) -> Schema,
    options: Map<String, Value>,
    required: &[&str],
) -> Map<String, Value> {
    let mut schema = with_options(plain(arguments), options, required);
    bounds::add_own_bounds(&mut schema);
    match schema {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn with_options(mut schema: Value, options: Map<String, Value>, required: &[&str]) -> Value {
    let Value::Object(map) = &mut schema else { return json!({"type": "object"}) };
    let properties = map.entry("properties").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(properties) = properties {
        for (name, option) in options {
            properties.entry(name).or_insert(option);
        }
    }
    map.insert("additionalProperties".to_owned(), Value::Bool(false));
    if let (Value::Array(names), false) = (map.entry("required").or_insert_with(|| json!([])), required.is_empty()) {
        names.extend(required.iter().map(|name| json!(name)));
    }
    if map.get("required") == Some(&json!([])) {
        map.remove("required");
    }
    schema
}

/// The schema without what an assistant does not need: titles, number formats, nulls of optional members.
fn plain(arguments: fn(&mut SchemaGenerator) -> Schema) -> Value {
    let mut schema = arguments(&mut generator()).to_value();
    compact(&mut schema, true);
    schema
}

fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    settings.into_generator()
}

fn compact(schema: &mut Value, top: bool) {
    let Value::Object(map) = schema else { return };
    for noise in ["title", "format", "maximum"] {
        map.remove(noise);
    }
    // that what is left out is empty or false goes without saying
    if !matches!(map.get("default"), Some(Value::Number(_) | Value::String(_))) {
        map.remove("default");
    }
    if top {
        map.remove("description");
    }
    if map.get("minimum") == Some(&json!(0)) {
        map.remove("minimum");
    }
    if let Some(Value::Array(kinds)) = map.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            let kind = kind.clone();
            map.insert("type".to_owned(), kind);
        }
    }
    if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
        choices.retain(|choice| choice != &json!({"type": "null"}));
        if let [only] = choices.as_slice() {
            let only = only.clone();
            map.remove("anyOf");
            if let Value::Object(only) = only {
                map.extend(only);
            }
        }
    }
    // words with a sentence each: the words alone say enough
    if let Some(Value::Array(choices)) = map.get("oneOf")
        && let Some(words) = choices.iter().map(|choice| choice.get("const").cloned()).collect::<Option<Vec<_>>>()
    {
        map.remove("oneOf");
        map.insert("enum".to_owned(), Value::Array(words));
    }
    if let Some(Value::Array(values)) = map.get_mut("enum") {
        values.retain(|value| !value.is_null());
        // every enum is of words, and some clients refuse one without a type
        map.insert("type".to_owned(), json!("string"));
    }
    if map.get("additionalProperties") == Some(&Value::Bool(true)) {
        map.remove("additionalProperties");
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = map.get_mut(key) {
            compact(inner, false);
        }
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.values_mut().for_each(|property| compact(property, false));
    }
}
