//! Which tools a client is offered: by its URL over HTTP, by settings over stdio; never by earlier calls.

/// A choice of tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surface {
    /// The tools, before rights are looked at.
    pub selection: Selection,
    /// Whether only tools that change nothing are offered.
    pub read_only: bool,
}

/// What a surface is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// The tools for daily work, and three that find, read and run every other command: `/mcp`.
    Curated,
    /// One tool for each command: `/mcp/full`.
    Full,
    /// All tools of these toolsets: `/mcp/x/{toolset}`.
    Toolsets(Vec<String>),
}

impl Surface {
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

    /// The same as one text: two surfaces that differ have different ones.
    pub(crate) fn key(&self) -> String {
        let tools = match &self.selection {
            Selection::Curated => "curated".to_owned(),
            Selection::Full => "full".to_owned(),
            Selection::Toolsets(names) => format!("x/{}", names.join(",")),
        };
        if self.read_only { format!("{tools} read-only") } else { tools }
    }

    /// The same without tools that change anything: `/mcp/readonly`.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { read_only: true, ..self }
    }
}
