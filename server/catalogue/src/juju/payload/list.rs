//! `juju payloads`: what units report that they run.

use std::sync::Arc;

use juju_wire::facade::payloads::{List, Payload as Wire, PayloadListArgs};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, juju::render::id};

/// The tool `juju_payloads`.
pub struct Payloads;

/// Which payloads.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// unit, machine, class, type, id, tag or status
    patterns: Vec<String>,
}

/// A payload.
#[derive(Debug, Serialize)]
pub struct Payload {
    unit: String,
    machine: String,
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "payload-class")]
    class: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    status: String,
}

impl Command for Payloads {
    type Args = Args;
    type Output = Vec<Payload>;

    const COMMAND: &'static str = "payloads";
    const ALIASES: &'static [&'static str] = &["list-payloads"];
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Lists payloads that units have registered.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["patterns"];
    const ROWS_PATH: Option<&'static str> = Some("");

    fn target_entities(_: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::All(EntityKind::Unit)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let reply = connection.call::<List>(PayloadListArgs { patterns: args.patterns }).await?;
        let payload = |one: Wire| Payload {
            unit: id(&one.unit),
            machine: id(&one.machine),
            id: one.id,
            kind: one.kind,
            class: one.class,
            tags: one.labels,
            status: one.status,
        };
        Ok(reply.results.into_iter().map(payload).collect())
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|one| filter.selects(&one.unit, one));
        let row = |one: &Payload| {
            let Payload { unit, machine, id, kind, class, tags, status } = one;
            [class, unit, machine, status, kind, id, &tags.join(",")].map(ToString::to_string).to_vec()
        };
        let rows = answer.iter().map(row).collect();
        let heading = ["Payload", "Unit", "Machine", "Status", "Type", "ID", "Tags"];
        Some(Concise::table(Table::new("payloads", &heading, rows), "no payload, or none matches"))
    }
}
