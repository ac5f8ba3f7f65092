//! Reads arguments in the types of their schema, as assistants send them: `"5"` for 5, `"web"` for `["web"]`, JSON in a text.
//!
//! The one place that does so, before bounds, policy and ledger see the arguments. A value with exactly one meaning is
//! accepted; every other one is refused by a sentence that names the argument.

use content::{clean_name, first_invisible, nearest, same_name};
use serde_json::{Map, Number, Value};

use crate::{
    BadArguments,
    bounds::{self, FORMATS},
    synonyms::property_of_flag,
};

/// Largest whole number of which a double still has each digit.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;
/// Longest part of a value or a name that a refusal quotes, in characters.
const MAX_QUOTED_CHARS: usize = 60;
/// Properties that are numbers written as text: a whole double, `12.0`, has one meaning there. For a channel or a version it
/// could also be `12.0`.
const NUMBERED: [&str; 6] = ["machines", "operation_id", "task_id", "entity_name", "to", "ids"];
/// Properties that are texts of the caller, and not names, of which white space at the ends is no part.
const FREE_TEXTS: [&str; 12] = [
    "command",
    "comment",
    "content",
    "filter",
    "idempotency_key",
    "info",
    "manifest",
    "matchers",
    "message",
    "query",
    "secret_content",
    "selectors",
];
/// Properties with text of several lines, or in any script, beside the free texts.
const LONG_TEXTS: [&str; 7] = ["bundle", "charm", "definition", "display_name", "overlay", "password", "value"];
/// Properties with secrets: any bytes of a text fit, and no answer shows them.
const SECRETS: [&str; 3] = ["password", "secret_attributes", "secret_content"];
/// A property in which the member without a name is for all endpoints that have none of their own.
const BINDINGS: &str = "bind";
/// Characters in names of entities, endpoints, networks and options, beside letters and digits.
const NAME_SIGNS: &[u8] = b"-_./:@*^#";
/// An argument that tools with `model` accept and do not list: `model` can name the controller too.
const UNLISTED: &str = "controller";

/// Reads the arguments of a command of the Juju client by the schema of its tool.
///
/// # Errors
/// [`BadArguments`], naming the argument.
pub(crate) fn coerce_command_arguments(
    command: &str,
    schema: &Map<String, Value>,
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, BadArguments> {
    bounds::check_bytes(&arguments)?;
    Members { schema, command, path: "" }.read(arguments)
}

/// Refuses a required name or list without a content, and a blank name in any list.
///
/// # Errors
/// [`BadArguments`], naming the argument.
pub(crate) fn check_required(schema: &Map<String, Value>, arguments: &Map<String, Value>) -> Result<(), BadArguments> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for name in required {
        match arguments.get(name) {
            Some(Value::String(text)) if text.trim().is_empty() => {
                return Err(BadArguments::argument(name, "must not be empty"));
            }
            Some(Value::Array(items)) if items.is_empty() => {
                return Err(BadArguments::argument(name, "has to hold at least one value"));
            }
            _ => {}
        }
    }
    let lists = arguments.iter().filter_map(|(name, value)| Some((name, value.as_array()?)));
    for (name, items) in lists {
        let is_blank = |item: &Value| item.as_str().is_some_and(|text| text.trim().is_empty());
        if let Some(at) = items.iter().position(is_blank) {
            return Err(BadArguments::argument(&format!("{name}[{at}]"), "must not be empty"));
        }
    }
    Ok(())
}

/// Reads the arguments of a tool that is no command of the Juju client.
///
/// # Errors
/// [`BadArguments`], naming the argument.
pub fn coerce_arguments(
    schema: &Map<String, Value>,
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, BadArguments> {
    coerce_command_arguments("", schema, arguments)
}

/// Whether a tool takes an argument of this name.
pub(crate) fn accepts(command: &str, schema: &Map<String, Value>, argument: &str) -> bool {
    Members { schema, command, path: "" }.member(argument.to_owned()).is_ok()
}

/// The members of an object: the arguments themselves, or an object among them.
struct Members<'a> {
    schema: &'a Map<String, Value>,
    command: &'a str,
    path: &'a str,
}

