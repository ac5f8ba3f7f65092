//! `juju scale-application`: sets the number of units of an application on Kubernetes.

use std::sync::Arc;

use juju_wire::facade::application::{
    ScaleApplications,
    scale::{ScaleApplicationParamsV2, ScaleApplicationsParamsV2},
};
use policy::{Capability, Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Command, Cost, Facts, Failure, Precondition, ResolvedTarget, Scope, Substrate, entity, juju::render::bulk_single,
    target,
};

/// The tool `juju_scale_application`.
pub struct ScaleApplication;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    scale: u32,
}

/// The scale that was set.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Name of the application.
    application: String,
    /// Units that it is to have.
    scale: i64,
}

impl Command for ScaleApplication {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "scale-application";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Sets the number of units on Kubernetes; on machines use juju_add_unit.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const MIN_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application", "scale"];

    const UNITS_DECIDE_EFFECT: bool = true;

    fn effect_with_units(args: &Args, units: u64) -> Effect {
        let scale = u64::from(args.scale);
        if scale == 0 || scale < units { Effect::Destructive } else { Effect::Write }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    fn impact(args: &Args) -> Impact {
        let scale = u64::from(args.scale);
        let impact = Impact { units_added: scale, scale: Some(scale), ..Impact::default() };
        if scale == 0 { impact.with_capability(Capability::RemovesAllUnits) } else { impact }
    }

    fn preconditions(_: &Args) -> Vec<Precondition> {
        vec![Precondition::Substrate(Substrate::Kubernetes, "use juju_add_unit or juju_remove_unit")]
    }

    fn cost(args: &Args, facts: &Facts) -> Cost {
        Cost::of_scale(&args.application, u64::from(args.scale), facts)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let params = ScaleApplicationParamsV2 {
            application_tag: entity::application(&args.application),
            scale: i64::from(args.scale),
            ..ScaleApplicationParamsV2::default()
        };
        let connection = target.model_connection().await?;
        let reply =
            connection.call::<ScaleApplications>(ScaleApplicationsParamsV2 { applications: vec![params] }).await?;
        bulk_single(reply.results, |result| result.error.take())?;
        Ok(Output { application: args.application, scale: i64::from(args.scale) })
    }
}
