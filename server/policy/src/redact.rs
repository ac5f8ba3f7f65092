//! Removes secrets from values and texts: ledger, approvals, console, logs, error texts and the measure `secrets.plaintext` use it. A text that only resembles a secret is redacted too.

use serde_json::{Map, Value};

use crate::{Location, Target, TargetEntity, is_secret_name, is_secret_reference};

/// Replaces a secret.
pub const REDACTED: &str = "(redacted)";
/// Members that name an option in an object such as `{"name": "password", "value": "x"}`.
const NAMING_MEMBERS: [&str; 7] = ["name", "key", "option", "field", "id", "env", "variable"];
/// Programs that take a password as the word after their option `-p` or `-a`.
const PASSWORD_PROGRAMS: [&str; 6] = ["sshpass", "mysql", "mysqldump", "mysqladmin", "mariadb", "redis-cli"];
/// Bytes of a URL after `://` in which user information is searched: without a limit, a text of many `://` takes quadratic time.
const MAX_USER_INFORMATION_BYTES: usize = 512;
/// Bytes of the texts of one value, or of one text, that are examined. What follows is replaced by its size, so that no caller makes
/// the server examine megabytes.
const MAX_EXAMINED_BYTES: usize = 256 * 1024;
/// Beginnings of tokens of known services. The rest of the word is random, so at least [`MIN_TOKEN_CHARS`] follow.
const TOKEN_PREFIXES: [&str; 24] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxe-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "sk-",
    "sk_live_",
    "rk_live_",
    "hvs.",
    "npm_",
    "pypi-",
    "dop_v1_",
    "AGE-SECRET-KEY-",
];
/// Longest kind at the start of a tag, `applicationoffer`.
const MAX_KIND_CHARS: usize = 16;
/// Least characters of a token after its prefix.
const MIN_TOKEN_CHARS: usize = 14;
/// Beginning of the first part of a JSON Web Token: `{"` in base64url (RFC 7519, section 3.1).
const JWT_PREFIX: &str = "eyJ";
/// Beginnings of macaroons: a list of JSON objects, a JSON object with a location, and the binary form, in base64.
const MACAROON_PREFIXES: [&str; 3] = ["W3siYy", "W3siaS", "MDAx"];
/// Start of the first and of the last line of a PEM block (RFC 7468), and what follows their labels; Juju's messages about names have
/// slashes in place of hyphens.
const PEM: [(&str, &str, &str); 2] = [("-----BEGIN ", "-----END ", "-----"), ("/////BEGIN ", "/////END ", "/////")];

/// Returns the value with every secret replaced: values of members with secret names, and secrets inside texts.
#[must_use]
pub fn redact(value: &Value) -> Value {
    let mut left = MAX_EXAMINED_BYTES;
    redact_within(value, &mut left)
}

