//! `juju remove-saas`: removes applications that were consumed from other models.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    ErrorResult,
    facade::application::{
        DestroyConsumedApplications,
        consume::{DestroyConsumedApplicationParams, DestroyConsumedApplicationsParams},
    },
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Blocks, Command, Failure, ResolvedTarget, Scope, entity,
    juju::render::{Item, bulk_items},
    target,
};

/// The tool `juju_remove_saas`.
pub struct RemoveSaas;

/// Which applications.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    applications: Vec<String>,
    #[serde(default)]
    force: bool,
    /// with `force`
    #[serde(default)]
    no_wait: bool,
}

impl Command for RemoveSaas {
    type Args = Args;
    type Output = BTreeMap<String, Item<&'static str>>;

    const COMMAND: &'static str = "remove-saas";
    const TOOLSET: &'static str = "integrate";
    const DESCRIPTION: &'static str = "Removes consumed applications and their relations; the offers stay.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::Removal;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["applications"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.applications.is_empty() {
            return Err("`applications` has to name at least one consumed application".to_owned());
        }
        if args.no_wait && !args.force {
            return Err("`no_wait` is only for `force`".to_owned());
        }
        Ok(())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        target::applications(&args.applications).collect()
    }

    fn impact(args: &Args) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.force), ("no_wait", args.no_wait)])
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let one = |name: &String| DestroyConsumedApplicationParams {
            application_tag: entity::application(name),
            force: Some(args.force),
            max_wait: args.no_wait.then_some(0),
        };
        let params = DestroyConsumedApplicationsParams { applications: args.applications.iter().map(one).collect() };
        let reply = target.model_connection().await?.call::<DestroyConsumedApplications>(params).await?;
        let item = |(name, item): (String, ErrorResult)| {
            let outcome = item.into_result().map(|()| "removing").map_err(Failure::from);
            (name, outcome)
        };
        bulk_items(args.applications.into_iter().zip(reply.results).map(item))
    }
}
