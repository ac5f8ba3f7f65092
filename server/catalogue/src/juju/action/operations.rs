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
    offset: Option<i64>,
}

impl Command for Operations {
    type Args = Args;
    type Output = BTreeMap<String, Operation>;

    const COMMAND: &'static str = "operations";
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

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let query = OperationQueryArgs {
            applications: args.apps,
            units: args.units,
            machines: args.machines,
            actions: args.actions,
            status: args.status,
            offset: args.offset,
            limit: Some(50),
        };
        let reply = connection.call::<ListOperations>(query).await?;
        Ok(reply.results.into_iter().map(|one| (id(&one.operation), Operation::without_content(one))).collect())
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|id, one| filter.selects(id, one));
        let mut rows: Vec<_> = answer.iter().map(|(id, one)| one.row(id)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row[0].parse::<u64>().unwrap_or_default()));
        let heading = ["Id", "Status", "Enqueued", "Summary"];
        Some(Concise::table(Table::new("operations", &heading, rows), "no matching operations"))
    }
}
