//! Bounds of arguments. A property has the bounds of its name and its type, unless its schema states others: the lists of tools do
//! not repeat them for each property, and the instructions state them once. Every call is checked before it is planned.

use serde_json::{Map, Number, Value, json};

use crate::BadArguments;

/// Maximum length of a name, an id or another short text.
pub const MAX_NAME_CHARS: usize = 256;
/// Maximum length of a query, a filter, constraints or a URL.
pub const MAX_QUERY_CHARS: usize = 1024;
/// Maximum length of a file path.
pub(crate) const MAX_PATH_CHARS: usize = 4096;
/// Maximum length of a command for a shell.
pub(crate) const MAX_COMMAND_CHARS: usize = 64 * 1024;
/// Maximum length of an idempotency key.
pub(crate) const MAX_KEY_CHARS: usize = 200;
/// Maximum length of a list, and maximum number of members of an object.
pub const MAX_ITEMS: usize = 1000;
/// Maximum number of machines or units that one call adds, and maximum scale of an application.
pub const MAX_COUNT: u64 = 1000;
/// Maximum number of machines of the controller.
const MAX_CONTROLLERS: u64 = 7;
/// Maximum time that one call waits, in seconds: one day.
pub const MAX_WAIT_SECONDS: u64 = 86_400;
/// Maximum number of log lines or history entries of one call.
pub(crate) const MAX_LINES: u64 = 65_535;
/// Maximum of an integer without a bound of its own, such as a revision.
pub(crate) const MAX_INTEGER: u64 = i32::MAX as u64;
/// The range of such an integer.
const COMMON_RANGE: (u64, u64) = (0, MAX_INTEGER);
/// The values of `format`: the instructions name them once, and no schema does.
pub(crate) const FORMATS: [&str; 3] = ["concise", "detailed", "json"];
/// Maximum bytes of all texts and names in the arguments of one call.
pub const MAX_ARGUMENTS_BYTES: usize = 1 << 20;

/// The length that a text property may have.
fn max_chars(property: &str) -> usize {
    match property {
        "query" | "filter" | "constraints" | "url" | "offer" | "cursor" | "storage" | "message" | "info" => {
            MAX_QUERY_CHARS
        }
        "charm" | "path" | "resources" | "keys" => MAX_PATH_CHARS,
        "command" | "manifest" | "secret_content" => MAX_COMMAND_CHARS,
        "idempotency_key" => MAX_KEY_CHARS,
        _ => MAX_NAME_CHARS,
    }
}

/// The values that an integer property may have.
fn range(property: &str) -> (u64, u64) {
    match property {
        "num_machines" => (1, MAX_COUNT),
        "num_controllers" => (1, MAX_CONTROLLERS),
        "num_units" => (0, MAX_COUNT),
        "wait" => (0, MAX_WAIT_SECONDS),
        "lines" | "n" | "days" => (0, MAX_LINES),
        _ => COMMON_RANGE,
    }
}

/// The bounds of integers that the instructions do not state.
fn own_range(property: &str) -> Option<(u64, u64)> {
    Some(range(property)).filter(|range| *range != COMMON_RANGE)
}

/// Writes into a schema the bounds that are not those of every property of its type, so that assistants see them.
pub fn add_own_bounds(schema: &mut Value) {
    for_each_property(schema, "", &|map, property| {
        if let (Some("integer"), Some((minimum, maximum))) =
            (map.get("type").and_then(Value::as_str), own_range(property))
        {
            if minimum > 0 {
                map.entry("minimum").or_insert(minimum.into());
            }
            map.entry("maximum").or_insert(maximum.into());
        }
    });
}

