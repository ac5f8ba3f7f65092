//! `juju add-unit`: adds units to an application.

use std::sync::Arc;

use juju_wire::{
    Code, RemoteError,
    facade::application::{
        AddUnits, ScaleApplications,
        scale::{ScaleApplicationParamsV2, ScaleApplicationsParamsV2},
        unit::AddApplicationUnits,
    },
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Command, Cost, Facts, Failure, Precondition, ResolvedTarget, Scope, entity, juju::render::bulk_single, target,
};

/// The tool `juju_add_unit`.
pub struct AddUnit;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    #[schemars(extend("default" = 1))]
    num_units: Option<u32>,
    #[serde(default)]
    to: Vec<String>,
    /// for a single unit
    #[serde(default)]
    attach_storage: Vec<String>,
}

/// The units that were added.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Their names, `web/3`; on Kubernetes empty, since they come with the scale.
    units: Vec<String>,
    /// On Kubernetes, how many units the application is to have now.
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<i64>,
}

impl Command for AddUnit {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "add-unit";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Adds units to an application.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.num_units == Some(0) {
            return Err("`num_units` has to be at least 1".to_owned());
        }
        entity::check_placements(&args.to)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        std::iter::once(target::application(&args.application)).chain(target::placements(&args.to)).collect()
    }

    fn impact(args: &Args) -> Impact {
        Impact { units_added: u64::from(args.num_units.unwrap_or(1)), ..Impact::default() }
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![
            Precondition::OwnUnits(args.application.clone()),
            Precondition::Placements(Some(args.application.clone()), args.to.clone()),
            Precondition::DetachedStorage(args.attach_storage.clone()),
        ]
    }

    fn cost(args: &Args, facts: &Facts) -> Cost {
        Cost::of_new_units(u64::from(args.num_units.unwrap_or(1)), &args.to, facts)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        let count = i64::from(args.num_units.unwrap_or(1));
        if target.is_kubernetes() {
            if !args.to.is_empty() {
                let error = RemoteError::new(Code::NotSupported, "a Kubernetes model has no placements");
                let remedy = Some("leave `to` out: the cluster chooses nodes".to_owned());
                return Err(Failure::Unmet { error: Box::new(error), remedy });
            }
            let params = ScaleApplicationParamsV2 {
                application_tag: entity::application(&args.application),
                scale_change: count,
                attach_storage: args.attach_storage,
                ..ScaleApplicationParamsV2::default()
            };
            let reply =
                connection.call::<ScaleApplications>(ScaleApplicationsParamsV2 { applications: vec![params] }).await?;
            let result = bulk_single(reply.results, |result| result.error.take())?;
            return Ok(Output { units: Vec::new(), scale: result.info.map(|info| info.num_units) });
        }
        let params = AddApplicationUnits {
            application: args.application,
            num_units: count,
            placement: entity::placements(&args.to, target.model_uuid()),
            attach_storage: args
                .attach_storage
                .iter()
                .map(|storage| format!("storage-{}", storage.replace('/', "-")))
                .collect(),
            ..AddApplicationUnits::default()
        };
        Ok(Output { units: connection.call::<AddUnits>(params).await?.units, scale: None })
    }
}
