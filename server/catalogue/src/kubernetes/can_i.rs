//! `k8s_can_i`: whether the program, or the caller it impersonates, may do something (`kubectl auth can-i`).

use std::sync::Arc;

use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::place::{Place, TOOLSET, check_names, entities};
use crate::{Command, Failure, ResolvedTarget, Scope};

/// The tool `k8s_can_i`.
pub(super) struct CanI;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// `get`, `list`, `delete`
    verb: String,
    kind: String,
    /// default: all of the kind
    name: Option<String>,
    /// `log`, `scale`
    #[serde(default)]
    subresource: String,
    /// default: all
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    instance: String,
}

impl Command for CanI {
    type Args = Args;
    type Output = Value;

    const COMMAND: &'static str = "k8s-can-i";
    const TOOL_NAME: Option<&'static str> = Some("k8s_can_i");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Checks whether the access control of the cluster permits something.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        let names: Vec<(&str, &str)> = args.name.iter().map(|name| ("name", name.as_str())).collect();
        check_names(&args.namespace, &names)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let place = Place::new(&target, &args.instance, &args.namespace).await?;
        let kind = place.find_kind(&args.kind).await?;
        let namespace = place.namespace.clone().filter(|_| kind.namespaced).unwrap_or_default();
        let attributes = json!({"verb": args.verb, "group": kind.group, "version": kind.version, "resource": kind.plural,
            "subresource": args.subresource, "namespace": namespace, "name": args.name.unwrap_or_default()});
        let (allowed, reason) = place.session.review(&attributes).await?;
        Ok(
            json!({"allowed": allowed, "verb": args.verb, "resource": kind.full_name(), "namespace": namespace, "reason": reason}),
        )
    }
}
