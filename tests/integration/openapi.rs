//! The `OpenAPI` document against the routes of the server, in both directions.

use std::{collections::BTreeSet, sync::Arc};

use http_server::{LoginTokenKeySet, ResourceMetadata, Settings};
use juju_client::Controllers;
use serde_json::{Value, json};
use tests::{TestServer, long_timeouts, raw_http::Request, test_server::ServerSetup};

/// A server with every route: with the approval page, the metadata of an identity provider, and keys of login tokens.
async fn complete_server(folder: &std::path::Path) -> TestServer {
    let metadata = ResourceMetadata {
        public_url: "https://mcp.example".to_owned(),
        authorization_servers: vec!["https://id.example".to_owned()],
        scopes: Vec::new(),
        login: None,
    };
    let login_token_keys = Some(LoginTokenKeySet::new(|| Some(json!({"keys": []}))));
    let settings = Settings { metadata: Some(Arc::new(metadata)), login_token_keys, ..Settings::default() };
    // no request reaches a controller
    let controllers = Controllers::new(Vec::new(), None, long_timeouts());
    TestServer::with(folder, ServerSetup { settings, ..ServerSetup::with_controllers(controllers) }).await
}

/// A route in the form of `OpenAPI`: without a final slash, and without the star of a wildcard.
fn normalized(route: &str) -> String {
    route.replace("{*", "{").trim_end_matches('/').to_owned()
}

#[tokio::test]
async fn openapi_document_has_exactly_the_routes_of_the_router() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = complete_server(folder.path()).await;
    let routed: BTreeSet<String> = server.routes.iter().map(|route| normalized(route)).collect();
    let document = http_server::openapi();
    let described: BTreeSet<String> = document["paths"].as_object().expect("paths").keys().cloned().collect();
    assert!(routed.len() > 15, "{routed:?}");
    assert_eq!(described, routed, "left: the document, right: the router");
}

#[tokio::test]
async fn openapi_operations_are_exactly_the_methods_that_a_path_accepts() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = complete_server(folder.path()).await;
    let document = http_server::openapi();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let example = path.replace("{toolset}", "deploy").replace("{resource}", "mcp").replace("{id}", "1");
        for method in ["get", "post", "put", "delete", "patch"] {
            let described = item[method].is_object();
            let request = Request::new(&method.to_uppercase(), &example).token(server.token("admin"));
            let answer = request.send(server.address).await.expect("an answer");
            let accepted = answer.status != 405;
            // MCP itself answers every method, by the version of the protocol in the headers
            if path.starts_with("/mcp") && method != "post" {
                continue;
            }
            assert_eq!(described, accepted, "{method} {example}: {} {}", answer.status, answer.body);
        }
    }
}

#[test]
fn openapi_references_and_operation_ids_are_unique_and_resolve() {
    let document = http_server::openapi();
    let mut left = vec![&document];
    let mut ids = BTreeSet::new();
    while let Some(value) = left.pop() {
        if let Some(id) = value.get("operationId").and_then(Value::as_str) {
            assert!(ids.insert(id.to_owned()), "{id} twice");
        }
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        match value {
            Value::Object(members) => left.extend(members.values()),
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    assert!(ids.len() > 20, "{ids:?}");
}
