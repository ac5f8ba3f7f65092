//! Every spelling of every argument of every tool.

use serde_json::json;

use super::*;
use crate::{
    Catalogue, Tool,
    samples::{arguments_with, sample},
};

fn digest(tool: &dyn Tool, arguments: &Map<String, Value>) -> Result<String, String> {
    let plan = tool.plan(arguments.clone()).map_err(|bad| bad.to_string())?;
    Ok(format!("{} {:?}", plan.unresolved_act().request_digest(), plan.options))
}

/// Values that mean the same as this one.
fn spellings(name: &str, schema: &Value, value: &Value) -> Vec<Value> {
    let compact = value.to_string();
    match (schema["type"].as_str(), value) {
        (Some("integer"), value) => {
            let number = value.as_f64().expect("a number");
            vec![
                json!(compact),
                json!(format!(" {compact} ")),
                json!(number),
                json!(format!("{compact}.0")),
                json!([value]),
            ]
        }
        (Some("boolean"), _) => vec![json!("true"), json!("True"), json!(" TRUE "), json!([true])],
        (Some("string"), Value::String(text)) => {
            let padded = (!FREE_TEXTS.contains(&name)).then(|| json!(format!(" {text}\n")));
            let number = text.parse::<u64>().ok().map(|number| json!(number));
            let double = number.clone().filter(|_| NUMBERED.contains(&name)).map(|_| json!(12.0));
            let upper = schema["enum"].is_array().then(|| json!(text.to_uppercase()));
            [json!([text])].into_iter().chain(padded).chain(number).chain(double).chain(upper).collect()
        }
        (Some("array"), Value::Array(items)) => {
            let with_nulls = items.iter().cloned().chain([json!(null)]).collect::<Vec<_>>();
            let nested = items.iter().map(|item| json!([item])).collect::<Vec<_>>();
            let names: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            let joined = [",", ", ", " ", " ,\n"].map(|between| json!(names.join(between)));
            // names alone can be joined: an SSH key has spaces
            let joinable = names.len() == items.len() && names.iter().all(|name| is_name(name));
            [json!(compact), json!(format!("  {compact}\n")), json!(with_nulls), json!(nested)]
                .into_iter()
                .chain(joined.into_iter().filter(|_| joinable))
                .collect()
        }
        (Some("object"), Value::Object(members)) => {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let pairs: Vec<_> = members.iter().map(|(key, value)| format!("{key}={}", text(value))).collect();
            let all_texts = members.values().all(Value::is_string) && name != "params";
            let pairs = all_texts.then(|| json!(pairs));
            [json!(compact), json!(format!("{value:#}"))].into_iter().chain(pairs).collect()
        }
        other => panic!("{name}: {other:?}"),
    }
}