impl Members<'_> {
    fn read(&self, members: Map<String, Value>) -> Result<Map<String, Value>, BadArguments> {
        let mut coerced = Map::new();
        for (given, value) in members {
            if given.trim().is_empty() && self.path != BINDINGS {
                let whole = if self.path.is_empty() { "arguments" } else { self.path };
                return Err(BadArguments::argument(whole, "has a member without a name"));
            }
            let Member { name, schema } = self.member(given)?;
            let path = if self.path.is_empty() { name.clone() } else { format!("{}.{name}", self.path) };
            if let Some(letter) = first_invisible(&name) {
                return Err(BadArguments::argument(&self.path_or(&name), &invisible(letter, &name)));
            }
            let value = if let Some(schema) = schema {
                coerce(schema, value, &path)?
            } else {
                check_all_characters(&value, &path)?;
                Some(value)
            };
            if let Some(value) = value
                && coerced.insert(name, value).is_some()
            {
                return Err(BadArguments::argument(&path, "is given twice, by two of its names"));
            }
        }
        Ok(coerced)
    }

    /// The property that a refusal of a member names.
    fn path_or(&self, name: &str) -> String {
        if self.path.is_empty() { quote(name) } else { self.path.to_owned() }
    }

    /// The name and the schema of a member; no schema where any value fits.
    fn member(&self, given: String) -> Result<Member<'_>, BadArguments> {
        let properties = self.schema.get("properties").and_then(Value::as_object);
        let property = |name: &str| properties.and_then(|all| all.get_key_value(name));
        if let Some((_, schema)) = property(&given) {
            return Ok(Member { name: given, schema: Some(schema) });
        }
        match self.schema.get("additionalProperties") {
            Some(Value::Bool(false)) => {}
            Some(schema) => return Ok(Member { name: given, schema: Some(schema) }),
            None => return Ok(Member { name: given, schema: None }),
        }
        if given == UNLISTED
            && let Some((_, model)) = property("model")
        {
            return Ok(Member { name: given, schema: Some(model) });
        }
        // the client's own names of an argument: `--num-units`, `num-units`, `-n`, `n`
        let flag = given.trim_start_matches('-').replace('-', "_");
        let meant = property(&flag).or_else(|| property(property_of_flag(self.command, &flag)?));
        match meant {
            Some((name, schema)) => Ok(Member { name: name.clone(), schema: Some(schema) }),
            None => Err(self.unknown(&given, properties)),
        }
    }

    fn unknown(&self, given: &str, properties: Option<&Map<String, Value>>) -> BadArguments {
        let names: Vec<&str> = properties.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        let place = if self.path.is_empty() { String::new() } else { format!(" in `{}`", self.path) };
        let given = quote(given);
        BadArguments::message(match nearest(&given, names.iter().copied()) {
            Some(near) => format!("there is no argument `{given}`{place}, the nearest is `{near}`"),
            None if names.is_empty() => format!("there is no argument `{given}`{place}, because the tool takes none"),
            None => format!("there is no argument `{given}`{place}, only {}", names.join(", ")),
        })
    }
}

struct Member<'a> {
    name: String,
    schema: Option<&'a Value>,
}

