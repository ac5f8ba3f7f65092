//! All tools by name.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use content::Detector;

use crate::{
    Externals, Tool, juju, kubernetes, loki, nearest, overview, prometheus,
    search::{self, CommandIndex, Described, ModelKind},
};

/// Every tool that the program has.
fn all_tools() -> impl Iterator<Item = Box<dyn Tool>> {
    [juju::tools(), kubernetes::tools(), loki::tools(), overview::tools(), prometheus::tools()].into_iter().flatten()
}

/// Examples of all commands.
const EXAMPLES: &str = include_str!("examples.txt");

/// All tools, by name and in order.
pub struct Catalogue {
    tools: BTreeMap<String, Box<dyn Tool>>,
    /// Built by the first search.
    index: OnceLock<CommandIndex>,
    /// Built by the first call.
    detector: OnceLock<Arc<Detector>>,
    externals: Externals,
}

impl Catalogue {
    /// Every tool that the program has.
    #[must_use]
    pub fn builtin() -> Self {
        let tools: BTreeMap<_, _> = all_tools().map(|tool| (tool.name().to_owned(), tool)).collect();
        Self { tools, index: OnceLock::new(), detector: OnceLock::new(), externals: Externals::default() }
    }

    /// Adds a tool, or replaces the one of its name.
    #[must_use]
    pub fn with_tool(mut self, tool: Box<dyn Tool>) -> Self {
        self.tools.insert(tool.name().to_owned(), tool);
        self.index = OnceLock::new();
        self
    }

    /// The same with services beside the controllers.
    #[must_use]
    pub fn with_externals(self, externals: Externals) -> Self {
        Self { externals, ..self }
    }

    /// What commands use beside controllers.
    #[must_use]
    pub fn externals(&self) -> &Externals {
        &self.externals
    }

    /// The tool of this name; the client's words (`add-unit`, `list-offers`) are understood too.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&dyn Tool> {
        let word = name.replace('-', "_");
        let found = self.tools.get(&word).or_else(|| self.tools.get(&format!("juju_{word}")));
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
        self.detector.get_or_init(Arc::default)
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

    /// The commands that a query may mean in a model of this kind, the likeliest first. Those that are no tool are found too.
    #[must_use]
    pub fn search(&self, query: &str, kind: Option<ModelKind>) -> Vec<FoundCommand<'_>> {
        let index = self.index.get_or_init(|| self.index());
        let found = index.rank(query, kind).into_iter();
        found.map(|command| FoundCommand { command, tool: self.get(command) }).collect()
    }

    /// The kind of model that a command fits, if it fits only one.
    #[must_use]
    pub fn model_kind(&self, command: &str) -> Option<ModelKind> {
        search::described(command).and_then(|(head, _)| search::model_kind(head))
    }

    /// What operators want from a command, in their words.
    pub fn purposes(&self, command: &str) -> impl Iterator<Item = &'static str> {
        search::described(command).into_iter().flat_map(|(_, phrases)| phrases.split("; "))
    }

    /// Arguments with which a command does something, as JSON.
    pub fn examples(&self, command: &str) -> impl Iterator<Item = &'static str> {
        EXAMPLES
            .lines()
            .filter_map(move |line| line.split_once(' '))
            .filter(move |(name, _)| *name == command)
            .map(|(_, example)| example)
    }

    fn index(&self) -> CommandIndex {
        let names: Vec<&'static str> = self.iter().map(Tool::command).collect();
        CommandIndex::new(&names, |command| match self.get(command) {
            Some(tool) => Described {
                aliases: tool.aliases().iter().map(|alias| (*alias).to_owned()).collect(),
                text: tool.description().to_owned(),
            },
            None => Described::default(),
        })
    }
}

/// A command of the Juju client that a query may mean.
pub struct FoundCommand<'a> {
    /// The command, `add-unit`.
    pub command: &'static str,
    /// Its tool; `None` for a command that is not available here.
    pub tool: Option<&'a dyn Tool>,
}

/// Whether a name is another name of the tool's command, in the client's form or in that of tools.
fn is_alias(tool: &dyn Tool, name: &str) -> bool {
    let command = name.strip_prefix("juju_").unwrap_or(name).replace('_', "-");
    tool.aliases().contains(&command.as_str())
}
