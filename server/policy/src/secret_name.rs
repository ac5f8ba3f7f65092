//! The only list of names of secrets, and references to Juju secrets.

/// A name that contains one of these, without separators, has a secret value.
const SECRET_PARTS: [&str; 17] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "credential",
    "macaroon",
    "apikey",
    "privatekey",
    "accesskey",
    "authorization",
    "connectionstring",
    "cookie",
    "webhookurl",
    "signature",
    "sshkey",
];
/// A name with one of these words has a secret value.
const SECRET_WORDS: [&str; 16] = [
    "pass",
    "pwd",
    "pw",
    "auth",
    "dsn",
    "cert",
    "certificate",
    "session",
    "sessionid",
    "jwt",
    "otp",
    "psk",
    "sas",
    "creds",
    "cred",
    "pem",
];
/// The last word of the name of a secret value, for names of several words.
const SECRET_ENDS: [&str; 3] = ["key", "pass", "pwd"];

/// Whether a value of this name is secret, by the words of the name: `admin-password`, `dbPwd`, `ssl_key`, `AUTH`.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let joined = words.concat();
    SECRET_PARTS.iter().any(|part| joined.contains(part))
        || words.iter().any(|word| SECRET_WORDS.contains(&word.as_str()))
        || SECRET_ENDS.iter().any(|end| joined.ends_with(end) && joined != *end)
}

/// The lower-case words of a name; separators, digits and changes to upper case end a word.
fn words(name: &str) -> Vec<String> {
    let (mut words, mut was_lower) = (vec![String::new()], false);
    for letter in name.chars() {
        if !letter.is_alphabetic() || (was_lower && letter.is_uppercase()) {
            words.push(String::new());
        }
        was_lower = letter.is_lowercase();
        if letter.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a text refers to a Juju secret, which reveals nothing: `secret:` and an id of 20 characters.
#[must_use]
pub fn is_secret_reference(text: &str) -> bool {
    let id = text.strip_prefix("secret:").map(|rest| rest.rsplit('/').next().unwrap_or(rest));
    id.is_some_and(|id| id.len() == 20 && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}
