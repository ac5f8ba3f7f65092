//! `k8s_get`: an object of any kind, without secret values.

use std::sync::Arc;

use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    place::{Place, TOOLSET, check_names, entities},
    shown::masked,
};
use crate::{Command, Failure, ResolvedTarget, Scope};

/// The tool `k8s_get`.
pub(super) struct Get;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    kind: String,
    name: String,
    /// default: that of the cluster
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    instance: String,
}

impl Command for Get {
    type Args = Args;
    type Output = Value;

    const COMMAND: &'static str = "k8s-get";
    const TOOL_NAME: Option<&'static str> = Some("k8s_get");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Shows an object of any kind; secret values are masked.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const IDEMPOTENT: bool = true;

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_names(&args.namespace, &[("name", &args.name)])
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let place = Place::new(&target, &args.instance, &args.namespace).await?;
        let kind = place.find_kind(&args.kind).await?;
        Ok(masked(place.find(&kind, &args.name).await?))
    }
}
