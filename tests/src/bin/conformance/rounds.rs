//! Tools and prompts that ask before they answer: the round trip of 2026-07-28.

use rmcp::{
    ErrorData,
    model::{CallToolResponse, ClientCapabilities, InputRequiredResult, InputResponses, RequestStateCodec},
};
use serde_json::{Value, json};

use crate::{
    ask::field,
    handler::{parsed, text_result},
};

/// The answers and the state that a client sent back.
pub(crate) struct Returned {
    /// Answers by the name of the question.
    pub(crate) answers: InputResponses,
    /// The state that was handed out with the questions.
    pub(crate) state: Option<String>,
    /// The capabilities that the client declares.
    pub(crate) capabilities: ClientCapabilities,
}

impl Returned {
    /// One answer that a user accepted: its field.
    pub(crate) fn accepted(&self, question: &str, name: &str) -> Option<String> {
        let answer = self.answers.get(question)?;
        let accepted = answer["action"] == "accept";
        let value = &answer["content"][name];
        accepted.then(|| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).filter(|text| text != "null")
    }

    fn state(&self, codec: &RequestStateCodec) -> Result<Option<Value>, ErrorData> {
        let sealed = self.state.as_deref();
        let opened = sealed.map(|sealed| codec.open_json(sealed)).transpose();
        opened.map_err(|_| ErrorData::invalid_params("the request state was not made by this server", None))
    }
}

pub(crate) fn questions(requests: Value, state: Option<String>) -> Result<InputRequiredResult, ErrorData> {
    Ok(InputRequiredResult::new(Some(parsed(requests)?), state))
}

pub(crate) fn elicit(question: &Value) -> Value {
    json!({"method": "elicitation/create", "params": question})
}

fn sample(text: &str, tokens: u32) -> Value {
    json!({"method": "sampling/createMessage", "params": {
        "messages": [{"role": "user", "content": {"type": "text", "text": text}}], "maxTokens": tokens}})
}

fn roots() -> Value {
    json!({"method": "roots/list", "params": {}})
}

fn seal(codec: &RequestStateCodec, state: &Value) -> Result<Option<String>, ErrorData> {
    codec.seal_json(state).map(Some).map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

/// Answers a tool of this kind by the last part of its name.
pub(crate) fn call(kind: &str, returned: &Returned, codec: &RequestStateCodec) -> Result<CallToolResponse, ErrorData> {
    match kind {
        "elicitation" => match returned.accepted("user_name", "name") {
            Some(name) => text_result(&format!("Hello, {name}!")).map(Into::into),
            None => questions(json!({"user_name": elicit(&field("What is your name?", "name", "string"))}), None)
                .map(Into::into),
        },
        "sampling" => one("capital_question", &sample("What is the capital of France?", 100), returned),
        "list_roots" => one("client_roots", &roots(), returned),
        "request_state" | "tampered_state" => with_state(returned, codec, "confirm", "Please confirm", "ok"),
        "multiple_inputs" => multiple(returned, codec),
        "multi_round" => rounds(returned, codec),
        "capabilities" => by_capability(returned),
        _ => Err(ErrorData::invalid_params(format!("there is no such tool: `{kind}`"), None)),
    }
}

fn one(name: &str, request: &Value, returned: &Returned) -> Result<CallToolResponse, ErrorData> {
    match returned.answers.get(name) {
        Some(answer) => text_result(&format!("The client answered: {answer}")).map(Into::into),
        None => questions(json!({name: request}), None).map(Into::into),
    }
}

fn with_state(
    returned: &Returned,
    codec: &RequestStateCodec,
    name: &str,
    message: &str,
    wanted: &str,
) -> Result<CallToolResponse, ErrorData> {
    if returned.state(codec)?.is_some() && returned.answers.contains_key(name) {
        return text_result("state-ok").map(Into::into);
    }
    let state = seal(codec, &json!({"asked": name}))?;
    questions(json!({name: elicit(&field(message, wanted, "boolean"))}), state).map(Into::into)
}

fn multiple(returned: &Returned, codec: &RequestStateCodec) -> Result<CallToolResponse, ErrorData> {
    let wanted = ["user_name", "greeting", "client_roots"];
    if returned.state(codec)?.is_some() && wanted.iter().all(|name| returned.answers.contains_key(*name)) {
        return text_result("All three answers arrived.").map(Into::into);
    }
    let requests = json!({
        "user_name": elicit(&field("What is your name?", "name", "string")),
        "greeting": sample("Generate a greeting", 50),
        "client_roots": roots()});
    questions(requests, seal(codec, &json!({"asked": wanted}))?).map(Into::into)
}

fn rounds(returned: &Returned, codec: &RequestStateCodec) -> Result<CallToolResponse, ErrorData> {
    let state = returned.state(codec)?.unwrap_or_default();
    match (state["round"].as_u64(), returned.accepted("step1", "name"), returned.accepted("step2", "color")) {
        (Some(2), _, Some(color)) => {
            text_result(&format!("Hello {}, {color} it is.", state["name"].as_str().unwrap_or_default()))
                .map(Into::into)
        }
        (Some(1), Some(name), _) => {
            let next = seal(codec, &json!({"round": 2, "name": name}))?;
            let question = field("Step 2: What is your favorite color?", "color", "string");
            questions(json!({"step2": elicit(&question)}), next).map(Into::into)
        }
        _ => {
            let next = seal(codec, &json!({"round": 1}))?;
            questions(json!({"step1": elicit(&field("Step 1: What is your name?", "name", "string"))}), next)
                .map(Into::into)
        }
    }
}

fn by_capability(returned: &Returned) -> Result<CallToolResponse, ErrorData> {
    if !returned.answers.is_empty() {
        return text_result("The answers arrived.").map(Into::into);
    }
    let declared = serde_json::to_value(&returned.capabilities).unwrap_or_default();
    let mut requests = serde_json::Map::new();
    if declared.get("elicitation").is_some() {
        requests.insert("user_name".to_owned(), elicit(&field("What is your name?", "name", "string")));
    }
    if declared.get("sampling").is_some() {
        requests.insert("greeting".to_owned(), sample("Generate a greeting", 50));
    }
    if requests.is_empty() {
        return text_result("The client can be asked nothing.").map(Into::into);
    }
    questions(Value::Object(requests), None).map(Into::into)
}
