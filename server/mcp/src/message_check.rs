//! Reads messages as clients send them, before anything else does, so that scopes, policy and ledger see what a tool does.
//!
//! Arguments that are one JSON text, `"arguments": "{...}"`, or an empty list have one meaning and are rewritten. A member that is given
//! twice has none, and arguments under another name would be ignored, so both are refused.

use std::{collections::HashSet, fmt};

use memchr::memmem;
use rmcp::model::{ErrorData, RequestId};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// The member with the arguments of a call as it is in the bytes of a message: inside a text its quotes would be escaped.
const MEMBER: &[u8] = b"\"arguments\"";
/// Names that models of other protocols have for arguments.
const OTHER_NAMES: [&str; 7] = ["args", "argument", "input", "kwargs", "parameters", "params", "tool_input"];
/// What the error of a repeated member begins with.
const REPEATED: &str = "is given twice: ";

/// What a message is.
#[derive(Debug, PartialEq)]
pub(crate) enum Checked {
    /// As it has to be, or no JSON at all.
    Unchanged,
    /// The same in the form of the protocol.
    Rewritten(Vec<u8>),
    /// Without a single meaning: the error that answers it.
    Refused(ErrorData, Option<RequestId>),
}

/// Checks a message.
pub(crate) fn check_message(message: &[u8]) -> Checked {
    if let Err(error) = serde_json::from_slice::<UniqueMembers>(message) {
        let sentence = error.to_string();
        return match sentence.split_once(REPEATED) {
            Some((_, rest)) => {
                let name = rest.rsplit_once(" at line ").map_or(rest, |(name, _)| name);
                Checked::Refused(
                    ErrorData::invalid_params(format!("the member `{name}` is given twice"), None),
                    id(message),
                )
            }
            None => Checked::Unchanged,
        };
    }
    let begins_with = |at: usize| {
        let rest = message.get(at.saturating_add(MEMBER.len())..).unwrap_or_default().trim_ascii_start();
        rest.strip_prefix(b":").unwrap_or_default().trim_ascii_start().first().copied()
    };
    let mut members = memmem::find_iter(message, MEMBER).map(begins_with).peekable();
    if members.peek().is_none() {
        return other_name(message).map_or(Checked::Unchanged, |error| Checked::Refused(error, id(message)));
    }
    if !members.any(|first| matches!(first, Some(b'"' | b'['))) {
        return Checked::Unchanged;
    }
    rewrite(message).map_or(Checked::Unchanged, Checked::Rewritten)
}

/// A message with the arguments of its call as an object.
fn rewrite(message: &[u8]) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(message).ok()?;
    if value["method"] != "tools/call" {
        return None;
    }
    let arguments = value.get_mut("params")?.get_mut("arguments")?;
    let read = match arguments {
        Value::String(text) if text.trim().is_empty() => Map::new(),
        Value::String(text) => {
            serde_json::from_str::<UniqueMembers>(text).ok()?;
            serde_json::from_str(text).ok()?
        }
        Value::Array(items) if items.is_empty() => Map::new(),
        _ => return None,
    };
    *arguments = Value::Object(read);
    serde_json::to_vec(&value).ok()
}

/// The refusal of a call that has its arguments under another name.
fn other_name(message: &[u8]) -> Option<ErrorData> {
    memmem::find(message, b"tools/call")?;
    let value: Value = serde_json::from_slice(message).ok()?;
    let params = value.get("params").filter(|_| value["method"] == "tools/call")?.as_object()?;
    let name = params.keys().find(|name| OTHER_NAMES.contains(&name.as_str()))?;
    Some(ErrorData::invalid_params(format!("`tools/call` has no member `{name}`, the nearest is `arguments`"), None))
}

fn id(message: &[u8]) -> Option<RequestId> {
    /// Takes the last id, as it is only for the answer.
    #[derive(Deserialize)]
    struct Envelope {
        id: RequestId,
    }
    serde_json::from_slice::<Envelope>(message).ok().map(|envelope| envelope.id)
}