/// A schema of arguments with all bounds written out. A bound that the author of a tool wrote stays.
#[must_use]
pub fn with_all_bounds(schema: &Map<String, Value>) -> Map<String, Value> {
    let mut complete = Value::Object(schema.clone());
    for_each_property(&mut complete, "", &|map, property| {
        let schema = Value::Object(map.clone());
        let kind = map.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut add = |key: &str, bound: Option<u64>| {
            if let Some(bound) = bound {
                map.entry(key).or_insert(bound.into());
            }
        };
        match kind.as_str() {
            "integer" => {
                let (minimum, maximum) = range(property);
                add("minimum", Some(minimum));
                add("maximum", Some(maximum));
            }
            "string" if property == "format" => {
                map.entry("enum").or_insert_with(|| json!(FORMATS));
            }
            "string" => add("maxLength", most(&schema, "maxLength", property)),
            "array" => add("maxItems", most(&schema, "maxItems", property)),
            "object" => add("maxProperties", most(&schema, "maxProperties", property)),
            _ => {}
        }
    });
    match complete {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Calls `change` for a schema and all schemas in it, with the property that each belongs to.
fn for_each_property(schema: &mut Value, property: &str, change: &impl Fn(&mut Map<String, Value>, &str)) {
    let Value::Object(map) = schema else { return };
    change(map, property);
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = map.get_mut(key) {
            for_each_property(inner, property, change);
        }
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.iter_mut().for_each(|(name, schema)| for_each_property(schema, name, change));
    }
}

/// The largest length or number of a property: that of its schema, or that of its name and type; `None` where there is none.
fn most(schema: &Value, key: &str, property: &str) -> Option<u64> {
    let common = || match key {
        // an enum bounds itself
        "maxLength" if schema["enum"].is_array() => None,
        "maxLength" => Some(max_chars(property)),
        // an object with properties has no free members
        "maxProperties" if schema["properties"].is_object() => None,
        _ => Some(MAX_ITEMS),
    };
    schema[key].as_u64().or_else(|| common().and_then(|most| u64::try_from(most).ok()))
}

/// Checks arguments against the bounds in their schema. Types and names are checked when the arguments are parsed.
///
/// # Errors
/// [`BadArguments`], naming the argument and the bound.
pub fn check_bounds(schema: &Map<String, Value>, arguments: &Map<String, Value>) -> Result<(), BadArguments> {
    check_bytes(arguments)?;
    check_members(schema, arguments, "", "")
}

/// Checks the size of arguments alone, before anything reads them.
///
/// # Errors
/// [`BadArguments`].
pub(crate) fn check_bytes(arguments: &Map<String, Value>) -> Result<(), BadArguments> {
    let bytes = members_bytes(arguments);
    if bytes > MAX_ARGUMENTS_BYTES {
        let problem =
            format!("the arguments have {bytes} bytes of text, and at most {MAX_ARGUMENTS_BYTES} are accepted");
        return Err(BadArguments::message(problem));
    }
    Ok(())
}

fn check_members(
    schema: &Map<String, Value>,
    members: &Map<String, Value>,
    path: &str,
    property: &str,
) -> Result<(), BadArguments> {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, value) in members {
        let (schema, property) = match properties.and_then(|known| known.get(name)) {
            Some(schema) => (schema, name.as_str()),
            None => match schema.get("additionalProperties") {
                // an option that the schema does not list, or an unknown one
                Some(Value::Bool(false)) => (&json!({"type": "string"}), ""),
                Some(schema) => (schema, property),
                None => continue,
            },
        };
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        check(schema, value, &path, property)?;
    }
    Ok(())
}