/// As [`redact`], with the number of bytes that are left to examine.
fn redact_within(value: &Value, left: &mut usize) -> Value {
    match value {
        Value::Object(map) => {
            let names_secret = map.iter().any(|(name, value)| {
                NAMING_MEMBERS.contains(&name.to_lowercase().as_str()) && value.as_str().is_some_and(is_secret_name)
            });
            let members = map.iter().map(|(name, value)| {
                let is_naming = NAMING_MEMBERS.contains(&name.to_lowercase().as_str());
                let secret = is_secret_name(name) || (names_secret && !is_naming);
                let redacted = if secret { redact_secret(value) } else { redact_within(value, left) };
                (redact_text_within(name, left), redacted)
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => redact_items(items, left),
        Value::String(text) => Value::String(redact_text_within(text, left)),
        other => other.clone(),
    }
}

/// The target without secrets: a caller may write one where a name belongs.
pub(crate) fn redact_target(target: &Target) -> Target {
    let entity = |entity: &TargetEntity| match entity {
        TargetEntity::Known(tag) => TargetEntity::Known(match tag.split_once('-') {
            Some((kind, name)) if kind.len() <= MAX_KIND_CHARS => format!("{kind}-{}", redact_text(name)),
            _ => redact_text(tag),
        }),
        TargetEntity::All(kind) => TargetEntity::All(*kind),
        TargetEntity::Unresolved { kind, id } => TargetEntity::unresolved(*kind, redact_text(id)),
    };
    let location = match &target.location {
        Location::Client => Location::Client,
        Location::Controller { controller } => Location::Controller { controller: redact_text(controller) },
        Location::Model { controller, model, uuid } => {
            Location::Model { controller: redact_text(controller), model: redact_text(model), uuid: uuid.clone() }
        }
        Location::UnresolvedModel { model } => Location::UnresolvedModel { model: redact_text(model) },
    };
    Target { location, entities: target.entities.iter().map(entity).collect() }
}

/// Replaces a secret value. A switch, nothing, and a reference to a Juju secret reveal nothing.
fn redact_secret(value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Null => value.clone(),
        Value::String(text) if text.is_empty() || is_secret_reference(text) => value.clone(),
        _ => Value::String(REDACTED.to_owned()),
    }
}

/// Redacts the items of a list; in `["--password", "x"]` and `["password", "x"]` the second one is secret.
fn redact_items(items: &[Value], left: &mut usize) -> Value {
    let mut after_name = false;
    let redacted = items.iter().map(|item| {
        let value = if after_name { redact_secret(item) } else { redact_within(item, left) };
        let text = item.as_str().unwrap_or_default();
        let is_name = !text.contains(['=', ' ', ':']) && is_secret_name(text);
        after_name = !after_name && is_name && (items.len() == 2 || text.starts_with('-'));
        value
    });
    Value::Array(redacted.collect())
}

/// Returns the text with every secret replaced: `name=value` and `name: value` with secret names, options such as `-pX` and
/// `--password X`, user information in URLs, authorization schemes, and PEM blocks.
#[must_use]
pub fn redact_text(text: &str) -> String {
    let mut left = MAX_EXAMINED_BYTES;
    redact_text_within(text, &mut left)
}

/// As [`redact_text`], with the number of bytes that are left to examine.
fn redact_text_within(text: &str, left: &mut usize) -> String {
    let examined = &text[..text.floor_char_boundary(*left)];
    *left -= examined.len();
    let pem = PEM.iter().fold(examined.to_owned(), |text, marks| redact_pem(&text, *marks));
    let mut scan = Scan { rest: &pem, done: String::with_capacity(pem.len()), quote: None, takes_password: false };
    while scan.step() {}
    let mut done = scan.done;
    if examined.len() < text.len() {
        // the cut may divide a secret
        done.truncate(done.floor_char_boundary(done.len().saturating_sub(MAX_USER_INFORMATION_BYTES)));
        done.extend(["... (", &text.len().to_string(), " bytes)"]);
    }
    done
}

/// Replaces the contents of PEM blocks; a block without an end reaches to the end of the text.
fn redact_pem(text: &str, (begin, end, close): (&str, &str, &str)) -> String {
    let (mut done, mut rest) = (String::new(), text);
    while let Some(start) = rest.find(begin) {
        done.push_str(&rest[..start]);
        done.push_str(REDACTED);
        let block = &rest[start..];
        rest = block.find(end).map_or("", |at| {
            let last = &block[at + end.len()..];
            last.find(close).map_or("", |at| &last[at + close.len()..])
        });
    }
    done + rest
}

/// A scan of a text from its start to its end, word by word.
struct Scan<'text> {
    rest: &'text str,
    done: String,
    /// The quotation mark that is open.
    quote: Option<char>,
    /// Whether a program of the text takes a password by `-p`.
    takes_password: bool,
}

impl Scan<'_> {
    /// Copies or redacts the next word or character; false at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        if let Some(after) = self.rest.strip_prefix("://") {
            self.copy(3);
            self.hide(user_information(after));
            return true;
        }
        let length = self.rest.find(|letter| !is_name_character(letter)).unwrap_or(self.rest.len());
        if length == 0 {
            if matches!(first, '"' | '\'') {
                self.quote = if self.quote == Some(first) { None } else { self.quote.or(Some(first)) };
            }
            self.copy(first.len_utf8());
            return true;
        }
        let begins_word = self.done.chars().next_back().is_none_or(|last| !is_name_character(last) && last != '/');
        let word = &self.rest[..length];
        if is_known_token(word) {
            // base64 and its padding go on after the letters of a name
            let more = self.rest[length..]
                .find(|letter: char| !(letter.is_ascii_alphanumeric() || "+/=-_.~".contains(letter)));
            self.hide(more.map_or(self.rest.len(), |more| length + more));
            return true;
        }
        self.takes_password |= PASSWORD_PROGRAMS.contains(&word.to_lowercase().as_str());
        let (word, after) = (word.to_owned(), &self.rest[length..]);
        // Juju's messages about names have slashes in place of hyphens
        let slashes = self.done.len() - self.done.trim_end_matches('/').len();
        let follows_slashes = self.done[..self.done.len() - slashes].ends_with(' ');
        if self.takes_password && slashes == 1 && follows_slashes && word.starts_with('p') {
            self.copy(1);
            let value = self.shell_word(self.rest);
            self.hide(value);
            return true;
        }
        let hyphens = word.len() - word.trim_start_matches('-').len();
        let before = self.done.bytes().rev().take(2).take_while(|byte| matches!(byte, b'/' | b'-')).count();
        if hyphens + before >= 2
            && let Some(value) = after.strip_prefix(':')
            && let bounded = &value[..value.floor_char_boundary(MAX_USER_INFORMATION_BYTES)]
            && let Some(at) = bounded.find(|letter: char| letter.is_whitespace() || "@/\"'`".contains(letter))
            && value[at..].starts_with('@')
        {
            self.copy(length + 1);
            self.hide(at);
            return true;
        }
        if begins_word && word.starts_with("-p") && self.shell_word(&self.rest[2..]) > 0 {
            self.copy(2);
            let value = self.shell_word(self.rest);
            self.hide(value);
            return true;
        }
        let spaces = after.len() - after.trim_start_matches([' ', '\t']).len();
        if let Some((separator, value)) = self.secret_value(&word, after) {
            self.copy(length + separator);
            self.hide(value);
            return true;
        }
        self.copy(length);
        let value = &self.rest[spaces.min(self.rest.len())..];
        let is_mangled_option = slashes == 2 && follows_slashes && is_secret_name(&word);
        let is_option = (self.option_takes_secret(&word) || is_mangled_option) && !value.starts_with('-');
        let credentials = matches!(word.as_str(), "-u" | "--user") && value[..self.shell_word(value)].contains(':');
        if spaces > 0 && (is_option || credentials || is_scheme(&word, value)) {
            let length = self.shell_word(value);
            self.copy(spaces);
            self.hide(length);
        }
        true
    }

    /// Whether the next word after this option is a secret.
    fn option_takes_secret(&self, word: &str) -> bool {
        let named = word.starts_with('-') && is_secret_name(word);
        named || (self.takes_password && matches!(word, "-p" | "-a"))
    }

    /// The lengths of the separator and of the value after a secret name, as in `name=value`, `name: value`, `"name": "value"`.
    fn secret_value(&mut self, name: &str, after: &str) -> Option<(usize, usize)> {
        let closed = skip_marks(after);
        let spaced = closed.trim_start_matches([' ', '\t']);
        let assigned = spaced.starts_with('=');
        let value = spaced.strip_prefix("=>").or_else(|| spaced.strip_prefix(['=', ':']))?;
        let is_pass_argument = matches!(name, "pass" | "-pass");
        let is_quoted = value.starts_with(['"', '\'', '\\']);
        // the path of a module in a log line, `oauth::token: text`
        let is_path = self.done.ends_with("::");
        if is_path
            || !is_secret_name(name)
            || value.starts_with("//")
            || !(assigned || is_pass_argument || is_quoted || starts_blank(value))
        {
            return None;
        }
        let begin = value.trim_start_matches([' ', '\t']);
        let begin = if begin.starts_with('\u{1b}') { skip_marks(begin) } else { begin };
        // this program quotes names in its own sentences so, and YAML forbids it
        if begin.starts_with('`') || begin.is_empty() || is_secret_reference(begin) {
            return None;
        }
        if self.quote.is_some_and(|quote| after[..after.len() - closed.len()].contains(quote)) {
            self.quote = None;
        }
        let length = if let Some(escaped) = begin.strip_prefix("\\\"") {
            escaped.find("\\\"").map_or(begin.len(), |end| end + 4)
        } else if assigned || begin.starts_with(['"', '\'']) {
            self.shell_word(begin)
        } else if begin.starts_with(['|', '>']) || begin.starts_with('\n') {
            begin.len()
        } else {
            let quote = self.quote.unwrap_or('\n');
            begin.find(['\n', quote]).unwrap_or(begin.len())
        };
        let extra = if is_scheme_word(&begin[..length]) {
            let next = begin[length..].trim_start();
            begin.len() - length - next.len() + self.shell_word(next)
        } else {
            0
        };
        Some((after.len() - begin.len(), length + extra))
    }

    /// Length of the word of a shell at the start of a text: quoted parts belong to it, an open quotation mark ends it.
    fn shell_word(&self, text: &str) -> usize {
        let (mut inner, mut escaped) = (None, false);
        for (at, letter) in text.char_indices() {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if inner == Some(letter) => inner = None,
                _ if inner.is_some() => {}
                _ if self.quote == Some(letter) || letter.is_whitespace() => return at,
                '"' | '\'' => inner = Some(letter),
                _ => {}
            }
        }
        text.len()
    }

    fn copy(&mut self, length: usize) {
        self.done.push_str(&self.rest[..length]);
        self.rest = &self.rest[length..];
    }

    fn hide(&mut self, length: usize) {
        if length > 0 {
            self.done.push_str(REDACTED);
            self.rest = &self.rest[length..];
        }
    }
}

