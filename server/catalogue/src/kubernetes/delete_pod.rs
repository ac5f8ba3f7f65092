//! `k8s_delete_pod`: deletes a pod; its controller makes another.

use std::sync::Arc;

use kubernetes::{juju, object, well_known, workload_of};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::place::{Place, TOOLSET, check_names, entities};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope};

/// The tool `k8s_delete_pod`.
pub(super) struct DeletePod;

/// Arguments.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    name: String,
    /// default: that of the pod
    grace_period_seconds: Option<u32>,
    /// default: that of the cluster
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    instance: String,
}

impl Command for DeletePod {
    type Args = Args;
    type Output = Value;

    const COMMAND: &'static str = "k8s-delete-pod";
    const TOOL_NAME: Option<&'static str> = Some("k8s_delete_pod");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Deletes a pod; its controller makes another, a pod without one is gone.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::None;

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_names(&args.namespace, &[("name", &args.name)])
    }

    fn impact(args: &Args) -> Impact {
        let at_once = args.grace_period_seconds == Some(0);
        Impact { units_removed: 1, ..Impact::default() }.with_skipped_checks(&[("grace_period_seconds", at_once)])
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        delete(args, target, true).await.map(Some)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Value, Failure> {
        delete(&args, &target, false).await
    }
}

async fn delete(args: &Args, target: &ResolvedTarget, dry_run: bool) -> Result<Value, Failure> {
    let place = Place::new(target, &args.instance, &args.namespace).await?;
    let pod = place.find(&well_known::PODS, &args.name).await?;
    let namespace = object::namespace(&pod);
    let path = well_known::PODS.path(Some(namespace), Some(&args.name));
    place.session.delete(&path, args.grace_period_seconds, dry_run).await?;
    let owner = object::controller(&pod).map(|_| workload_of(&pod));
    Ok(json!({"name": args.name, "namespace": namespace, "unit": juju::unit(&pod), "replaced_by": owner,
        "result": if dry_run { "would be deleted" } else { "deleted" }}))
}
