//! Bindings: who of the identity provider's users, groups and clients holds which roles.

use std::{fmt, str::FromStr};

use identity::Claims;
use serde::{Deserialize, Serialize};

/// One role and who holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// Name of the role.
    pub role: String,
    /// Who holds it.
    pub to: Vec<Holder>,
    /// The one identity provider whose word is taken for it, its `iss`; any that is configured unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

/// Somebody at the identity provider: `group:ops`, `user:ana@example.com`, `subject:7f3a`, `client:backup-job`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Holder {
    /// Everybody in a group.
    Group(String),
    /// The user with a verified address. Addresses are compared without regard to case.
    User(String),
    /// The user or service with this `sub`.
    Subject(String),
    /// Whoever got the token through an OAuth client.
    Client(String),
}

impl Holder {
    fn is(&self, claims: &Claims) -> bool {
        match self {
            Self::Group(name) => claims.groups.contains(name),
            Self::User(address) => claims.email.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(address)),
            Self::Subject(subject) => claims.subject == *subject,
            Self::Client(id) => claims.client_id.as_ref() == Some(id),
        }
    }
}

/// Roles that bindings give to whoever has these claims, each once.
pub(crate) fn roles(bindings: &[Binding], claims: &Claims) -> Vec<String> {
    let mut roles: Vec<String> = Vec::new();
    let holds = |binding: &&Binding| {
        let vouched = binding.issuer.as_ref().is_none_or(|issuer| *issuer == claims.issuer);
        vouched && binding.to.iter().any(|holder| holder.is(claims))
    };
    for binding in bindings.iter().filter(holds) {
        if !roles.contains(&binding.role) {
            roles.push(binding.role.clone());
        }
    }
    roles
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Self::Group(name) => ("group", name),
            Self::User(name) => ("user", name),
            Self::Subject(name) => ("subject", name),
            Self::Client(name) => ("client", name),
        };
        write!(formatter, "{kind}:{name}")
    }
}

impl From<Holder> for String {
    fn from(holder: Holder) -> Self {
        holder.to_string()
    }
}

impl TryFrom<String> for Holder {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Holder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = || format!("`group:NAME`, `user:EMAIL`, `subject:SUB` or `client:ID` is wanted, not: {text}");
        match text.split_once(':') {
            Some((_, "")) | None => Err(wanted()),
            Some(("group", name)) => Ok(Self::Group(name.to_owned())),
            Some(("user", name)) => Ok(Self::User(name.to_owned())),
            Some(("subject", name)) => Ok(Self::Subject(name.to_owned())),
            Some(("client", name)) => Ok(Self::Client(name.to_owned())),
            Some(_) => Err(wanted()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bindings(text: &str) -> Result<Vec<Binding>, String> {
        serde_yaml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_binding_gives_its_role_to_whom_it_names_and_to_nobody_else() {
        let bindings = bindings(
            "- {role: viewer, to: ['group:staff', 'client:dashboard']}\n- {role: operator, to: ['group:ops', 'user:Ana@example.com']}\n- {role: viewer, to: ['subject:s1']}",
        )
        .expect("good");
        let claims = |email: Option<&str>, groups: &[&str]| Claims {
            subject: "s1".to_owned(),
            email: email.map(str::to_owned),
            groups: groups.iter().map(|name| (*name).to_owned()).collect(),
            ..Claims::default()
        };
        assert_eq!(roles(&bindings, &claims(Some("ana@EXAMPLE.com"), &["staff"])), ["viewer", "operator"]);
        assert_eq!(roles(&bindings, &claims(None, &["ops", "Staff"])), ["operator", "viewer"]);
        let there = Binding { role: "admin".into(), to: bindings[1].to.clone(), issuer: Some("https://there".into()) };
        let from = |issuer: &str| Claims { issuer: issuer.to_owned(), ..claims(None, &["ops"]) };
        assert_eq!(roles(std::slice::from_ref(&there), &from("https://there")), ["admin"]);
        assert_eq!(roles(&[there], &from("https://here")), Vec::<String>::new());
        let nobody = Claims { subject: "group:ops".to_owned(), client_id: Some("ops".to_owned()), ..Claims::default() };
        assert_eq!(roles(&bindings, &nobody), Vec::<String>::new());
    }

    #[test]
    fn what_names_nobody_is_refused() {
        for text in ["ops", "group:", "team:ops", ""] {
            let error = bindings(&format!("- {{role: viewer, to: ['{text}']}}")).expect_err(text);
            assert!(error.contains("is wanted, not"), "{error}");
        }
        assert!(bindings("- {rolle: viewer, to: []}").is_err());
    }
}
