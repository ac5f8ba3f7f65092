//! `k8s_rollout_status`: the state of a rollout, in the words of `kubectl rollout status`.

use std::sync::Arc;

use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use kubernetes::rollout::{self, RolloutProgress};
use serde_json::{Value, json};

use super::place::{Place, TOOLSET, check_names, entities};
use crate::{Command, Failure, ResolvedTarget, Scope, juju::model::wait::duration};

/// The tool `k8s_rollout_status`.
pub(super) struct RolloutStatus;

/// How often a rollout is read while it is awaited.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Longest wait.
const MAX_TIMEOUT: Duration = Duration::from_hours(1);

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// `deployment`
    kind: String,
    name: String,
    /// default: that of the cluster
    #[serde(default)]
    namespace: String,
    /// wait for its end, `5m`; default: no wait
    #[serde(default)]
    timeout: String,
    #[serde(default)]
    instance: String,
}

impl Command for RolloutStatus {
    type Args = Args;
    type Output = Value;

    const COMMAND: &'static str = "k8s-rollout-status";
    const TOOL_NAME: Option<&'static str> = Some("k8s_rollout_status");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Shows or awaits the rollout of a Deployment, StatefulSet or DaemonSet.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_names(&args.namespace, &[("name", &args.name)])?;
        limit(&args.timeout).map(drop)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let limit = limit(&args.timeout).map_err(Failure::bad_argument)?;
        let place = Place::new(&target, &args.instance, &args.namespace).await?;
        let kind = place.find_kind(&args.kind).await?;
        let (mut last, end) = (String::new(), tokio::time::Instant::now().checked_add(limit));
        loop {
            let workload = place.find(&kind, &args.name).await?;
            let state = rollout::state(&workload);
            let goes_on = state.progress == RolloutProgress::InProgress;
            if !goes_on || end.is_none_or(|end| tokio::time::Instant::now() >= end) {
                return Ok(
                    json!({"kind": kind.kind, "name": args.name, "namespace": kubernetes::object::namespace(&workload),
                    "progress": state.progress, "message": state.message, "desired": rollout::desired(&workload),
                    "ready": rollout::ready(&workload)}),
                );
            }
            if state.message != last {
                target.report(0.0, None, state.message.clone());
                last = state.message;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

/// How long to wait; not at all for an empty text.
fn limit(text: &str) -> Result<Duration, String> {
    if text.is_empty() {
        return Ok(Duration::ZERO);
    }
    let fits = duration(text).filter(|limit| *limit <= MAX_TIMEOUT);
    fits.ok_or_else(|| format!("`timeout` has to be like 90s or 5m, 1h at most, not: {text}"))
}
