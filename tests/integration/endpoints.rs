//! The tools of every endpoint, pinned by snapshots, and what they cost an assistant to read.

use std::{fmt::Write as _, path::Path};

use catalogue::Catalogue;
use mcp::{Endpoint, listing};
use serde_json::{Map, Value};

/// Name of the snapshot, endpoint, and its budget in tokens.
fn endpoints() -> [(&'static str, Endpoint, usize); 3] {
    [
        ("mcp", Endpoint::curated(), 5_000),
        ("mcp-full", Endpoint::full(), 20_000),
        ("mcp-readonly", Endpoint::curated().read_only(), 5_000),
    ]
}

/// Most tokens of the list of one toolset.
const TOOLSET_BUDGET: usize = 4_000;

#[test]
fn tool_list_of_every_endpoint_is_within_its_token_budget() {
    let catalogue = Catalogue::builtin();
    for (name, endpoint, budget) in endpoints() {
        let listing = listing(&catalogue, &endpoint);
        assert!(listing.tokens <= budget, "{name} costs {} tokens of {budget}:\n{}", listing.tokens, listing.table());
    }
    for name in catalogue.toolsets() {
        let listing = listing(&catalogue, &Endpoint::toolsets([name]));
        let (tokens, table) = (listing.tokens, listing.table());
        assert!(tokens <= TOOLSET_BUDGET, "{name} costs {tokens} tokens of {TOOLSET_BUDGET}:\n{table}");
    }
}

#[test]
fn toolsets_are_not_empty_and_together_contain_every_tool_once() {
    let catalogue = Catalogue::builtin();
    let full = listing(&catalogue, &Endpoint::full()).tools.len();
    assert_eq!(full, catalogue.iter().filter(|tool| tool.is_client_command()).count(), "every command of the client");
    let size = |name| listing(&catalogue, &Endpoint::toolsets([name])).tools.len();
    let sizes: Vec<usize> = catalogue.toolsets().into_iter().map(size).collect();
    assert!(sizes.iter().all(|tools| *tools > 0), "{sizes:?}");
    assert_eq!(sizes.iter().sum::<usize>(), catalogue.iter().count());
}

/// The lists are in `tests/snapshots/`, so that a review shows every change of what assistants read.
/// `UPDATE_SNAPSHOTS=1` writes them again.
#[test]
fn tool_list_of_every_endpoint_equals_its_reviewed_snapshot() {
    let catalogue = Catalogue::builtin();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    for (name, endpoint, _) in endpoints() {
        let mut text = String::new();
        for size in listing(&catalogue, &endpoint).tools {
            writeln!(text, "{}", size.tool).expect("writing to a string cannot fail");
        }
        let file = folder.join(format!("{name}.jsonl"));
        if option_env!("UPDATE_SNAPSHOTS").is_some() {
            std::fs::create_dir_all(&folder).expect("the folder is writable");
            std::fs::write(&file, &text).expect("the snapshot is writable");
        }
        let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
        let added = text.lines().find(|line| !reviewed.lines().any(|known| known == *line));
        let removed = reviewed.lines().find(|line| !text.lines().any(|now| now == *line));
        assert!(
            added.is_none() && removed.is_none(),
            "{} differs; review it, then write it again with UPDATE_SNAPSHOTS=1\n  now: {added:?}\n  reviewed: {removed:?}",
            file.display()
        );
    }
}

/// Every endpoint, those of single toolsets and the read-only ones included.
fn all_endpoints(catalogue: &Catalogue) -> Vec<Endpoint> {
    let toolsets = catalogue.toolsets().into_iter().map(|name| Endpoint::toolsets([name]));
    let writable: Vec<Endpoint> = [Endpoint::curated(), Endpoint::full()].into_iter().chain(toolsets).collect();
    writable.iter().cloned().chain(writable.iter().cloned().map(Endpoint::read_only)).collect()
}

/// The keywords that the strictest clients understand.
const KEYWORDS: [&str; 15] = [
    "type",
    "description",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "default",
    "minimum",
    "maximum",
    "maxLength",
    "maxItems",
    "maxProperties",
    "minItems",
    "minLength",
];

/// What the strictest clients refuse in a schema: Gemini (a type everywhere, enums of texts only), Google ADK (no references, no
/// unions), `OpenAI` (a root object with properties, known keywords, at most five levels) and VS Code (items of arrays).
fn faults(schema: &Value, path: &str, depth: usize) -> Vec<String> {
    let Some(map) = schema.as_object() else { return vec![format!("{path}: not an object: {schema}")] };
    let mut faults = Vec::new();
    let mut fault = |problem: &str| faults.push(format!("{path}: {problem}: {schema}"));
    let kind = map.get("type").and_then(Value::as_str).unwrap_or_default();
    if !["object", "array", "string", "integer", "number", "boolean"].contains(&kind) {
        fault("no plain type");
    }
    if map.keys().any(|keyword| !KEYWORDS.contains(&keyword.as_str())) {
        fault("a keyword that some clients refuse");
    }
    if depth > 5 {
        fault("too deep");
    }
    if let Some(choices) = map.get("enum") {
        let words = choices.as_array().filter(|all| !all.is_empty() && all.iter().all(Value::is_string));
        if kind != "string" || words.is_none_or(|all| map.get("default").is_some_and(|default| !all.contains(default)))
        {
            fault("an enum that is not of texts, or without its default");
        }
    }
    let default_fits = map.get("default").is_none_or(|default| match kind {
        "string" => default.is_string(),
        "integer" => default.is_u64(),
        "boolean" => default.is_boolean(),
        _ => false,
    });
    if !default_fits {
        fault("a default of another type");
    }
    if kind == "array" && !map.contains_key("items") {
        fault("an array without items");
    }
    let properties = map.get("properties").and_then(Value::as_object);
    if depth == 0
        && (kind != "object" || properties.is_none() || map.get("additionalProperties") != Some(&Value::Bool(false)))
    {
        fault("a root that is not a closed object with properties");
    }
    let required = map.get("required").map_or(Some(&[][..]), |names| names.as_array().map(Vec::as_slice));
    let known = |name: &Value| name.as_str().is_some_and(|name| properties.is_some_and(|all| all.contains_key(name)));
    if required.is_none_or(|names| !names.iter().all(known)) {
        fault("a required property that is none");
    }
    let empty = Map::new();
    for (name, inner) in properties.unwrap_or(&empty) {
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.len() > 64 || !name.bytes().all(word) || !name.starts_with(|first: char| first.is_ascii_lowercase()) {
            faults.push(format!("{path}: a name that some clients refuse: {name}"));
        }
        faults.extend(self::faults(inner, &format!("{path}.{name}"), depth + 1));
    }
    for keyword in ["items", "additionalProperties"] {
        if let Some(inner) = map.get(keyword).filter(|inner| !inner.is_boolean()) {
            faults.extend(self::faults(inner, &format!("{path}.{keyword}"), depth + 1));
        }
    }
    faults
}

#[test]
fn every_input_schema_of_every_endpoint_fits_the_strictest_clients() {
    let catalogue = Catalogue::builtin();
    for endpoint in all_endpoints(&catalogue) {
        for size in listing(&catalogue, &endpoint).tools {
            let found = faults(&size.tool["inputSchema"], &size.name, 0);
            assert!(found.is_empty(), "{found:#?}");
            let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            assert!(size.name.len() <= 64 && size.name.bytes().all(word), "{}", size.name);
        }
    }
}
