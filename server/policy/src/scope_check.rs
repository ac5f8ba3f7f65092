//! Checks a token's scopes for an act, and which scopes a new sign-in should request.

use identity::Caller;

use crate::{
    APPROVE_SCOPE, Act, Denial, Effect, Policy, Target,
    scope::{own_scopes, required_scope},
};

/// Requests a refresh token, which no resource server needs (MCP 2026-07-28, authorization, refresh tokens).
const OFFLINE_ACCESS: &str = "offline_access";

impl Policy {
    /// Whether roles and token let the caller read content, such as values of secret options, with this tool and target.
    #[must_use]
    pub fn may_read_content(&self, caller: &Caller, tool: &str, toolset: &str, target: &Target) -> bool {
        let act = Act::new(tool, Effect::Sensitive).with_target(target.clone());
        let roles = self.roles_of(caller);
        missing_scope(caller, Effect::Sensitive).is_none()
            && self.roles().check_act(&self.evaluation_input(&act, toolset, &roles)).is_ok()
    }
}

/// Why the scopes of the caller's token do not allow acts of `effect`; `None` if they do.
///
/// A token without any scope of this server is not limited: providers without scopes of their own, such as Ory Hydra behind
/// the Canonical Identity Platform, assign permissions to groups. Every scope of this server includes reading, because
/// a caller cannot change or approve what they cannot see. A token that can approve cannot make changes, so that one token never
/// both requests and approves.
#[must_use]
pub fn missing_scope(caller: &Caller, effect: Effect) -> Option<Denial> {
    let own = own_scopes(caller);
    let scope = required_scope(effect);
    if own.contains(&APPROVE_SCOPE) && effect.changes() {
        return Some(Denial::ApproverToken { effect, scope });
    }
    let sufficient = own.is_empty() || effect == Effect::Read || own.contains(&scope);
    (!sufficient).then_some(Denial::Scope { effect, scope })
}

impl Policy {
    /// All scopes that a new token should have, if the caller's token lacks a scope for an act and the caller's roles allow
    /// the tool; then a new sign-in helps. The scopes of the current token are included, because some clients forget them
    /// when they request others.
    #[must_use]
    pub fn step_up(&self, caller: &Caller, act: &Act, toolset: &str) -> Option<Vec<String>> {
        // no scope helps a token that can approve, or a caller without a role
        let Denial::Scope { effect, scope: missing } = missing_scope(caller, act.effect)? else { return None };
        let granted = &caller.claims()?.scopes;
        let helps = self.roles().check_visibility(&self.roles_of(caller), &act.tool, toolset, effect).is_ok();
        let current = granted.iter().map(String::as_str).filter(|scope| *scope != OFFLINE_ACCESS);
        helps.then(|| current.chain([missing]).map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use identity::Claims;

    use super::*;
    use crate::RoleBinding;

    #[test]
    fn scopes_limit_a_token_that_has_any_of_this_server() {
        let all = [Effect::Read, Effect::Sensitive, Effect::Write, Effect::Destructive];
        let lacks = |scopes: &[&str]| {
            let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            let caller = Caller::from_claims(Claims { scopes, ..Claims::default() });
            all.map(|effect| u8::from(missing_scope(&caller, effect).is_some()))
        };
        assert_eq!(lacks(&["openid", "email"]), [0, 0, 0, 0]);
        assert_eq!(lacks(&["juju:read"]), [0, 1, 1, 1]);
        assert_eq!(lacks(&["juju:write"]), [0, 1, 0, 0]);
        assert_eq!(lacks(&["juju:read", "juju:write"]), [0, 1, 0, 0]);
        assert_eq!(lacks(&["juju:sensitive"]), [0, 0, 1, 1]);
        assert_eq!(lacks(&["juju:approve"]), [0, 1, 1, 1]);
        assert_eq!(lacks(&["juju:read", "juju:write", "juju:approve"]), [0, 1, 1, 1]);
        assert_eq!(missing_scope(&Caller::local("ana", "viewer"), Effect::Write), None);
        let scopes = ["juju:write", "juju:approve"].map(str::to_owned).to_vec();
        let both = Caller::from_claims(Claims { scopes, ..Claims::default() });
        let message = missing_scope(&both, Effect::Write).map(|denial| denial.to_string()).unwrap_or_default();
        assert!(
            message.ends_with("sign in again for `juju:write` without `juju:approve`, and approve with another token"),
            "{message}"
        );
    }

    #[test]
    fn step_up_is_proposed_only_if_it_helps() {
        let binding: Vec<RoleBinding> =
            serde_yaml::from_str("- {role: operator, subjects: ['group:ops']}").expect("good");
        let policy = Policy::builtin().expect("built-in policy").with_role_bindings(binding).expect("good");
        let proposed = |group: &str, scopes: &[&str], effect| {
            let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            let claims = Claims { scopes, groups: vec![group.to_owned()], ..Claims::default() };
            let act = Act { effect, ..crate::approval::tests::approval().request.act };
            policy.step_up(&Caller::from_claims(claims), &act, "deploy").map(|scopes| scopes.join(" "))
        };
        let all = Some("openid juju:read juju:write".to_owned());
        assert_eq!(proposed("ops", &["openid", "offline_access", "juju:read"], Effect::Write), all);
        assert_eq!(proposed("ops", &["juju:read", "juju:write"], Effect::Write), None, "it has the scope");
        assert_eq!(proposed("ops", &["openid"], Effect::Write), None, "it is not limited");
        assert_eq!(proposed("ops", &["juju:read"], Effect::Destructive), None, "no role of the caller allows it");
        assert_eq!(proposed("other", &["juju:read"], Effect::Write), None, "the caller has no role");
        assert_eq!(
            proposed("ops", &["juju:approve"], Effect::Write),
            None,
            "a token that can approve cannot make changes"
        );
        assert_eq!(
            proposed("ops", &["juju:approve"], Effect::Sensitive),
            Some("juju:approve juju:sensitive".to_owned())
        );
    }

    #[test]
    fn caller_without_a_role_for_the_act_is_not_sent_to_sign_in() {
        let binding: Vec<RoleBinding> = serde_yaml::from_str(
            "- {role: viewer, subjects: ['client:dashboard']}\n- {role: operator, subjects: ['group:ops']}",
        )
        .expect("good");
        let policy = Policy::builtin().expect("built-in policy").with_role_bindings(binding).expect("good");
        let denial = |claims: Claims| {
            let caller = Caller::from_claims(Claims { scopes: vec!["juju:read".to_owned()], ..claims });
            let rights = policy.permissions(&caller);
            let hidden = rights.check_visibility("juju_add_unit", "deploy", Effect::Write).expect_err("hidden");
            let forbidden = rights.check_effect(Effect::Write).expect_err("forbidden");
            assert_eq!(hidden.to_string(), forbidden.to_string());
            hidden.to_string()
        };
        let program = denial(Claims { client_id: Some("dashboard".to_owned()), ..Claims::default() });
        assert!(!program.contains("juju:write") && program.contains("role `viewer`"), "{program}");
        let person = denial(Claims { groups: vec!["ops".to_owned()], ..Claims::default() });
        assert!(person.contains("juju:write"), "{person}");
    }
}
