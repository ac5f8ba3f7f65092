//! `juju show-controller`: one controller with its models and machines.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use juju_client::{Connection, ControllerEndpoint};
use juju_wire::{
    RemoteError,
    code::Code,
    entity::Entities,
    facade::{
        controller::{
            AllModels, ControllerVersion, GetControllerAccess, IdentityProviderURL, ModelStatus, MongoVersion,
        },
        model_config::ModelGet,
        model_manager::{ModelInfo, info::ModelMachineInfo, size::ModelStatusCounts, summary::Model as ListedModel},
    },
    tag::Tag,
};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    Command, Failure, ResolvedTarget, Scope,
    juju::render::{bulk_result, id},
};

/// The tool `juju_show_controller`.
pub struct ShowController;

/// No arguments beside the controller.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {}

/// A controller as the client prints it.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Controller {
    details: Details,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    controller_machines: BTreeMap<String, Node>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    controller_nodes: BTreeMap<String, Node>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    models: BTreeMap<String, Size>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_model: Option<String>,
    account: Account,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
}

/// Address and versions.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Details {
    uuid: String,
    api_endpoints: Vec<String>,
    cloud: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    region: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    agent_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    agent_git_commit: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    controller_model_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    mongo_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    identity_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    ca_fingerprint: String,
    ca_cert: String,
}

/// A machine or pod of the controller.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Node {
    instance_id: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    ha_status: &'static str,
    #[serde(skip_serializing_if = "crate::juju::render::is_default")]
    ha_primary: bool,
}

/// How much a model holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Size {
    uuid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine_count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    core_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_count: Option<i64>,
}

/// The user that is logged in.
#[derive(Debug, Default, Serialize)]
pub struct Account {
    user: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    access: String,
}

impl Command for ShowController {
    type Args = Args;
    type Output = BTreeMap<String, Controller>;

    const COMMAND: &'static str = "show-controller";
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Shows version, address, models and machines of a controller.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;

    async fn run(_: Permit, _: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.controller_connection().await?;
        let mut shown = Controller::default();
        let session = connection.session().await?;
        shown.details = details(&target.controller()?.endpoint());
        session.controller_uuid().clone_into(&mut shown.details.uuid);
        shown.account.user = session.user().to_owned();
        shown.account.access = access(&connection, session.user()).await?;
        let version = connection.call::<ControllerVersion>(()).await?;
        (shown.details.agent_version, shown.details.agent_git_commit) = (version.version, version.git_commit);
        shown.details.controller_model_version = model_version(&connection).await;
        shown.details.identity_url = connection.call::<IdentityProviderURL>(()).await?.result;
        // only superusers see what is not their own
        if shown.account.access == "superuser" {
            shown.details.mongo_version = connection.call::<MongoVersion>(()).await?.result;
            add_models(&connection, &target, &mut shown).await?;
        }
        let name = target.controller_name().to_owned();
        shown.current_model = target.controllers().current_model(&name).filter(|model| target.may_see_model(model));
        Ok(BTreeMap::from([(name, shown)]))
    }
}

fn details(endpoint: &ControllerEndpoint) -> Details {
    let ca_cert = endpoint.ca_certificate.clone().unwrap_or_default();
    Details {
        api_endpoints: endpoint.addresses.clone(),
        ca_fingerprint: fingerprint(&ca_cert),
        ca_cert,
        ..Details::default()
    }
}

