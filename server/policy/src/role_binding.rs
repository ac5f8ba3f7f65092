//! Role bindings: which users, groups and clients of the identity provider have which roles.

use std::{fmt, str::FromStr};

use identity::Claims;
use serde::{Deserialize, Serialize};

/// One role and the subjects that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleBinding {
    /// Name of the role.
    pub role: String,
    /// Who has the role.
    pub subjects: Vec<Subject>,
    /// The `iss` of the only identity provider for which the binding is valid; default: every configured provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

/// A subject of the identity provider: `group:ops`, `user:ana@example.com`, `subject:7f3a`, `client:backup-job`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    /// All members of a group.
    Group(String),
    /// The user with this verified email address, compared without regard to case.
    User(String),
    /// The user or service with this `sub` claim.
    Sub(String),
    /// Every token that was obtained through this OAuth client.
    Client(String),
}

impl Subject {
    fn matches(&self, claims: &Claims) -> bool {
        match self {
            Self::Group(name) => claims.groups.contains(name),
            Self::User(address) => claims.email.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(address)),
            Self::Sub(subject) => claims.subject == *subject,
            Self::Client(id) => claims.client_id.as_ref() == Some(id),
        }
    }
}

/// Roles that the bindings give to a token with these claims, without duplicates.
pub(crate) fn roles(bindings: &[RoleBinding], claims: &Claims) -> Vec<String> {
    let mut roles: Vec<String> = Vec::new();
    let applies = |binding: &&RoleBinding| {
        let trusted = binding.issuer.as_ref().is_none_or(|issuer| *issuer == claims.issuer);
        trusted && binding.subjects.iter().any(|subject| subject.matches(claims))
    };
    for binding in bindings.iter().filter(applies) {
        if !roles.contains(&binding.role) {
            roles.push(binding.role.clone());
        }
    }
    roles
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Self::Group(name) => ("group", name),
            Self::User(name) => ("user", name),
            Self::Sub(name) => ("subject", name),
            Self::Client(name) => ("client", name),
        };
        write!(formatter, "{kind}:{name}")
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.to_string()
    }
}

impl TryFrom<String> for Subject {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let invalid = || format!("expected `group:NAME`, `user:EMAIL`, `subject:SUB` or `client:ID`, found: {text}");
        match text.split_once(':') {
            Some((_, "")) | None => Err(invalid()),
            Some(("group", name)) => Ok(Self::Group(name.to_owned())),
            Some(("user", name)) => Ok(Self::User(name.to_owned())),
            Some(("subject", name)) => Ok(Self::Sub(name.to_owned())),
            Some(("client", name)) => Ok(Self::Client(name.to_owned())),
            Some(_) => Err(invalid()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bindings(text: &str) -> Result<Vec<RoleBinding>, String> {
        serde_yaml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn role_binding_gives_its_role_only_to_its_subjects() {
        let bindings = bindings(
            "- {role: viewer, subjects: ['group:staff', 'client:dashboard']}\n- {role: operator, subjects: ['group:ops', 'user:Ana@example.com']}\n- {role: viewer, subjects: ['subject:s1']}",
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
        let there = RoleBinding {
            role: "admin".into(),
            subjects: bindings[1].subjects.clone(),
            issuer: Some("https://there".into()),
        };
        let from = |issuer: &str| Claims { issuer: issuer.to_owned(), ..claims(None, &["ops"]) };
        assert_eq!(roles(std::slice::from_ref(&there), &from("https://there")), ["admin"]);
        assert_eq!(roles(&[there], &from("https://here")), Vec::<String>::new());
        let unbound =
            Claims { subject: "group:ops".to_owned(), client_id: Some("ops".to_owned()), ..Claims::default() };
        assert_eq!(roles(&bindings, &unbound), Vec::<String>::new());
    }

    #[test]
    fn invalid_subject_is_rejected() {
        for text in ["ops", "group:", "team:ops", ""] {
            let error = bindings(&format!("- {{role: viewer, subjects: ['{text}']}}")).expect_err(text);
            assert!(error.contains("expected"), "{error}");
        }
        assert!(bindings("- {rolle: viewer, subjects: []}").is_err());
    }
}