/// Reads one value by its schema. `None` is a null: the argument counts as left out.
fn coerce(schema: &Value, value: Value, path: &str) -> Result<Option<Value>, BadArguments> {
    if value.is_null() {
        return Ok(None);
    }
    let wrong = |problem: &str| Err(BadArguments::argument(path, problem));
    let coerced = match (schema["type"].as_str(), value) {
        (Some("integer"), Value::Number(number)) => match whole(&number) {
            Some(whole) => Value::Number(whole),
            None if number.as_f64().is_some_and(|number| number.fract() == 0.0) => Value::Number(number),
            None => return wrong(&format!("has to be a whole number, not {number}")),
        },
        (Some("integer"), Value::String(text)) => match parse_whole(text.trim()) {
            Some(whole) => Value::Number(whole),
            None => return wrong(&format!("has to be a whole number, not the text `{}`", quote(&text))),
        },
        (Some("integer"), Value::Bool(_) | Value::Object(_)) => return wrong("has to be a whole number"),
        (Some("boolean"), Value::String(text)) => match text.trim() {
            word if word.eq_ignore_ascii_case("true") => Value::Bool(true),
            word if word.eq_ignore_ascii_case("false") => Value::Bool(false),
            _ => return wrong(&format!("has to be true or false, not the text `{}`", quote(&text))),
        },
        (Some("boolean"), Value::Number(number)) => {
            return wrong(&format!("has to be true or false, not {number}"));
        }
        (Some("boolean"), Value::Object(_)) => return wrong("has to be true or false"),
        (Some("string"), Value::String(text)) => {
            let text = name_text(text, path);
            check_characters(&text, path)?;
            choice(schema, text, path)?
        }
        (Some("string"), Value::Number(number)) => choice(schema, number_text(&number, path)?, path)?,
        (Some("string"), Value::Bool(_) | Value::Object(_)) => return wrong("has to be a text"),
        // a list of one where a single value is wanted
        (Some("integer" | "boolean" | "string"), Value::Array(items)) => return single(schema, items, path),
        (Some("array"), Value::Array(items)) => return list(schema, items, path),
        (Some("array"), Value::String(text)) => return list_in_text(schema, &text, path),
        (Some("array"), item @ Value::Number(_)) => return list(schema, vec![item], path),
        (Some("array"), Value::Bool(_) | Value::Object(_)) => return wrong("has to be a list"),
        (Some("object"), Value::Object(members)) => object(schema, members, path)?,
        (Some("object"), Value::String(text)) => match serde_json::from_str(&text) {
            Ok(Value::Object(members)) => object(schema, members, path)?,
            _ if text.matches('=').count() == 1 && is_free(schema) => pairs(schema, vec![text.into()], path)?,
            _ => return wrong("has to be an object such as {\"key\": \"value\"}, and the text is not the JSON of one"),
        },
        (Some("object"), Value::Array(items)) if is_free(schema) => pairs(schema, items, path)?,
        (Some("object"), Value::Array(_) | Value::Bool(_) | Value::Number(_)) => {
            return wrong("has to be an object such as {\"key\": \"value\"}");
        }
        (_, value) => {
            check_all_characters(&value, path)?;
            value
        }
    };
    Ok(Some(coerced))
}

fn object(schema: &Value, members: Map<String, Value>, path: &str) -> Result<Value, BadArguments> {
    match schema.as_object() {
        Some(schema) => Members { schema, command: "", path }.read(members).map(Value::Object),
        None => Ok(Value::Object(members)),
    }
}

/// Whether the names of the members are the caller's.
fn is_free(schema: &Value) -> bool {
    schema.get("properties").is_none()
}

/// A list of `key=value` where an object is wanted, as the Juju client takes options. Parameters of actions have types: a value that is
/// the JSON of a number or of true or false is that, as the client reads it.
fn pairs(schema: &Value, items: Vec<Value>, path: &str) -> Result<Value, BadArguments> {
    let mut members = Map::new();
    for item in items {
        let pair = item.as_str().and_then(|text| text.split_once('='));
        let Some((key, value)) = pair.map(|(key, value)| (key.trim(), value)).filter(|(key, _)| is_name(key)) else {
            let problem = "has to be an object such as {\"key\": \"value\"}, or a list such as [\"key=value\"]";
            return Err(BadArguments::argument(path, problem));
        };
        let typed = serde_json::from_str(value).ok().filter(|value: &Value| value.is_number() || value.is_boolean());
        let value = typed.filter(|_| path == "params").unwrap_or_else(|| value.into());
        if members.insert(key.to_owned(), value).is_some() {
            return Err(BadArguments::argument(path, &format!("has `{}` twice", quote(key))));
        }
    }
    object(schema, members, path)
}

