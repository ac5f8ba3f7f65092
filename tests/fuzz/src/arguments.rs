//! Arguments of tools: planning and policy accept or refuse any JSON, and the manifest of any act, within bounds.

use std::sync::LazyLock;

use catalogue::{Catalogue, MAX_ARGUMENTS_BYTES};
use identity::Caller;
use policy::{Act, BuiltinRules, Effect, EvaluationContext, Policy, PolicyDecision};
use serde_json::{Map, Value, json};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::builtin);
static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy::read(&[], BuiltinRules::All).expect("the built-in policy"));

/// The first byte selects a tool, or an act with the rest as its manifest; the rest are the arguments.
pub fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    if let Some(tool) = CATALOGUE.iter().nth(usize::from(*first)) {
        let Ok(Value::Object(arguments)) = serde_json::from_str(text) else { return };
        let Ok(plan) = tool.plan(arguments) else { return };
        let act = plan.unresolved_act();
        let size = serde_json::to_string(&act).expect("JSON").len();
        assert!(size <= 16 * MAX_ARGUMENTS_BYTES, "the act has {size} bytes");
        return evaluate(&act);
    }
    for (argument, value) in [("manifest", json!(text)), ("pod_spec", serde_json::from_str(text).unwrap_or_default())] {
        let arguments = Map::from_iter([(argument.to_owned(), value)]);
        evaluate(&Act::new("create_pod", Effect::Write).with_arguments(Value::Object(arguments)));
    }
}

/// The explanation of a decision agrees with the decision.
fn evaluate(act: &Act) {
    let context = EvaluationContext::new(Default::default());
    for role in ["viewer", "admin"] {
        let caller = Caller::local("ana", role);
        let decision = match POLICY.evaluate(&caller, act, &context) {
            PolicyDecision::Allow { .. } => "allow",
            PolicyDecision::RequireApproval { .. } => "require_approval",
            PolicyDecision::Deny(_) => "deny",
        };
        assert_eq!(POLICY.explain(&caller, act, &context).decision, decision, "{role}: {act:?}");
    }
}
