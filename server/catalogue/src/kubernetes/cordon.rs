//! `k8s_cordon`: keeps new pods away from a node, or admits them again.

use std::sync::Arc;

use kubernetes::{PatchFormat, well_known};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    change::patch,
    place::{Place, TOOLSET, check_names},
};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope};

/// The tool `k8s_cordon`.
pub(super) struct Cordon;

/// Arguments.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    node: String,
    /// admit new pods again
    #[serde(default)]
    uncordon: bool,
    #[serde(default)]
    instance: String,
}

impl Command for Cordon {
    type Args = Args;
    type Output = Value;

    const COMMAND: &'static str = "k8s-cordon";
    const TOOL_NAME: Option<&'static str> = Some("k8s_cordon");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Cordons a node, or uncordons it.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;

    fn validate(args: &Args) -> Result<(), String> {
        check_names("", &[("node", &args.node)])
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        cordon(args, target, true).await.map(Some)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Value, Failure> {
        cordon(&args, &target, false).await
    }
}

async fn cordon(args: &Args, target: &ResolvedTarget, dry_run: bool) -> Result<Value, Failure> {
    let place = Place::new(target, &args.instance, "").await?;
    place.require_cluster("nodes")?;
    let node = place.find(&well_known::NODES, &args.node).await?;
    // `null` removes the field, as `kubectl uncordon` does
    let fields = json!({"spec": {"unschedulable": if args.uncordon { Value::Null } else { Value::Bool(true) }}});
    patch(&place, &well_known::NODES, &node, PatchFormat::Merge, &fields, dry_run).await
}
