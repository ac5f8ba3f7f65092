//! The HTTP endpoints as an `OpenAPI` 3.1 document. An integration test compares it with the routes of the router.

use serde_json::{Value, json};

/// Marks parts of the document that other crates provide.
const CONSOLE: &str = "approval page";
const MCP: &str = "MCP";
const API: &str = "management API";
const OPERATIONS: &str = "operations";
const METADATA: &str = "metadata";

/// The document.
#[must_use]
pub fn openapi() -> Value {
    let mut paths = serde_json::Map::new();
    for group in [mcp_paths(), api_paths(), backend_paths(), operations_paths(), metadata_paths(), console_paths()] {
        paths.extend(group.as_object().cloned().unwrap_or_default());
    }
    let mut components = components();
    if let (Some(all), Value::Object(own)) = (components["schemas"].as_object_mut(), backend_schemas()) {
        all.extend(own);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "juju-mcp",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "HTTP endpoints of the MCP server for Juju",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{
            "url": "{public_url}",
            "description": "The public URL of the server",
            "variables": {"public_url": {"default": "http://127.0.0.1:8080"}},
        }],
        "tags": [
            {"name": MCP, "description": "The Model Context Protocol, streamable HTTP transport"},
            {"name": API, "description": "Approval requests as JSON, for people and programs that approve; events as a stream"},
            {"name": OPERATIONS, "description": "Health and metrics"},
            {"name": METADATA, "description": "How clients find the identity provider; only with the section `oauth`"},
            {"name": CONSOLE, "description": "Pages for people who approve; only with the section `console`"},
        ],
        "paths": paths,
        "components": components,
    })
}

fn mcp_paths() -> Value {
    let toolset = json!([{
        "name": "toolset", "in": "path", "required": true, "schema": {"type": "string"},
        "description": "Name of a group of tools; `juju-mcp tools` lists them",
    }]);
    json!({
        "/mcp": mcp_path("the tools of daily work, and three that find, read and run all other commands", "Mcp", &json!([])),
        "/mcp/full": mcp_path("one tool for each command", "McpFull", &json!([])),
        "/mcp/readonly": mcp_path("only tools that change nothing", "McpReadonly", &json!([])),
        "/mcp/x/{toolset}": mcp_path("the tools of one group", "McpToolset", &toolset),
    })
}

/// One MCP endpoint. A final slash is accepted too.
fn mcp_path(tools: &str, id: &str, parameters: &Value) -> Value {
    let message = json!({"application/json": {"schema": schema("JsonRpc")}});
    json!({
        "parameters": parameters,
        "post": {
            "operationId": format!("call{id}"), "tags": [MCP], "summary": format!("Send one MCP message; {tools}"),
            "security": [{"token": []}],
            "parameters": [
                header("MCP-Protocol-Version", "Version of the protocol; required since 2025-06-18"),
                header("Mcp-Method", "Method of the message; required by 2026-07-28"),
                header("Mcp-Name", "Name of the tool of `tools/call`; required by 2026-07-28"),
                header("Mcp-Session-Id", "Session of a client of an older version"),
            ],
            "requestBody": {"required": true, "content": message},
            "responses": {
                "200": {
                    "description": "The answer: one message, or a stream of messages that ends with the answer",
                    "content": {"application/json": {"schema": schema("JsonRpc")}, "text/event-stream": {"schema": {"type": "string"}}},
                },
                "202": {"description": "A notification was accepted"},
                "400": response("BadRequest"), "401": response("Unauthenticated"), "403": response("Forbidden"),
                "404": response("NotFound"), "406": response("NotAcceptable"), "408": response("BodyIncomplete"),
                "413": response("TooLarge"), "429": response("TooMany"), "503": response("Unavailable"),
                "504": response("Timeout"),
            },
        },
        "delete": {
            "operationId": format!("end{id}"), "tags": [MCP], "summary": "End the session of a client of an older version",
            "security": [{"token": []}],
            "parameters": [header("Mcp-Session-Id", "The session")],
            "responses": {"204": {"description": "The session has ended"}, "401": response("Unauthenticated"), "404": response("NotFound")},
        },
    })
}

