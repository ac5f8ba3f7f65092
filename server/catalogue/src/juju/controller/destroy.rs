//! `juju destroy-controller` and `juju kill-controller`: the end of a controller and of its models.

use std::{marker::PhantomData, sync::Arc};

use juju_wire::{
    Code, RemoteError,
    facade::controller::{
        AllModels, DestroyController as DestroyControllerMethod, ListBlockedModels, model::DestroyControllerArgs,
    },
};
use policy::{Capability, Effect, EntityKind, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Blocks, Command, Failure, ResolvedTarget, Scope, juju::model::wait::duration};

/// One of the two tools.
pub struct EndController<K>(PhantomData<fn() -> K>);

/// What distinguishes the two.
pub trait End: Send + Sync + 'static {
    /// Its arguments.
    type Args: serde::de::DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static;
    /// The command of the client.
    const COMMAND: &'static str;
    /// What it does.
    const DESCRIPTION: &'static str;

    /// The name that the caller gave, as a confirmation.
    fn name(args: &Self::Args) -> &str;

    /// Checks what the schema cannot express.
    ///
    /// # Errors
    /// One sentence.
    fn validate(args: &Self::Args) -> Result<(), String>;

    /// The request.
    fn request(args: &Self::Args) -> DestroyControllerArgs;

    /// Checks that it skips.
    fn skipped(args: &Self::Args) -> Vec<(&'static str, bool)>;
}

/// The tool `juju_destroy_controller`.
pub struct Destroy;

/// The tool `juju_kill_controller`.
pub struct Kill;

/// Which controller, and what goes with it.
#[expect(clippy::struct_excessive_bools, reason = "the flags of the client")]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DestroyArgs {
    /// of the controller, as a confirmation
    name: String,
    #[serde(default)]
    destroy_all_models: bool,
    #[serde(default)]
    destroy_storage: bool,
    /// leave it in the cloud
    #[serde(default)]
    release_storage: bool,
    #[serde(default)]
    force: bool,
    /// with `force`
    #[serde(default)]
    no_wait: bool,
    /// with `force`, `30m`
    model_timeout: Option<String>,
}

/// Which controller.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KillArgs {
    /// of the controller, as a confirmation
    name: String,
}

impl End for Destroy {
    type Args = DestroyArgs;

    const COMMAND: &'static str = "destroy-controller";
    const DESCRIPTION: &'static str = "Destroys a controller; cannot be undone.";

    fn name(args: &DestroyArgs) -> &str {
        &args.name
    }

    fn validate(args: &DestroyArgs) -> Result<(), String> {
        if args.destroy_storage && args.release_storage {
            return Err("`destroy_storage` and `release_storage` exclude each other".to_owned());
        }
        if (args.model_timeout.is_some() || args.no_wait) && !args.force {
            return Err("`model_timeout` and `no_wait` need `force`".to_owned());
        }
        match args.model_timeout.as_deref().filter(|text| nanoseconds(text).is_none()) {
            Some(text) => Err(format!("`model_timeout` has to be like 30m, not: {text}")),
            None => Ok(()),
        }
    }

    fn request(args: &DestroyArgs) -> DestroyControllerArgs {
        DestroyControllerArgs {
            destroy_models: args.destroy_all_models,
            destroy_storage: (args.destroy_storage || args.release_storage).then_some(args.destroy_storage),
            force: args.force.then_some(true),
            max_wait: (args.force && args.no_wait).then_some(0),
            model_timeout: args.model_timeout.as_deref().and_then(nanoseconds),
        }
    }

    fn skipped(args: &DestroyArgs) -> Vec<(&'static str, bool)> {
        vec![
            ("destroy_storage", args.destroy_storage),
            ("release_storage", args.release_storage),
            ("force", args.force),
            ("no_wait", args.no_wait),
        ]
    }
}

impl End for Kill {
    type Args = KillArgs;

    const COMMAND: &'static str = "kill-controller";
    const DESCRIPTION: &'static str =
        "Destroys a controller with all models and storage; juju_destroy_controller checks first.";

    fn name(args: &KillArgs) -> &str {
        &args.name
    }

