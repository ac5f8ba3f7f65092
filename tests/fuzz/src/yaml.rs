//! What operators write: a policy's file of roles, bindings, rules and settings is refused with its place, or used.

use policy::{Policy, Profile};

/// Reads the bytes as a file of a policy.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Policy::read(&[("policy.yaml", text)], Profile::None) {
        Ok(policy) => {
            let held = policy.bindings().iter().map(|binding| &binding.role);
            assert!(held.into_iter().all(|role| policy.roles().has(role)), "a binding to a role that is not there");
            assert!(policy.rules().iter().all(|rule| !rule.name.is_empty()), "a rule without a name");
        }
        Err(error) => {
            assert!(error.line >= 1 && error.column >= 1, "{error:?}");
            assert!(!error.problem.is_empty() && error.file == "policy.yaml", "{error:?}");
        }
    }
}
