//! The JSON Schemas of the resources, as resources: `juju://schemas/status`. They hold no text of an estate, and every caller may read them.

use futures::future::{BoxFuture, FutureExt as _};
use rmcp::model::{CacheScope, MetaObject, ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::{Map, Value, json};

use super::{ReadFailure, ResourceSource};
use crate::request_scope::RequestScope;

/// All schemas, by the names of their definitions.
const DEFINITIONS: &str = include_str!("schemas.json");
const PREFIX: &str = "juju://schemas/";
/// The URI template of all schemas.
const TEMPLATE: &str = "juju://schemas/{resource}";
const TYPE: &str = "application/schema+json";
/// How long a client may cache a schema, in milliseconds: it changes only with the program.
const TTL_MS: u64 = 3_600_000;
/// The resources that have a schema.
pub(crate) const NAMES: [&str; 10] =
    ["estate", "status", "application", "unit", "machine", "relations", "offers", "events", "topology", "log"];

/// The source of the schemas.
pub(crate) struct SchemaSource;

/// The `_meta` of a resource or template that names its schema.
pub(crate) fn schema_meta(name: &str) -> Option<MetaObject> {
    serde_json::from_value(json!({"juju-mcp/schema": format!("{PREFIX}{name}")})).ok()
}

/// The schema of a resource.
fn schema(name: &str) -> Option<Value> {
    NAMES.contains(&name).then_some(())?;
    let definitions: Map<String, Value> = serde_json::from_str(DEFINITIONS).ok()?;
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("{PREFIX}{name}"),
        "$ref": format!("#/$defs/{name}"),
        "$defs": definitions,
    }))
}

impl ResourceSource for SchemaSource {
    fn list<'a>(&'a self, _: &'a RequestScope) -> BoxFuture<'a, Vec<Resource>> {
        let named =
            |name: &&str| Resource::new(format!("{PREFIX}{name}"), format!("schema {name}")).with_mime_type(TYPE);
        let listed: Vec<Resource> = NAMES.iter().map(named).collect();
        async { listed }.boxed()
    }

    fn templates(&self) -> Vec<ResourceTemplate> {
        let template =
            ResourceTemplate::new(TEMPLATE, "schema").with_title("Schema of a resource").with_mime_type(TYPE);
        vec![template.with_description("JSON Schema of the content of a resource, such as `status`")]
    }

    fn read<'a>(
        &'a self,
        _: &'a RequestScope,
        uri: &'a str,
        _trace: Option<String>,
    ) -> BoxFuture<'a, Option<Result<ReadResourceResult, ReadFailure>>> {
        let read = uri.strip_prefix(PREFIX).map(|name| {
            let schema = schema(name).ok_or(ReadFailure::NotFound)?;
            let contents = ResourceContents::text(schema.to_string(), uri).with_mime_type(TYPE);
            Ok(ReadResourceResult::new(vec![contents]).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Public))
        });
        async { read }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_resource_has_a_schema_with_its_definitions() {
        for name in NAMES {
            let schema = schema(name).expect("a schema");
            assert!(schema["$defs"][name].is_object(), "{name}");
            for (_, part) in schema
                .to_string()
                .match_indices("#/$defs/")
                .map(|(start, _)| (start, schema.to_string()[start..].to_owned()))
            {
                let target: String =
                    part["#/$defs/".len()..].chars().take_while(|one| one.is_alphanumeric() || *one == '_').collect();
                assert!(schema["$defs"][&target].is_object(), "{name} refers to {target}");
            }
        }
        assert_eq!(schema("nonsense"), None);
    }
}
