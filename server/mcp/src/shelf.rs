//! The tools as clients see them, made once from the catalogue, and which of them stand on which surface.

use std::{collections::BTreeMap, sync::Arc};

use catalogue::{Catalogue, Tool};
use policy::{Effect, Rights};
use rmcp::model::{self, ToolAnnotations};
use serde_json::Value;

use crate::{Selection, Surface, changes, trio, validate};

/// All tools, rendered.
pub(crate) struct Shelf {
    tools: BTreeMap<String, Item>,
}

struct Item {
    shown: model::Tool,
    /// The same where nothing may change; absent for tools that always change something.
    shown_read_only: Option<model::Tool>,
    least: Effect,
    most: Effect,
    toolset: &'static str,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Curated,
    FullOnly,
    /// Beside the curated ones, and needless where all commands are tools.
    Trio,
}

impl Shelf {
    pub(crate) fn new(catalogue: &Catalogue) -> Self {
        let mut tools: BTreeMap<String, Item> =
            catalogue.iter().map(|tool| (tool.name().to_owned(), Item::of(tool))).collect();
        tools.extend(
            trio::described(false)
                .into_iter()
                .chain([changes::described(), validate::described()])
                .map(|described| (described.name.to_owned(), Item::trio(&described))),
        );
        Self { tools }
    }

    /// What a caller is shown; without one, what there is. In the order of names.
    pub(crate) fn list(&self, surface: &Surface, rights: Option<&Rights<'_>>) -> Vec<model::Tool> {
        let brief = surface.selection == Selection::Full;
        let may = |item: &Item, effect| rights.is_none_or(|rights| item.may(rights, effect));
        self.tools
            .values()
            .filter(|item| item.stands_on(surface))
            .filter(|item| may(item, item.least))
            .filter_map(|item| {
                let shown = item.shown(surface)?;
                // who may only read is told of a tool that does both what it is for them
                Some(if may(item, item.most) { shown } else { item.shown_read_only.as_ref().unwrap_or(shown) }.clone())
            })
            .map(|tool| if brief { without_output_schema(tool) } else { tool })
            .collect()
    }

    /// Whether a tool of this name stands on the surface, for whomever.
    pub(crate) fn has(&self, surface: &Surface, name: &str) -> bool {
        self.tools.get(name).is_some_and(|item| item.stands_on(surface) && item.shown(surface).is_some())
    }

    /// The tool of this name, wherever it stands.
    pub(crate) fn get(&self, name: &str) -> Option<&model::Tool> {
        self.tools.get(name).map(|item| &item.shown)
    }
}

impl Item {
    fn of(tool: &dyn Tool) -> Self {
        let shown = rendered(
            tool.name(),
            tool.description(),
            (tool.input_schema(), tool.output_schema()),
            annotations(tool.effect(), tool.idempotent()),
        );
        let reads = !tool.least().changes();
        let shown_read_only = reads.then(|| shown.clone().annotate(annotations(tool.least(), true)));
        let place = if tool.curated() { Place::Curated } else { Place::FullOnly };
        Self { shown, shown_read_only, least: tool.least(), most: tool.effect(), toolset: tool.toolset(), place }
    }

    fn trio(described: &trio::Described) -> Self {
        let schemas = (&described.input, &described.output);
        let shown = rendered(described.name, described.description, schemas, annotations(described.effect, false));
        let changes = described.effect.changes();
        Self {
            shown_read_only: (!changes).then(|| shown.clone()),
            shown,
            // who may do the least that it reaches sees it; the inner command is judged by itself
            least: if changes { Effect::Write } else { Effect::Read },
            most: if changes { Effect::Write } else { Effect::Read },
            toolset: "",
            place: Place::Trio,
        }
    }

    /// Whether the caller could call it for acts of this effect.
    fn may(&self, rights: &Rights<'_>, effect: Effect) -> bool {
        match self.place {
            Place::Trio => {
                let reached = if effect.changes() {
                    [Effect::Write, Effect::Destructive]
                } else {
                    [Effect::Read, Effect::Sensitive]
                };
                reached.into_iter().any(|effect| rights.allow(effect).is_ok())
            }
            Place::Curated | Place::FullOnly => rights.may_see(&self.shown.name, self.toolset, effect).is_ok(),
        }
    }

    fn stands_on(&self, surface: &Surface) -> bool {
        match &surface.selection {
            Selection::Curated => self.place != Place::FullOnly,
            Selection::Full => self.place != Place::Trio,
            Selection::Toolsets(names) => names.iter().any(|name| name == self.toolset),
        }
    }

    fn shown(&self, surface: &Surface) -> Option<&model::Tool> {
        if surface.read_only { self.shown_read_only.as_ref() } else { Some(&self.shown) }
    }
}

fn rendered(
    name: &str,
    description: &'static str,
    (input, output): (&Value, &Value),
    annotations: ToolAnnotations,
) -> model::Tool {
    let object = |schema: &Value| Arc::new(schema.as_object().cloned().unwrap_or_default());
    let tool = model::Tool::new(name.to_owned(), description, object(input));
    tool.with_raw_output_schema(object(output)).annotate(annotations)
}

/// Where all commands are tools, a list of members for each answer would double what an assistant reads; that an answer is
/// an object needs no words.
fn without_output_schema(mut tool: model::Tool) -> model::Tool {
    tool.output_schema = None;
    tool
}

/// Only what differs from the protocol's defaults, or would be read wrongly without being said: each word is read by
/// every assistant, for every tool.
fn annotations(effect: Effect, idempotent: bool) -> ToolAnnotations {
    let plain = ToolAnnotations::new();
    match effect {
        Effect::Read | Effect::Sensitive => plain.read_only(true),
        Effect::Write if idempotent => plain.destructive(false).idempotent(true),
        Effect::Write => plain.destructive(false),
        Effect::Destructive if idempotent => plain.destructive(true).idempotent(true),
        Effect::Destructive => plain.destructive(true),
    }
}
