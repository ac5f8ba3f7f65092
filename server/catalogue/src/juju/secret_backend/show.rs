//! `juju show-secret-backend`: one backend that stores secrets.

use std::{collections::BTreeMap, sync::Arc};

use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Backend, backends};
use crate::{Command, Failure, ResolvedTarget, Scope, target};

/// The tool `juju_show_secret_backend`.
pub struct ShowSecretBackend;

/// Which backend.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    name: String,
    /// secret settings too
    #[serde(default)]
    reveal: bool,
}

impl Command for ShowSecretBackend {
    type Args = Args;
    type Output = BTreeMap<String, Backend>;

    const COMMAND: &'static str = "show-secret-backend";
    const TOOLSET: &'static str = "secrets";
    const DESCRIPTION: &'static str = "Shows a backend that stores secrets.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const MIN_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["name"];

    fn effect(args: &Args) -> Effect {
        if args.reveal { Effect::Sensitive } else { Effect::Read }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("secretbackend", &args.name)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        backends(&*target.controller_connection().await?, vec![args.name], args.reveal).await
    }
}
