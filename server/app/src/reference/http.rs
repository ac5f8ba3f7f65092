//! The page of the HTTP paths, from the `OpenAPI` document.

use serde_json::Value;

use super::markdown::{capitalized, cell};

const HEAD: &str = "# HTTP endpoints

Every path of `juju-mcp serve`, from [openapi.json](openapi.json) (OpenAPI 3.1), which also describes parameters, bodies and responses. [limits.md](../limits.md) has the limits, [identity.md](../identity.md#rejected-requests) the meaning of rejections. A final slash after an MCP path is accepted.

";

/// The page.
pub(super) fn page() -> String {
    let document = http_server::openapi();
    let mut text = HEAD.to_owned();
    for tag in document["tags"].as_array().into_iter().flatten() {
        let name = tag["name"].as_str().unwrap_or_default();
        let description = tag["description"].as_str().unwrap_or_default();
        text.extend([format!(
            "## {}\n\n{description}.\n\n| method | path | content | access |\n|---|---|---|---|\n",
            capitalized(name)
        )]);
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                if operation["tags"][0] == name {
                    let summary = operation["summary"].as_str().unwrap_or_default();
                    text.extend([format!(
                        "| {} | `{path}` | {} | {} |\n",
                        method.to_uppercase(),
                        cell(summary),
                        access(&operation["security"])
                    )]);
                }
            }
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// Who may use an operation.
fn access(security: &Value) -> &'static str {
    let has = |scheme: &str| security.as_array().into_iter().flatten().any(|way| way[scheme].is_array());
    let open = security
        .as_array()
        .is_some_and(|ways| ways.iter().any(|way| way.as_object().is_some_and(serde_json::Map::is_empty)));
    match (has("token"), has("session"), open) {
        (true, _, true) => "public, or bearer token",
        (true, ..) => "bearer token",
        (_, true, _) => "session of the page",
        _ => "public",
    }
}
