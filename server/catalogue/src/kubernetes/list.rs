//! `k8s_list`: objects of any kind with the columns that `kubectl get` prints.

use std::sync::Arc;

use kubernetes::Selection;
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    place::{Place, TOOLSET, check_names, entities},
    shown::Shown,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope};

/// The tool `k8s_list`.
pub(super) struct List;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// `deploy`, `ingresses.networking.k8s.io`
    kind: String,
    /// default: all
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    label_selector: String,
    #[serde(default)]
    field_selector: String,
    /// all columns
    #[serde(default)]
    wide: bool,
    #[serde(default)]
    instance: String,
}

impl Command for List {
    type Args = Args;
    type Output = Shown;

    const COMMAND: &'static str = "k8s-list";
    const TOOL_NAME: Option<&'static str> = Some("k8s_list");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists objects of any kind with the columns of kubectl get.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("items");

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_names(&args.namespace, &[])
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let place = Place::new(&target, &args.instance, &args.namespace).await?;
        let kind = place.find_kind(&args.kind).await?;
        let selection = Selection { labels: &args.label_selector, fields: &args.field_selector, ..place.all() };
        let (table, is_cut) = place.session.table(&kind, selection, args.wide).await?;
        let columns: Vec<&str> = table.columns.iter().map(String::as_str).collect();
        let mut shown = Shown::new(&columns, &format!("no {}", kind.plural));
        shown.fact("kind", &*kind.kind).fact("api_version", kind.api_version());
        shown.note_cut(is_cut);
        for cells in table.rows {
            // what a role may not read of Secrets is not in the columns either
            let cells: Vec<String> = cells.iter().map(|cell| policy::redact_text(cell)).collect();
            let named = |(column, cell): (&String, &String)| (column.to_lowercase(), Value::from(cell.as_str()));
            let data: Map<String, Value> = table.columns.iter().zip(&cells).map(named).collect();
            shown.row(cells, Value::Object(data));
        }
        Ok(shown)
    }

    fn concise(answer: &mut Shown, filter: &Filter) -> Option<Concise> {
        Some(answer.concise(filter))
    }
}
