//! One frame of the Juju RPC: a request or its reply, one JSON document each (`rpc/jsoncodec/codec.go`).

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use crate::{Code, Method, RemoteError};

/// A request: `{"request-id", "type", "version", "id"?, "request", "params"?}`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// Number of the request, from 1. (0 would switch the server to a dialect that is no longer used.)
    #[serde(rename = "request-id", default)]
    pub id: u64,
    /// The facade, `Application`.
    #[serde(rename = "type", default)]
    pub facade: String,
    /// Version of the facade, as negotiated at login.
    #[serde(default)]
    pub version: u32,
    /// Object that is meant, where the facade has several: the number of a watcher. Go reads names in any case, and
    /// python-libjuju writes `Id`.
    #[serde(rename = "id", alias = "Id", default, skip_serializing_if = "String::is_empty")]
    pub object: String,
    /// The method, `AddUnits`.
    #[serde(rename = "request", default)]
    pub method: String,
    /// What the method takes, not yet read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Box<RawValue>>,
}

impl Request {
    /// The request for one call of `M`.
    ///
    /// # Errors
    /// [`FrameError`] where the parameters cannot be written as JSON.
    pub fn of<M: Method>(id: u64, version: u32, object: &str, params: &M::Params) -> Result<Self, FrameError> {
        let params = to_raw_value(params).map_err(FrameError)?;
        Ok(Self {
            id,
            facade: M::FACADE.to_owned(),
            version,
            object: object.to_owned(),
            method: M::NAME.to_owned(),
            params: (params.get() != "null").then_some(params),
        })
    }

    /// Reads the parameters as those of `M`; absent ones are `null`, then `{}`.
    ///
    /// Go reads `null` as nothing everywhere, and some clients send it for all that they leave open; so where
    /// the parameters do not fit, they are read again without their nulls.
    ///
    /// # Errors
    /// [`FrameError`] where they do not fit.
    pub fn params<M: Method>(&self) -> Result<M::Params, FrameError> {
        let Some(params) = &self.params else {
            return serde_json::from_str("null").or_else(|_| serde_json::from_str("{}")).map_err(FrameError);
        };
        serde_json::from_str(params.get()).or_else(|cause| without_nulls(params.get()).ok_or(FrameError(cause)))
    }
}

/// Reads text without the nulls in it; an empty object may also be `null`.
fn without_nulls<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    fn drop_nulls(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|_, field| !field.is_null());
                fields.values_mut().for_each(drop_nulls);
            }
            Value::Array(items) => items.iter_mut().for_each(drop_nulls),
            _ => {}
        }
    }
    let mut value: Value = serde_json::from_str(text).ok()?;
    drop_nulls(&mut value);
    let text = value.to_string();
    serde_json::from_str(&text).ok().or_else(|| (text == "{}").then(|| serde_json::from_str("null").ok()).flatten())
}

/// A reply: `{"request-id", "response"}`, or the same with `error`, `error-code`, `error-info`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reply {
    /// Number of the request that it answers.
    #[serde(rename = "request-id", default)]
    pub id: u64,
    /// The controller's sentence, where the call failed as a whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
    #[serde(rename = "error-code", default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// More of that error, by code.
    #[serde(rename = "error-info", default, skip_serializing_if = "Option::is_none")]
    pub info: Option<Value>,
    /// The answer, not yet read. The real server sends `{}` beside an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Box<RawValue>>,
}

impl Reply {
    /// A reply that answers a call of `M`.
    ///
    /// # Errors
    /// [`FrameError`] where the answer cannot be written as JSON.
    pub fn of<M: Method>(id: u64, reply: &M::Reply) -> Result<Self, FrameError> {
        let response = to_raw_value(reply).map_err(FrameError)?;
        let response = if response.get() == "null" { empty() } else { response };
        Ok(Self { id, error: String::new(), code: String::new(), info: None, response: Some(response) })
    }

    /// A reply that reports that the call failed as a whole.
    #[must_use]
    pub fn failed(id: u64, error: RemoteError) -> Self {
        Self { id, error: error.message, code: error.code.to_string(), info: error.info, response: Some(empty()) }
    }

    /// The answer as that of `M`, or the error of the whole call.
    ///
    /// # Errors
    /// [`AnswerError::Remote`] where the call failed, [`AnswerError::Frame`] where the answer does not fit.
    pub fn answer<M: Method>(self) -> Result<M::Reply, AnswerError> {
        if !self.error.is_empty() || !self.code.is_empty() {
            let code = Code::from(self.code.as_str());
            return Err(AnswerError::Remote(RemoteError { message: self.error, code, info: self.info }));
        }
        let text = self.response.as_deref().map_or("{}", RawValue::get);
        match serde_json::from_str(text) {
            Ok(reply) => Ok(reply),
            Err(_) if text == "{}" => {
                serde_json::from_str("null").map_err(|cause| AnswerError::Frame(FrameError(cause)))
            }
            Err(cause) => Err(AnswerError::Frame(FrameError(cause))),
        }
    }
}

fn empty() -> Box<RawValue> {
    // a literal, so it always fits
    RawValue::from_string("{}".to_owned()).unwrap_or_default()
}

/// Text that is no frame, or a value that does not fit the method.
#[derive(Debug, thiserror::Error)]
#[error("not what the Juju API sends here: {0}")]
pub struct FrameError(#[source] serde_json::Error);

/// Why a reply holds no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The controller refused or failed.
    #[error(transparent)]
    Remote(RemoteError),
    /// The answer does not fit the method.
    #[error(transparent)]
    Frame(FrameError),
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro declares methods for other crates")]
mod tests {
    use serde_json::json;

    use super::*;

    crate::methods! { Pinger { Ping(read): () => () } }

    #[test]
    fn call_without_parameters_has_no_params_key() {
        let request = Request::of::<Ping>(7, 1, "", &()).expect("written");
        let written = serde_json::to_value(request).expect("json");
        assert_eq!(written, json!({"request-id": 7, "type": "Pinger", "version": 1, "request": "Ping"}));
    }

    #[test]
    fn error_reply_has_an_empty_response_as_the_real_server_sends_it() {
        let reply = Reply::failed(3, RemoteError::not_found("application \"web\""));
        let written = serde_json::to_value(&reply).expect("json");
        assert_eq!(
            written,
            json!({"request-id": 3, "error": "application \"web\" not found", "error-code": "not found", "response": {}})
        );
        let Err(AnswerError::Remote(error)) = reply.answer::<Ping>() else { panic!("an error") };
        assert_eq!(error.code, Code::NotFound);
    }

    #[test]
    fn nulls_in_parameters_are_nothing_as_in_go() {
        let read = |params: &str| {
            let text = format!(r#"{{"request-id":1,"params":{params}}}"#);
            let request: Request = serde_json::from_str(&text).expect("frame");
            request.params::<crate::facade::application::AddUnits>()
        };
        let units = read(r#"{"application":"web","num-units":null,"placement":[{"scope":null,"directive":"1"}]}"#);
        let units = units.expect("read");
        assert_eq!((units.application.as_str(), units.num_units), ("web", 0));
        assert!(read(r#"{"application":7}"#).is_err());
        let request: Request = serde_json::from_str(r#"{"request-id":1,"params":{}}"#).expect("frame");
        request.params::<Ping>().expect("nothing");
    }

    #[test]
    fn empty_response_is_read_as_unit() {
        let reply: Reply = serde_json::from_str(r#"{"request-id":1,"response":{}}"#).expect("frame");
        reply.answer::<Ping>().expect("unit");
    }
}
