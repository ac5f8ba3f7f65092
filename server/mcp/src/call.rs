//! One tool call: which tool is meant, whether it may be called here, then through the door.

use std::time::Instant;

use catalogue::Tool;
use dispatch::{Call, carry_out};
use identity::Caller;
use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolRequestParams, CallToolResult},
    service::RequestContext,
};
use serde_json::{Map, Value};

use crate::{Server, Surface, progress::News, reply, trio};

/// A tool call that is understood.
struct Meant {
    tool: String,
    arguments: Map<String, Value>,
    /// Refuse it if it would change anything.
    read_only: bool,
}

impl Server {
    pub(crate) async fn call(
        &self,
        request: CallToolRequestParams,
        caller: Caller,
        surface: &Surface,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        if !self.shelf.has(surface, &request.name) {
            return Err(ErrorData::invalid_params(self.unknown(&request.name, surface), None));
        }
        let meant = match request.name.as_ref() {
            trio::FIND => return Ok(self.find(&caller, surface, arguments)),
            trio::READ => inner(arguments, true),
            trio::RUN => inner(arguments, false),
            name => Ok(Meant { tool: name.to_owned(), arguments, read_only: surface.read_only }),
        };
        match meant {
            Ok(meant) => Ok(self.carry(meant, &caller, context).await),
            Err(sentence) => Ok(reply::failed(sentence, "bad arguments")),
        }
    }

    async fn carry(&self, meant: Meant, caller: &Caller, context: &RequestContext<RoleServer>) -> CallToolResult {
        let Some(tool) = self.door.catalogue.get(&meant.tool) else {
            let sentence = format!("there is no command `{}`: look for it with {}", meant.tool, trio::FIND);
            return reply::failed(sentence, "unknown tool");
        };
        if let Some(sentence) = meant.read_only.then(|| changes(tool, &meant.arguments)).flatten() {
            return reply::failed(sentence, "read only");
        }
        let begun = Instant::now();
        let name = tool.name();
        let (news, progress) = News::of(context);
        let call = Call { tool: name.to_owned(), arguments: meant.arguments, progress };
        let work = news.during(carry_out(&self.door, caller, call));
        let result = tokio::select! {
            result = work => result,
            // a read ends here; a write goes on to its end behind the door, and the ledger has it
            () = context.ct.cancelled() => {
                self.observe.call_ended(name, "cancelled", begun.elapsed());
                return reply::failed("the call is no longer waited for", "cancelled");
            }
        };
        self.observe.call_ended(name, reply::outcome(&result), begun.elapsed());
        match result {
            Ok(done) => reply::done(done),
            Err(refusal) => reply::refused(&refusal),
        }
    }

    fn find(&self, caller: &Caller, surface: &Surface, arguments: Map<String, Value>) -> CallToolResult {
        let found = trio::find(&self.door.catalogue, &self.door.policy.now(), caller, surface.read_only, arguments);
        match found {
            Ok((value, text)) => reply::told(value, text),
            Err(sentence) => reply::failed(sentence, "bad arguments"),
        }
    }

    fn unknown(&self, name: &str, surface: &Surface) -> String {
        if self.shelf.get(name).is_none() {
            return format!("there is no tool named `{name}`: `tools/list` says which there are");
        }
        if surface.read_only {
            return format!("`{name}` is not offered here, where nothing can be changed: use `/mcp` for it");
        }
        format!("`{name}` is not offered here: call it by {}, or connect to `/mcp/full`", trio::RUN)
    }
}

fn inner(arguments: Map<String, Value>, read_only: bool) -> Result<Meant, String> {
    let inner: trio::Inner = serde_json::from_value(Value::Object(arguments))
        .map_err(|error| format!("the arguments do not fit: {error}"))?;
    let command = inner.command.trim().trim_start_matches("juju ").to_owned();
    Ok(Meant { tool: command, arguments: inner.arguments, read_only })
}

/// The sentence that refuses a call which would change something. Arguments that do not fit are for the door to tell.
fn changes(tool: &dyn Tool, arguments: &Map<String, Value>) -> Option<String> {
    let effect = match tool.plan(arguments.clone()) {
        Ok(plan) => plan.act_nowhere().effect,
        Err(_) => tool.least(),
    };
    effect.changes().then(|| {
        let word = tool.word();
        format!("`{word}` would change something, and this only reads: use {} or another address", trio::RUN)
    })
}
