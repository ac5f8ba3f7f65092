//! `juju remove-application`: removes applications with all their units.

use std::sync::Arc;

use juju_wire::facade::application::{
    DestroyApplication,
    destroy::{DestroyApplicationParams, DestroyApplicationResult, DestroyApplicationsParams},
};
use policy::{Capability, Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Blocks, Command, Cost, Facts, Failure, ResolvedTarget, Scope, entity,
    juju::removal::{Removal, RemovalReport, removal},
    target,
};

/// The tool `juju_remove_application`.
pub struct RemoveApplication;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    applications: Vec<String>,
    #[serde(default)]
    destroy_storage: bool,
    #[serde(default)]
    force: bool,
    /// with `force`
    #[serde(default)]
    no_wait: bool,
}

impl Command for RemoveApplication {
    type Args = Args;
    type Output = Removal;

    const COMMAND: &'static str = "remove-application";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Removes applications with all their units; cannot be undone.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::Removal;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["applications"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.no_wait && !args.force {
            return Err("`no_wait` needs `force`".to_owned());
        }
        Ok(())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        target::applications(&args.applications).collect()
    }

    fn impact(args: &Args) -> Impact {
        let skipped = [("destroy_storage", args.destroy_storage), ("force", args.force), ("no_wait", args.no_wait)];
        Impact::default().with_capability(Capability::RemovesAllUnits).with_skipped_checks(&skipped)
    }

    fn cost(args: &Args, facts: &Facts) -> Cost {
        Cost::of_removed_applications(&args.applications, facts)
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        Ok(Some(json!(remove(args, true, target).await?)))
    }

    async fn already_done(args: &Args, target: &ResolvedTarget) -> Option<Removal> {
        let status = if args.force { None } else { target.full_status().await.ok() }?;
        Removal::already(&args.applications, |name| {
            status.applications.get(name).is_some_and(|one| one.life.is_ending())
        })
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Removal, Failure> {
        remove(&args, false, &target).await
    }
}

async fn remove(args: &Args, dry_run: bool, target: &ResolvedTarget) -> Result<Removal, Failure> {
    let one = |name: &String| DestroyApplicationParams {
        application_tag: entity::application(name),
        destroy_storage: args.destroy_storage,
        force: args.force,
        dry_run,
        max_wait: args.no_wait.then_some(0),
    };
    let params = DestroyApplicationsParams { applications: args.applications.iter().map(one).collect() };
    let connection = target.model_connection().await?;
    let reply = connection.call::<DestroyApplication>(params).await?;
    removal(&args.applications, reply.results.into_iter().map(report))
}

fn report(result: DestroyApplicationResult) -> RemovalReport {
    let info = result.info.unwrap_or_default();
    RemovalReport {
        error: result.error,
        units: info.destroyed_units,
        detached_storage: info.detached_storage,
        destroyed_storage: info.destroyed_storage,
    }
}
