//! `juju machines`: machines of a model.

use std::{collections::BTreeMap, sync::Arc};

use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table,
    juju::model::status::{Machine, machines},
};

/// The tool `juju_machines`.
pub struct Machines;

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {}

/// Machines of a model by id.
#[derive(Debug, Serialize)]
pub struct Output {
    model: String,
    machines: BTreeMap<String, Machine>,
}

impl Command for Machines {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "machines";
    const ALIASES: &'static [&'static str] = &["list-machines"];
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Lists machines with status, address, hardware and zone.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const FROM_ESTATE: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("machines");

    fn target_entities(_: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::All(EntityKind::Machine)]
    }

    async fn run(_: Permit, _: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        look(&target, &[]).await
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.machines.retain(|id, one| filter.selects(id, one));
        Some(listed(answer))
    }
}

/// The machines of these ids, or all.
pub(super) async fn look(target: &ResolvedTarget, ids: &[String]) -> Result<Output, Failure> {
    let known = target.status_for_read(Vec::new()).await?;
    Ok(Output { model: known.status.model.name.clone(), machines: machines(&known.status, ids) })
}

/// The machines as a table, containers under their hosts.
fn listed(answer: &Output) -> Concise {
    let mut rows = Vec::new();
    list(&answer.machines, &mut rows);
    let heading = ["Machine", "State", "Message", "Address", "Instance", "Base", "Hardware"];
    Concise::table(Table::new("machines", &heading, rows), "no machines, or none matches")
}

fn list(machines: &BTreeMap<String, Machine>, rows: &mut Vec<Vec<String>>) {
    for (id, one) in machines {
        rows.push(one.row(id));
        list(one.containers(), rows);
    }
}