/// Whether a text is one name.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || NAME_SIGNS.contains(&byte))
}

/// A text that is a name, without white space at its ends; the tag of a unit or a machine as its name.
fn name_text(text: String, path: &str) -> String {
    let property = path.split(['[', '.']).next().unwrap_or(path);
    if FREE_TEXTS.contains(&property) {
        return text;
    }
    let trimmed = text.trim();
    let untagged = match property {
        "units" => trimmed.strip_prefix("unit-").and_then(|rest| rest.rsplit_once('-')),
        "machines" => trimmed.strip_prefix("machine-").map(|id| (id, "")),
        _ => None,
    };
    match untagged {
        // no part of an application's name is a number, so a unit's tag is no name
        Some((application, number)) if property == "units" && number.parse::<u32>().is_ok() => {
            format!("{application}/{number}")
        }
        Some((id, _)) if property == "machines" => id.replace('-', "/"),
        _ if trimmed.len() == text.len() => text,
        _ => trimmed.to_owned(),
    }
}

/// A list of exactly one value for that value.
fn single(schema: &Value, items: Vec<Value>, path: &str) -> Result<Option<Value>, BadArguments> {
    match <[Value; 1]>::try_from(items) {
        Ok([item]) if !item.is_array() => coerce(schema, item, path),
        Ok(_) => Err(BadArguments::argument(path, "has to be one value, not a list of lists")),
        Err(items) => Err(BadArguments::argument(path, &format!("has to be one value, not a list of {}", items.len()))),
    }
}

/// The items of a list. Nulls are left out; a list of nulls alone counts as left out itself.
fn list(schema: &Value, items: Vec<Value>, path: &str) -> Result<Option<Value>, BadArguments> {
    let was_empty = items.is_empty();
    let mut coerced = Vec::with_capacity(items.len());
    for (at, item) in items.into_iter().enumerate() {
        coerced.extend(coerce(&schema["items"], item, &format!("{path}[{at}]"))?);
    }
    Ok((was_empty || !coerced.is_empty()).then_some(Value::Array(coerced)))
}

/// A text where a list is wanted: the JSON of one, a single value, or names with commas or spaces between them, which no name has.
fn list_in_text(schema: &Value, text: &str, path: &str) -> Result<Option<Value>, BadArguments> {
    let trimmed = text.trim();
    if trimmed.starts_with('[') {
        return match serde_json::from_str(trimmed) {
            Ok(Value::Array(items)) => list(schema, items, path),
            _ => Err(BadArguments::argument(path, "has to be a list, and the text is not the JSON of one")),
        };
    }
    let parts: Vec<&str> = if trimmed.contains(',') {
        trimmed.split(',').map(str::trim).collect()
    } else {
        trimmed.split_whitespace().collect()
    };
    let names = parts.len() > 1 && parts.iter().all(|part| is_name(part));
    let single = parts.len() == 1 && !trimmed.starts_with(['{', '"']) && !trimmed.contains(';');
    if !names && !single {
        let problem =
            format!("has to be a list such as [\"a\", \"b\"]: the text `{}` has no single meaning", quote(text));
        return Err(BadArguments::argument(path, &problem));
    }
    list(schema, parts.into_iter().map(Value::from).collect(), path)
}

