//! Encodes requests in one pass; finds the request id of a reply without a full parse; decodes replies without a copy.

use juju_wire::{Code, Method, RemoteError};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// Name of a method in messages, `Application.AddUnits`.
pub(crate) fn method_name<M: Method>() -> String {
    format!("{}.{}", M::FACADE, M::NAME)
}

/// Encodes a request from its facade on: `,"type":..}`. [`encode_request`] adds the request id.
pub(crate) fn encode_body<M: Method>(
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

/// The frame of a request: its id and an encoded body.
pub(crate) fn encode_request(id: u64, body: &str) -> String {
    let mut text = String::with_capacity(body.len() + 36);
    text.push_str("{\"request-id\":");
    text.push_str(&id.to_string());
    text.push_str(body);
    text
}

/// The request id of a frame in which it is not the first key.
#[derive(Deserialize)]
struct ReplyHead {
    #[serde(rename = "request-id")]
    id: u64,
}

/// Returns the id of the request to which a frame replies. Juju writes it first, so the driver needs its digits only; the
/// caller that waits for the reply decodes the rest.
pub(crate) fn reply_id(text: &str) -> Result<u64, serde_json::Error> {
    if let Some(rest) = text.strip_prefix("{\"request-id\":") {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if matches!(rest.as_bytes().get(digits), Some(b',' | b'}'))
            && let Ok(id) = rest[..digits].parse()
        {
            return Ok(id);
        }
    }
    serde_json::from_str::<ReplyHead>(text).map(|head| head.id)
}

/// A reply that is not a success.
#[derive(Debug)]
pub(crate) enum ReplyError {
    /// The controller returned an error.
    Remote(RemoteError),
    /// The frame is not a reply to this method.
    Malformed(serde_json::Error),
}

/// Decodes a frame as the reply to `M`.
pub(crate) fn decode_reply<M: Method>(text: &str) -> Result<M::Reply, ReplyError> {
    #[derive(Deserialize)]
    struct Frame<'a> {
        #[serde(default)]
        error: String,
        #[serde(default, rename = "error-code")]
        code: String,
        #[serde(default, rename = "error-info")]
        info: Option<Value>,
        #[serde(borrow, default)]
        response: Option<&'a RawValue>,
    }
    let frame: Frame = serde_json::from_str(text).map_err(ReplyError::Malformed)?;
    if !frame.error.is_empty() || !frame.code.is_empty() {
        let code = Code::from(frame.code.as_str());
        return Err(ReplyError::Remote(RemoteError { message: frame.error, code, info: frame.info }));
    }
    let response = frame.response.map_or("{}", RawValue::get);
    serde_json::from_str(response)
        // an empty reply is `{}` on the wire and `()` here
        .or_else(|cause| if response == "{}" { serde_json::from_str("null") } else { Err(cause) })
        .map_err(ReplyError::Malformed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    juju_wire::methods! { Things { Get(read): Vec<String> => (), Poll(read): () => () } }

    #[test]
    fn encoded_request_equals_wire_format() {
        let text = encode_request(7, &encode_body::<Get>(3, "a\"b", &vec!["x".to_owned()]).expect("json"));
        let wire = juju_wire::Request::of::<Get>(7, 3, "a\"b", &vec!["x".to_owned()]).expect("json");
        assert_eq!(text, serde_json::to_string(&wire).expect("json"));
        let text = encode_request(8, &encode_body::<Poll>(1, "", &()).expect("json"));
        let read: serde_json::Value = serde_json::from_str(&text).expect("json");
        assert_eq!(read, json!({"request-id": 8, "type": "Things", "version": 1, "request": "Poll"}));
    }

    #[test]
    fn reply_id_is_found_at_any_position() {
        assert_eq!(reply_id(r#"{"request-id":12,"response":{}}"#).expect("id"), 12);
        assert_eq!(reply_id(r#"{"request-id":12}"#).expect("id"), 12);
        assert_eq!(reply_id(r#"{ "response": {"request-id": 3}, "request-id" : 4 }"#).expect("id"), 4);
        for text in ["", "{}", "hello", r#"{"request-id":"x"}"#, r#"{"request-id":-1}"#, r#"{"request-id":1"#] {
            assert!(reply_id(text).is_err(), "{text}");
        }
    }
}
