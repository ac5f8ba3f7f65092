//! Writing a request in one pass, and finding out which request a reply answers without reading all of it.

use juju_wire::Method;
use serde::Deserialize;

/// The text of a request from its facade on: `,"type":..}`. The number of the request goes before it.
pub(crate) fn request_tail<M: Method>(
    version: u32,
    object: &str,
    params: &M::Params,
) -> Result<String, serde_json::Error> {
    let mut text = Vec::with_capacity(256);
    text.extend_from_slice(b",\"type\":\"");
    text.extend_from_slice(M::FACADE.as_bytes());
    text.extend_from_slice(b"\",\"version\":");
    text.extend_from_slice(version.to_string().as_bytes());
    if !object.is_empty() {
        text.extend_from_slice(b",\"id\":");
        serde_json::to_writer(&mut text, object)?;
    }
    text.extend_from_slice(b",\"request\":\"");
    text.extend_from_slice(M::NAME.as_bytes());
    text.extend_from_slice(b"\",\"params\":");
    let start = text.len();
    serde_json::to_writer(&mut text, params)?;
    if text[start..] == *b"null" {
        text.truncate(start - b",\"params\":".len());
    }
    text.push(b'}');
    String::from_utf8(text).map_err(serde::de::Error::custom)
}

/// The whole request.
pub(crate) fn request(id: u64, tail: &str) -> String {
    let mut text = String::with_capacity(tail.len() + 36);
    text.push_str("{\"request-id\":");
    text.push_str(&id.to_string());
    text.push_str(tail);
    text
}

/// The beginning of a frame that is written otherwise.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "request-id")]
    id: u64,
}

/// The number of the request that a frame answers. Juju writes it first, so its digits are enough; what follows is read
/// by the caller that waits for it.
pub(crate) fn reply_id(text: &str) -> Result<u64, serde_json::Error> {
    if let Some(rest) = text.strip_prefix("{\"request-id\":") {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if matches!(rest.as_bytes().get(digits), Some(b',' | b'}'))
            && let Ok(id) = rest[..digits].parse()
        {
            return Ok(id);
        }
    }
    serde_json::from_str::<Head>(text).map(|head| head.id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    juju_wire::methods! { Things { Get(read): Vec<String> => (), Poll(read): () => () } }

    #[test]
    fn requests_are_those_of_the_wire() {
        let text = request(7, &request_tail::<Get>(3, "a\"b", &vec!["x".to_owned()]).expect("json"));
        let wire = juju_wire::Request::of::<Get>(7, 3, "a\"b", &vec!["x".to_owned()]).expect("json");
        assert_eq!(text, serde_json::to_string(&wire).expect("json"));
        let text = request(8, &request_tail::<Poll>(1, "", &()).expect("json"));
        let read: serde_json::Value = serde_json::from_str(&text).expect("json");
        assert_eq!(read, json!({"request-id": 8, "type": "Things", "version": 1, "request": "Poll"}));
    }

    #[test]
    fn the_number_of_a_reply_is_found_wherever_it_stands() {
        assert_eq!(reply_id(r#"{"request-id":12,"response":{}}"#).expect("id"), 12);
        assert_eq!(reply_id(r#"{"request-id":12}"#).expect("id"), 12);
        assert_eq!(reply_id(r#"{ "response": {"request-id": 3}, "request-id" : 4 }"#).expect("id"), 4);
        for text in ["", "{}", "hello", r#"{"request-id":"x"}"#, r#"{"request-id":-1}"#, r#"{"request-id":1"#] {
            assert!(reply_id(text).is_err(), "{text}");
        }
    }
}