/// SHA-256 of the first certificate in a PEM text, as the client prints it.
fn fingerprint(pem: &str) -> String {
    let body = pem.split_once("-----BEGIN CERTIFICATE-----").and_then(|(_, rest)| rest.split_once("-----END"));
    let encoded: String = body.map(|(body, _)| body.split_whitespace().collect()).unwrap_or_default();
    let Some(bytes) = STANDARD.decode(encoded).ok().filter(|bytes| !bytes.is_empty()) else { return String::new() };
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// Access of a user to the controller, or the code of the error in brackets.
async fn access(connection: &Connection, user: &str) -> Result<String, Failure> {
    let tags: Entities = [Tag::new("user", user)].into_iter().collect();
    let reply = connection.call::<GetControllerAccess>(tags).await?;
    let item = reply.results.into_iter().next().unwrap_or_default();
    match bulk_result(item.result, item.error, user) {
        Ok(access) => Ok(access.access),
        Err(error) => match error.juju_code() {
            Some(code) => Ok(format!("({code})")),
            None => Err(error),
        },
    }
}

/// Version in the settings of the controller's model; only some users may read them.
async fn model_version(connection: &Connection) -> String {
    match connection.call::<ModelGet>(()).await {
        Ok(reply) => {
            let version = reply.config.get("agent-version").and_then(|option| option.value.as_str());
            version.unwrap_or_default().to_owned()
        }
        Err(error) => match error.remote() {
            Some(RemoteError { code, .. }) if *code != Code::None => format!("({})", code.as_str()),
            _ => "(error)".to_owned(),
        },
    }
}

/// Adds the models that the caller may see, and the machines of the controller's own.
async fn add_models(connection: &Connection, target: &ResolvedTarget, shown: &mut Controller) -> Result<(), Failure> {
    let models: Vec<ListedModel> =
        connection.call::<AllModels>(()).await?.user_models.into_iter().map(|one| one.model).collect();
    let tags: Entities = models.iter().map(|model| Tag::new("model", &model.uuid)).collect();
    let counts = connection.call::<ModelStatus>(tags).await?.models;
    for (model, counts) in models.iter().zip(&counts) {
        if let Some(error) = &counts.error {
            // a model that has ended meanwhile
            if error.code != Code::NotFound {
                shown.errors.push(format!("model uuid {}: {}", model.uuid, error.message));
            }
            continue;
        }
        if model.name == "controller" {
            add_nodes(counts, shown);
            (shown.details.cloud, shown.details.region) = cloud(connection, &model.uuid).await?;
        }
        if target.may_see_model(&format!("{}/{}", id(&model.owner_tag), model.name)) {
            shown.models.insert(model.name.clone(), size(model, counts));
        }
    }
    Ok(())
}

fn size(model: &ListedModel, counts: &ModelStatusCounts) -> Size {
    let some = |count: i64| (count > 0).then_some(count);
    let cores: u64 = counts.machines.iter().filter_map(|one| one.hardware.as_ref()?.cores).sum();
    let machines = i64::try_from(counts.machines.len()).unwrap_or(i64::MAX);
    let is_kubernetes = model.kind == "caas";
    Size {
        uuid: model.uuid.clone(),
        machine_count: some(machines).filter(|_| !is_kubernetes),
        core_count: (cores > 0 && !is_kubernetes).then_some(cores),
        unit_count: some(counts.unit_count).filter(|_| is_kubernetes),
    }
}

fn add_nodes(counts: &ModelStatusCounts, shown: &mut Controller) {
    let controllers: Vec<&ModelMachineInfo> = counts.machines.iter().filter(|one| one.wants_vote).collect();
    let several = controllers.len() > 1;
    let node = |one: &&ModelMachineInfo| {
        let instance_id =
            if one.instance_id.is_empty() { "(unprovisioned)".to_owned() } else { one.instance_id.clone() };
        let ha_status = match () {
            () if !several => "",
            () if one.status == "down" => "down, lost connection",
            () if one.has_vote => "ha-enabled",
            () => "ha-pending",
        };
        (one.id.clone(), Node { instance_id, ha_status, ha_primary: several && one.ha_primary.unwrap_or_default() })
    };
    let nodes = controllers.iter().map(node).collect();
    if counts.kind == "caas" { shown.controller_nodes = nodes } else { shown.controller_machines = nodes }
}

/// Cloud and region of a model.
async fn cloud(connection: &Connection, uuid: &str) -> Result<(String, String), Failure> {
    let tags: Entities = [Tag::new("model", uuid)].into_iter().collect();
    let item = connection.call::<ModelInfo>(tags).await?.results.into_iter().next().unwrap_or_default();
    let info = bulk_result(item.result, item.error, "the model of the controller")?;
    Ok((id(&info.cloud_tag), info.cloud_region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprint_is_that_of_the_certificate_in_the_text() {
        let pem = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n";
        assert!(
            fingerprint(pem).starts_with("AE:4B:32:80:E5:6E:2F:AF:83:F4:14:A6:E3:DA:BE:9D"),
            "{}",
            fingerprint(pem)
        );
        assert_eq!(fingerprint("nothing"), "");
    }
}
