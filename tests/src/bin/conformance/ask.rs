//! Questions to the client, in the older way (a request during a call) and as parts of the newer.

use rmcp::{ErrorData, RoleServer, model::CallToolResult, service::RequestContext};
use serde_json::{Value, json};

use crate::handler::{parsed, text_result};

/// A question with one field, as `elicitation/create` takes it.
pub(crate) fn field(message: &str, name: &str, kind: &str) -> Value {
    json!({"message": message, "requestedSchema": {
        "type": "object", "properties": {name: {"type": kind}}, "required": [name]}})
}

/// Asks the client's model.
pub(crate) async fn sampling(prompt: &str, context: &RequestContext<RoleServer>) -> Result<CallToolResult, ErrorData> {
    let request =
        json!({"messages": [{"role": "user", "content": {"type": "text", "text": prompt}}], "maxTokens": 100});
    #[expect(deprecated, reason = "the suite still asks for sampling from older clients")]
    let answer = context.peer.create_message(parsed(request)?).await;
    match answer {
        Ok(answer) => {
            let answer = serde_json::to_value(answer).unwrap_or_default();
            let text = answer["content"]["text"].as_str().or(answer["content"][0]["text"].as_str()).unwrap_or_default();
            text_result(&format!("LLM response: {text}"))
        }
        Err(error) => Err(ErrorData::internal_error(error.to_string(), None)),
    }
}

/// Asks the user.
pub(crate) async fn elicitation(
    question: Value,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResult, ErrorData> {
    match context.peer.create_elicitation(parsed(question)?).await {
        Ok(answer) => {
            let answer = serde_json::to_value(answer).unwrap_or_default();
            let action = answer["action"].as_str().unwrap_or_default();
            text_result(&format!("User response: action={action}, content={}", answer["content"]))
        }
        Err(error) => Err(ErrorData::internal_error(error.to_string(), None)),
    }
}

/// A question in which every kind of field has a default.
pub(crate) fn defaults() -> Value {
    json!({"message": "Please review these values", "requestedSchema": {"type": "object", "properties": {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": true}}}})
}

/// A question with every kind of choice.
pub(crate) fn choices() -> Value {
    let titled = json!([
        {"const": "value1", "title": "First Option"},
        {"const": "value2", "title": "Second Option"},
        {"const": "value3", "title": "Third Option"}]);
    let plain = json!(["option1", "option2", "option3"]);
    json!({"message": "Please choose", "requestedSchema": {"type": "object", "properties": {
        "untitledSingle": {"type": "string", "enum": plain},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"],
                       "enumNames": ["Option One", "Option Two", "Option Three"]},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": plain}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}}}}})
}