fn api_paths() -> Value {
    let id = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}, "description": "The approval request"}]);
    let status = json!({
        "name": "status", "in": "query", "description": "Only requests with this status",
        "schema": {"enum": ["pending", "approved", "rejected", "used", "expired"]},
    });
    let names = [("controller", "Name of the controller"), ("model", "Name of the model")];
    let mut events = names.map(|(name, description)| {
        json!({"name": name, "in": "query", "description": description, "schema": {"type": "string"}})
    }).to_vec();
    events.push(header("Last-Event-ID", "The last event that the client has received"));
    let stream = json!({"text/event-stream": {"schema": {"type": "string"}}});
    json!({
        "/api/v1/events": {"get": {
            "operationId": "streamEvents", "tags": [API], "summary": "Stream the events of a model", "security": [{"token": []}],
            "parameters": events,
            "responses": {
                "200": {"description": "Events in order, each with an id; they go on until the client leaves", "content": stream},
                "400": response("BadRequest"), "401": response("Unauthenticated"), "403": response("Forbidden"),
                "404": response("NotFound"), "429": response("TooMany"), "503": response("Unavailable"),
            },
        }},
        "/api/v1/alerts": {"post": {
            "operationId": "receiveAlerts", "tags": [API], "summary": "Receive alerts of Alertmanager, by its webhook", "security": [{"token": []}],
            "requestBody": {"required": true, "content": {"application/json": {"schema": schema("AlertMessage")}}},
            "responses": {
                "200": {"description": "How many alerts were accepted", "content": {"application/json": {"schema": schema("AlertsReceived")}}},
                "400": response("ApiError"), "401": response("Unauthenticated"), "403": response("ApiError"),
                "413": response("TooLarge"), "429": response("TooMany"), "503": response("ApiError"),
            },
        }},
        "/api/v1/approvals": {"get": api_operation("listApprovals", "List approval requests: an approver receives all, others their own", "ApprovalList", &json!([status]), false)},
        "/api/v1/approvals/{id}": {
            "parameters": id,
            "get": api_operation("getApproval", "Get one approval request", "Approval", &json!([]), false),
        },
        "/api/v1/approvals/{id}/approve": {
            "parameters": id,
            "post": api_operation("approve", "Approve a request; the act runs when the requester repeats the call", "Approval", &json!([]), true),
        },
        "/api/v1/approvals/{id}/reject": {
            "parameters": id,
            "post": api_operation("reject", "Reject a request", "Approval", &json!([]), true),
        },
    })
}

fn api_operation(id: &str, summary: &str, result: &str, parameters: &Value, decision: bool) -> Value {
    let mut operation = json!({
        "operationId": id, "tags": [API], "summary": summary, "security": [{"token": []}], "parameters": parameters,
        "responses": {
            "200": {"description": "Done", "content": {"application/json": {"schema": schema(result)}}},
            "400": response("ApiError"), "401": response("Unauthenticated"), "403": response("ApiError"),
            "404": response("ApiError"), "409": response("ApiError"), "429": response("TooMany"), "503": response("ApiError"),
        },
    });
    if decision {
        operation["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": schema("Decision")}}});
    }
    operation
}

