//! `juju upgrade-model` and `juju upgrade-controller`: newer agents for a model, or for the controller.

use std::{marker::PhantomData, sync::Arc};

use juju_wire::{
    Code,
    facade::model_upgrader::{AbortModelUpgrade, ModelParam, UpgradeModel, UpgradeModelParams},
    tag::Tag,
};
use policy::{Effect, EntityKind, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Access, Blocks, Command, Failure, JujuAccess, ResolvedTarget, Scope};

/// One of the two tools.
pub struct Upgrade<K>(PhantomData<fn() -> K>);

/// What distinguishes the two.
pub trait Kind: Send + Sync + 'static {
    /// The command of the client.
    const COMMAND: &'static str;
    /// What it does.
    const DESCRIPTION: &'static str;
    /// What it acts on.
    const SCOPE: Scope;
    /// Its group of tools.
    const TOOLSET: &'static str;
}

/// The tool `juju_upgrade_model`.
pub struct Model;

/// The tool `juju_upgrade_controller`.
pub struct Controller;

impl Kind for Model {
    const COMMAND: &'static str = "upgrade-model";
    const DESCRIPTION: &'static str = "Upgrades the agents of a model; juju_refresh upgrades charms.";
    const SCOPE: Scope = Scope::NamedModel;
    const TOOLSET: &'static str = "models";
}

impl Kind for Controller {
    const COMMAND: &'static str = "upgrade-controller";
    const DESCRIPTION: &'static str = "Upgrades the agents of the controller, before those of its models.";
    const SCOPE: Scope = Scope::Controller;
    const TOOLSET: &'static str = "configure";
}

/// To which version.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// the newest that fits
    agent_version: Option<String>,
    /// `proposed`
    agent_stream: Option<String>,
    /// although agents have other versions
    ignore_agent_versions: bool,
    /// clear one that failed
    reset_previous_upgrade: bool,
}

/// What was started.
#[derive(Debug, Serialize)]
pub struct Output {
    model: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_upgrade_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
}

/// A version that leaves the choice to the controller (`version.Zero`).
const ANY: &str = "0.0.0";

impl<K: Kind> Command for Upgrade<K> {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = K::COMMAND;
    const TOOLSET: &'static str = K::TOOLSET;
    const DESCRIPTION: &'static str = K::DESCRIPTION;
    const SCOPE: Scope = K::SCOPE;
    const MAX_EFFECT: Effect = Effect::Write;
    const ACCESS: Access = Access::Admin;
    // the facade looks at the blocks of the controller's own model only
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;

    fn juju_access(_: &Args) -> JujuAccess {
        // the facade asks for access to the controller too
        JujuAccess::RoleCredential
    }

    fn validate(args: &Args) -> Result<(), String> {
        let fits = |text: &str| {
            let numbers: Vec<_> = text.split('.').collect();
            let is_number =
                |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            matches!(numbers.len(), 3 | 4) && numbers.iter().all(is_number) && text.as_bytes()[0].is_ascii_digit()
        };
        if let Some(text) = args.agent_version.as_deref().filter(|text| !fits(text)) {
            return Err(format!("`agent_version` has to be like `3.6.12`, not: {text}"));
        }
        let is_word =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match args.agent_stream.as_deref().filter(|text| !is_word(text) || text.starts_with('-')) {
            Some(text) => Err(format!("`agent_stream` has to be like `proposed`, not: {text}")),
            None => Ok(()),
        }
    }

    fn target_entities(_: &Args) -> Vec<TargetEntity> {
        if K::SCOPE == Scope::Controller { Vec::new() } else { vec![TargetEntity::All(EntityKind::Application)] }
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn impact(args: &Args) -> Impact {
        let skipped = [
            ("ignore_agent_versions", args.ignore_agent_versions),
            ("reset_previous_upgrade", args.reset_previous_upgrade),
        ];
        Impact::default().with_skipped_checks(&skipped)
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        let (name, uuid) = model::<K>(target).await?;
        let chosen = request(args, &uuid, true, target).await?;
        Ok(Some(json!({"model": name, "upgrade": chosen.unwrap_or_else(|| "none available".to_owned())})))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let (model, uuid) = model::<K>(&target).await?;
        if args.reset_previous_upgrade {
            let model_tag = Tag::new("model", &uuid).to_string();
            target.controller_connection().await?.call::<AbortModelUpgrade>(ModelParam { model_tag }).await?;
        }
        let started_upgrade_to = request(&args, &uuid, false, &target).await?;
        let state = started_upgrade_to.is_none().then_some("no upgrades available");
        Ok(Output { model, started_upgrade_to, state })
    }
}

/// Name and UUID of the model. The model of the controller itself has a tool of its own.
async fn model<K: Kind>(target: &ResolvedTarget) -> Result<(String, String), Failure> {
    let own = target.controller()?.find_model("controller").await?;
    if K::SCOPE == Scope::Controller {
        return Ok((own.full_name(), own.uuid));
    }
    if own.uuid == target.model_uuid() {
        return Err(Failure::refused(
            format!("{} is the model of the controller itself", target.model_name()),
            "use juju_upgrade_controller",
        ));
    }
    Ok((target.model_name().to_owned(), target.model_uuid().to_owned()))
}

/// Requests the upgrade. Returns the chosen version; none where the agents have it already.
async fn request(args: &Args, uuid: &str, dry_run: bool, target: &ResolvedTarget) -> Result<Option<String>, Failure> {
    let params = UpgradeModelParams {
        model_tag: Tag::new("model", uuid).to_string(),
        target_version: args.agent_version.clone().unwrap_or_else(|| ANY.to_owned()),
        agent_stream: args.agent_stream.clone().unwrap_or_default(),
        ignore_agent_versions: args.ignore_agent_versions,
        dry_run,
    };
    let reply = target.controller_connection().await?.call::<UpgradeModel>(params).await?;
    match reply.error {
        None => Ok(Some(reply.chosen_version)),
        // the client calls both an agent that is up to date
        Some(error) if matches!(error.code, Code::AlreadyExists | Code::NotFound) && args.agent_version.is_none() => {
            Ok(None)
        }
        Some(error) if error.code == Code::AlreadyExists => Ok(None),
        Some(error) => Err(error.into()),
    }
}