/// Any JSON in which no object has a member twice.
struct UniqueMembers;

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = UniqueMembers;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueMembers, A::Error> {
        let mut names: HashSet<String> = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if names.contains(&name) {
                return Err(A::Error::custom(format!("{REPEATED}{name}")));
            }
            names.insert(name);
            map.next_value::<UniqueMembers>()?;
        }
        Ok(UniqueMembers)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<UniqueMembers, A::Error> {
        while items.next_element::<UniqueMembers>()?.is_some() {}
        Ok(UniqueMembers)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<UniqueMembers, D::Error> {
        UniqueMembers::deserialize(deserializer)
    }

    fn visit_bool<E>(self, _: bool) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_i64<E>(self, _: i64) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_u64<E>(self, _: u64) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_f64<E>(self, _: f64) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_str<E>(self, _: &str) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_unit<E>(self) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(arguments: &Value) -> Vec<u8> {
        let params = json!({"name": "juju_status", "arguments": arguments});
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string().into_bytes()
    }

    fn refusal(message: &str) -> Option<(String, Option<RequestId>)> {
        match check_message(message.as_bytes()) {
            Checked::Refused(error, id) => Some((error.message.into_owned(), id)),
            Checked::Unchanged | Checked::Rewritten(_) => None,
        }
    }

    #[test]
    fn arguments_in_a_text_are_read_as_an_object() {
        let inner = json!({"model": "shop", "filter": "\"arguments\": ["});
        for (sent, read) in [
            (json!(inner.to_string()), inner.clone()),
            (json!(format!(" {inner} ")), inner),
            (json!(""), json!({})),
            (json!("{}"), json!({})),
            (json!([]), json!({})),
        ] {
            assert_eq!(check_message(&call(&sent)), Checked::Rewritten(call(&read)), "{sent}");
        }
    }

    #[test]
    fn arguments_without_a_single_meaning_stay_as_they_are() {
        for sent in [
            json!({}),
            json!({"a": "b"}),
            json!("model=shop"),
            json!("[]"),
            json!("5"),
            json!("{\"a\": 1, \"a\": 2}"),
            json!(["model"]),
            json!(5),
            json!(null),
        ] {
            assert_eq!(check_message(&call(&sent)), Checked::Unchanged, "{sent}");
        }
        let other = json!({"jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": {"arguments": "{}"}});
        assert_eq!(check_message(other.to_string().as_bytes()), Checked::Unchanged);
        assert_eq!(check_message(b"{\"arguments\": \""), Checked::Unchanged);
    }

    #[test]
    fn member_that_is_given_twice_is_refused_by_its_name() {
        let message = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"juju_remove_application","arguments":{"applications":["web"],"applications":["db"]}}}"#;
        assert_eq!(
            refusal(message),
            Some(("the member `applications` is given twice".to_owned(), Some(RequestId::Number(7))))
        );
        let nested = r#"{"id":"a","method":"tools/call","params":{"arguments":{"values":[{"a":1,"\u0061":2}]}}}"#;
        assert_eq!(refusal(nested).map(|(sentence, _)| sentence), Some("the member `a` is given twice".to_owned()));
        let fine =
            r#"{"id":1,"method":"tools/call","params":{"arguments":{"a":{"x":1},"b":{"x":[1.5,null,-2,"x",true]}}}}"#;
        assert_eq!(refusal(fine), None);
    }

    #[test]
    fn arguments_under_another_name_are_refused_with_the_nearest() {
        for name in OTHER_NAMES {
            let params = json!({"name": "juju_status", name: {"model": "prod"}});
            let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
            let sentence = refusal(&message.to_string()).expect(name).0;
            assert!(
                sentence.contains(&format!("`{name}`")) && sentence.contains("nearest is `arguments`"),
                "{sentence}"
            );
        }
        let none = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "juju_status"}});
        assert_eq!(refusal(&none.to_string()), None);
    }
}