    fn validate(_: &KillArgs) -> Result<(), String> {
        Ok(())
    }

    fn request(_: &KillArgs) -> DestroyControllerArgs {
        DestroyControllerArgs { destroy_models: true, destroy_storage: Some(true), ..DestroyControllerArgs::default() }
    }

    fn skipped(_: &KillArgs) -> Vec<(&'static str, bool)> {
        vec![("destroy_storage", true)]
    }
}

/// The controller that is being destroyed.
#[derive(Debug, Serialize)]
pub struct Output {
    destroying: String,
    models: Vec<String>,
    /// What is left to do.
    remains: String,
}

impl<K: End> Command for EndController<K> {
    type Args = K::Args;
    type Output = Output;

    const COMMAND: &'static str = K::COMMAND;
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = K::DESCRIPTION;
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = &["name"];

    fn validate(args: &K::Args) -> Result<(), String> {
        K::validate(args)
    }

    fn target_entities(_: &K::Args) -> Vec<TargetEntity> {
        vec![TargetEntity::All(EntityKind::Model), TargetEntity::All(EntityKind::Application)]
    }

    fn required_entities(_: &K::Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn impact(args: &K::Args) -> Impact {
        Impact::default().with_capability(Capability::RemovesAllUnits).with_skipped_checks(&K::skipped(args))
    }

    async fn preview(args: &K::Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        check_name::<K>(args, target)?;
        let blocked = target.controller_connection().await?.call::<ListBlockedModels>(()).await?.models;
        if !blocked.is_empty() {
            let names: Vec<_> = blocked.into_iter().map(|model| model.name).collect();
            let error = RemoteError::new(Code::OperationBlocked, "found blocks in controller models");
            let remedy = format!("juju_enable_destroy_controller lifts the blocks of: {}", names.join(", "));
            return Err(Failure::Unmet { error: Box::new(error), remedy: Some(remedy) });
        }
        let models = hosted(target).await?;
        if !models.is_empty() && !K::request(args).destroy_models {
            return Err(hosts(&models));
        }
        Ok(Some(json!({"destroying": target.controller_name(), "models": models})))
    }

    async fn run(_: Permit, args: K::Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        check_name::<K>(&args, &target)?;
        let models = hosted(&target).await?;
        let connection = target.controller_connection().await?;
        connection.call::<DestroyControllerMethod>(K::request(&args)).await.map_err(|error| match error.remote() {
            Some(remote) if remote.code == Code::ControllerHasHostedModels => hosts(&models),
            _ => error.into(),
        })?;
        let remains = format!(
            "the machines of the controller itself: when its models are gone, end it with `juju {} {}` of the client, which has access to the cloud",
            K::COMMAND,
            target.controller_name()
        );
        Ok(Output { destroying: target.controller_name().to_owned(), models, remains })
    }
}

/// A duration as the client takes it; 0 is none.
pub(in crate::juju) fn nanoseconds(text: &str) -> Option<i64> {
    let limit = if text == "0" { Some(std::time::Duration::ZERO) } else { duration(text) };
    i64::try_from(limit?.as_nanos()).ok()
}

/// Fails where the name that the caller gave is not that of the controller: a default would be dangerous here.
fn check_name<K: End>(args: &K::Args, target: &ResolvedTarget) -> Result<(), Failure> {
    let (name, own) = (K::name(args), target.controller_name());
    if name == own {
        return Ok(());
    }
    Err(Failure::refused(
        format!("`name` is `{name}`, and the controller of this call is `{own}`"),
        "give the same controller as `controller` and as `name`",
    ))
}

/// The models of the controller beside its own.
async fn hosted(target: &ResolvedTarget) -> Result<Vec<String>, Failure> {
    let all = target.controller_connection().await?.call::<AllModels>(()).await?.user_models;
    let names =
        all.into_iter().map(|one| format!("{}/{}", one.model.owner_tag.trim_start_matches("user-"), one.model.name));
    Ok(names.filter(|name| !name.ends_with("/controller")).collect())
}

fn hosts(models: &[String]) -> Failure {
    Failure::refused(
        format!("the controller has models: {}", models.join(", ")),
        "destroy them first, or set `destroy_all_models`",
    )
}
