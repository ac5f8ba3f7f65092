//! The built-in tools: tools of this server that are no Juju commands. A new one is a file in `builtin/` and a line in
//! [`BUILTIN_TOOLS`].

mod audit_changes;
mod find_command;
mod help;
pub(crate) mod names;
mod observer;
pub(crate) mod tool;
mod validate_action;
mod wrapped_command;

use serde_json::{Map, Value};

use crate::{Endpoint, builtin::tool::BuiltinTool, resolved_call::ResolvedCall};

/// Every built-in tool.
pub(crate) const BUILTIN_TOOLS: [&dyn BuiltinTool; 12] = [
    &audit_changes::AuditChanges,
    &find_command::FindCommand,
    &help::Help,
    &observer::ObserverFindings,
    &observer::ObserverExplain,
    &observer::DiagnoseModel,
    &observer::SaveBaseline,
    &observer::ShowBaseline,
    &observer::MaintenancePlans,
    &wrapped_command::ReadCommand,
    &wrapped_command::RunCommand,
    &validate_action::ValidateAction,
];

/// The built-in tool of this name.
pub(crate) fn find_builtin_tool(name: &str) -> Option<&'static dyn BuiltinTool> {
    BUILTIN_TOOLS.into_iter().find(|tool| tool.name() == name)
}

/// Resolves a call: the wrapped command of a built-in tool, else the tool itself; `None` for a built-in tool that runs no
/// command.
///
/// # Errors
/// One sentence, if the arguments of a built-in tool are invalid.
pub(crate) fn resolve_call(
    name: &str,
    arguments: Map<String, Value>,
    endpoint: &Endpoint,
) -> Result<Option<ResolvedCall>, String> {
    match find_builtin_tool(name) {
        Some(builtin) => builtin.wrapped_command(&arguments),
        None => Ok(Some(ResolvedCall { tool: name.to_owned(), arguments, read_only: endpoint.read_only })),
    }
}
