//! The tools as clients see them, rendered once from the catalogue, and which endpoint offers which.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use catalogue::{BadArguments, Catalogue, Tool};
use policy::{Effect, Permissions};
use rmcp::model::{self, ToolAnnotations};
use serde_json::{Map, Value};

use crate::{
    Endpoint, Selection,
    builtin::{BUILTIN_TOOLS, tool::BuiltinTool},
};

/// All tools, rendered, by name.
pub(crate) struct ToolList {
    tools: BTreeMap<String, ListedTool>,
}

/// One tool, rendered.
struct ListedTool {
    rendered: model::Tool,
    /// The same for read-only endpoints; absent for tools that always change something.
    rendered_read_only: Option<model::Tool>,
    /// The weakest and the strongest effect that a call can have.
    least: Effect,
    most: Effect,
    toolset: &'static str,
    exposure: Exposure,
}

/// On which endpoints a tool is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exposure {
    Curated,
    FullOnly,
    /// In its toolset only: tools of backends beside Juju.
    ToolsetOnly,
    /// Beside the curated tools; of no use where every command is a tool.
    Builtin,
}

impl ToolList {
    pub(crate) fn new(catalogue: &Catalogue) -> Self {
        let commands = catalogue.iter().map(|tool| (tool.name().to_owned(), ListedTool::from_command(tool)));
        let builtin = BUILTIN_TOOLS.iter().map(|tool| (tool.name(), ListedTool::from_builtin(*tool, catalogue)));
        Self { tools: commands.chain(builtin.map(|(name, tool)| (name.to_owned(), tool))).collect() }
    }

    /// The tools of an endpoint in the order of their names: those that a caller with these rights may use; without rights, all.
    pub(crate) fn list(&self, endpoint: &Endpoint, rights: Option<&Permissions<'_>>) -> Vec<model::Tool> {
        let may = |tool: &ListedTool, effect| rights.is_none_or(|rights| tool.is_permitted(rights, effect));
        self.tools
            .values()
            .filter(|tool| tool.is_exposed_on(endpoint))
            .filter(|tool| may(tool, tool.least))
            .filter_map(|tool| {
                let rendered = tool.for_endpoint(endpoint)?;
                // a caller who may only read sees a tool that reads or writes as one that reads
                let reading = || tool.rendered_read_only.as_ref().unwrap_or(rendered);
                Some(if may(tool, tool.most) { rendered } else { reading() }.clone())
            })
            .collect()
    }

    /// A text that is different for every two lists of [`Self::list`]: the endpoint, and for each tool whether the caller may use it.
    pub(crate) fn list_key(&self, endpoint: &Endpoint, rights: &Permissions<'_>) -> String {
        let mut key = endpoint.key();
        key.push(' ');
        let exposed = self.tools.values().filter(|tool| tool.is_exposed_on(endpoint));
        key.extend(exposed.map(|tool| match tool.is_permitted(rights, tool.least) {
            false => '-',
            true if tool.is_permitted(rights, tool.most) => 'a',
            true => 'r',
        }));
        key
    }

    /// Whether the endpoint offers a tool of this name to any caller.
    pub(crate) fn offers(&self, endpoint: &Endpoint, name: &str) -> bool {
        self.tools.get(name).is_some_and(|tool| tool.is_exposed_on(endpoint) && tool.for_endpoint(endpoint).is_some())
    }

    /// The arguments of a call in the types of the tool's schema and within its bounds. Those of a command stay as they are:
    /// its plan reads them.
    ///
    /// # Errors
    /// [`BadArguments`], naming the argument.
    pub(crate) fn read_arguments(
        &self,
        name: &str,
        arguments: Map<String, Value>,
    ) -> Result<Map<String, Value>, BadArguments> {
        match self.tools.get(name) {
            Some(ListedTool { rendered, exposure: Exposure::Builtin, .. }) => {
                let arguments = catalogue::coerce_arguments(&rendered.input_schema, arguments)?;
                catalogue::check_bounds(&rendered.input_schema, &arguments)?;
                Ok(arguments)
            }
            _ => Ok(arguments),
        }
    }

