//! What operators write: a policy's file of roles, bindings, rules and settings is refused with its place, or used. Whatever it
//! says, nobody may do what no role of theirs allows, and the reasons that are told are those that decided.

use identity::Caller;
use policy::{Act, Circumstances, Effect, InvalidPolicy, Judgement, Policy, Profile};
use serde_json::json;

const EFFECTS: [Effect; 4] = [Effect::Read, Effect::Sensitive, Effect::Write, Effect::Destructive];

/// Reads the bytes as a file of a policy.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let read = |profile| Policy::read(&[("policy.yaml", text)], profile);
    match read(Profile::None) {
        Ok(own) => {
            used(&own);
            // reading the shipped rules takes much longer than all the rest
            if bytes.len() % 32 == 0 {
                beside_the_shipped(&own, read(Profile::Shipped));
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

fn beside_the_shipped(own: &Policy, all: Result<Policy, InvalidPolicy>) {
    match all {
        Ok(all) => {
            assert!(all.rules().len() >= own.rules().len(), "shipped rules take some away");
            used(&all);
        }
        Err(error) => assert!(!error.problem.is_empty(), "{error:?}"),
    }
}

fn used(policy: &Policy) {
    let held = policy.bindings().iter().map(|binding| &binding.role);
    assert!(held.into_iter().all(|role| policy.roles().has(role)), "a binding to a role that is not there");
    assert!(policy.rules().iter().all(|rule| !rule.name.is_empty()), "a rule without a name");
    let roles: Vec<String> = policy.roles().described().map(|(name, _)| name.to_owned()).take(16).collect();
    let stranger = [Caller::nobody(None), Caller::local("ana", "no such role")];
    for effect in EFFECTS {
        for caller in &stranger {
            let judged = policy.judge(caller, &act(effect), &Circumstances::at(Default::default()));
            let denied = matches!(judged, Judgement::Deny(_));
            assert!(denied || policy.roles().has("no such role"), "{judged:?} for {caller:?}");
        }
        for role in &roles {
            judged(policy, &Caller::local("ana", role), effect);
        }
    }
}

/// What is decided, is decided by the role and the rules that are told.
fn judged(policy: &Policy, caller: &Caller, effect: Effect) {
    let (act, circumstances) = (act(effect), Circumstances::at(Default::default()));
    let judged = policy.judge(caller, &act, &circumstances);
    let told = policy.explain(caller, &act, &circumstances);
    if policy.rights(caller).allow(effect).is_err() {
        assert!(matches!(judged, Judgement::Deny(_)), "{judged:?} though no role allows it: {told:?}");
        return;
    }
    let said = |answer: &str| told.rules.iter().any(|looked| looked.answer == answer);
    match &judged {
        Judgement::Allow { .. } => assert!(!elicitation_answer("deny") && !elicitation_answer("approve"), "{told:?}"),
        Judgement::Ask { demands, .. } => assert!(!demands.is_empty() && elicitation_answer("approve") && !elicitation_answer("deny"), "{told:?}"),
        Judgement::Deny(denial) => assert!(!denial.to_string().is_empty(), "{told:?}"),
    }
    if told.decision != "deny" {
        assert_eq!(told.decision == "allow", matches!(judged, Judgement::Allow { .. }), "{told:?}");
    }
}

fn act(effect: Effect) -> Act {
    Act {
        tool: "juju_add_unit".to_owned(),
        effect,
        controller: "prod".to_owned(),
        model: "admin/shop".to_owned(),
        targets: vec!["application-web".to_owned()],
        arguments: json!({"application": "web", "num_units": 3, "force": true}),
    }
}
