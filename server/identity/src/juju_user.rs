//! The user of Juju for a caller, at controllers that callers log in to as themselves.

use sha2::{Digest as _, Sha256};

use crate::Caller;

/// Longest readable part of a name, and longest identifier that is written out, in characters.
const MAX_LABEL_CHARS: usize = 64;
const MAX_IDENTIFIER_CHARS: usize = 160;

/// Domains that have a meaning in Juju: local users, and users of the identity manager, `everyone@external` among them.
const RESERVED_DOMAINS: [&str; 2] = ["local", "external"];

impl Caller {
    /// The user of Juju for this caller, `LABEL+IDENTIFIER@DOMAIN`; `None` for a sender without an identity.
    ///
    /// The label is for readers: the verified e-mail address, else the kind of the caller. The identifier decides: it is the
    /// subject, escaped so that two subjects never have the same user, also where capital letters do not count, as in Juju's
    /// database. `domain` is one that [`is_user_domain`] accepts, so no caller becomes a local user of the controller.
    #[must_use]
    pub fn juju_user(&self, domain: &str) -> Option<String> {
        let (source, subject) = self.subject().split_once(':')?;
        let (kind, word) = match source {
            "oauth" => ('s', if self.claims()?.is_service_account { "service" } else { "user" }),
            "token" => ('t', "token"),
            "local" => ('l', "local"),
            _ => return None,
        };
        let email = self.claims().and_then(|claims| claims.email.as_deref());
        let label = email.map(label).filter(|label| !label.is_empty()).unwrap_or_else(|| word.to_owned());
        let escaped = escape(subject);
        let identifier = if escaped.len() <= MAX_IDENTIFIER_CHARS {
            format!("{kind}{escaped}")
        } else {
            // `x` is no kind, so a hash is never the identifier of another subject
            format!("x{kind}{}", hex::encode(Sha256::digest(subject)))
        };
        Some(format!("{label}+{identifier}@{domain}"))
    }
}

/// Whether a text can be the domain of users that are not local to a controller (`names.IsValidUserDomain`).
#[must_use]
pub fn is_user_domain(domain: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    (2..=253).contains(&domain.len())
        && domain.bytes().all(is_inner)
        && is_end(domain.bytes().next())
        && is_end(domain.bytes().last())
        && !RESERVED_DOMAINS.contains(&domain)
}

/// The readable part of a name: without the characters that Juju refuses, and without `+`, which ends it.
fn label(text: &str) -> String {
    let plain = |character: char| match character.to_ascii_lowercase() {
        plain @ ('a'..='z' | '0'..='9' | '.' | '-') => plain,
        _ => '-',
    };
    let label: String = text.chars().take(MAX_LABEL_CHARS).map(plain).collect();
    label.trim_matches(['.', '-']).to_owned()
}

/// Writes a text with lower-case letters, digits, `.` and `-`; every other byte, and a final `.` or `-`, is `+` and two digits.
fn escape(text: &str) -> String {
    let last = text.len().saturating_sub(1);
    let escape = |(at, byte): (usize, u8)| match byte {
        b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
        b'.' | b'-' if at != last => char::from(byte).to_string(),
        other => format!("+{other:02x}"),
    };
    text.bytes().enumerate().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::Claims;

    fn person(subject: &str, email: Option<&str>) -> Caller {
        Caller::from_claims(Claims { subject: subject.into(), email: email.map(Into::into), ..Claims::default() })
    }

    /// `names.validName` of Juju, without the domain.
    fn is_valid_name(name: &str) -> bool {
        let bytes = name.as_bytes();
        let ends = [bytes.first(), bytes.last()].into_iter().all(|byte| byte.is_some_and(u8::is_ascii_alphanumeric));
        ends && bytes.len() > 1 && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(byte))
    }

    #[test]
    fn juju_user_is_readable_and_in_the_domain() {
        let user = |caller: Caller| caller.juju_user("iam.example").expect("a user");
        assert_eq!(user(person("7f3a", Some("Ana@Example.com"))), "ana-example.com+s7f3a@iam.example");
        assert_eq!(user(person("ana", None)), "user+sana@iam.example");
        let service = Claims { subject: "ci".into(), is_service_account: true, ..Claims::default() };
        assert_eq!(user(Caller::from_claims(service)), "service+sci@iam.example");
        assert_eq!(
            user(Caller::from_static_token("operator", "1a2b3c4d", None)),
            "token+toperator+3a1a2b3c4d@iam.example"
        );
        assert_eq!(user(Caller::local("ana", "admin")), "local+lana@iam.example");
        assert_eq!(Caller::anonymous(None).juju_user("iam.example"), None);
        assert_eq!(Caller::server().juju_user("iam.example"), None);
    }

    #[test]
    fn juju_users_of_different_subjects_never_collide() {
        let long = "x".repeat(255);
        let subjects = [
            "ana",
            "Ana",
            "ANA",
            "a.na",
            "a-na",
            "a+na",
            "a+2bna",
            "a na",
            "ana.",
            "ana-",
            "ana+2e",
            ".ana",
            "+ana",
            "@",
            "admin",
            "admin@local",
            "everyone@external",
            "user-admin",
            "ana@iam.example",
            "oauth:ana",
            "h+",
            "ä",
            "a\u{308}",
            "名",
            "..",
            "-",
            &long,
            &long[1..],
            "token:operator:1a2b3c4d",
            "operator:1a2b3c4d",
        ];
        let emails = [None, Some("ana@example.com"), Some("ana+s@example.com"), Some("@@"), Some("admin@local")];
        let mut seen: HashSet<String> = HashSet::new();
        for subject in subjects {
            let mut identifiers = HashSet::new();
            for email in emails {
                let user = person(subject, email).juju_user("iam.example").expect("a user");
                let (name, domain) = user.split_once('@').expect("a domain");
                assert!(is_valid_name(name) && domain == "iam.example", "{user}");
                assert!(name.len() < 300, "{user}");
                assert!(!name.bytes().any(|byte| byte.is_ascii_uppercase()), "Juju ignores capital letters: {user}");
                identifiers.insert(name.split_once('+').expect("an identifier").1.to_owned());
            }
            assert_eq!(identifiers.len(), 1, "the e-mail address decides nothing: {subject}");
            assert!(seen.insert(identifiers.into_iter().next().expect("one")), "{subject}");
        }
        let token = Caller::from_static_token("operator", "1a2b3c4d", None).juju_user("iam.example").expect("a user");
        assert!(
            seen.insert(token.split_once('+').expect("an identifier").1.split('@').next().expect("a name").to_owned())
        );
    }

    #[test]
    fn user_domain_is_never_one_of_juju_itself() {
        for good in ["iam.example", "10.0.0.5", "juju-mcp", "ab"] {
            assert!(is_user_domain(good), "{good}");
        }
        for bad in ["", "a", "local", "external", "Local", "iam.example.", "-a", "a_b", "[::1]", "a@b", "a+b", "a/b"] {
            assert!(!is_user_domain(bad), "{bad}");
        }
    }
}
