//! `loki_labels`: names of labels, or the values of one.

use std::sync::Arc;

use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{log_source::reader, times};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `loki_labels`.
pub(crate) struct LokiLabels;

/// Which labels.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    /// its values
    name: String,
    /// only of these streams, `{app="web"}`
    query: String,
    /// `30m` ago, or a time (RFC 3339)
    #[schemars(extend("default" = "1h"))]
    since: String,
    until: String,
    instance: Option<String>,
}

/// What Juju's labels mean.
const MEANINGS: [(&str, &str); 7] = [
    ("juju_model", "name of the model"),
    ("juju_model_uuid", "UUID of the model"),
    ("juju_application", "application"),
    ("juju_unit", "unit, such as web/0"),
    ("juju_charm", "name of the charm"),
    ("service_name", "service, as Loki finds it in other labels"),
    ("detected_level", "level, as Loki guesses it from the text"),
];

impl Command for LokiLabels {
    type Args = Args;
    type Output = Vec<String>;

    const COMMAND: &'static str = "loki-labels";
    const TOOL_NAME: Option<&'static str> = Some("loki_labels");
    const TOOLSET: &'static str = "loki";
    const DESCRIPTION: &'static str = "Lists the labels of logs, or the values of one.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    fn validate(args: &Args) -> Result<(), String> {
        times::range(&args.since, &args.until).map(drop)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let reader = reader(&target, args.instance.as_deref())?;
        let range = times::range(&args.since, &args.until).map_err(Failure::bad_argument)?;
        let selector = Some(args.query.as_str()).filter(|query| !query.is_empty());
        match args.name.as_str() {
            "" => Ok(reader.label_names(selector, range).await?),
            name => Ok(reader.label_values(name, selector, range).await?),
        }
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|name| filter.selects(name, name));
        let meaning = |name: &String| MEANINGS.iter().find(|(label, _)| label == name).map(|(_, meaning)| *meaning);
        let line = |name: &String| match meaning(name) {
            Some(meaning) => format!("{name}: {meaning}"),
            None => name.clone(),
        };
        Some(Concise::table(Table::lines("labels", answer.iter().map(line)), "none in this range"))
    }
}
