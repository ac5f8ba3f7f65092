//! `juju show-cloud`: one cloud of the controller.

use std::sync::Arc;

use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cloud, clouds};
use crate::{Command, Failure, ResolvedTarget, Scope, target};

/// The tool `juju_show_cloud`.
pub struct ShowCloud;

/// Which cloud.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    cloud: String,
}

/// A cloud with the place that knows it.
#[derive(Debug, Serialize)]
pub struct Shown {
    name: String,
    summary: String,
    #[serde(flatten)]
    cloud: Cloud,
}

impl Command for ShowCloud {
    type Args = Args;
    type Output = Vec<Shown>;

    const COMMAND: &'static str = "show-cloud";
    const TOOLSET: &'static str = "clouds";
    const DESCRIPTION: &'static str = "Shows a cloud with regions, endpoints and users.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["cloud"];

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("cloud", &args.cloud)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.controller_connection().await?;
        let found = clouds(&connection, &[args.cloud]).await?;
        let controller = target.controller_name();
        let shown = |(name, cloud)| Shown {
            summary: format!("Cloud \"{name}\" from controller \"{controller}\""),
            name,
            cloud,
        };
        Ok(found.into_iter().map(shown).collect())
    }
}
