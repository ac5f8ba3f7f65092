//! Help on one command: made of its tool, so that it never differs from what a call does.

use std::fmt::Write as _;

use catalogue::{Access, Blocks, Catalogue, ModelKind, Scope, Tool, with_all_bounds};
use policy::{Effect, Policy};
use serde_json::{Map, Value};

/// Template of the URIs of help.
pub(crate) const HELP_TEMPLATE: &str = "juju://help/{command}";
/// Most phrases that state what a command is for.
const MAX_PURPOSES: usize = 6;

/// The help on a tool, with the roles of this policy.
pub(crate) fn help_on(catalogue: &Catalogue, tool: &dyn Tool, policy: &Policy) -> String {
    let mut text = String::new();
    let command = tool.command();
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            // writing to a text cannot fail
            let _ = writeln!(text, "{label}: {value}");
        }
    };
    line(command, tool.description());
    line("tool", &format!("{}, in the toolset {}", tool.name(), tool.toolset()));
    line("other names", &tool.aliases().join(", "));
    line("for", &catalogue.purposes(command).take(MAX_PURPOSES).collect::<Vec<_>>().join("; "));
    line("effect", &effect(tool));
    line("roles", &roles(tool, policy));
    line("model", &models(catalogue.model_kind(command), tool));
    line("juju", &requirements(tool));
    text.push_str("arguments:\n");
    let schema = with_all_bounds(tool.input_schema());
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let _ = writeln!(text, "  {name}: {}", argument(property, required.contains(&name.as_str())));
    }
    for example in catalogue.examples(command) {
        let _ = writeln!(text, "example: {example}");
        let arguments: Map<String, Value> = serde_json::from_str(example).unwrap_or_default();
        if let Ok(plan) = tool.plan(arguments) {
            let program = if tool.is_client_command() { "the Juju client" } else { "a shell" };
            let _ = writeln!(text, "  the same in {program}: {}", plan.command_line());
        }
    }
    text
}

fn effect(tool: &dyn Tool) -> String {
    let (least, most) = (tool.least(), tool.effect());
    let mut text = if least == most {
        most.as_str().to_owned()
    } else {
        format!("{} or {}, by its arguments", least.as_str(), most.as_str())
    };
    if most.changes() {
        text.push_str(if tool.idempotent() {
            "; a repeated call changes nothing more"
        } else {
            "; a repeated call acts again, without `idempotency_key`"
        });
        text.push_str("; `dry_run` shows what it would do");
    }
    text
}

fn roles(tool: &dyn Tool, policy: &Policy) -> String {
    let names = |effect: Effect| policy.roles().sufficient_for(tool.name(), tool.toolset(), effect).join(", ");
    let (least, most) = (tool.least(), tool.effect());
    if least == most {
        names(most)
    } else {
        format!("{} to {}, {} to {}", names(least), least.as_str(), names(most), most.as_str())
    }
}

fn models(kind: Option<ModelKind>, tool: &dyn Tool) -> String {
    let scope = match tool.scope() {
        Scope::Client => return "none: it is about this server".to_owned(),
        Scope::Backend => {
            return "none, or the one that `model` names: then the answer has nothing of others".to_owned();
        }
        Scope::Controller => return "none: it is about the controller".to_owned(),
        Scope::NamedModel => "has to be named",
        Scope::Model => "the only one, or the one that `model` names",
    };
    match (kind, tool.command()) {
        (Some(ModelKind::Kubernetes), _) => {
            format!("{scope}; on Kubernetes only: add-unit and remove-unit fit machines")
        }
        (Some(ModelKind::Machines), "add-unit" | "remove-unit") => {
            format!("{scope}; on machines only: scale-application fits Kubernetes")
        }
        (Some(ModelKind::Machines), _) => format!("{scope}; on machines only"),
        (None, _) => format!("{scope}; on machines or Kubernetes"),
    }
}

fn requirements(tool: &dyn Tool) -> String {
    if !tool.effect().changes() {
        return String::new();
    }
    let access = match tool.access() {
        Access::Write => "write access to the model",
        Access::Admin => "admin access to the model",
        Access::AddModel => "the right to add models",
    };
    let access =
        if tool.scope() == Scope::Controller { "the access of the server's user at the controller" } else { access };
    let blocks = match tool.blocks() {
        Blocks::None => "no block of disable-command keeps it back",
        Blocks::Change => "the block `all` keeps it back",
        Blocks::Removal => "the blocks `remove-object` and `all` keep it back",
        Blocks::Destruction => "each block of disable-command keeps it back",
    };
    format!("{access}; {blocks}")
}

/// One argument: type, bounds, default and description.
fn argument(property: &Value, required: bool) -> String {
    let number = |key: &str| property[key].as_u64();
    let mut facts = vec![kind(property)];
    facts.extend(required.then(|| "required".to_owned()));
    if let Some(choices) = property["enum"].as_array() {
        let words: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
        facts.push(format!("one of {}", words.join(", ")));
    }
    facts.extend(number("minimum").zip(number("maximum")).map(|(least, most)| format!("{least} to {most}")));
    facts.extend(number("maxLength").map(|most| format!("at most {most} characters")));
    facts.extend(number("maxItems").map(|most| format!("at most {most}")));
    facts.extend(number("maxProperties").map(|most| format!("at most {most}")));
    facts.extend(property.get("default").map(|default| format!("default {default}")));
    let facts = facts.join(", ");
    match property["description"].as_str() {
        Some(description) => format!("{facts}; {description}"),
        None => facts,
    }
}

fn kind(property: &Value) -> String {
    match property["type"].as_str() {
        Some("integer") => "whole number".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("string") => "text".to_owned(),
        Some("array") => {
            format!("list of {}", if property["items"]["type"] == "integer" { "whole numbers" } else { "texts" })
        }
        _ => "object".to_owned(),
    }
}
