//! The built-in tool that searches the commands.

use catalogue::{Catalogue, FoundCommand, ModelKind, estimate_tokens};
use futures::future::BoxFuture;
use policy::{Effect, Permissions};
use rmcp::model::{CallToolResponse, CallToolResult};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    names::{FIND_COMMAND, READ_COMMAND, RUN_COMMAND},
    tool::{BuiltinTool, Descriptor, parse_arguments},
};
use crate::{call_context::CallContext, reply};

/// Default number of commands that an answer describes with their schemas.
const DEFAULT_LIMIT: usize = 3;
/// Largest number of further commands that an answer names.
const MAX_OTHER_NAMES: usize = 20;
/// Maximum tokens of the described commands; the others are named only.
const MAX_DESCRIBED_TOKENS: usize = 5_400;

/// `juju_find_command`.
pub(crate) struct FindCommand;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FindArguments {
    query: String,
    /// The kind of the model that the caller asks for.
    kind: Option<ModelKind>,
    #[serde(default = "default_limit")]
    limit: usize,
}

fn default_limit() -> usize {
    DEFAULT_LIMIT
}

impl BuiltinTool for FindCommand {
    fn name(&self) -> &'static str {
        FIND_COMMAND
    }

    fn descriptor(&self, catalogue: &Catalogue) -> Descriptor {
        // the toolsets come from the catalogue: the description promises only what a search can find
        let toolsets = catalogue.toolsets().join(", ");
        Descriptor {
            description: format!(
                "Finds Juju commands that are not listed as tools, with their arguments, in the toolsets {toolsets}. Run \
                 them with {READ_COMMAND} or {RUN_COMMAND}."
            ),
            input: json!({"type": "object", "properties": {
                "query": {"type": "string", "description": "What is to be done, or words such as `remove machine`"},
                "kind": {"type": "string", "enum": ["kubernetes", "machines"], "description": "Of the model"},
                "limit": {"type": "integer", "minimum": 1}},
                "required": ["query"], "additionalProperties": false}),
            effect: Effect::Read,
        }
    }

    fn call<'call>(&self, context: CallContext<'call>) -> BoxFuture<'call, CallToolResponse> {
        let result = find(context);
        Box::pin(async move { result.into() })
    }
}

fn find(context: CallContext<'_>) -> CallToolResult {
    let policy = context.services.dispatcher.policy.current();
    let rights = policy.permissions(context.caller);
    match search(&context.services.dispatcher.catalogue, &rights, context.endpoint.read_only, context.arguments()) {
        Ok(text) => reply::trusted(text),
        Err(sentence) => reply::failed(sentence, reply::INVALID_ARGUMENTS),
    }
}

/// The commands that match a query and that the caller may use: the best matches with their schemas, the others by name.
///
/// # Errors
/// One sentence, if the arguments are invalid.
fn search(
    catalogue: &Catalogue,
    rights: &Permissions<'_>,
    read_only: bool,
    arguments: Map<String, Value>,
) -> Result<String, String> {
    let FindArguments { query, kind, limit } = parse_arguments(arguments)?;
    let usable = |found: &FoundCommand<'_>| {
        found.tool.is_none_or(|tool| !(read_only && tool.least().changes()) && tool.check_visibility(rights).is_ok())
    };
    let found: Vec<FoundCommand<'_>> = catalogue.search(&query, kind).into_iter().filter(usable).collect();
    let (best, others) = found.split_at(found.len().min(limit.max(1)));
    let others: Vec<&str> = others.iter().filter(|found| found.tool.is_some()).map(|found| found.command).collect();
    Ok(text(best, &others, &query))
}

fn text(best: &[FoundCommand<'_>], others: &[&str], query: &str) -> String {
    if best.is_empty() {
        return format!("no command matches `{query}`: try other words, such as the noun alone\n");
    }
    let (mut text, mut tokens, mut others) = (String::new(), 0, others.to_vec());
    for (at, found) in best.iter().enumerate() {
        let described = description(found);
        tokens += estimate_tokens(&described);
        if tokens > MAX_DESCRIBED_TOKENS {
            let left = best[at..].iter().filter(|found| found.tool.is_some()).map(|found| found.command);
            others.splice(0..0, left);
            break;
        }
        text.push_str(&described);
    }
    if !others.is_empty() {
        let left_out = others.len().saturating_sub(MAX_OTHER_NAMES);
        others.truncate(MAX_OTHER_NAMES);
        text.extend(["also: ", &*others.join(", ")]);
        if left_out > 0 {
            text.extend([" and ", &left_out.to_string(), " more: narrow with further words"]);
        }
        text.push('\n');
    }
    text
}

/// A command with its arguments, or the statement that it is not available.
fn description(found: &FoundCommand<'_>) -> String {
    let Some(tool) = found.tool else {
        return format!("{}: not available here yet; only the Juju client has it\n", found.command);
    };
    let (effect, description, arguments) = (tool.effect().as_str(), tool.description(), tool.input_schema_text());
    format!("{} ({effect}): {description}\n  arguments: {arguments}\n", found.command)
}
