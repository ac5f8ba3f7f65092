//! `juju machines`: machines of a model.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::client::{FullStatus, status::StatusParams};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Command, Failure, ResolvedTarget, Scope,
    juju::model::status::{Machine, machines},
    text::{cell, table},
};

/// The tool `juju_machines`.
pub struct Machines;

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {}

/// Machines of a model by id.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    model: String,
    machines: BTreeMap<String, Machine>,
}

impl Command for Machines {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "machines";
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Lists machines with status, address, hardware and zone.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("machines");

    fn target_entities(_: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::All(EntityKind::Machine)]
    }

    async fn run(_: Permit, _: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        look(&target, &[]).await
    }

    fn concise(answer: &Value) -> String {
        listed(answer)
    }
}

/// The machines of these ids, or all.
pub(super) async fn look(target: &ResolvedTarget, ids: &[String]) -> Result<Output, Failure> {
    let connection = target.model_connection().await?;
    let wire = connection.call::<FullStatus>(StatusParams::default()).await?;
    Ok(Output { model: wire.model.name.clone(), machines: machines(&wire, ids) })
}

/// The machines as a table, containers under their hosts.
pub(super) fn listed(answer: &Value) -> String {
    let mut rows = Vec::new();
    list(&answer["machines"], &mut rows);
    table(&["Machine", "State", "Message", "Address", "Instance", "Base", "Hardware"], &rows)
}

fn list(machines: &Value, rows: &mut Vec<Vec<String>>) {
    for (id, one) in machines.as_object().into_iter().flatten() {
        let rest =
            ["juju-status.current", "machine-status.message", "dns-name", "instance-id"].map(|name| cell(one, name));
        let base = format!("{}@{}", cell(one, "base.name"), cell(one, "base.channel"));
        rows.push([vec![id.clone()], rest.to_vec(), vec![base, cell(one, "hardware")]].concat());
        list(&one["containers"], rows);
    }
}