/// Paths about all backends: each is a read of one tool.
fn backend_paths() -> Value {
    let parameter = |name: &str, place: &str, description: &str, required: bool| json!({"name": name, "in": place, "required": required, "description": description, "schema": {"type": "string"}});
    let model = || parameter("model", "query", "Only what belongs to this model", false);
    let cursor = || parameter("cursor", "query", "`next_cursor` of the previous page", false);
    let read = |id: &str, summary: &str, parameters: Value| {
        let mut operation = api_operation(id, summary, "ToolResult", &parameters, false);
        operation["responses"]["502"] = response("ApiError");
        operation["responses"]["504"] = response("ApiError");
        operation
    };
    let mut query = read(
        "queryBackend",
        "A read in a backend's own terms; for `juju`, a command and its arguments",
        json!([parameter("server", "path", "`juju`, `kubernetes`, `prometheus`, `alertmanager` or `loki`", true)]),
    );
    query["requestBody"] =
        json!({"required": true, "content": {"application/json": {"schema": schema("BackendQuery")}}});
    let mut tools =
        api_operation("listTools", "List the tools that the caller may use", "ToolCatalogue", &json!([]), false);
    tools["description"] =
        "This path is ours; the others of `/mcp/` and `/devops/` are those of the first version".into();
    json!({
        "/mcp/status": {"get": read("backendStatus", "List all backends, and whether each answers", json!([model(), cursor()]))},
        "/mcp/tools": {"get": tools},
        "/mcp/query/{server}": {"post": query},
        "/devops/alerts": {"get": read("listAlerts", "List active alerts with their rules", json!([model(), cursor()]))},
    })
}

fn operations_paths() -> Value {
    let health = |description: &str| json!({"description": description, "content": {"application/json": {"schema": schema("Health")}}});
    json!({
        "/healthz": {"get": {
            "operationId": "live", "tags": [OPERATIONS], "summary": "Whether the process runs", "security": [],
            "responses": {"200": health("It runs")},
        }},
        "/readyz": {"get": {
            "operationId": "ready", "tags": [OPERATIONS], "summary": "Whether callers can be served; the parts only with a token",
            "security": [{}, {"token": []}],
            "responses": {"200": health("`healthy` or `degraded`"), "503": health("`unhealthy`: no caller can be served")},
        }},
        "/mcp/health": {"get": {
            "operationId": "health", "tags": [OPERATIONS], "summary": "Whether all parts and backends work; the parts only with a token",
            "security": [{}, {"token": []}],
            "responses": {"200": health("`healthy`"), "503": health("`degraded` or `unhealthy`: some part does not work")},
        }},
        "/metrics": {"get": {
            "operationId": "metrics", "tags": [OPERATIONS],
            "summary": "Metrics for Prometheus; without a token from this machine, and at `metrics_listen`",
            "security": [{}, {"token": []}],
            "responses": {
                "200": {"description": "OpenMetrics 1.0.0", "content": {"application/openmetrics-text": {"schema": {"type": "string"}}}},
                "403": response("Forbidden"),
            },
        }},
    })
}

fn metadata_paths() -> Value {
    let operation = |id: &str| {
        json!({
            "operationId": id, "tags": [METADATA], "summary": "Protected resource metadata (RFC 9728)", "security": [],
            "responses": {
                "200": {"description": "The metadata", "content": {"application/json": {"schema": schema("ResourceMetadata")}}},
                "404": response("NotFound"),
            },
        })
    };
    json!({
        "/.well-known/oauth-protected-resource": {"get": operation("metadata")},
        "/.well-known/oauth-protected-resource/{resource}": {
            "parameters": [{
                "name": "resource", "in": "path", "required": true, "schema": {"type": "string"},
                "description": "Path of an MCP endpoint, `mcp` or `mcp/x/deploy`; may contain slashes",
            }],
            "get": operation("metadataOfEndpoint"),
        },
        "/.well-known/jwks.json": {"get": {
            "operationId": "loginTokenKeys", "tags": [METADATA], "security": [],
            "summary": "Public keys of login tokens, for controllers; with `act_as_caller` only",
            "responses": {
                "200": {"description": "A JSON Web Key Set (RFC 7517)", "content": {"application/json": {"schema": {"type": "object"}}}},
                "404": response("NotFound"),
            },
        }},
    })
}