    /// The names of all tools, whichever endpoint offers them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.keys().map(String::as_str)
    }

    /// The tool of this name, whichever endpoint offers it.
    pub(crate) fn get(&self, name: &str) -> Option<&model::Tool> {
        self.tools.get(name).map(|tool| &tool.rendered)
    }
}

impl ListedTool {
    fn from_command(tool: &dyn Tool) -> Self {
        let annotations = annotations_for(tool.effect(), tool.idempotent());
        let rendered = to_mcp_tool(tool.name(), tool.description(), Arc::clone(tool.input_schema()), annotations);
        let reads = !tool.least().changes();
        let rendered_read_only = reads.then(|| rendered.clone().annotate(annotations_for(tool.least(), true)));
        let exposure = match (tool.curated(), tool.is_client_command()) {
            (true, _) => Exposure::Curated,
            (false, true) => Exposure::FullOnly,
            (false, false) => Exposure::ToolsetOnly,
        };
        Self {
            rendered,
            rendered_read_only,
            least: tool.least(),
            most: tool.effect(),
            toolset: tool.toolset(),
            exposure,
        }
    }

    fn from_builtin(tool: &dyn BuiltinTool, catalogue: &Catalogue) -> Self {
        let mut descriptor = tool.descriptor(catalogue);
        catalogue::add_own_bounds(&mut descriptor.input);
        let annotations = annotations_for(descriptor.effect, false);
        let input = Arc::new(descriptor.input.as_object().cloned().unwrap_or_default());
        let rendered = to_mcp_tool(tool.name(), descriptor.description, input, annotations);
        let changes = descriptor.effect.changes();
        // every caller who may run the weakest command that it reaches sees it; policy judges the command itself
        let effect = if changes { Effect::Write } else { Effect::Read };
        Self {
            rendered_read_only: (!changes).then(|| rendered.clone()),
            rendered,
            least: effect,
            most: effect,
            toolset: "",
            exposure: Exposure::Builtin,
        }
    }

    /// Whether the caller's roles permit calls of this effect.
    fn is_permitted(&self, rights: &Permissions<'_>, effect: Effect) -> bool {
        match self.exposure {
            Exposure::Builtin => {
                let reached = if effect.changes() {
                    [Effect::Write, Effect::Destructive]
                } else {
                    [Effect::Read, Effect::Sensitive]
                };
                reached.into_iter().any(|effect| rights.check_effect(effect).is_ok())
            }
            Exposure::Curated | Exposure::FullOnly | Exposure::ToolsetOnly => {
                rights.check_visibility(&self.rendered.name, self.toolset, effect).is_ok()
            }
        }
    }

    fn is_exposed_on(&self, endpoint: &Endpoint) -> bool {
        match &endpoint.selection {
            Selection::Curated => matches!(self.exposure, Exposure::Curated | Exposure::Builtin),
            Selection::Full => matches!(self.exposure, Exposure::Curated | Exposure::FullOnly),
            Selection::Toolsets(names) => names.iter().any(|name| name == self.toolset),
        }
    }

    fn for_endpoint(&self, endpoint: &Endpoint) -> Option<&model::Tool> {
        if endpoint.read_only { self.rendered_read_only.as_ref() } else { Some(&self.rendered) }
    }
}

/// A tool without an output schema: its results are text.
fn to_mcp_tool(
    name: &str,
    description: impl Into<Cow<'static, str>>,
    input: Arc<Map<String, Value>>,
    annotations: ToolAnnotations,
) -> model::Tool {
    model::Tool::new(name.to_owned(), description, input).annotate(annotations)
}

