//! The three tools that reach every other command: find, read, run.
//!
//! The inner command is resolved first, so that policy, ledger and metrics see and name it, never these three.

use catalogue::{Catalogue, Tool};
use policy::{Effect, Rights};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Looks commands up.
pub(crate) const FIND: &str = "juju_find_command";
/// Runs a command that changes nothing.
pub(crate) const READ: &str = "juju_read_command";
/// Runs any command.
pub(crate) const RUN: &str = "juju_run_command";

/// How one of the three is described to clients.
pub(crate) struct Described {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) input: Value,
    pub(crate) output: Value,
    pub(crate) effect: Effect,
}

/// The three, or the two that change nothing.
pub(crate) fn described(read_only: bool) -> Vec<Described> {
    let inner = || {
        json!({"type": "object", "properties": {
            "command": {"type": "string", "description": "Name from juju_find_command, e.g. `show-unit`"},
            "arguments": {"type": "object", "description": "As its schema says"}},
            "required": ["command"], "additionalProperties": false})
    };
    let mut all = vec![
        Described {
            name: FIND,
            description: "Finds Juju commands that are not listed as tools, with their arguments: machines, storage, \
                          secrets, spaces, users, access, clouds, credentials, offers, actions, resources, bundles, \
                          backups, upgrades, logs. Run them with juju_read_command or juju_run_command.",
            input: json!({"type": "object", "properties": {
                "query": {"type": "string", "description": "Words, e.g. `remove machine`"},
                "limit": {"type": "integer", "minimum": 1}},
                "required": ["query"], "additionalProperties": false}),
            output: json!({"type": "object", "properties": {
                "commands": {"type": "array"}, "more": {"type": "array"}}}),
            effect: Effect::Read,
        },
        Described {
            name: READ,
            description: "Runs a Juju command that changes nothing.",
            input: inner(),
            output: json!({"type": "object"}),
            effect: Effect::Read,
        },
    ];
    if !read_only {
        all.push(Described {
            name: RUN,
            description: "Runs any Juju command, also one that changes or destroys. Try `dry_run` first.",
            input: inner(),
            output: json!({"type": "object"}),
            effect: Effect::Destructive,
        });
    }
    all
}

/// Arguments of read and run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inner {
    pub(crate) command: String,
    #[serde(default)]
    pub(crate) arguments: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sought {
    query: String,
    #[serde(default = "few")]
    limit: usize,
}

fn few() -> usize {
    3
}

/// So many names follow the commands that are told in full.
const MORE: usize = 20;

/// Commands that fit a query and that the caller may use: the nearest with their schemas, the rest by name.
///
/// # Errors
/// One sentence, where the arguments do not fit.
pub(crate) fn find(
    catalogue: &Catalogue,
    rights: &Rights<'_>,
    read_only: bool,
    arguments: Map<String, Value>,
) -> Result<(Value, String), String> {
    let sought: Sought = serde_json::from_value(Value::Object(arguments))
        .map_err(|error| format!("the arguments do not fit: {error}"))?;
    let usable = |tool: &&dyn Tool| {
        let least = tool.least();
        !(read_only && least.changes()) && rights.may_see(tool.name(), tool.toolset(), least).is_ok()
    };
    let found: Vec<&dyn Tool> = catalogue.search(&sought.query).into_iter().filter(usable).collect();
    let (near, far) = found.split_at(found.len().min(sought.limit.max(1)));
    let commands: Vec<Value> = near.iter().map(|tool| whole(*tool)).collect();
    let more: Vec<&str> = far.iter().take(MORE).map(|tool| tool.word()).collect();
    let text = text(near, &more, &sought.query);
    Ok((json!({"commands": commands, "more": more}), text))
}

fn whole(tool: &dyn Tool) -> Value {
    json!({
        "command": tool.word(),
        "description": tool.description(),
        "effect": tool.effect().as_str(),
        "arguments": tool.input_schema(),
    })
}

fn text(near: &[&dyn Tool], more: &[&str], query: &str) -> String {
    if near.is_empty() {
        return format!("no command fits `{query}`: try other words, such as the noun alone\n");
    }
    let mut text = String::new();
    for tool in near {
        text.extend([tool.word(), " (", tool.effect().as_str(), "): ", tool.description(), "\n"]);
        text.extend(["  arguments: ", tool.input_schema_text(), "\n"]);
    }
    if !more.is_empty() {
        text.extend(["also: ", &*more.join(", "), "\n"]);
    }
    text
}
