//! The command that a call runs, and whether the endpoint permits its effect.

use catalogue::Tool;
use serde_json::{Map, Value};

use crate::builtin::names::RUN_COMMAND;

/// The tool of the catalogue that a call runs, and its arguments.
pub(crate) struct ResolvedCall {
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
    /// Whether the server refuses the call if it would change anything.
    pub(crate) read_only: bool,
}

impl ResolvedCall {
    /// The sentence that refuses a change where only reads are offered; `None` if the call is a read or changes are offered.
    /// The dispatcher reports invalid arguments.
    pub(crate) fn read_only_violation(&self, tool: &dyn Tool) -> Option<String> {
        if !self.read_only {
            return None;
        }
        let effect = match tool.plan(self.arguments.clone()) {
            Ok(plan) => plan.unresolved_act().effect,
            Err(_) => tool.least(),
        };
        effect.changes().then(|| {
            let word = tool.command();
            format!("`{word}` would change something, which is not offered here: use {RUN_COMMAND} or another endpoint")
        })
    }
}
