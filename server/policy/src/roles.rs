//! Roles: named sets of what may be done. Default deny.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Effect;

/// All roles by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(BTreeMap<String, Role>);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    description: String,
    effects: Vec<Effect>,
}

impl Roles {
    /// The roles that are shipped: `viewer`, `observer`, `operator`, `approver`, `admin`.
    ///
    /// # Errors
    /// Never in a program whose tests passed: the text is part of it.
    pub fn shipped() -> Result<Self, InvalidRoles> {
        Self::parse(include_str!("roles.yaml"))
    }

    /// Reads roles from YAML: a map of names to `description` and `effects`.
    ///
    /// # Errors
    /// [`InvalidRoles`], with the line.
    pub fn parse(text: &str) -> Result<Self, InvalidRoles> {
        serde_yaml::from_str(text).map(Self).map_err(InvalidRoles)
    }

    /// Names of the roles with one sentence each, in order.
    pub fn described(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, role)| (name.as_str(), role.description.as_str()))
    }

    /// Whether there is such a role.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether one of these roles allows acts of `effect`.
    ///
    /// # Errors
    /// [`Denial`], which names a role that would.
    pub(crate) fn allow(&self, held: &[String], effect: Effect) -> Result<(), Denial> {
        let known = held.iter().filter_map(|name| self.0.get(name));
        if known.clone().any(|role| role.effects.contains(&effect)) {
            return Ok(());
        }
        let sufficient = self.0.iter().filter(|(_, role)| role.effects.contains(&effect));
        Err(Denial::Role {
            effect,
            held: held.to_vec(),
            sufficient: sufficient.map(|(name, _)| name.clone()).collect(),
        })
    }
}

/// Why a caller may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// No role of the caller allows it.
    #[error("{} acts are not allowed to {}; {}", .effect.as_str(), named(.held), advice(.sufficient))]
    Role {
        /// What the act would have done.
        effect: Effect,
        /// Roles that the caller holds.
        held: Vec<String>,
        /// Roles of which one would be enough.
        sufficient: Vec<String>,
    },
    /// The caller's token is limited to less.
    #[error("{} acts need a token with the scope `{scope}`; sign in again and ask for it", .effect.as_str())]
    Scope {
        /// What the act would have done.
        effect: Effect,
        /// The scope.
        scope: &'static str,
    },
}

fn named(roles: &[String]) -> String {
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

/// Text that describes no roles.
#[derive(Debug, thiserror::Error)]
#[error("the roles cannot be read: {0}")]
pub struct InvalidRoles(#[source] serde_yaml::Error);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shipped_role_allows_what_it_names_and_nothing_else() {
        let roles = Roles::shipped().expect("part of the program");
        let allowed = |role: &str| {
            let all = [Effect::Read, Effect::Sensitive, Effect::Write, Effect::Destructive];
            all.map(|effect| u8::from(roles.allow(&[role.to_owned()], effect).is_ok()))
        };
        assert_eq!(allowed("viewer"), [1, 0, 0, 0]);
        assert_eq!(allowed("observer"), [1, 0, 0, 0]);
        assert_eq!(allowed("operator"), [1, 1, 1, 0]);
        assert_eq!(allowed("approver"), [1, 0, 0, 0]);
        assert_eq!(allowed("admin"), [1, 1, 1, 1]);
        assert_eq!(allowed("nobody"), [0, 0, 0, 0]);
    }

    #[test]
    fn a_denial_is_one_sentence_with_the_remedy() {
        let roles = Roles::shipped().expect("part of the program");
        let denial = roles.allow(&["operator".to_owned()], Effect::Destructive).expect_err("denied");
        assert_eq!(
            denial.to_string(),
            "destructive acts are not allowed to role `operator`; ask somebody with role `admin`"
        );
    }
}
