//! `juju trust`: grants or revokes access of an application to cloud credentials.

use std::sync::Arc;

use juju_wire::facade::application::{
    SetConfigs,
    config::{ConfigSetArgs, ConfigSetParams},
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Cost, Facts, Failure, ResolvedTarget, Scope, target};

/// The tool `juju_trust`.
pub struct Trust;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    #[serde(default)]
    remove: bool,
    /// on Kubernetes
    scope: Option<AccessScope>,
}

/// What the access is to: on Kubernetes all of the cluster.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum AccessScope {
    Cluster,
}

/// Whether it has access now.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Name of the application.
    application: String,
    /// Whether it is trusted.
    trust: bool,
}

impl Command for Trust {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "trust";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Gives an application access to cloud credentials, or takes it away.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application"];

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    fn impact(args: &Args) -> Impact {
        Impact::default().with_trust(!args.remove)
    }

    fn cost(args: &Args, facts: &Facts) -> Cost {
        Cost::of_restarted(&args.application, facts)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let trust = !args.remove;
        let set = ConfigSetParams {
            application: args.application.clone(),
            config: [("trust".to_owned(), trust.to_string())].into(),
            ..ConfigSetParams::default()
        };
        let connection = target.model_connection().await?;
        connection.call::<SetConfigs>(ConfigSetArgs { args: vec![set] }).await?.into_result()?;
        Ok(Output { application: args.application, trust })
    }
}
