//! `k8s_rollout_restart`: replaces the pods of a workload one by one (`kubectl rollout restart`).

use std::sync::Arc;

use chrono::{SecondsFormat, Utc};
use kubernetes::PatchFormat;
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    change::{changeable, patch},
    place::{Place, TOOLSET, check_names, entities},
};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope};

/// The tool `k8s_rollout_restart`.
pub(super) struct RolloutRestart;

/// Arguments.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// `deployment`
    kind: String,
    name: String,
    /// default: that of the cluster
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    instance: String,
}

impl Command for RolloutRestart {
    type Args = Args;
    type Output = Value;

    const COMMAND: &'static str = "k8s-rollout-restart";
    const TOOL_NAME: Option<&'static str> = Some("k8s_rollout_restart");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Restarts the pods of a Deployment, StatefulSet or DaemonSet one by one.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_names(&args.namespace, &[("name", &args.name)])
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        restart(args, target, true).await.map(Some)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Value, Failure> {
        restart(&args, &target, false).await
    }
}

async fn restart(args: &Args, target: &ResolvedTarget, dry_run: bool) -> Result<Value, Failure> {
    let place = Place::new(target, &args.instance, &args.namespace).await?;
    let kind = place.find_kind(&args.kind).await?;
    if !matches!(&*kind.kind, "Deployment" | "StatefulSet" | "DaemonSet") {
        let problem = format!("objects of the kind {} have no rollout", kind.kind);
        return Err(Failure::refused(problem, "name a deployment, a statefulset or a daemonset"));
    }
    let old = changeable(&place, &kind, &args.name, "k8s_delete_pod for its pods, or juju_refresh,").await?;
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let annotations = json!({"kubectl.kubernetes.io/restartedAt": now});
    let fields = json!({"spec": {"template": {"metadata": {"annotations": annotations}}}});
    patch(&place, &kind, &old, PatchFormat::Merge, &fields, dry_run).await
}
