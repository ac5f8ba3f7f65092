//! All tools by name.

use std::{collections::BTreeMap, sync::Arc};

use content::Detector;
use memchr::memmem::Finder;

use crate::{Tool, juju, nearest};

/// All tools, by name and in order.
pub struct Catalogue {
    tools: BTreeMap<String, Box<dyn Tool>>,
    /// Descriptions and aliases in small letters, in the same order.
    descriptions: Vec<String>,
    detector: Arc<Detector>,
}

impl Catalogue {
    /// Every tool that the program has.
    #[must_use]
    pub fn builtin() -> Self {
        let tools: BTreeMap<_, _> = juju::tools().into_iter().map(|tool| (tool.name().to_owned(), tool)).collect();
        let descriptions = tools.values().map(|tool| searched(tool.as_ref())).collect();
        Self { tools, descriptions, detector: Arc::default() }
    }

    /// Adds a tool, or replaces the one of its name.
    #[must_use]
    pub fn with_tool(mut self, tool: Box<dyn Tool>) -> Self {
        self.tools.insert(tool.name().to_owned(), tool);
        self.descriptions = self.tools.values().map(|tool| searched(tool.as_ref())).collect();
        self
    }

    /// The tool of this name; the client's words (`add-unit`, `list-offers`) are understood too.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&dyn Tool> {
        let found = self.tools.get(name).or_else(|| self.tools.get(&format!("juju_{}", name.replace('-', "_"))));
        found.or_else(|| self.tools.values().find(|tool| is_alias(tool.as_ref(), name))).map(AsRef::as_ref)
    }

    /// The command nearest to one that does not exist, `add-unit`.
    #[must_use]
    pub fn nearest_command(&self, name: &str) -> Option<&'static str> {
        nearest(name, self.iter().map(Tool::command))
    }

    /// What looks for orders in the text of arguments and answers.
    #[must_use]
    pub fn detector(&self) -> &Arc<Detector> {
        &self.detector
    }

    /// All tools, by name.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Tool> {
        self.tools.values().map(AsRef::as_ref)
    }

    /// Names of the groups of tools, in order, each once.
    #[must_use]
    pub fn toolsets(&self) -> Vec<&'static str> {
        let names: std::collections::BTreeSet<_> = self.iter().map(Tool::toolset).collect();
        names.into_iter().collect()
    }

    /// Tools with all of these words in name, toolset or description, the best match first.
    #[must_use]
    pub fn search(&self, words: &str) -> Vec<&dyn Tool> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        // each is looked for in twice as many texts as there are tools
        let stems: Vec<_> = words.iter().map(|word| Finder::new(word.trim_end_matches('s'))).collect();
        let all = self.iter().zip(&self.descriptions);
        let mut found: Vec<(usize, &dyn Tool)> =
            all.filter_map(|(tool, description)| Some((rank(tool, description, &stems)?, tool))).collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, tool)| tool).collect()
    }
}

/// Whether a name is another name of the tool's command, in the client's form or in that of tools.
fn is_alias(tool: &dyn Tool, name: &str) -> bool {
    let command = name.strip_prefix("juju_").unwrap_or(name).replace('_', "-");
    tool.aliases().contains(&command.as_str())
}

/// The text of a tool that a search looks at beside its name.
fn searched(tool: &dyn Tool) -> String {
    std::iter::once(tool.description())
        .chain(tool.aliases().iter().copied())
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// How far a tool is from what is looked for: words in the name count most. `None` where no word fits.
fn rank(tool: &dyn Tool, description: &str, stems: &[Finder]) -> Option<usize> {
    let within = |stem: &Finder, text: &str| stem.find(text.as_bytes()).is_some();
    let cost = |stem: &Finder| match () {
        () if within(stem, tool.name()) => 0,
        () if within(stem, description) || tool.toolset().as_bytes() == stem.needle() => 1,
        () => 4,
    };
    let total: usize = stems.iter().map(cost).sum();
    (stems.is_empty() || total < 4 * stems.len()).then_some(total)
}
