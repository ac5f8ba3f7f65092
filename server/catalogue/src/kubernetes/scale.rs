//! `k8s_scale`: sets the number of replicas of a workload.

use std::sync::Arc;

use kubernetes::{PatchFormat, PatchOptions, object, rollout};
use policy::{Capability, Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    change::changeable,
    place::{Place, TOOLSET, check_names, entities},
};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope};

/// The tool `k8s_scale`.
pub(super) struct Scale;

/// Arguments.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// `deployment`
    kind: String,
    name: String,
    replicas: u32,
    /// default: that of the cluster
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    instance: String,
}

impl Command for Scale {
    type Args = Args;
    type Output = Value;

    const COMMAND: &'static str = "k8s-scale";
    const TOOL_NAME: Option<&'static str> = Some("k8s_scale");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str =
        "Scales a Deployment or StatefulSet; Juju applications with juju_scale_application.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::None;
    const MIN_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;

    fn effect(args: &Args) -> Effect {
        if args.replicas == 0 { Effect::Destructive } else { Effect::Write }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        if args.replicas > MAX_REPLICAS {
            return Err(format!("`replicas` has to be {MAX_REPLICAS} at most"));
        }
        check_names(&args.namespace, &[("name", &args.name)])
    }

    fn impact(args: &Args) -> Impact {
        let impact = Impact { scale: Some(u64::from(args.replicas)), ..Impact::default() };
        if args.replicas == 0 { impact.with_capability(Capability::RemovesAllUnits) } else { impact }
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        scale(args, target, true).await.map(Some)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Value, Failure> {
        scale(&args, &target, false).await
    }
}

/// Replicas that a call may ask for.
const MAX_REPLICAS: u32 = 1_000;

async fn scale(args: &Args, target: &ResolvedTarget, dry_run: bool) -> Result<Value, Failure> {
    let place = Place::new(target, &args.instance, &args.namespace).await?;
    let kind = place.find_kind(&args.kind).await?;
    let old = changeable(&place, &kind, &args.name, "juju_scale_application").await?;
    let namespace = object::namespace(&old);
    let path = format!("{}/scale", kind.path(Some(namespace), Some(&args.name)));
    let fields = json!({"spec": {"replicas": args.replicas}});
    place.session.patch(&path, PatchFormat::Merge, &fields, PatchOptions { dry_run, force: false }).await?;
    Ok(
        json!({"kind": kind.kind, "name": args.name, "namespace": namespace, "from": rollout::desired(&old), "to": args.replicas,
        "ready": rollout::ready(&old)}),
    )
}