/// Whether a word is a token by its form, whatever its name: that of a known service, a JSON Web Token, or a macaroon.
fn is_known_token(word: &str) -> bool {
    let has_rest = |prefix: &&str| word.strip_prefix(*prefix).is_some_and(|rest| rest.len() >= MIN_TOKEN_CHARS);
    let is_jwt = || word.starts_with(JWT_PREFIX) && word.matches('.').count() >= 2;
    let is_macaroon = || MACAROON_PREFIXES.iter().any(|prefix| word.starts_with(prefix)) && word.len() >= 40;
    TOKEN_PREFIXES.iter().any(has_rest) || is_jwt() || is_macaroon()
}

/// The text after the quotation marks and the escape sequences of a terminal (ECMA-48) at its start, which may be between a name
/// and its value in a coloured log line.
fn skip_marks(text: &str) -> &str {
    let text = text.trim_start_matches(['\\', '"', '\'', '`']);
    let Some(sequence) = text.strip_prefix("\u{1b}[") else { return text };
    let parameters = sequence.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ';');
    parameters.strip_prefix('m').map_or(text, skip_marks)
}

fn is_name_character(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.')
}

fn starts_blank(text: &str) -> bool {
    text.starts_with([' ', '\t', '\n', '\r'])
}

/// Whether a word is an authorization scheme that a secret follows.
fn is_scheme_word(word: &str) -> bool {
    let word = word.trim_matches(['"', '\'']);
    ["bearer", "basic", "token", "digest", "negotiate"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Whether `word` and the word after it are an authorization scheme and its secret; `basic settings` is none.
fn is_scheme(word: &str, value: &str) -> bool {
    let encoded = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '=';
    let next = value.split_whitespace().next().unwrap_or_default();
    word.eq_ignore_ascii_case("bearer") || (word.eq_ignore_ascii_case("basic") && next.contains(encoded))
}

/// Length of the user information at the start of the authority of a URL (RFC 3986, section 3.2.1).
fn user_information(text: &str) -> usize {
    let text = &text[..text.floor_char_boundary(MAX_USER_INFORMATION_BYTES)];
    let end = text.find(|letter: char| letter.is_whitespace() || "/?#\"'`<>".contains(letter)).unwrap_or(text.len());
    let authority = &text[..end];
    if let Some(at) = authority.rfind('@') {
        return at;
    }
    // a password with a slash, which should have been encoded
    let port = authority.split_once(':').map_or("", |(_, port)| port);
    let word = text.find(|letter: char| letter.is_whitespace() || "\"'`".contains(letter)).unwrap_or(text.len());
    if port.bytes().all(|byte| byte.is_ascii_digit()) { 0 } else { text[..word].rfind('@').unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CANARY: &str = "Canary1-hunter2";

    #[test]
    fn redact_text_removes_a_secret_in_every_form() {
        let names = [
            "password",
            "pwd",
            "passphrase",
            "pass",
            "dsn",
            "access-key",
            "ssl_key",
            "privatekey",
            "smtp-pass",
            "db-url-password",
            "auth",
            "admin-password",
            "AUTH_TOKEN",
            "dbPass",
            "cookie",
            "session",
            "ca-cert",
            "credential",
            "api.key",
            "sessionId",
        ];
        for name in names {
            for form in [
                "NAME=X",
                "NAME = X",
                "user=x NAME=X",
                "NAME: X",
                "a: 1\nNAME: X\nb: 2",
                "{\"NAME\": \"X\"}",
                "{'NAME':'X'}",
                "NAME=\"a X b\"",
                "NAME: \"a X\"",
                "{\\\"NAME\\\": \\\"X\\\"}",
                "--NAME X",
                "--NAME=X",
                "run --NAME 'a X'",
                "NAME: |\n  X\n",
                "NAME: Bearer X",
                "-e NAME=X -e b=2",
                "NAME='it'\"'\"'s X'",
                "NAME => X",
            ] {
                let text = form.replace("NAME", name).replace('X', CANARY);
                let redacted = redact_text(&text);
                assert!(!redacted.contains(CANARY) && redacted.contains(REDACTED), "{text} -> {redacted}");
                assert!(redacted.to_lowercase().contains(&name.to_lowercase()), "the name stays: {redacted}");
            }
        }
        for form in [
            "mysql -pX",
            "mysql -u root -p'X' shop",
            "mysql -u root -p X",
            "sshpass -p X ssh h",
            "postgres://u:X@h/db",
            "postgres://X@h",
            "amqp://u:a/X@h/v",
            "curl -H \"Authorization: Bearer X\" https://h",
            "bearer X",
            "Authorization: Basic X",
            "curl -u admin:X https://h",
            "redis-cli -a X",
            "-----BEGIN RSA PRIVATE KEY-----\nX\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nX",
            "/////BEGIN PRIVATE KEY/////\nX\n/////END PRIVATE KEY/////",
            "openssl -passin pass:X",
            "model \"admin//u:X@h\" not found",
            "unit \"https:-/u:X@h\" of \"unit-https:--u:X@h\" not found",
            "machine mysql /pX && curl //token X not found",
            "PGPASSWORD=X psql",
            "user=x password=X host=y",
            "PASSWORD=\"X\"; echo",
            "'password': 'X'",
            "https://h/?access_token=X&b=1",
            "\u{1b}[3mpassword\u{1b}[0m\u{1b}[2m=\u{1b}[0mX",
            "got ghp_XXXXXXXX back",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJYIn0.X",
        ] {
            let text = form.replace('X', CANARY);
            let redacted = redact_text(&text);
            assert!(!redacted.contains(CANARY) && redacted.contains(REDACTED), "{text} -> {redacted}");
        }
    }

    #[test]
    fn redact_text_leaves_ordinary_text_unchanged() {
        for text in [
            "juju add-unit web -n 2 -m prod:admin/shop",
            "the caller `token:operator:1a2b3c4d` may not",
            "title=Secret santa",
            "juju config --model=prod:ana@external/shop web",
            "https://h:8080/path@v2?x=1",
            "this token cannot approve: it needs the role `approver`",
            "no such secret: `web`",
            "basic settings of the monkey",
            "keepalive: 12",
            "skip-this task-force sk-learn",
            "",
        ] {
            assert_eq!(redact_text(text), text);
        }
    }

    #[test]
    fn redact_examines_a_bounded_number_of_bytes() {
        let text = format!("{} password={CANARY}", "x".repeat(2 * MAX_EXAMINED_BYTES));
        let redacted = redact(&json!({"a": [text, text], "b": format!("password={CANARY}")})).to_string();
        assert!(redacted.len() < 2 * MAX_EXAMINED_BYTES && !redacted.contains(CANARY), "{}", redacted.len());
        let cut = format!("{}https://u:{CANARY}", "x ".repeat(MAX_EXAMINED_BYTES / 2 - 12)) + &"y".repeat(100);
        assert!(!redact_text(&(cut + "@h")).contains("Canary"), "the cut divides no secret");
    }

    #[test]
    fn redact_text_ends_for_repeated_beginnings_of_every_form() {
        // a quadratic scan of these would take minutes
        for part in [
            "://a:b/",
            "-u '",
            "-u \"",
            "pass:",
            "key='",
            "a=\\\"",
            "-----BEGIN ",
            "\u{1b}[",
            "x  ",
            "--token ",
            "{\"pw\": ",
        ] {
            let text = part.repeat((1 << 16) / part.len());
            let started = std::time::Instant::now();
            assert!(!redact_text(&text).is_empty());
            println!("{part:?}: {:?}", started.elapsed());
        }
    }

    #[test]
    fn redact_replaces_only_values_with_secret_names() {
        let value = json!({
            "application": "web",
            "config": {"admin-password": "hunter2", "title": "Shop", "nested": {"api_key": ["k"]}},
            "values": ["db-password=hunter2", "title=Secret santa"],
            "env": [{"name": "password", "value": "hunter2"}, {"key": "smtp-pass", "value": {"a": 1}}, {"name": "n", "value": 1}],
            "argv": ["x", "--password", "hunter2", "y"],
            "pair": ["pwd", "hunter2"],
            "yaml": "admin-password: hunter2\ntitle: Shop\n",
            "reveal_secret": true,
            "secret": "secret:9m4e2mr0ui3e8a215n4g",
            "ssl_key": 12,
        });
        assert_eq!(
            redact(&value),
            json!({
                "application": "web",
                "config": {"admin-password": REDACTED, "title": "Shop", "nested": {"api_key": REDACTED}},
                "values": ["db-password=(redacted)", "title=Secret santa"],
                "env": [{"name": "password", "value": REDACTED}, {"key": "smtp-pass", "value": REDACTED}, {"name": "n", "value": 1}],
                "argv": ["x", "--password", REDACTED, "y"],
                "pair": ["pwd", REDACTED],
                "yaml": "admin-password: (redacted)\ntitle: Shop\n",
                "reveal_secret": true,
                "secret": "secret:9m4e2mr0ui3e8a215n4g",
                "ssl_key": REDACTED,
            })
        );
    }
}
