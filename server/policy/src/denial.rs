//! Why policy denies an act, one sentence each.

use crate::{APPROVE_SCOPE, Act, Effect, Violation};

/// Why a caller may not perform an act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// No role of the caller allows acts of this effect.
    #[error("{} acts are not allowed to {}; {}", .effect.as_str(), join_roles(.held), role_hint(.sufficient))]
    Role {
        /// Effect of the act.
        effect: Effect,
        /// Roles of the caller.
        held: Vec<String>,
        /// Roles of which one would be enough.
        sufficient: Vec<String>,
    },
    /// The caller's roles allow acts of this effect, but not this one: another tool, model, application or argument.
    #[error("`{tool}`{} is not allowed to {}{}; {}", in_model(.model.as_deref()), join_roles(.held), argument_hint(*.visible), role_hint(.sufficient))]
    NotGranted {
        /// The tool.
        tool: String,
        /// The model; `None` if the act has none, or the dispatcher did not resolve it.
        model: Option<String>,
        /// Whether the roles allow the tool in other models or with other arguments.
        visible: bool,
        /// Roles of the caller.
        held: Vec<String>,
        /// Roles of which one would be enough.
        sufficient: Vec<String>,
    },
    /// A role of the caller forbids it, whatever other roles allow.
    #[error("role `{role}` forbids `{tool}`{}; use an account without this role", in_model(.model.as_deref()))]
    Forbidden {
        /// The role.
        role: String,
        /// The tool.
        tool: String,
        /// The model; `None` if the act has none, or the dispatcher did not resolve it.
        model: Option<String>,
    },
    /// The caller's token lacks a scope.
    #[error("{} acts need a token with the scope `{scope}`; sign in again and request it", .effect.as_str())]
    Scope {
        /// Effect of the act.
        effect: Effect,
        /// The scope.
        scope: &'static str,
    },
    /// The caller's token can approve, so it cannot make changes.
    #[error(
        "{} acts are denied to a token that can approve (scope `{APPROVE_SCOPE}`), so that one token never both requests and approves; sign in again for `{scope}` without `{APPROVE_SCOPE}`, and approve with another token",
        .effect.as_str()
    )]
    ApproverToken {
        /// Effect of the act.
        effect: Effect,
        /// The scope to sign in for.
        scope: &'static str,
    },
    /// Rules deny it.
    #[error("forbidden by {}", rule_list(.0))]
    Rules(Vec<Violation>),
}

impl Denial {
    /// Names of the rules that deny the act.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        let violations = if let Self::Rules(violations) = self { violations.as_slice() } else { &[] };
        violations.iter().map(|violation| violation.rule.as_str())
    }

    pub(crate) fn not_granted(act: &Act, visible: bool, held: &[String], sufficient: Vec<String>) -> Self {
        Self::NotGranted {
            tool: act.tool.clone(),
            model: act.model().map(ToOwned::to_owned),
            visible,
            held: held.to_vec(),
            sufficient,
        }
    }

    pub(crate) fn forbidden(act: &Act, role: &str) -> Self {
        Self::Forbidden { role: role.to_owned(), tool: act.tool.clone(), model: act.model().map(ToOwned::to_owned) }
    }
}

fn in_model(model: Option<&str>) -> String {
    model.map(|model| format!(" in `{model}`")).unwrap_or_default()
}

fn argument_hint(visible: bool) -> &'static str {
    if visible { " here with these arguments" } else { "" }
}

fn rule_list(violations: &[Violation]) -> String {
    let sentences = violations.iter().map(|violation| format!("rule `{}`: {}", violation.rule, violation.sentence()));
    sentences.collect::<Vec<_>>().join("; ")
}

pub(crate) fn join_roles(roles: &[String]) -> String {
    match roles {
        [] => "a caller without a role".to_owned(),
        [one] => format!("role `{one}`"),
        many => format!("roles `{}`", many.join("`, `")),
    }
}

fn role_hint(sufficient: &[String]) -> String {
    match sufficient {
        [] => "no role allows them".to_owned(),
        names => format!("use an account with {}", join_roles(names)),
    }
}