/// Only the annotations that differ from the protocol's defaults or that clients would misread if absent: every assistant
/// reads every word, for every tool.
fn annotations_for(effect: Effect, idempotent: bool) -> ToolAnnotations {
    let none = ToolAnnotations::new();
    match effect {
        Effect::Read | Effect::Sensitive => none.read_only(true),
        Effect::Write if idempotent => none.destructive(false).idempotent(true),
        Effect::Write => none.destructive(false),
        Effect::Destructive if idempotent => none.destructive(true).idempotent(true),
        Effect::Destructive => none.destructive(true),
    }
}

#[cfg(test)]
mod tests {
    use identity::Caller;
    use policy::Policy;
    use serde_json::json;

    use super::*;

    fn read(tools: &ToolList, name: &str, arguments: &Value) -> Result<Value, String> {
        let arguments = arguments.as_object().cloned().expect("an object");
        tools.read_arguments(name, arguments).map(Value::Object).map_err(|bad| bad.to_string())
    }

    #[test]
    fn read_arguments_accepts_every_spelling_of_builtin_tools() {
        let tools = ToolList::new(&Catalogue::builtin());
        for builtin in BUILTIN_TOOLS {
            let schema = &tools.get(builtin.name()).expect("listed").input_schema;
            for (name, property) in schema["properties"].as_object().expect("properties") {
                let (canonical, spellings) = match property["type"].as_str() {
                    Some("string") if property["enum"].is_array() => {
                        (property["enum"][0].clone(), vec![json!([property["enum"][0]])])
                    }
                    Some("integer") => (json!(7), vec![json!("7"), json!(7.0), json!([7])]),
                    Some("string") => (json!("7"), vec![json!(7), json!(["7"])]),
                    Some("object") => (json!({"type": "status"}), vec![json!(r#"{"type": "status"}"#)]),
                    other => panic!("{name}: {other:?}"),
                };
                for spelling in spellings {
                    let given = read(&tools, builtin.name(), &json!({name.as_str(): spelling}));
                    assert_eq!(given, Ok(json!({name.as_str(): canonical})), "{} {name}", builtin.name());
                }
                assert_eq!(read(&tools, builtin.name(), &json!({name.as_str(): null})), Ok(json!({})), "{name}");
                let refusal = read(&tools, builtin.name(), &json!({name.as_str(): true})).expect_err("ambiguous");
                assert!(refusal.contains(&format!("`{name}`")), "{refusal}");
                let refusal = read(&tools, builtin.name(), &json!({format!("{name}_"): 1})).expect_err("unknown");
                assert!(refusal.contains(&format!("the nearest is `{name}`")), "{refusal}");
            }
        }
    }

    #[test]
    fn lists_with_the_same_key_are_the_same() {
        let tools = ToolList::new(&Catalogue::builtin());
        let policy = Policy::builtin().expect("the built-in policy");
        let endpoints = [Endpoint::curated(), Endpoint::full(), Endpoint::toolsets(["deploy"])];
        let mut lists: BTreeMap<String, Value> = BTreeMap::new();
        for role in ["viewer", "operator", "admin", "no-role"] {
            let caller = Caller::local("ana", role);
            let rights = policy.permissions(&caller);
            for endpoint in endpoints.iter().flat_map(|endpoint| [endpoint.clone(), endpoint.clone().read_only()]) {
                let list = serde_json::to_value(tools.list(&endpoint, Some(&rights))).expect("a list");
                let known = lists.entry(tools.list_key(&endpoint, &rights)).or_insert_with(|| list.clone());
                assert_eq!(*known, list, "{role} {endpoint:?}");
            }
        }
        assert!(lists.len() > endpoints.len() * 2, "roles have different lists");
    }

    #[test]
    fn tools_require_no_parameter_headers() {
        // the transport leaves requests with such headers to rmcp's service
        let tools = ToolList::new(&Catalogue::builtin());
        for name in tools.names() {
            let schema = serde_json::to_string(&tools.get(name).expect("a tool").input_schema).expect("a schema");
            assert!(!schema.contains("x-mcp-header"), "{name}");
        }
    }
}
