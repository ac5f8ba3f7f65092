//! OAuth scopes: what a token was limited to, whatever its holder's roles allow.

use identity::Caller;

use crate::{APPROVE_SCOPE, Act, Denial, Effect, Policy};

/// What all scopes of this server begin with.
const OURS: &str = "juju:";
/// Asks for a refresh token, which is nothing that a resource needs (MCP 2026-07-28, authorization, refresh tokens).
const OFFLINE: &str = "offline_access";

/// The scope that acts of an effect need.
#[must_use]
pub fn needed(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "juju:read",
        Effect::Sensitive => "juju:sensitive",
        Effect::Write | Effect::Destructive => "juju:write",
    }
}

/// Why the scopes of the caller's token do not allow acts of `effect`; `None` where they do.
///
/// A token that names none of our scopes was not limited to any: providers without scopes of their own, such as Ory Hydra behind
/// the Canonical Identity Platform, leave rights to groups. Every scope of ours lets its holder read, because nobody can change or
/// approve what they may not see. A token that may approve changes nothing, so that nobody can say yes to what the same token
/// asks for.
#[must_use]
pub fn lacking(caller: &Caller, effect: Effect) -> Option<Denial> {
    let (ours, scope) = (ours(caller), needed(effect));
    if ours.contains(&APPROVE_SCOPE) && effect.changes() {
        return Some(Denial::Approves { effect, scope });
    }
    let has = ours.is_empty() || effect == Effect::Read || ours.contains(&scope);
    (!has).then_some(Denial::Scope { effect, scope })
}

/// Whether the caller's token is limited to some of our scopes at all.
#[must_use]
pub fn limited(caller: &Caller) -> bool {
    !ours(caller).is_empty()
}

fn ours(caller: &Caller) -> Vec<&str> {
    let scopes = caller.claims().map(|claims| claims.scopes.as_slice()).unwrap_or_default();
    scopes.iter().map(String::as_str).filter(|scope| scope.starts_with(OURS)).collect()
}

impl Policy {
    /// All scopes that a token needs for an act, where the caller's lacks one and its holder's roles let them use the tool so: then
    /// a new sign-in helps. The scopes that the token has are among them, because some clients forget those when they ask again.
    #[must_use]
    pub fn step_up(&self, caller: &Caller, act: &Act, toolset: &str) -> Option<Vec<String>> {
        // no scope helps a token that may approve, nor somebody without a role
        let Denial::Scope { effect, scope: wanted } = lacking(caller, act.effect)? else { return None };
        let granted = &caller.claims()?.scopes;
        let helps = self.roles().offer(&self.roles_of(caller), &act.tool, toolset, effect).is_ok();
        let kept = granted.iter().map(String::as_str).filter(|scope| *scope != OFFLINE);
        helps.then(|| kept.chain([wanted]).map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use identity::Claims;

    use super::*;
    use crate::Binding;

    #[test]
    fn scopes_narrow_a_token_that_has_some_of_ours() {
        let all = [Effect::Read, Effect::Sensitive, Effect::Write, Effect::Destructive];
        let lacks = |scopes: &[&str]| {
            let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            let caller = Caller::from_claims(Claims { scopes, ..Claims::default() });
            all.map(|effect| u8::from(lacking(&caller, effect).is_some()))
        };
        assert_eq!(lacks(&["openid", "email"]), [0, 0, 0, 0]);
        assert_eq!(lacks(&["juju:read"]), [0, 1, 1, 1]);
        assert_eq!(lacks(&["juju:write"]), [0, 1, 0, 0]);
        assert_eq!(lacks(&["juju:read", "juju:write"]), [0, 1, 0, 0]);
        assert_eq!(lacks(&["juju:sensitive"]), [0, 0, 1, 1]);
        assert_eq!(lacks(&["juju:approve"]), [0, 1, 1, 1]);
        assert_eq!(lacks(&["juju:read", "juju:write", "juju:approve"]), [0, 1, 1, 1]);
        assert_eq!(lacking(&Caller::local("ana", "viewer"), Effect::Write), None);
        let scopes = ["juju:write", "juju:approve"].map(str::to_owned).to_vec();
        let both = Caller::from_claims(Claims { scopes, ..Claims::default() });
        let told = lacking(&both, Effect::Write).map(|denial| denial.to_string()).unwrap_or_default();
        assert!(
            told.ends_with("sign in again for `juju:write` without `juju:approve`, and approve with another token"),
            "{told}"
        );
    }

    #[test]
    fn a_new_sign_in_is_proposed_only_where_it_helps() {
        let binding: Vec<Binding> = serde_yaml::from_str("- {role: operator, to: ['group:ops']}").expect("good");
        let policy = Policy::shipped().expect("part of the program").with_bindings(binding).expect("good");
        let proposed = |group: &str, scopes: &[&str], effect| {
            let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            let claims = Claims { scopes, groups: vec![group.to_owned()], ..Claims::default() };
            let act = Act { effect, ..crate::approval::tests::approval().question.act };
            policy.step_up(&Caller::from_claims(claims), &act, "deploy").map(|scopes| scopes.join(" "))
        };
        let all = Some("openid juju:read juju:write".to_owned());
        assert_eq!(proposed("ops", &["openid", "offline_access", "juju:read"], Effect::Write), all);
        assert_eq!(proposed("ops", &["juju:read", "juju:write"], Effect::Write), None, "it has the scope");
        assert_eq!(proposed("ops", &["openid"], Effect::Write), None, "it is not limited");
        assert_eq!(proposed("ops", &["juju:read"], Effect::Destructive), None, "no role of theirs allows it");
        assert_eq!(proposed("other", &["juju:read"], Effect::Write), None, "no role at all");
        assert_eq!(proposed("ops", &["juju:approve"], Effect::Write), None, "a token that approves changes nothing");
        assert_eq!(
            proposed("ops", &["juju:approve"], Effect::Sensitive),
            Some("juju:approve juju:sensitive".to_owned())
        );
    }
}
