//! Simulated calls: what policy would decide, without doing anything.

use std::sync::Arc;

use audit::{NewEntry, Outcome, ToolCall};
use catalogue::{Answer, BadArguments, Catalogue, Options, ResolvedTarget, Scope};
use identity::Caller;
use policy::{Act, Effect, Explanation, Location, Target};
use serde_json::{Map, Value, json};

use crate::{
    Dispatcher, Refusal, Reply, blocking::run_for_size, budget_reservation::Counting, changes, evaluation_context,
};

/// First words in names of tools that only read, and of tools that cannot be undone.
const READ_VERBS: [&str; 7] = ["get", "list", "show", "describe", "find", "read", "status"];
const DESTRUCTIVE_VERBS: [&str; 5] = ["delete", "destroy", "kill", "remove", "flush"];

/// An act that is only simulated.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedCall {
    /// The act, its place by the names that were given.
    pub act: Act,
    /// Group of tools that its tool belongs to; empty for a tool that this program does not have.
    pub toolset: &'static str,
    /// Where it would take place and how.
    options: Options,
    scope: Scope,
}

impl SimulatedCall {
    /// Makes an act of a tool's name, or the client's word, and its arguments. A tool that this program does not have is
    /// judged by its name: `create_cluster` writes, `delete_cluster` destroys.
    ///
    /// # Errors
    /// [`BadArguments`], where the tool is one of this program and they do not fit it.
    pub fn new(catalogue: &Catalogue, tool: &str, arguments: Map<String, Value>) -> Result<Self, BadArguments> {
        let Some(tool) = catalogue.get(tool) else { return Ok(Self::unknown_tool(tool, arguments)) };
        let plan = tool.plan(arguments)?;
        let options = plan.options.clone();
        Ok(Self { act: plan.unresolved_act(), toolset: tool.toolset(), options, scope: tool.scope() })
    }

    fn unknown_tool(tool: &str, mut arguments: Map<String, Value>) -> Self {
        let first = tool.split(['_', '-']).find(|word| *word != "juju").unwrap_or_default();
        let toolset = if tool == changes::TOOL { changes::TOOLSET } else { "" };
        let effect = match first {
            _ if tool == changes::TOOL => Effect::Sensitive,
            word if READ_VERBS.contains(&word) => Effect::Read,
            word if DESTRUCTIVE_VERBS.contains(&word) => Effect::Destructive,
            _ => Effect::Write,
        };
        let mut name = |argument: &str| match arguments.remove(argument) {
            Some(Value::String(text)) => Some(text).filter(|text| !text.is_empty()),
            _ => None,
        };
        let location = Location::from_names(name("controller"), name("model"));
        let act = Act::new(tool, effect)
            .with_target(Target::from_location(location))
            .with_arguments(Value::Object(arguments));
        Self { act, toolset, options: Options::default(), scope: Scope::Client }
    }
}

/// Returns what policy would decide about an act of this caller. The ledger records it as a dry run.
///
/// # Errors
/// [`Refusal`]: arguments that do not fit, a place that is not there, a closed ledger.
pub async fn validate(
    dispatcher: &Dispatcher,
    caller: &Caller,
    tool: &str,
    arguments: Map<String, Value>,
) -> Result<Reply, Refusal> {
    let policy = dispatcher.policy.current();
    // a mistyped name of a tool of this program is no tool of another one
    let own = tool.starts_with("juju_") && !policy.is_foreign_tool(tool);
    if own && dispatcher.catalogue.get(tool).is_none() {
        return Err(Refusal::UnknownTool(tool.to_owned()));
    }
    let mut simulated = SimulatedCall::new(&dispatcher.catalogue, tool, arguments.clone())?;
    let rights = policy.permissions(caller);
    let known = dispatcher.catalogue.get(tool);
    let seen = known.filter(|tool| tool.check_visibility(&rights).is_ok());
    let target = match seen {
        Some(_) => Some(
            ResolvedTarget::resolve(
                &dispatcher.controllers_for(&rights),
                simulated.scope,
                &simulated.options.selector,
                None,
            )
            .await?,
        ),
        None => None,
    };
    if let (Some(target), Some(tool)) = (&target, seen) {
        simulated.act = tool.plan(arguments)?.resolve(target, policy.lookups()).await.act().clone();
    }
    let tool_call = ToolCall { dry_run: true, ..ToolCall::new(&simulated.act) };
    let new = NewEntry::from_call(caller, tool_call).with_roles(rights.roles().to_vec());
    let entry = dispatcher.ledger.open_entry(new).await?;
    let (act, toolset) = (&simulated.act, simulated.toolset);
    let gathered =
        evaluation_context::gather(dispatcher, &policy, caller, act, toolset, target.as_ref(), Counting::Previewed);
    let (context, _previewed) = gathered.await;
    // a manifest is parsed and measured by many rules
    let bytes = content::text_bytes(&simulated.act.arguments);
    let (policy, caller, act) = (Arc::clone(&policy), caller.clone(), simulated.act);
    let explain = move || {
        let explanation = policy.explain(&caller, &act, &context);
        (render(&act, &explanation), explanation)
    };
    let (answer, explanation) = run_for_size(bytes, explain).await;
    let reply = Reply::from_answer(answer, entry.id(), Vec::new());
    entry.close(Outcome::Done, &format!("policy would say: {}", explanation.decision));
    Ok(reply)
}

/// The explanation as an answer.
fn render(act: &Act, explained: &Explanation) -> Answer {
    let sentences = |answer| explained.sentences(answer).collect::<Vec<_>>();
    let (denials, demands, warnings) = (sentences("deny"), sentences("require_approval"), sentences("warn"));
    let rules = explained.rules.iter().filter(|looked| ["deny", "require_approval", "warn"].contains(&looked.result));
    let rules: Vec<_> = rules.map(|looked| json!({"rule": looked.rule, "enforcement": looked.result})).collect();
    let reasons = match explained.decision {
        "allow" => Vec::new(),
        "require_approval" => demands,
        _ if denials.is_empty() => vec![explained.role_decision.clone()],
        _ => denials,
    };
    let value = json!({
        "tool": act.tool,
        "allowed": explained.decision == "allow",
        "requires_approval": explained.decision == "require_approval",
        "requires_second_approver": explained.requires_second_approver,
        "decision": explained.decision,
        "reasons": reasons,
        "warnings": warnings,
        "rules": rules,
        "role_decision": explained.role_decision,
        "production": explained.production,
    });
    // programs read it too
    let text = value.to_string();
    Answer { value, text, removed: 0 }
}