fn console_paths() -> Value {
    let page = |id: &str, summary: &str| {
        json!({
            "operationId": id, "tags": [CONSOLE], "summary": summary, "security": [{"session": []}],
            "responses": {
                "200": {"description": "The page", "content": {"text/html": {"schema": {"type": "string"}}}},
                "303": {"description": "Sign in first, or the next page"},
                "403": {"description": "The session may not do this"}, "429": response("TooMany"),
            },
        })
    };
    let public = |id: &str, summary: &str| {
        let mut operation = page(id, summary);
        operation["security"] = json!([]);
        operation
    };
    let form = |id: &str, summary: &str| {
        let mut operation = page(id, summary);
        operation["requestBody"] =
            json!({"required": true, "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}});
        operation
    };
    let file = |id: &str, kind: &str| {
        json!({
            "operationId": id, "tags": [CONSOLE], "summary": format!("A file of the page, {kind}"), "security": [],
            "responses": {"200": {"description": "The file", "content": {kind: {"schema": {"type": "string"}}}}},
        })
    };
    let id = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}, "description": "The approval request"}]);
    json!({
        "/console": {"get": page("consoleList", "The list of approval requests")},
        "/console/approvals/{id}": {
            "parameters": id,
            "get": page("consoleApproval", "One approval request"), "post": form("consoleDecide", "Approve or reject it"),
        },
        "/console/sign-in": {
            "get": public("consoleSignIn", "How to sign in"), "post": form("consoleSignInWithToken", "Sign in with a static token"),
        },
        "/console/sign-in/provider": {"get": public("consoleSignInAtProvider", "Redirects to the identity provider")},
        "/console/callback": {"get": public("consoleCallback", "The end of a sign-in at the identity provider")},
        "/console/sign-out": {"post": form("consoleSignOut", "End the session")},
        "/console/style.css": {"get": file("consoleStyle", "text/css")},
        "/console/icon.svg": {"get": file("consoleIcon", "image/svg+xml")},
    })
}

fn schema(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn response(name: &str) -> Value {
    json!({"$ref": format!("#/components/responses/{name}")})
}

fn header(name: &str, description: &str) -> Value {
    json!({"name": name, "in": "header", "schema": {"type": "string"}, "description": description})
}

fn components() -> Value {
    let error = |description: &str| json!({"description": description, "content": {"application/json": {"schema": schema("JsonRpcError")}}});
    let text = json!({"type": "string"});
    json!({
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "description": "An access token of the identity provider, or a static token"},
            "session": {"type": "apiKey", "in": "cookie", "name": "__Secure-juju-mcp-session", "description": "Session of the approval page; without https `juju-mcp-session`"},
        },
        "responses": {
            "BadRequest": error("The request violates HTTP, JSON-RPC or MCP"),
            "Unauthenticated": error("No valid token; `WWW-Authenticate` names the metadata"),
            "Forbidden": error("`Host`, `Origin`, role or scope; `WWW-Authenticate` lists missing scopes"),
            "NotFound": error("Unknown path, toolset or session"),
            "NotAcceptable": error("`Accept` permits neither type of response"),
            "BodyIncomplete": error("The body did not arrive in time"),
            "TooLarge": error("The body exceeds `limits.max_request_bytes`"),
            "TooMany": error("A limit of the caller or of the address; `Retry-After` has the seconds"),
            "Unavailable": error("The identity provider is away, or the server is busy; `Retry-After` has the seconds"),
            "Timeout": error("The call took too long; a change may still be in progress"),
            "ApiError": {"description": "A code and one sentence", "content": {"application/json": {"schema": schema("ApiError")}}},
        },
        "schemas": {
            "JsonRpc": {"type": "object", "required": ["jsonrpc"], "properties": {"jsonrpc": {"const": "2.0"}}},
            "JsonRpcError": {
                "type": "object", "required": ["jsonrpc", "error"],
                "properties": {
                    "jsonrpc": {"const": "2.0"},
                    "error": {"type": "object", "required": ["code", "message"], "properties": {"code": {"type": "integer"}, "message": text}},
                },
            },
            "ApiError": {
                "type": "object", "required": ["error"],
                "properties": {"error": {"type": "object", "required": ["code", "message"], "properties": {"code": text, "message": text}}},
            },
            "Decision": {
                "type": "object", "required": ["digest"], "additionalProperties": false,
                "properties": {
                    "digest": {"type": "string", "description": "Digest of the act that the approver saw"},
                    "reason": {"type": "string", "description": "Reason, for the ledger and the requester"},
                },
            },
            "AlertMessage": {
                "type": "object", "required": ["alerts"], "description": "The message of a webhook of Alertmanager, version 4",
                "properties": {"receiver": text, "alerts": {"type": "array", "items": {
                    "type": "object", "required": ["status", "labels", "fingerprint"],
                    "properties": {
                        "status": {"enum": ["firing", "resolved"]}, "labels": {"type": "object"}, "annotations": {"type": "object"},
                        "startsAt": {"type": "string", "format": "date-time"}, "fingerprint": text,
                    },
                }}},
            },
            "AlertsReceived": {
                "type": "object", "required": ["accepted", "unmatched", "denied", "own", "left_out"],
                "properties": {
                    "accepted": {"type": "integer"}, "unmatched": {"type": "integer"}, "denied": {"type": "integer"},
                    "own": {"type": "integer"}, "left_out": {"type": "integer"},
                },
            },
            "Approval": approval_schema(),
            "ApprovalList": {"type": "object", "required": ["approvals"], "properties": {"approvals": {"type": "array", "items": schema("Approval")}}},
            "Health": {
                "type": "object", "required": ["status"],
                "properties": {
                    "status": {"enum": ["alive", "healthy", "degraded", "unhealthy"]},
                    "checks": {"type": "array", "items": {
                        "type": "object", "required": ["name", "healthy", "latency_ms"],
                        "properties": {
                            "name": text, "healthy": {"type": "boolean"}, "detail": text,
                            "since": {"type": "string", "format": "date-time"}, "latency_ms": {"type": "integer"},
                        },
                    }},
                },
            },
            "ResourceMetadata": {
                "type": "object", "required": ["resource", "authorization_servers"],
                "properties": {
                    "resource": {"type": "string", "format": "uri"},
                    "authorization_servers": {"type": "array", "items": {"type": "string", "format": "uri"}},
                    "scopes_supported": {"type": "array", "items": text},
                    "bearer_methods_supported": {"type": "array", "items": text},
                    "resource_name": text,
                    "juju_mcp_login": {"type": "object", "properties": {"client_id": text, "scopes": {"type": "array", "items": text}}},
                },
            },
        },
    })
}

