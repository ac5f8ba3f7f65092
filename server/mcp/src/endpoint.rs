//! Endpoints: which tools a client is offered. Over HTTP the URL selects them, over stdio the arguments; earlier calls never do.

/// An endpoint: a URL that offers a selection of the tools, or the same selection over stdio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The tools, before the caller's permissions are applied.
    pub selection: Selection,
    /// Whether the endpoint offers only tools that change nothing.
    pub read_only: bool,
}

/// The tools of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// The tools for daily work, and the built-in tools that find, read and run every other command: `/mcp`.
    Curated,
    /// One tool for each command: `/mcp/full`.
    Full,
    /// All tools of these toolsets: `/mcp/x/{toolset}`.
    Toolsets(Vec<String>),
}

impl Endpoint {
    /// `/mcp`.
    #[must_use]
    pub fn curated() -> Self {
        Self { selection: Selection::Curated, read_only: false }
    }

    /// `/mcp/full`.
    #[must_use]
    pub fn full() -> Self {
        Self { selection: Selection::Full, read_only: false }
    }

    /// `/mcp/x/{toolset}`, or several over stdio.
    pub fn toolsets(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { selection: Selection::Toolsets(names.into_iter().map(Into::into).collect()), read_only: false }
    }

    /// The same tools without those that change something: `/mcp/readonly`.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { read_only: true, ..self }
    }

    /// A text that is different for every two different endpoints.
    pub(crate) fn key(&self) -> String {
        let tools = match &self.selection {
            Selection::Curated => "curated".to_owned(),
            Selection::Full => "full".to_owned(),
            Selection::Toolsets(names) => format!("x/{}", names.join(",")),
        };
        if self.read_only { format!("{tools} read-only") } else { tools }
    }
}
