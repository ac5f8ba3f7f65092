//! Queries of `juju wait-for`: comparisons joined by `&&` and `||`, as `life=="alive" && status=="active"`.

use serde_json::{Map, Value};

/// A query: alternatives, each a list of comparisons that must all hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Query(Vec<Vec<Comparison>>);

#[derive(Debug, Clone, PartialEq)]
struct Comparison {
    name: String,
    equal: bool,
    value: Value,
}

impl Query {
    /// Reads a query over these names.
    pub(super) fn parse(text: &str, names: &[&str]) -> Result<Self, String> {
        let alternatives = split(text, "||");
        let all = |part: &str| split(part, "&&").iter().map(|part| Comparison::parse(part, names)).collect();
        alternatives.iter().map(|part| all(part)).collect::<Result<Vec<Vec<_>>, String>>().map(Self)
    }

    /// Whether the query matches these properties.
    pub(super) fn holds(&self, properties: &Map<String, Value>) -> bool {
        let fits = |one: &Comparison| (properties.get(&one.name) == Some(&one.value)) == one.equal;
        self.0.iter().any(|all| all.iter().all(fits))
    }

    /// The properties that it names.
    pub(super) fn named(&self, properties: &Map<String, Value>) -> Map<String, Value> {
        let is_named = |name: &String| self.0.iter().flatten().any(|one| one.name == *name);
        properties.iter().filter(|(name, _)| is_named(name)).map(|(name, one)| (name.clone(), one.clone())).collect()
    }
}

impl Comparison {
    fn parse(text: &str, names: &[&str]) -> Result<Self, String> {
        let wrong = || format!("`query` has to be of comparisons like status==\"active\", not: {}", text.trim());
        let (equal, (name, value)) = match (text.split_once("=="), text.split_once("!=")) {
            (Some(parts), _) => (true, parts),
            (None, Some(parts)) => (false, parts),
            (None, None) => return Err(wrong()),
        };
        let name = name.trim();
        if !names.contains(&name) {
            return Err(format!("`query` can name {}, not: {name}", names.join(", ")));
        }
        let value = value.trim().replace('\'', "\"");
        let value: Value = serde_json::from_str(&value).map_err(|_| wrong())?;
        if value.is_object() || value.is_array() || value.is_null() {
            return Err(wrong());
        }
        Ok(Self { name: name.to_owned(), equal, value })
    }
}

/// Splits at separators outside quotes.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(['"', '\'']) {
            quoted = !quoted;
        }
        if !quoted && rest.starts_with(separator) {
            parts.push(&text[start..at]);
            at += separator.len();
            start = at;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn queries_are_read_and_hold_as_they_say() {
        let names = ["name", "status", "exposed", "min-units"];
        let Value::Object(web) = json!({"name": "a && b", "status": "active", "exposed": true, "min-units": 0}) else {
            panic!("an object")
        };
        for (text, holds) in [
            (r#"status=="active""#, true),
            ("status=='active' && exposed==true", true),
            (r#"name=="a && b" && status!="error""#, true),
            (r#"status=="idle" || min-units==0"#, true),
            (r#"status=="idle" && min-units==0"#, false),
        ] {
            assert_eq!(Query::parse(text, &names).expect(text).holds(&web), holds, "{text}");
        }
        for text in ["", "status", "status==", "colour==\"red\"", "status==active", "status==[1]"] {
            assert!(Query::parse(text, &names).is_err(), "{text}");
        }
        let query = Query::parse(r#"status=="active""#, &names).expect("a query");
        assert_eq!(Value::Object(query.named(&web)), json!({"status": "active"}));
    }
}