/// One of the values of an `enum` or of `format`, whatever its case; any text for other properties.
fn choice(schema: &Value, text: String, path: &str) -> Result<Value, BadArguments> {
    let words: Vec<&str> = match schema["enum"].as_array() {
        Some(choices) => choices.iter().filter_map(Value::as_str).collect(),
        None if path == "format" => FORMATS.to_vec(),
        None => return Ok(Value::String(text)),
    };
    if words.contains(&text.as_str()) {
        return Ok(Value::String(text));
    }
    let mut meant = words.iter().filter(|word| same_name(word, text.trim()));
    if let (Some(word), None) = (meant.next(), meant.next()) {
        return Ok(Value::String((*word).to_owned()));
    }
    let near = nearest(text.trim(), words.iter().copied());
    let near = near.map(|word| format!(", the nearest is `{word}`")).unwrap_or_default();
    let problem = format!("has to be one of {}, not `{}`{near}", words.join(", "), quote(&text));
    Err(BadArguments::argument(path, &problem))
}

/// The text of a number. A fraction can be written in several ways, 24.1 and 24.10, so it is none.
fn number_text(number: &Number, path: &str) -> Result<String, BadArguments> {
    if number.is_i64() || number.is_u64() {
        return Ok(number.to_string());
    }
    let property = path.split(['[', '.']).next().unwrap_or(path);
    match whole(number).filter(|_| NUMBERED.contains(&property)) {
        Some(whole) => Ok(whole.to_string()),
        None => Err(BadArguments::argument(path, &format!("has to be a text: write {number} in quotes"))),
    }
}

/// A number without a fraction as an integer.
fn whole(number: &Number) -> Option<Number> {
    if number.is_i64() || number.is_u64() {
        return Some(number.clone());
    }
    let double = number.as_f64().filter(|double| double.fract() == 0.0 && double.abs() <= MAX_EXACT)?;
    // an exact whole number is written without a fraction
    parse_whole(&format!("{double:.0}"))
}

/// The whole number that a text is: digits without leading zeros, perhaps with a fraction of zeros.
fn parse_whole(text: &str) -> Option<Number> {
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    if !plain || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    match whole.parse::<i64>() {
        Ok(number) => Some(number.into()),
        Err(_) => whole.parse::<u64>().ok().map(Into::into),
    }
}

/// Refuses characters that a reader does not see: in a name all of them, in a longer text the control characters.
fn check_characters(text: &str, path: &str) -> Result<(), BadArguments> {
    let Some(letter) = first_invisible(text) else { return Ok(()) };
    let property = path.split(['[', '.']).next().unwrap_or(path);
    if SECRETS.contains(&property) {
        return Ok(());
    }
    // the values of options and the parameters of actions are members of an object
    let is_name = !path.contains('.') && !FREE_TEXTS.contains(&property) && !LONG_TEXTS.contains(&property);
    let odd = if is_name {
        Some(letter)
    } else {
        text.chars().find(|letter| letter.is_control() && !"\n\r\t".contains(*letter))
    };
    match odd {
        Some(letter) => Err(BadArguments::argument(&quote(path), &invisible(letter, text))),
        None => Ok(()),
    }
}

/// The same for all texts in a value without a schema, such as the value of an option.
fn check_all_characters(value: &Value, path: &str) -> Result<(), BadArguments> {
    match value {
        // a member of an object, wherever it is
        Value::String(text) => check_characters(text, path),
        Value::Array(items) => items.iter().try_for_each(|item| check_all_characters(item, path)),
        Value::Object(members) => members.iter().try_for_each(|(name, item)| {
            if let Some(letter) = first_invisible(name) {
                return Err(BadArguments::argument(&quote(path), &invisible(letter, name)));
            }
            check_all_characters(item, path)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn invisible(letter: char, text: &str) -> String {
    format!("has the character U+{:04X}, which a reader does not see: `{}`", u32::from(letter), quote(text))
}

/// The beginning of a text that a refusal quotes, with what is invisible in it.
fn quote(text: &str) -> String {
    let beginning: String = text.chars().take(MAX_QUOTED_CHARS).collect();
    let mut quoted = clean_name(&beginning).0.into_owned();
    if beginning.len() < text.len() {
        quoted.push('…');
    }
    quoted
}

#[cfg(test)]
mod tests;
