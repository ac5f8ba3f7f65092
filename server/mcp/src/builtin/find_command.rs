//! The built-in tool that searches the commands.

use catalogue::{Catalogue, Tool, estimate_tokens};
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
                "query": {"type": "string", "description": "Words, e.g. `remove machine`"},
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
    let FindArguments { query, limit } = parse_arguments(arguments)?;
    let usable = |tool: &&dyn Tool| {
        let least = tool.least();
        !(read_only && least.changes()) && rights.check_visibility(tool.name(), tool.toolset(), least).is_ok()
    };
    let found: Vec<&dyn Tool> = catalogue.search(&query).into_iter().filter(usable).collect();
    let (best, others) = found.split_at(found.len().min(limit.max(1)));
    let others: Vec<&str> = others.iter().map(|tool| tool.command()).collect();
    Ok(text(best, &others, &query))
}

fn text(best: &[&dyn Tool], others: &[&str], query: &str) -> String {
    if best.is_empty() {
        return format!("no command matches `{query}`: try other words, such as the noun alone\n");
    }
    let (mut text, mut tokens, mut others) = (String::new(), 0, others.to_vec());
    for (at, tool) in best.iter().enumerate() {
        let described = format!(
            "{} ({}): {}\n  arguments: {}\n",
            tool.command(),
            tool.effect().as_str(),
            tool.description(),
            tool.input_schema_text()
        );
        tokens += estimate_tokens(&described);
        if tokens > MAX_DESCRIBED_TOKENS {
            others.splice(0..0, best[at..].iter().map(|tool| tool.command()));
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
