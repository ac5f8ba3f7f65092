//! Why policy says no, one sentence each.

use crate::{APPROVE_SCOPE, Act, Effect, Hit};

/// Why a caller may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// No role of the caller allows acts of this effect.
    #[error("{} acts are not allowed to {}; {}", .effect.as_str(), named(.held), advice(.sufficient))]
    Role {
        /// What the act would have done.
        effect: Effect,
        /// Roles that the caller holds.
        held: Vec<String>,
        /// Roles of which one would be enough.
        sufficient: Vec<String>,
    },
    /// The caller's roles allow such acts, but not this one: another tool, place, application or argument.
    #[error("`{tool}`{} is not allowed to {}{}; {}", place(.model.as_deref()), named(.held), so(*.offered), advice(.sufficient))]
    Reach {
        /// The tool.
        tool: String,
        /// The model; absent where it acts in none, or was not looked for.
        model: Option<String>,
        /// Whether they allow the tool elsewhere or with other arguments.
        offered: bool,
        /// Roles that the caller holds.
        held: Vec<String>,
        /// Roles of which one would be enough.
        sufficient: Vec<String>,
    },
    /// A role of the caller forbids it, whatever other roles allow.
    #[error("role `{role}` forbids `{tool}`{}; ask somebody without this role", place(.model.as_deref()))]
    Forbidden {
        /// The role.
        role: String,
        /// The tool.
        tool: String,
        /// The model; absent where it acts in none, or was not looked for.
        model: Option<String>,
    },
    /// The caller's token is limited to less.
    #[error("{} acts need a token with the scope `{scope}`; sign in again and ask for it", .effect.as_str())]
    Scope {
        /// What the act would have done.
        effect: Effect,
        /// The scope.
        scope: &'static str,
    },
    /// The caller's token may approve.
    #[error(
        "{} acts are not for a token that may approve (scope `{APPROVE_SCOPE}`), so that no token says yes to what it asks for itself; sign in again for `{scope}` without `{APPROVE_SCOPE}`, and approve with another token",
        .effect.as_str()
    )]
    Approves {
        /// What the act would have done.
        effect: Effect,
        /// The scope to sign in for.
        scope: &'static str,
    },
    /// Rules forbid it.
    #[error("forbidden by {}", rules(.0))]
    Rules(Vec<Hit>),
}

impl Denial {
    /// Names of the rules that forbid it.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        let hits = if let Self::Rules(hits) = self { hits.as_slice() } else { &[] };
        hits.iter().map(|hit| hit.rule.as_str())
    }

    pub(crate) fn reach(act: &Act, offered: bool, held: &[String], sufficient: Vec<String>) -> Self {
        Self::Reach {
            tool: act.tool.clone(),
            model: act.model().map(ToOwned::to_owned),
            offered,
            held: held.to_vec(),
            sufficient,
        }
    }

    pub(crate) fn forbidden(act: &Act, role: &str) -> Self {
        Self::Forbidden { role: role.to_owned(), tool: act.tool.clone(), model: act.model().map(ToOwned::to_owned) }
    }
}

fn place(model: Option<&str>) -> String {
    model.map(|model| format!(" in `{model}`")).unwrap_or_default()
}

fn so(offered: bool) -> &'static str {
    if offered { " here with these arguments" } else { "" }
}

fn rules(hits: &[Hit]) -> String {
    hits.iter().map(|hit| format!("rule `{}`: {}", hit.rule, hit.sentence())).collect::<Vec<_>>().join("; ")
}

pub(crate) fn named(roles: &[String]) -> String {
    match roles {
        [] => "a caller without a role".to_owned(),
        [one] => format!("role `{one}`"),
        many => format!("roles `{}`", many.join("`, `")),
    }
}

fn advice(sufficient: &[String]) -> String {
    match sufficient {
        [] => "no role allows them".to_owned(),
        names => format!("ask somebody with {}", named(names)),
    }
}
