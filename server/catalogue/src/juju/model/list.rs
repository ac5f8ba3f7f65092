//! `juju models`: models that the user can see.

use std::sync::Arc;

use chrono::Utc;
use juju_wire::facade::model_manager::{
    ListModelSummaries,
    summary::{ModelSummariesRequest, ModelSummary},
};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::info::{Credential, State};
use crate::{
    Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table,
    juju::render::{bulk_result, id, is_default, last_connection},
    text::count,
};

/// The tool `juju_models`.
pub struct Models;

/// User to list.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// for administrators
    all: bool,
    user: Option<String>,
}

/// Models in short.
#[derive(Debug, Serialize)]
pub struct Output {
    models: Vec<Summary>,
    /// How many models the controller could not describe.
    #[serde(skip_serializing_if = "is_default")]
    not_described: usize,
}

/// One model in short.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    name: String,
    short_name: String,
    model_uuid: String,
    model_type: String,
    controller_uuid: String,
    controller_name: String,
    is_controller: bool,
    owner: String,
    cloud: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<Credential>,
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    provider: String,
    life: String,
    status: State,
    access: String,
    last_connection: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sla: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sla_owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_version: Option<String>,
}

impl Command for Models {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "models";
    const ALIASES: &'static [&'static str] = &["list-models"];
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Lists models of a controller with their status.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const IN_DEFAULT_LIST: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("models");

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.controller_connection().await?;
        let user_tag = match &args.user {
            Some(user) => format!("user-{user}"),
            None => connection.session().await?.user_tag().to_owned(),
        };
        let reply = connection.call::<ListModelSummaries>(ModelSummariesRequest { user_tag, all: args.all }).await?;
        let (mut models, mut not_described) = (Vec::with_capacity(reply.results.len()), 0);
        for item in reply.results {
            match bulk_result(item.result, item.error, "a model") {
                Ok(wire) => models.push(summary(wire, target.controller_name())),
                Err(_) => not_described += 1, // its error may name a model that the caller must not see
            }
        }
        // the caller sees the models that a role allows to show
        models.retain(|model: &Summary| target.may_see_model(&model.name));
        models.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Output { models, not_described })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.models.retain(|one| filter.selects(&one.name, one));
        let row = |one: &Summary| {
            let Summary { name, cloud, region, model_type, status, access, last_connection, .. } = one;
            let cells = [name, cloud, region, model_type, status.current(), status.message(), access, last_connection];
            cells.map(str::to_owned).to_vec()
        };
        let rows = answer.models.iter().map(row).collect();
        let heading = ["Model", "Cloud", "Region", "Type", "Status", "Message", "Access", "Last connection"];
        let table = Table::new("models", &heading, rows);
        Some(match answer.not_described {
            0 => Concise::table(table, "no model that you may see, or none matches"),
            number => {
                let number = count(number, "model");
                Concise::with_head(vec![format!("not shown, because the controller could not describe them: {number}")])
                    .and(table)
            }
        })
    }
}

fn summary(wire: ModelSummary, controller: &str) -> Summary {
    let now = Utc::now();
    let owner = id(&wire.owner_tag);
    let sla = wire.sla.unwrap_or_default();
    Summary {
        name: format!("{owner}/{}", wire.name),
        short_name: wire.name,
        model_uuid: wire.uuid,
        model_type: wire.kind,
        controller_uuid: wire.controller_uuid,
        controller_name: controller.to_owned(),
        is_controller: wire.is_controller,
        owner,
        cloud: id(&wire.cloud_tag),
        region: wire.cloud_region,
        credential: Credential::of(&wire.cloud_credential_tag, None),
        provider: wire.provider_type,
        life: wire.life.as_str().to_owned(),
        status: State::of(&wire.status, wire.migration.as_ref(), now),
        access: wire.user_access,
        last_connection: last_connection(wire.last_connection.as_deref(), now),
        sla: sla.level,
        sla_owner: sla.owner,
        agent_version: wire.agent_version,
    }
}
