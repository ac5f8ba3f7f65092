//! Arguments that every tool of a kind takes beside its own: where, how to answer, how to write.

use policy::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{BadArguments, Command, Scope, TargetSelector, bounds::MAX_KEY_CHARS};

/// How an answer is to be given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ViewOptions {
    /// Detail of the text.
    pub format: Format,
    /// Members of each row to keep; names with dots reach into members.
    pub fields: Vec<String>,
    /// Text that a row must contain, in any case.
    pub filter: String,
    /// Maximum number of rows on a page; 0 for as many as fit.
    pub limit: Option<usize>,
    /// `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Detail of the text of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// What a reader needs.
    #[default]
    Concise,
    /// All of it, as YAML, in pages.
    Detailed,
    /// All of it, as the client prints it with `--format json`, in pages.
    Json,
}

/// The options of one call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Where it is to be done.
    pub selector: TargetSelector,
    /// How to answer.
    pub view: ViewOptions,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Ask the controller, even where the live estate could answer.
    pub fresh: bool,
    /// The caller's name for this one write: a repetition with it is answered, not done again.
    pub idempotency_key: Option<String>,
}

/// The options of every read, then those of a read with rows.
const READ_OPTIONS: &[&str] = &["format", "cursor", "fields", "filter", "limit"];

/// What of a command decides which options it takes: a value, so that the code which asks for it is there once, not for
/// each command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) scope: Scope,
    pub(crate) effect: Effect,
    pub(crate) reads: bool,
    pub(crate) from_estate: bool,
    pub(crate) rows: Option<&'static str>,
    pub(crate) default_rows: usize,
}

impl Kind {
    pub(crate) fn of<C: Command>() -> Self {
        Self {
            scope: C::SCOPE,
            effect: C::MAX_EFFECT,
            reads: !C::MIN_EFFECT.changes(),
            from_estate: C::FROM_ESTATE,
            rows: C::ROWS_PATH,
            default_rows: C::DEFAULT_ROWS,
        }
    }
}

impl Options {
    /// Takes the options of a command out of its arguments, and leaves the tool's own.
    pub(crate) fn extract(kind: Kind, arguments: &mut Map<String, Value>) -> Result<Self, BadArguments> {
        let Kind { scope, effect, reads, from_estate, rows, .. } = kind;
        let mut options = Self::default();
        if scope != Scope::Client {
            options.selector.controller = text(arguments, "controller")?;
        }
        if matches!(scope, Scope::Model | Scope::NamedModel | Scope::Backend) {
            options.selector = selector(options.selector.controller, text(arguments, "model")?)?;
        }
        if scope == Scope::Backend && options.selector.model.is_none() && options.selector.controller.is_some() {
            return Err(BadArguments::argument("controller", "needs `model` beside it"));
        }
        if scope == Scope::NamedModel && options.selector.model.is_none() {
            return Err(BadArguments::argument("model", "has to be named, because a default would be dangerous here"));
        }
        if effect.changes() {
            options.dry_run = flag(arguments, "dry_run")?;
            options.idempotency_key = text(arguments, "idempotency_key")?;
            if options.idempotency_key.as_ref().is_some_and(|key| key.is_empty() || key.len() > MAX_KEY_CHARS) {
                return Err(BadArguments::argument("idempotency_key", "has to have 1 to 200 characters"));
            }
        }
        if from_estate {
            options.fresh = flag(arguments, "fresh")?;
        }
        if reads {
            let taken = if rows.is_some() { READ_OPTIONS } else { &READ_OPTIONS[..2] };
            let given =
                taken.iter().filter_map(|name| arguments.remove(*name).map(|value| ((*name).to_owned(), value)));
            let given: Map<_, _> = given.filter(|(_, value)| !value.is_null()).collect();
            options.view = BadArguments::parse(given)?;
            options.view.cursor()?;
        }
        Ok(options)
    }

    /// The same as properties of a JSON Schema, without prose: the instructions explain them once, for all tools. An answer
    /// without rows has nothing to filter.
    pub(crate) fn properties(kind: Kind) -> Map<String, Value> {
        let Kind { scope, effect, reads, from_estate, rows, .. } = kind;
        let mut properties = Map::new();
        let text = || json!({"type": "string"});
        if matches!(scope, Scope::Model | Scope::NamedModel | Scope::Backend) {
            properties.insert("model".to_owned(), text());
        }
        if scope == Scope::Controller {
            properties.insert("controller".to_owned(), text());
        }
        if reads {
            properties.insert("format".to_owned(), text());
        }
        if reads && rows.is_some() {
            properties.insert("fields".to_owned(), json!({"type": "array", "items": {"type": "string"}}));
            properties.insert("filter".to_owned(), text());
            properties.insert("limit".to_owned(), json!({"type": "integer"}));
        }
        if reads {
            properties.insert("cursor".to_owned(), text());
        }
        if from_estate {
            properties.insert("fresh".to_owned(), json!({"type": "boolean"}));
        }
        if effect.changes() {
            properties.insert("dry_run".to_owned(), json!({"type": "boolean"}));
            properties.insert("idempotency_key".to_owned(), text());
        }
        properties
    }
}

/// Where a model is, by the client's own way to say both at once: `controller:model`, `controller:` for its current model.
fn selector(controller: Option<String>, model: Option<String>) -> Result<TargetSelector, BadArguments> {
    let Some((prefix, name)) = model.as_deref().and_then(|model| model.split_once(':')) else {
        return Ok(TargetSelector { controller, model });
    };
    if prefix.is_empty() || controller.is_some_and(|other| other != prefix) {
        return Err(BadArguments::argument("model", "has to be like `name`, `owner/name` or `controller:owner/name`"));
    }
    Ok(TargetSelector {
        controller: Some(prefix.to_owned()),
        model: Some(name.to_owned()).filter(|name| !name.is_empty()),
    })
}

fn flag(arguments: &mut Map<String, Value>, name: &str) -> Result<bool, BadArguments> {
    match arguments.remove(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(given)) => Ok(given),
        Some(_) => Err(BadArguments::argument(name, "has to be true or false")),
    }
}

fn text(arguments: &mut Map<String, Value>, name: &str) -> Result<Option<String>, BadArguments> {
    match arguments.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(BadArguments::argument(name, "has to be a text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selector_reads_a_model_together_with_its_controller() {
        let read = |controller: Option<&str>, model: &str| {
            let selected = selector(controller.map(str::to_owned), Some(model.to_owned())).ok()?;
            Some((selected.controller.unwrap_or_default(), selected.model.unwrap_or_default()))
        };
        let found = |controller: &str, model: &str| Some((controller.to_owned(), model.to_owned()));
        assert_eq!(read(None, "admin/shop"), found("", "admin/shop"));
        assert_eq!(read(None, "prod:admin/shop"), found("prod", "admin/shop"));
        assert_eq!(read(None, "prod:"), found("prod", ""));
        assert_eq!(read(Some("prod"), "prod:shop"), found("prod", "shop"));
        assert_eq!(read(Some("prod"), "shop"), found("prod", "shop"));
        assert_eq!(read(Some("dev"), "prod:shop"), None);
        assert_eq!(read(None, ":shop"), None);
    }
}
