//! `juju add-model`: creates a model.

use std::sync::Arc;

use juju_client::{ModelEntry, ModelKind};
use juju_wire::{
    facade::model_manager::{CreateModel, lifecycle::ModelCreateArgs},
    tag::Tag,
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Access, Blocks, Command, Failure, Precondition, ResolvedTarget, Scope, entity,
    juju::{setup, user},
};

/// The tool `juju_add_model`.
pub struct AddModel;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    name: String,
    cloud: Option<String>,
    region: Option<String>,
    credential: Option<String>,
    #[serde(default)]
    config: std::collections::BTreeMap<String, serde_json::Value>,
    /// a user; default: the caller
    owner: Option<String>,
}

/// The model that was made.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Its full name, `admin/production`.
    model: String,
    /// Its UUID.
    uuid: String,
    /// Its cloud.
    cloud: String,
    /// Its region.
    region: String,
}

impl Command for AddModel {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "add-model";
    const TOOLSET: &'static str = "models";
    const DESCRIPTION: &'static str = "Makes a model on a controller.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const ACCESS: Access = Access::AddModel;
    const BLOCKS: Blocks = Blocks::None;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["name", "cloud", "region"];

    fn validate(args: &Args) -> Result<(), String> {
        let stray = args.credential.is_some() && args.cloud.is_none();
        if stray {
            return Err("`credential` needs `cloud` too, because credentials belong to clouds".to_owned());
        }
        if let Some(owner) = &args.owner {
            user::check_name(owner).map_err(|problem| problem.replace("`user`", "`owner`"))?;
        }
        entity::check_values("config", &args.config)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::Known(format!("model-{}", args.name))]
    }

    fn impact(args: &Args) -> Impact {
        setup::machine_setup(args.config.keys())
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        let (name, cloud) = (args.name.clone(), args.cloud.clone());
        vec![Precondition::NewModel { name, cloud, region: args.region.clone(), credential: args.credential.clone() }]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.controller_connection().await?;
        let owner_tag = match &args.owner {
            Some(owner) => Tag::new("user", owner).to_string(),
            None => connection.session().await?.user_tag().to_owned(),
        };
        let user = owner_tag.trim_start_matches("user-").to_owned();
        let credential = args.credential.zip(args.cloud.as_ref());
        let made = connection
            .call::<CreateModel>(ModelCreateArgs {
                name: args.name,
                owner_tag,
                config: args.config,
                cloud_tag: args.cloud.as_ref().map(|cloud| Tag::new("cloud", cloud).to_string()).unwrap_or_default(),
                region: args.region.unwrap_or_default(),
                credential: credential
                    .map(|(name, cloud)| Tag::new("cloudcred", format!("{cloud}/{user}/{name}")).to_string())
                    .unwrap_or_default(),
            })
            .await?;
        let entry = ModelEntry {
            name: made.name,
            owner: made.owner_tag.trim_start_matches("user-").to_owned(),
            uuid: made.uuid,
            kind: if made.kind == "caas" { ModelKind::Kubernetes } else { ModelKind::Machines },
        };
        remember(&entry, &target).await;
        Ok(Output {
            model: entry.full_name(),
            uuid: entry.uuid,
            cloud: made.cloud_tag.trim_start_matches("cloud-").to_owned(),
            region: made.cloud_region,
        })
    }
}

/// Writes the model into the user's own client files. The model is there whether they can be written or not.
async fn remember(model: &ModelEntry, target: &ResolvedTarget) {
    let Some(files) = target.controllers().own_files() else { return };
    if let Err(error) = files.remember_model(target.controller_name(), model).await {
        tracing::warn!(%error, model = model.full_name(), "the client's files do not know the new model yet");
    }
}
