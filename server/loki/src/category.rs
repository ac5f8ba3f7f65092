//! The category of an error, such as `authentication timeout`: what failed, and how.

/// What failed, with the words that show it; the first that fits counts.
const SUBJECTS: &[(&str, &[&str])] = &[
    ("certificate", &["certificate", "x509", "tls"]),
    (
        "database",
        &["database", "db", "sql", "postgres", "postgresql", "mysql", "mariadb", "mongo", "mongodb", "deadlock"],
    ),
    (
        "authentication",
        &[
            "auth",
            "authenticate",
            "authenticating",
            "authentication",
            "login",
            "oauth",
            "oidc",
            "ldap",
            "saml",
            "jwt",
            "password",
            "identity",
            "credential",
            "credentials",
        ],
    ),
    ("DNS", &["dns", "no such host", "name resolution", "resolve host"]),
    ("storage", &["disk", "no space", "volume", "filesystem", "i/o error", "read-only file system", "inode"]),
    ("memory", &["out of memory", "oom", "oomkilled", "heap"]),
    ("queue", &["kafka", "rabbitmq", "amqp", "queue", "broker"]),
    ("cache", &["redis", "memcached", "cache"]),
    ("hook", &["hook"]),
    ("image", &["imagepullbackoff", "pull image", "pulling image"]),
    ("configuration", &["config", "configuration", "setting"]),
];

/// How it failed.
const SYMPTOMS: &[(&str, &[&str])] = &[
    ("rate limit", &["rate limit", "rate limited", "too many requests", "429", "throttled", "quota"]),
    ("timeout", &["timeout", "timed out", "deadline exceeded", "did not answer", "not responding"]),
    (
        "connection",
        &[
            "connection",
            "connect",
            "refused",
            "reset by peer",
            "broken pipe",
            "unreachable",
            "no route",
            "lost connection",
        ],
    ),
    ("permission", &["permission", "denied", "forbidden", "unauthorized", "not permitted", "not allowed"]),
    ("not found", &["not found", "no such", "does not exist", "404"]),
    ("exhausted", &["exhausted", "too many", "no space left", "limit exceeded"]),
    ("expired", &["expired"]),
    (
        "crash",
        &[
            "panic",
            "segfault",
            "traceback",
            "crashed",
            "core dumped",
            "exception",
            "exited",
            "exit status",
            "exit code",
            "killed",
        ],
    ),
    ("invalid input", &["invalid", "malformed", "cannot parse", "unmarshal", "syntax"]),
    ("server error", &["500", "502", "503", "504", "unavailable", "bad gateway"]),
    ("failure", &["failed", "failure", "fail"]),
];

/// The category of an error: what failed and how, `database connection`; `other` where neither shows.
#[must_use]
pub fn category(text: &str) -> String {
    let lower = text.to_lowercase();
    let find = |table: &[(&'static str, &[&str])]| {
        let fits = |words: &&[&str]| words.iter().any(|word| has_word(&lower, word));
        table.iter().find(|(_, words)| fits(words)).map(|(name, _)| *name)
    };
    match (find(SUBJECTS), find(SYMPTOMS)) {
        // a limit is of the one that sets it, whatever the request was about
        (_, Some("rate limit")) => "rate limit".to_owned(),
        (Some(subject), Some(symptom)) => format!("{subject} {symptom}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "other".to_owned(),
    }
}

/// Whether a text has these words, and not as parts of longer ones.
fn has_word(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + words.len()..]);
        !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn category_is_what_failed_and_how() {
        for (text, expected) in [
            ("authentication timeout: the identity provider did not answer in 5000 ms", "authentication timeout"),
            ("cannot connect to the database: connection refused", "database connection"),
            ("rate limit exceeded for the payment gateway, login rejected", "rate limit"),
            ("pq: password authentication failed for user \"web\"", "authentication failure"),
            ("x509: certificate has expired or is not yet valid", "certificate expired"),
            ("write /data/x: no space left on device", "storage exhausted"),
            ("dial tcp: lookup db on 10.0.0.1:53: no such host", "database not found"),
            ("hook \"config-changed\" failed", "hook failure"),
            ("panic: runtime error: index out of range", "crash"),
            ("the author is not there", "other"),
            ("upstream returned 503", "server error"),
        ] {
            assert_eq!(category(text), expected, "{text}");
        }
    }
}