/// Schemas of the paths about backends.
fn backend_schemas() -> Value {
    let text = json!({"type": "string"});
    json!({
        "BackendQuery": {
            "type": "object", "required": ["method"], "additionalProperties": false,
            "properties": {
                "method": text, "params": {"type": "object"},
                "instance": {"type": "string", "description": "Name of the backend among those of its kind"}, "model": text,
            },
        },
        "ToolResult": {
            "type": "object", "required": ["result", "untrusted", "ledger_entry"],
            "properties": {
                "result": {"type": "object", "description": "What the tool answers with `format: json`"},
                "untrusted": {"type": "boolean", "description": "Whether it has text that others wrote"},
                "ledger_entry": text,
            },
        },
        "ToolCatalogue": {
            "type": "object", "required": ["tools"],
            "properties": {"tools": {"type": "array", "items": {
                "type": "object", "required": ["name", "toolset", "effect", "description", "input_schema"],
                "properties": {
                    "name": text, "toolset": text, "effect": {"enum": ["read", "sensitive", "write", "destructive"]},
                    "description": text, "input_schema": {"type": "object"},
                },
            }}},
        },
    })
}

fn approval_schema() -> Value {
    let text = json!({"type": "string"});
    let time = json!({"type": "string", "format": "date-time"});
    json!({
        "type": "object",
        "required": ["id", "digest", "target_fingerprint", "request", "status", "created_at", "expires_at", "requested_by_entry"],
        "properties": {
            "id": text, "digest": text, "target_fingerprint": text,
            "request": {"type": "object", "description": "The act with its command, rules, preview and requester"},
            "status": {"enum": ["pending", "approved", "rejected", "used", "expired"]},
            "created_at": time, "expires_at": time, "decided_by": text, "decided_at": time, "reason": text,
            "requested_by_entry": text, "consumed_by_entry": text,
        },
    })
}
