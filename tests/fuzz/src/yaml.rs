//! Policy files of an operator: a file is rejected with the location of the error, or the policy is evaluated. No policy allows a
//! caller more than its roles do, and the explanation of a decision agrees with the decision.

use identity::Caller;
use policy::{Act, EvaluationContext, Effect, InvalidPolicy, PolicyDecision, Policy, BuiltinRules, Target, TargetEntity};
use serde_json::json;

const EFFECTS: [Effect; 4] = [Effect::Read, Effect::Sensitive, Effect::Write, Effect::Destructive];

/// Parses the bytes as a policy file.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let read = |profile| Policy::read(&[("policy.yaml", text)], profile);
    match read(BuiltinRules::None) {
        Ok(own) => {
            check_policy(&own);
            // parsing the built-in rules takes most of the time
            if bytes.len() % 32 == 0 {
                check_with_builtin_rules(&own, read(BuiltinRules::All));
            }
        }
        Err(error) => {
            // a parser may stop after the last line, at the end of the text
            let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count() + 1;
            assert!((1..=lines).contains(&error.line), "{error:?}");
            assert!(error.column >= 1 && !error.problem.is_empty() && error.file == "policy.yaml", "{error:?}");
        }
    }
}

fn check_with_builtin_rules(own: &Policy, all: Result<Policy, InvalidPolicy>) {
    match all {
        Ok(all) => {
            assert!(all.rules().len() >= own.rules().len(), "the built-in rules removed some");
            check_policy(&all);
        }
        Err(error) => assert!(!error.problem.is_empty(), "{error:?}"),
    }
}

fn check_policy(policy: &Policy) {
    let bound = policy.role_bindings().iter().map(|binding| &binding.role);
    assert!(bound.into_iter().all(|role| policy.roles().has(role)), "a binding to an unknown role");
    assert!(policy.rules().iter().all(|rule| !rule.name.is_empty()), "a rule without a name");
    let roles: Vec<String> = policy.roles().described().map(|(name, _)| name.to_owned()).take(16).collect();
    let stranger = [Caller::anonymous(None), Caller::local("ana", "no such role")];
    for effect in EFFECTS {
        for caller in &stranger {
            let judged = policy.evaluate(caller, &act(effect), &EvaluationContext::new(Default::default()));
            let denied = matches!(judged, PolicyDecision::Deny(_));
            assert!(denied || policy.roles().has("no such role"), "{judged:?} for {caller:?}");
        }
        for role in &roles {
            check_decision(policy, &Caller::local("ana", role), effect);
        }
    }
}

/// The decision agrees with the role and with the rules of the explanation.
fn check_decision(policy: &Policy, caller: &Caller, effect: Effect) {
    let (act, context) = (act(effect), EvaluationContext::new(Default::default()));
    let judged = policy.evaluate(caller, &act, &context);
    let explanation = policy.explain(caller, &act, &context);
    if policy.permissions(caller).check_effect(effect).is_err() {
        assert!(matches!(judged, PolicyDecision::Deny(_)), "{judged:?} though no role allows it: {explanation:?}");
        return;
    }
    let has_result = |answer: &str| explanation.rules.iter().any(|looked| looked.result == answer);
    match &judged {
        PolicyDecision::Allow { .. } => assert!(!has_result("deny") && !has_result("require_approval"), "{explanation:?}"),
        PolicyDecision::RequireApproval { requirements, .. } => assert!(!requirements.is_empty() && has_result("require_approval") && !has_result("deny"), "{explanation:?}"),
        PolicyDecision::Deny(denial) => assert!(!denial.to_string().is_empty(), "{explanation:?}"),
    }
    if explanation.decision != "deny" {
        assert_eq!(explanation.decision == "allow", matches!(judged, PolicyDecision::Allow { .. }), "{explanation:?}");
    }
}

fn act(effect: Effect) -> Act {
    Act::new("juju_add_unit", effect).with_target(Target::in_model("prod", "admin/shop", [TargetEntity::Known("application-web".to_owned())])).with_arguments(json!({"application": "web", "num_units": 3, "force": true}))
}