fn check(schema: &Value, value: &Value, path: &str, property: &str) -> Result<(), BadArguments> {
    let most = |key: &str| most(schema, key, property).map(|most| usize::try_from(most).unwrap_or(usize::MAX));
    let too_many = |count: usize, key: &str| most(key).filter(|most| count > *most);
    match value {
        Value::Number(number) => check_range(schema, number, path, property)?,
        Value::String(text) => {
            // a character has at most four bytes, so most texts need not be counted
            let chars = if text.len() <= most("maxLength").unwrap_or(usize::MAX) { 0 } else { text.chars().count() };
            if let Some(most) = too_many(chars, "maxLength") {
                let problem = format!("has {chars} characters, and at most {most} are accepted");
                return Err(BadArguments::argument(path, &problem));
            }
        }
        Value::Array(items) => {
            if let Some(most) = too_many(items.len(), "maxItems") {
                let problem = format!("has {} values, and at most {most} are accepted", items.len());
                return Err(BadArguments::argument(path, &problem));
            }
            for (at, item) in items.iter().enumerate() {
                check(&schema["items"], item, &format!("{path}[{at}]"), property)?;
            }
        }
        Value::Object(members) => {
            if let Some(most) = too_many(members.len(), "maxProperties") {
                let problem = format!("has {} members, and at most {most} are accepted", members.len());
                return Err(BadArguments::argument(path, &problem));
            }
            if let Some(schema) = schema.as_object() {
                check_members(schema, members, path, property)?;
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
    Ok(())
}

fn check_range(schema: &Value, number: &Number, path: &str, property: &str) -> Result<(), BadArguments> {
    if schema["type"] != "integer" {
        return Ok(());
    }
    let (minimum, maximum) = range(property);
    let stated = |key: &str, common: u64| schema.get(key).cloned().unwrap_or_else(|| common.into());
    let (minimum, maximum) = (stated("minimum", minimum), stated("maximum", maximum));
    let within = |given: f64| {
        minimum.as_f64().is_none_or(|least| given >= least) && maximum.as_f64().is_none_or(|most| given <= most)
    };
    if number.as_f64().is_some_and(within) {
        return Ok(());
    }
    Err(BadArguments::argument(path, &format!("has to be from {minimum} to {maximum}, not {number}")))
}

fn members_bytes(members: &Map<String, Value>) -> usize {
    members.iter().fold(0, |sum, (name, value)| sum.saturating_add(name.len()).saturating_add(text_bytes(value)))
}

fn text_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(text_bytes).fold(0, usize::saturating_add),
        Value::Object(members) => members_bytes(members),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalogue, Tool};

    /// Extremes of a property: at its bounds, beyond them, and of a wrong type.
    fn extremes(schema: &Value) -> Vec<Value> {
        let text = |chars: usize| Value::String("x".repeat(chars));
        let wrong = [json!(null), json!(true), json!({}), json!([]), json!(""), json!(-1), json!(0.5)];
        let most = |key: &str| usize::try_from(schema[key].as_u64().unwrap_or_default()).expect("small");
        let longest = if schema["enum"].is_array() { MAX_NAME_CHARS } else { most("maxLength").min(MAX_COMMAND_CHARS) };
        let own = match schema["type"].as_str() {
            Some("integer") => vec![
                schema["minimum"].clone(),
                schema["maximum"].clone(),
                json!(i64::MIN),
                json!(i64::MAX),
                json!(u64::MAX),
                json!(1e300),
            ],
            Some("string") => [
                "18446744073709551615s18446744073709551615s",
                "18446744073709551615h",
                "9223372036854775808",
                "99999999999999999999999999999999",
                "é\u{0}\n:/.@#=",
                "juju-exec",
                "/../..",
            ]
            .map(|text| json!(text))
            .into_iter()
            .chain([text(longest), text(longest + 1), text(3 << 20)])
            .collect(),
            Some("array") => {
                let item = if schema["items"]["type"] == "string" { json!("web/0") } else { json!(1) };
                let items = |count: usize| Value::Array(vec![item.clone(); count]);
                vec![items(most("maxItems")), items(most("maxItems") + 1), items(300_000), json!(["", " ", "/", ":"])]
            }
            Some("object") => {
                let members =
                    |count: usize| (0..count).map(|at| (format!("key{at}"), json!("value"))).collect::<Map<_, _>>();
                vec![members(MAX_ITEMS).into(), members(MAX_ITEMS + 1).into(), json!({"a": {"b": [text(3 << 20)]}})]
            }
            _ => Vec::new(),
        };
        own.into_iter().chain(wrong).collect()
    }

    /// Arguments that have everything that a tool requires.
    fn required(tool: &dyn Tool) -> Map<String, Value> {
        let schema = tool.input_schema();
        let names = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let sample = |schema: &Value| match schema["type"].as_str() {
            Some("integer") => json!(1),
            Some("array") => json!(["web/0"]),
            Some("object") => json!({}),
            Some("boolean") => json!(true),
            _ => schema["enum"].get(0).cloned().unwrap_or_else(|| json!("web")),
        };
        names.map(|name| (name.to_owned(), sample(&schema["properties"][name]))).collect()
    }

    fn unbounded(schema: &Value, path: &str) -> Vec<String> {
        let has = |key: &str| schema.get(key).is_some();
        let bounded = match schema["type"].as_str() {
            Some("integer" | "number") => has("minimum") && has("maximum"),
            Some("string") => has("maxLength") || has("enum"),
            Some("array") => has("maxItems") && has("items"),
            Some("object") => has("properties") || has("maxProperties"),
            _ => true,
        };
        let own = (!bounded).then(|| path.to_owned());
        let inner = ["items", "additionalProperties"].into_iter().filter_map(|key| schema.get(key));
        let members = schema["properties"].as_object().into_iter().flatten();
        own.into_iter()
            .chain(inner.flat_map(|inner| unbounded(inner, &format!("{path}[]"))))
            .chain(members.flat_map(|(name, inner)| unbounded(inner, &format!("{path}.{name}"))))
            .collect()
    }

    #[test]
    fn every_property_of_every_tool_has_bounds() {
        let catalogue = Catalogue::builtin();
        let schema = |tool: &dyn Tool| Value::Object(with_all_bounds(tool.input_schema()));
        let found: Vec<String> = catalogue.iter().flat_map(|tool| unbounded(&schema(tool), tool.name())).collect();
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn plan_of_every_tool_survives_the_extremes_of_every_property() {
        let catalogue = Catalogue::builtin();
        for tool in catalogue.iter() {
            for (name, schema) in with_all_bounds(tool.input_schema())["properties"].as_object().expect("properties") {
                for value in extremes(schema) {
                    let mut arguments = required(tool);
                    arguments.insert(name.clone(), value);
                    let given = members_bytes(&arguments);
                    let Ok(plan) = tool.plan(arguments.clone()) else { continue };
                    assert!(given <= MAX_ARGUMENTS_BYTES, "{} {name}: {given} bytes were accepted", tool.name());
                    let act = serde_json::to_string(&plan.unresolved_act()).expect("an act");
                    let most = 16 * serde_json::to_string(&arguments).expect("JSON").len() + 4096;
                    assert!(act.len() <= most, "{} {name}: the act has {} bytes", tool.name(), act.len());
                }
            }
        }
    }

    #[test]
    fn plan_refuses_values_beyond_their_bounds_and_names_them() {
        let catalogue = Catalogue::builtin();
        for (tool, arguments, sentence) in [
            (
                "juju_add_machine",
                json!({"num_machines": u32::MAX}),
                "`num_machines` has to be from 1 to 1000, not 4294967295",
            ),
            ("juju_add_machine", json!({"num_machines": 1001}), "`num_machines` has to be from 1 to 1000"),
            (
                "juju_run",
                json!({"units": ["db/0"], "action": "backup", "wait": u64::MAX}),
                "`wait` has to be from 0 to 86400, not 18446744073709551615",
            ),
            (
                "juju_show_application",
                json!({"applications": ["x".repeat(257)]}),
                "`applications[0]` has 257 characters",
            ),
            ("juju_show_application", json!({"applications": vec!["x"; 1001]}), "`applications` has 1001 values"),
            ("juju_wait_for", json!({"kind": "unit", "name": "web/0", "query": "x".repeat(1025)}), "`query` has 1025"),
            (
                "juju_wait_for",
                json!({"kind": "unit", "name": "web/0", "timeout": "18446744073709551615s1s"}),
                "`timeout`",
            ),
            ("juju_config", json!({"application": "web", "values": {"a": "x".repeat(1 << 20)}}), "bytes of text"),
        ] {
            let arguments = arguments.as_object().cloned().expect("an object");
            let tool = catalogue.get(tool).expect(tool);
            let Err(refusal) = tool.plan(arguments) else { panic!("{sentence}: accepted") };
            assert!(refusal.to_string().contains(sentence), "{refusal}");
        }
    }
}
