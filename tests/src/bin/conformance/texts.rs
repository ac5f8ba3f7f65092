//! Resources, prompts and fixed answers, as the suite names them.

use serde_json::{Value, json};

/// One red pixel, PNG.
const IMAGE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/// A WAV file of no length.
const SOUND: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

/// Descriptions of all resources.
pub(crate) fn resources() -> Value {
    json!([
        {"uri": "test://static-text", "name": "Text", "mimeType": "text/plain"},
        {"uri": "test://static-binary", "name": "Image", "mimeType": "image/png"},
        {"uri": "test://watched-resource", "name": "Watched", "mimeType": "text/plain"},
    ])
}

/// Descriptions of all resource templates.
pub(crate) fn templates() -> Value {
    json!([{"uriTemplate": "test://template/{id}/data", "name": "Template", "mimeType": "application/json"}])
}

/// The content of one resource, where it exists.
pub(crate) fn content(uri: &str) -> Option<Value> {
    let content = match uri {
        "test://static-text" | "test://watched-resource" => {
            json!({"uri": uri, "mimeType": "text/plain", "text": "This is the content of the static text resource."})
        }
        "test://static-binary" => json!({"uri": uri, "mimeType": "image/png", "blob": IMAGE}),
        _ => {
            let id = uri.strip_prefix("test://template/")?.strip_suffix("/data")?;
            let text = json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")}).to_string();
            json!({"uri": uri, "mimeType": "application/json", "text": text})
        }
    };
    Some(content)
}

/// Descriptions of all prompts.
pub(crate) fn prompts() -> Value {
    let argument = |name: &str| json!({"name": name, "description": name, "required": true});
    json!([
        {"name": "test_simple_prompt", "description": "Simple"},
        {"name": "test_prompt_with_arguments", "description": "Two arguments",
         "arguments": [argument("arg1"), argument("arg2")]},
        {"name": "test_prompt_with_embedded_resource", "description": "A resource",
         "arguments": [argument("resourceUri")]},
        {"name": "test_prompt_with_image", "description": "An image"},
        {"name": "test_input_required_result_prompt", "description": "Asks first"},
    ])
}

/// The messages of one prompt, where it exists.
pub(crate) fn prompt(name: &str, arguments: &Value) -> Option<Value> {
    let user_message = |content: Value| json!({"role": "user", "content": content});
    let text = |text: String| user_message(json!({"type": "text", "text": text}));
    let word = |name: &str| arguments[name].as_str().unwrap_or_default().to_owned();
    let messages = match name {
        "test_simple_prompt" => json!([text("This is a simple prompt for testing.".to_owned())]),
        "test_prompt_with_arguments" => {
            json!([text(format!("Prompt with arguments: arg1='{}', arg2='{}'", word("arg1"), word("arg2")))])
        }
        "test_prompt_with_embedded_resource" => json!([
            user_message(json!({"type": "resource", "resource": {
                "uri": word("resourceUri"), "mimeType": "text/plain", "text": "Embedded resource content for testing."}})),
            text("Please process the embedded resource above.".to_owned()),
        ]),
        "test_prompt_with_image" => json!([
            user_message(json!({"type": "image", "data": IMAGE, "mimeType": "image/png"})),
            text("Please analyze the image above.".to_owned()),
        ]),
        _ => return None,
    };
    Some(json!({"messages": messages}))
}

/// The answer of tools with a fixed answer.
pub(crate) fn fixed(tool: &str) -> Option<Value> {
    let text = |text: &str| json!({"type": "text", "text": text});
    let image = json!({"type": "image", "data": IMAGE, "mimeType": "image/png"});
    let content = match tool {
        "test_simple_text" => json!([text("This is a simple text response for testing.")]),
        "test_image_content" => json!([image]),
        "test_audio_content" => json!([{"type": "audio", "data": SOUND, "mimeType": "audio/wav"}]),
        "test_embedded_resource" => json!([{"type": "resource", "resource": {
            "uri": "test://embedded-resource", "mimeType": "text/plain",
            "text": "This is an embedded resource content."}}]),
        "test_multiple_content_types" => json!([
            text("Multiple content types test:"),
            image,
            {"type": "resource", "resource": {"uri": "test://mixed-content-resource", "mimeType": "application/json",
             "text": "{\"test\":\"data\",\"value\":123}"}},
        ]),
        "test_error_handling" => {
            return Some(
                json!({"isError": true, "content": [text("This tool intentionally returns an error for testing")]}),
            );
        }
        "test_custom_header" | "json_schema_2020_12_tool" => json!([text("The arguments arrived.")]),
        _ => return None,
    };
    Some(json!({"content": content}))
}
