//! Encodes requests in one pass; finds the request id of a reply without a full parse; decodes replies without a copy.

use std::ops::Range;

use juju_wire::{Code, Method, RemoteError};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::encoded_call::EncodedCall;

/// Encodes a request from its facade on: `,"type":..}`. [`encode_request`] adds the request id.
pub(crate) fn encode_body(version: u32, object: &str, call: &EncodedCall) -> Result<String, serde_json::Error> {
    let EncodedCall { method, params } = call;
    let object = if object.is_empty() { String::new() } else { format!(",\"id\":{}", serde_json::to_string(object)?) };
    let (facade, name) = (method.facade, method.name);
    let mut text = format!(",\"type\":\"{facade}\",\"version\":{version}{object},\"request\":\"{name}\"");
    // a method without parameters
    if params != "null" {
        text.reserve(params.len() + 16);
        text.extend([",\"params\":", params]);
    }
    text.push('}');
    Ok(text)
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

/// Where a part of a text is in it.
fn range_in(text: &str, part: &str) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    Some(start..start.checked_add(part.len())?)
}

/// A successful reply that is not decoded yet.
pub(crate) struct Reply {
    text: Utf8Bytes,
    /// Where the response is in the text; `None` for a reply without one.
    response: Option<Range<usize>>,
}

impl Reply {
    /// Reads a frame as far as every reply has the same form.
    ///
    /// # Errors
    /// [`ReplyError`].
    pub(crate) fn read(text: Utf8Bytes) -> Result<Self, ReplyError> {
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
        let frame: Frame = serde_json::from_str(&text).map_err(ReplyError::Malformed)?;
        if !frame.error.is_empty() || !frame.code.is_empty() {
            let code = Code::from(frame.code.as_str());
            return Err(ReplyError::Remote(RemoteError { message: frame.error, code, info: frame.info }));
        }
        let response = frame.response.and_then(|response| range_in(&text, response.get()));
        Ok(Self { text, response })
    }

    /// Decodes the response as that of `M`.
    ///
    /// # Errors
    /// The response is not one of `M`.
    pub(crate) fn decode<M: Method>(&self) -> Result<M::Reply, serde_json::Error> {
        let response = self.response.clone().map_or("{}", |range| &self.text[range]);
        // an empty reply is `{}` on the wire and `()` here
        serde_json::from_str(response)
            .or_else(|cause| if response == "{}" { serde_json::from_str("null") } else { Err(cause) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    juju_wire::methods! { Things { Get(read): Vec<String> => (), Poll(read): () => () } }

    #[test]
    fn encoded_request_equals_wire_format() {
        let body = |version, object, call: &EncodedCall| encode_body(version, object, call).expect("json");
        let text = encode_request(7, &body(3, "a\"b", &EncodedCall::of::<Get>(&vec!["x".to_owned()]).expect("json")));
        let wire = juju_wire::Request::of::<Get>(7, 3, "a\"b", &vec!["x".to_owned()]).expect("json");
        assert_eq!(text, serde_json::to_string(&wire).expect("json"));
        let text = encode_request(8, &body(1, "", &EncodedCall::of::<Poll>(&()).expect("json")));
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
