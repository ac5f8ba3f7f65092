//! The tools of an endpoint and what they cost to read, for people and for budgets.

use std::collections::{BTreeMap, BTreeSet};

use catalogue::{Catalogue, estimate_tokens};
use serde::Serialize;

use crate::{Endpoint, tool_list::ToolList};

/// All tools of an endpoint, as `tools/list` returns them to a caller with every permission.
#[derive(Debug, Clone, Serialize)]
pub struct Listing {
    /// One item for each tool, in the order of names.
    pub tools: Vec<ToolSize>,
    /// Bytes of the whole list as compact JSON.
    pub bytes: usize,
    /// Tokens of the whole list, estimated.
    pub tokens: usize,
}

/// One tool of a listing.
#[derive(Debug, Clone, Serialize)]
pub struct ToolSize {
    /// The tool's name.
    pub name: String,
    /// Bytes of its description as compact JSON.
    pub bytes: usize,
    /// Tokens of the description, estimated.
    pub tokens: usize,
    /// The description that clients get: name, description, schemas, annotations.
    pub tool: serde_json::Value,
}

/// The names of all tools, the built-in tools included.
#[must_use]
pub fn tool_names(catalogue: &Catalogue) -> BTreeSet<String> {
    ToolList::new(catalogue).names().map(str::to_owned).collect()
}

/// The names of the arguments of each tool, by the tool's name.
#[must_use]
pub fn tool_arguments(catalogue: &Catalogue) -> BTreeMap<String, Vec<String>> {
    let tools = ToolList::new(catalogue);
    let arguments = |name: &str| {
        let properties = tools.get(name)?.input_schema.get("properties")?.as_object()?;
        Some(properties.keys().cloned().collect())
    };
    tools.names().map(|name| (name.to_owned(), arguments(name).unwrap_or_default())).collect()
}

/// Lists the tools of an endpoint.
#[must_use]
pub fn listing(catalogue: &Catalogue, endpoint: &Endpoint) -> Listing {
    let tools: Vec<ToolSize> = ToolList::new(catalogue)
        .list(endpoint, None)
        .into_iter()
        .map(|tool| {
            // a description holds only texts and JSON values, so serialization cannot fail
            let value = serde_json::to_value(&tool).unwrap_or_default();
            let text = value.to_string();
            ToolSize { name: tool.name.into_owned(), bytes: text.len(), tokens: estimate_tokens(&text), tool: value }
        })
        .collect();
    let whole = serde_json::Value::from(tools.iter().map(|size| size.tool.clone()).collect::<Vec<_>>()).to_string();
    Listing { tools, bytes: whole.len(), tokens: estimate_tokens(&whole) }
}

impl Listing {
    /// The listing as a table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let row =
            |name: &str, bytes: usize, tokens: usize| vec![name.to_owned(), bytes.to_string(), tokens.to_string()];
        let mut rows: Vec<_> = self.tools.iter().map(|size| row(&size.name, size.bytes, size.tokens)).collect();
        rows.push(row(&catalogue::count(self.tools.len(), "tool"), self.bytes, self.tokens));
        catalogue::table(&["TOOL", "BYTES", "TOKENS"], &rows)
    }
}