/// Values without exactly one meaning.
fn ambiguous(schema: &Value) -> Vec<Value> {
    match schema["type"].as_str() {
        Some("integer") => {
            let texts =
                ["", "five", "5.5", "05", "+5", "5e0", "0x5", "5 6", "1,000", "true", "null"].map(|text| json!(text));
            [json!(5.5), json!(true), json!({}), json!([]), json!([5, 6])].into_iter().chain(texts).collect()
        }
        Some("boolean") => {
            let texts = ["", "yes", "no", "1", "0", "t", "on", "truefalse"].map(|text| json!(text));
            [json!(1), json!(0), json!({}), json!([]), json!([true, false])].into_iter().chain(texts).collect()
        }
        Some("string") => {
            vec![json!(true), json!({}), json!({"a": 1}), json!([]), json!(["a", "b"]), json!([["a"]]), json!(24.1)]
        }
        Some("array") => {
            let texts =
                ["", ",", "a,,b", ",a", "a;b", "a, b; c", "a, b c", "[a]", "['a']", "{\"a\": 1}", "\"a\"", "[\"a\"] x"]
                    .map(|text| json!(text));
            [json!(true), json!({"a": 1}), json!([true]), json!([{}]), json!([["a", "b"]]), json!(1.5)]
                .into_iter()
                .chain(texts)
                .collect()
        }
        Some("object") => {
            let texts = ["", "=b", "a=1,b=2", "a=1 b=2", "[]", "{a: 1}", "{\"a\": 1", "5"].map(|text| json!(text));
            let lists =
                [json!([{"a": 1}]), json!(["a"]), json!(["=b"]), json!(["a b=c"]), json!(["a=1", "a=2"]), json!([5])];
            [json!(true), json!(5)].into_iter().chain(lists).chain(texts).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn for_each_property(check: impl Fn(&dyn Tool, &str, &Value)) {
    let catalogue = Catalogue::builtin();
    for tool in catalogue.iter() {
        for (name, schema) in tool.input_schema()["properties"].as_object().expect("properties") {
            check(tool, name, schema);
        }
    }
}

#[test]
fn every_spelling_of_every_property_has_the_digest_of_the_canonical_form() {
    for_each_property(|tool, name, schema| {
        // only the server makes cursors
        if name == "cursor" {
            return;
        }
        let value = sample(tool, name);
        let canonical = arguments_with(tool, name, Some(value.clone()));
        let expected = digest(tool, &canonical).unwrap_or_else(|bad| panic!("{} {name}: {bad}", tool.name()));
        for spelling in spellings(name, schema, &value) {
            let given = arguments_with(tool, name, Some(spelling.clone()));
            assert_eq!(digest(tool, &given).as_ref(), Ok(&expected), "{} {name}: {spelling}", tool.name());
        }
        let mut dashed = canonical.clone();
        dashed.remove(name);
        dashed.insert(format!("--{}", name.replace('_', "-")), value);
        assert_eq!(digest(tool, &dashed).as_ref(), Ok(&expected), "{} {name} with dashes", tool.name());
    });
}

#[test]
fn single_value_for_every_list_has_the_digest_of_a_list_of_one() {
    for_each_property(|tool, name, schema| {
        if schema["type"] != "array" {
            return;
        }
        for item in ["web/0", "web", "0"] {
            let Ok(expected) = digest(tool, &arguments_with(tool, name, Some(json!([item])))) else { continue };
            let number = item.parse::<u64>().ok().map(|number| json!(number));
            let double = number.as_ref().filter(|_| NUMBERED.contains(&name)).map(|_| json!(0.0));
            let numbers = number.iter().chain(&double).flat_map(|number| [number.clone(), json!([number])]);
            for spelling in numbers.chain([json!(item), json!(format!(" {item} "))]) {
                let given = arguments_with(tool, name, Some(spelling.clone()));
                assert_eq!(digest(tool, &given).as_ref(), Ok(&expected), "{} {name}: {spelling}", tool.name());
            }
        }
    });
}

#[test]
fn tags_and_pairs_are_read_as_names_and_options() {
    let catalogue = Catalogue::builtin();
    let read = |command: &str, given: &Value| {
        digest(catalogue.get(command).expect(command), given.as_object().expect("an object"))
    };
    for (command, given, canonical) in [
        ("remove-unit", json!({"units": ["unit-web-0", "unit-web-app-10"]}), json!({"units": ["web/0", "web-app/10"]})),
        (
            "remove-machine",
            json!({"machines": ["machine-0", "machine-0-lxd-1"]}),
            json!({"machines": ["0", "0/lxd/1"]}),
        ),
        ("remove-unit", json!({"units": "web/0, web/1"}), json!({"units": ["web/0", "web/1"]})),
        (
            "config",
            json!({"application": "web", "values": ["title=a=b", "workers=3"]}),
            json!({"application": "web", "values": {"title": "a=b", "workers": "3"}}),
        ),
        (
            "config",
            json!({"application": "web", "values": "title=My shop"}),
            json!({"application": "web", "values": {"title": "My shop"}}),
        ),
        (
            "run",
            json!({"units": "db/0", "action": "backup", "params": ["keep=3", "all=true", "path=/x"]}),
            json!({"units": ["db/0"], "action": "backup", "params": {"keep": 3, "all": true, "path": "/x"}}),
        ),
        ("integrate", json!({"endpoints": "web:db postgresql:db"}), json!({"endpoints": ["web:db", "postgresql:db"]})),
    ] {
        assert_eq!(read(command, &given), read(command, &canonical), "{command} {given}");
        assert!(read(command, &given).is_ok(), "{command} {given}");
    }
    for (command, given) in [
        ("remove-unit", json!({"units": ["unit-web"]})),
        ("remove-machine", json!({"machines": ["machine-x"]})),
        ("remove-unit", json!({"units": ["wеb/0 x"]})),
    ] {
        assert!(read(command, &given).is_err(), "{command} {given}");
    }
}

#[test]
fn null_for_every_optional_property_counts_as_left_out() {
    for_each_property(|tool, name, schema| {
        let required =
            tool.input_schema().get("required").and_then(Value::as_array).is_some_and(|all| all.contains(&json!(name)));
        let mut without = arguments_with(tool, name, Some(json!(null)));
        without.remove(name);
        let expected = digest(tool, &without);
        assert!(!(required && expected.is_ok()), "{} {name} is not required", tool.name());
        let nulls = [json!(null)].into_iter().chain((schema["type"] == "array").then(|| json!([null, null])));
        for null in nulls {
            let given = digest(tool, &arguments_with(tool, name, Some(null)));
            assert_eq!(given, expected, "{} {name}", tool.name());
        }
    });
}

#[test]
fn ambiguous_value_of_every_property_is_refused_by_its_name() {
    for_each_property(|tool, name, schema| {
        for value in ambiguous(schema) {
            let refusal = digest(tool, &arguments_with(tool, name, Some(value.clone())));
            let empty_list = value == json!([]) && schema["type"] == "array";
            let Err(sentence) = refusal else { panic!("{} {name}: {value} is accepted", tool.name()) };
            assert!(empty_list || sentence.contains(&format!("`{name}")), "{} {name} {value}: {sentence}", tool.name());
            assert!(!sentence.contains('\n'), "{sentence}");
        }
    });
}

#[test]
fn unknown_name_at_every_tool_is_refused_and_known_flags_are_accepted() {
    let catalogue = Catalogue::builtin();
    for tool in catalogue.iter() {
        let given = json!({"xyzzy": 1}).as_object().cloned().expect("an object");
        let sentence = digest(tool, &given).expect_err("unknown");
        assert!(sentence.contains("there is no argument `xyzzy`"), "{sentence}");
    }
    for (command, given, sentence) in [
        ("show-status-log", json!({"entity": "web"}), "no argument `entity`, the nearest is `entity_name`"),
        ("add-unit", json!({"app": "web"}), "no argument `app`, the nearest is `application`"),
        ("add-unit", json!({"application": "web", "numUnits": 2}), "the nearest is `num_units`"),
        ("add-unit", json!({"application": "web", "n": 1, "num_units": 2}), "`num_units` is given twice"),
        ("wait-for", json!({"kind": "app", "name": "web"}), "not `app`, the nearest is `application`"),
        ("show-status-log", json!({"entity_name": "web", "type": "units"}), "the nearest is `unit`"),
        ("status", json!({"format": "yml"}), "`format` has to be one of concise, detailed, json, not `yml`"),
        ("machines", json!({"units": []}), "no argument `units`, only"),
    ] {
        let given = given.as_object().cloned().expect("an object");
        let refusal = digest(catalogue.get(command).expect(command), &given).expect_err(sentence);
        assert!(refusal.contains(sentence), "{refusal}");
    }
    for (command, given, canonical) in [
        ("add-unit", json!({"application": "web", "n": "2"}), json!({"application": "web", "num_units": 2})),
        ("add-unit", json!({"application": "web", "-m": "shop"}), json!({"application": "web", "model": "shop"})),
        ("deploy", json!({"charm": "web", "resource": {"a": 1}}), json!({"charm": "web", "resources": {"a": "1"}})),
        ("exec", json!({"command": "id", "unit": "web/0"}), json!({"command": "id", "units": ["web/0"]})),
        ("models", json!({"c": "prod"}), json!({"controller": "prod"})),
        ("status", json!({"controller": "prod"}), json!({"controller": "prod"})),
    ] {
        let tool = catalogue.get(command).expect(command);
        let read = |value: &Value| digest(tool, value.as_object().expect("an object"));
        assert_eq!(read(&given), read(&canonical), "{command} {given}");
        assert!(read(&given).is_ok(), "{command} {given}");
    }
}
