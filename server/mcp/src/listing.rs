//! What a surface offers and what it costs to read, for people and for budgets.

use catalogue::Catalogue;
use serde::Serialize;

use crate::{Surface, shelf::Shelf, tokens};

/// All tools of a surface as `tools/list` gives them to a caller who may do everything.
#[derive(Debug, Clone, Serialize)]
pub struct Listing {
    /// One line for each tool, in the order of names.
    pub tools: Vec<Line>,
    /// Bytes of the whole list as compact JSON.
    pub bytes: usize,
    /// Tokens of the same, estimated.
    pub tokens: usize,
}

/// One tool of a listing.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The tool's name.
    pub name: String,
    /// Bytes of its description as compact JSON.
    pub bytes: usize,
    /// Tokens of the same, estimated.
    pub tokens: usize,
    /// The description as clients get it: name, description, schemas, annotations.
    pub tool: serde_json::Value,
}

/// Lists a surface.
#[must_use]
pub fn listing(catalogue: &Catalogue, surface: &Surface) -> Listing {
    let tools: Vec<Line> = Shelf::new(catalogue)
        .list(surface, None)
        .into_iter()
        .map(|tool| {
            // a description holds only texts and JSON values, so it can always be written
            let value = serde_json::to_value(&tool).unwrap_or_default();
            let text = value.to_string();
            Line { name: tool.name.into_owned(), bytes: text.len(), tokens: tokens::estimate(&text), tool: value }
        })
        .collect();
    let whole = serde_json::Value::from(tools.iter().map(|line| line.tool.clone()).collect::<Vec<_>>()).to_string();
    Listing { tools, bytes: whole.len(), tokens: tokens::estimate(&whole) }
}

impl Listing {
    /// As a table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let width = self.tools.iter().map(|line| line.name.len()).max().unwrap_or(4).max(5);
        let line = |name: &str, bytes: &str, tokens: &str| format!("{name:<width$}  {bytes:>7}  {tokens:>7}\n");
        let mut text = line("tool", "bytes", "tokens");
        for tool in &self.tools {
            text += &line(&tool.name, &tool.bytes.to_string(), &tool.tokens.to_string());
        }
        let count = format!("{} tools", self.tools.len());
        text += &line(&count, &self.bytes.to_string(), &self.tokens.to_string());
        text
    }
}
