//! OAuth scopes of this server: they limit a token, whatever the roles of its subject allow.

use identity::Caller;

use crate::Effect;

/// The OAuth scope that a token needs to approve, in addition to the role.
pub const APPROVE_SCOPE: &str = "juju:approve";
/// Prefix of all scopes of this server.
const SCOPE_PREFIX: &str = "juju:";

/// The scope that acts of an effect require.
#[must_use]
pub fn required_scope(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "juju:read",
        Effect::Sensitive => "juju:sensitive",
        Effect::Write | Effect::Destructive => "juju:write",
    }
}

/// Whether the caller's token has any scope of this server.
#[must_use]
pub fn is_scoped(caller: &Caller) -> bool {
    !own_scopes(caller).is_empty()
}

pub(crate) fn own_scopes(caller: &Caller) -> Vec<&str> {
    let scopes = caller.claims().map(|claims| claims.scopes.as_slice()).unwrap_or_default();
    scopes.iter().map(String::as_str).filter(|scope| scope.starts_with(SCOPE_PREFIX)).collect()
}
