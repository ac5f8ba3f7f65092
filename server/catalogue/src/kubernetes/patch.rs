//! `k8s_patch`: changes fields of an object, with a dry run that lists them.

use std::sync::Arc;

use kubernetes::PatchFormat;
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    apply::{capabilities, check_secret},
    change::{changeable, patch},
    place::{Place, TOOLSET, check_names, entities},
};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope};

/// The tool `k8s_patch`.
pub(super) struct Patch;

/// Arguments.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// `deployment`
    kind: String,
    name: String,
    /// fields to set; `null` removes one
    patch: Map<String, Value>,
    /// default: that of the cluster
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    instance: String,
}

impl Command for Patch {
    type Args = Args;
    type Output = Value;

    const COMMAND: &'static str = "k8s-patch";
    const TOOL_NAME: Option<&'static str> = Some("k8s_patch");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Patches fields of an object; a dry run lists what changes.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        if args.patch.is_empty() {
            return Err("`patch` has to name a field".to_owned());
        }
        check_names(&args.namespace, &[("name", &args.name)])
    }

    fn impact(args: &Args) -> Impact {
        let mut changed = Value::Object(args.patch.clone());
        changed["kind"] = Value::String(args.kind.clone());
        capabilities(std::slice::from_ref(&changed))
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        change(args, target, true).await.map(Some)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Value, Failure> {
        change(&args, &target, false).await
    }
}

async fn change(args: &Args, target: &ResolvedTarget, dry_run: bool) -> Result<Value, Failure> {
    let place = Place::new(target, &args.instance, &args.namespace).await?;
    let kind = place.find_kind(&args.kind).await?;
    let fields = Value::Object(args.patch.clone());
    check_secret(&kind.kind, &fields)?;
    let old = changeable(&place, &kind, &args.name, "juju_config, juju_scale_application or juju_refresh").await?;
    // lists of built-in kinds merge by their keys; custom kinds have no such keys
    let is_built_in = !kind.group.contains('.') || kind.group.ends_with(".k8s.io");
    let format = if is_built_in { PatchFormat::Strategic } else { PatchFormat::Merge };
    patch(&place, &kind, &old, format, &fields, dry_run).await
}
