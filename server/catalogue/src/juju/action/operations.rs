//! `juju operations`: lists operations, without parameters, results, logs and messages, which can hold anything.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::action::{ListOperations, operation::OperationQueryArgs};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::Operation;
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, juju::render::id, target};

/// The tool `juju_operations`.
pub struct Operations;

/// Which operations.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    actions: Vec<String>,
    apps: Vec<String>,
    units: Vec<String>,
    machines: Vec<String>,
    status: Vec<String>,
    // that many of the newest are left out
    offset: Option<i64>,
}

/// Operations by their ids.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    /// How many there are beyond these, and how to get them.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_shown: Option<String>,
    #[serde(flatten)]
    operations: BTreeMap<String, Operation>,
}

/// Operations in one answer, as in the client.
const SHOWN: usize = 50;
/// Operations in one request to the controller.
const PAGE: i64 = 250;
/// Requests for one answer at most.
const MAX_PAGES: usize = 40;

impl Command for Operations {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "operations";
    const ALIASES: &'static [&'static str] = &["list-operations"];
    const TOOLSET: &'static str = "actions";
    const DESCRIPTION: &'static str = "Lists operations and their status; for results use juju_show_operation.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        let named = target::applications(&args.apps).chain(target::units(&args.units));
        target::or_all_applications(named.chain(target::machines(&args.machines)))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        let skipped = usize::try_from(args.offset.unwrap_or_default().max(0)).unwrap_or(usize::MAX);
        let mut query = OperationQueryArgs {
            applications: args.apps,
            units: args.units,
            machines: args.machines,
            actions: args.actions,
            status: args.status,
            offset: None,
            limit: Some(PAGE),
        };
        // Juju has no order of its own and returns no number, so the list is read to its end
        let (mut found, mut more) = (Vec::new(), true);
        for _ in 0..MAX_PAGES {
            let reply = connection.call::<ListOperations>(query.clone()).await?;
            more = reply.truncated && !reply.results.is_empty();
            found.extend(reply.results.into_iter().map(|one| (id(&one.operation), Operation::without_content(one))));
            if !more {
                break;
            }
            query.offset = i64::try_from(found.len()).ok();
        }
        let total = found.len();
        found.sort_by_key(|(id, _)| std::cmp::Reverse(id.parse::<u64>().unwrap_or_default()));
        let newest: BTreeMap<_, _> = found.into_iter().skip(skipped).take(SHOWN).collect();
        let shown = newest.len();
        let not_shown = (shown < total || more).then(|| {
            let (of, order) =
                if more { (format!("more than {total}"), "read so far") } else { (total.to_string(), "newest") };
            format!(
                "{shown} of {of} operations are shown, the {order} first; `offset` leaves out that many of the newest"
            )
        });
        Ok(Output { not_shown, operations: newest })
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.operations.retain(|id, one| filter.selects(id, one));
        let mut rows: Vec<_> = answer.operations.iter().map(|(id, one)| one.row(id)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row[0].parse::<u64>().unwrap_or_default()));
        let heading = ["Id", "Status", "Enqueued", "Summary"];
        let table = Table::new("operations", &heading, rows);
        Some(match &answer.not_shown {
            Some(note) => Concise::with_head(vec![note.clone()]).and(table),
            None => Concise::table(table, "no matching operations"),
        })
    }
}
