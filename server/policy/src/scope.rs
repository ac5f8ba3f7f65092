//! OAuth scopes: what a token was limited to, whatever its holder's roles allow.

use identity::Caller;

use crate::{APPROVE_SCOPE, Effect};

/// What all scopes of this server begin with.
const OURS: &str = "juju:";

/// The scope that acts of an effect need.
#[must_use]
pub fn needed(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "juju:read",
        Effect::Sensitive => "juju:sensitive",
        Effect::Write | Effect::Destructive => "juju:write",
    }
}

/// The scope that the caller's token lacks for acts of `effect`.
///
/// A token that names none of our scopes was not limited to any: providers without scopes of their own, such as Ory Hydra behind
/// the Canonical Identity Platform, leave rights to groups. A token that may approve changes nothing, so that nobody can say yes
/// to what the same token asks for.
#[must_use]
pub fn lacking(caller: &Caller, effect: Effect) -> Option<&'static str> {
    let scopes = &caller.claims()?.scopes;
    let ours: Vec<&str> = scopes.iter().map(String::as_str).filter(|scope| scope.starts_with(OURS)).collect();
    let wanted = needed(effect);
    let approves = ours.contains(&APPROVE_SCOPE) && effect.changes();
    // who may approve has to see what is asked for
    let has = ours.is_empty() || ours.contains(&wanted) || (effect == Effect::Read && ours.contains(&APPROVE_SCOPE));
    (approves || !has).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use identity::Claims;

    use super::*;

    #[test]
    fn scopes_narrow_a_token_that_has_some_of_ours() {
        let all = [Effect::Read, Effect::Sensitive, Effect::Write, Effect::Destructive];
        let lacks = |scopes: &[&str]| {
            let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            let caller = Caller::of_claims(Claims { scopes, ..Claims::default() });
            all.map(|effect| u8::from(lacking(&caller, effect).is_some()))
        };
        assert_eq!(lacks(&["openid", "email"]), [0, 0, 0, 0]);
        assert_eq!(lacks(&["juju:read"]), [0, 1, 1, 1]);
        assert_eq!(lacks(&["juju:read", "juju:write"]), [0, 1, 0, 0]);
        assert_eq!(lacks(&["juju:sensitive"]), [1, 0, 1, 1]);
        assert_eq!(lacks(&["juju:approve"]), [0, 1, 1, 1]);
        assert_eq!(lacks(&["juju:read", "juju:write", "juju:approve"]), [0, 1, 1, 1]);
        assert_eq!(lacking(&Caller::local("ana", "viewer"), Effect::Write), None);
    }
}
