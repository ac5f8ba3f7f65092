//! `juju export-bundle`: the model as a bundle.

use std::sync::Arc;

use juju_wire::facade::bundle::{ExportBundle as ExportBundleMethod, ExportBundleParams};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Command, Failure, ResolvedTarget, Scope};

/// The tool `juju_export_bundle`.
pub struct ExportBundle;

/// What is in the bundle.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// options with default values too
    include_charm_defaults: bool,
    /// series beside bases
    include_series: bool,
}

/// The bundle, and the overlay with what belongs to this model only, such as offers.
#[derive(Debug, Serialize)]
pub struct Output {
    bundle: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    overlay: Option<Value>,
}

impl Command for ExportBundle {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "export-bundle";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Exports applications, options and relations of a model as a bundle.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;

    fn target_entities(_: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::All(EntityKind::Application)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        let Args { include_charm_defaults, include_series } = args;
        let params = ExportBundleParams { include_charm_defaults, include_series };
        let reply = connection.call::<ExportBundleMethod>(params).await?;
        if let Some(error) = reply.error {
            return Err(error.into());
        }
        let unreadable = |cause: serde_yaml::Error| {
            Failure::refused(format!("the bundle cannot be read: {cause}"), "export it with the Juju client")
        };
        let documents = serde_yaml::Deserializer::from_str(&reply.result).map(Value::deserialize);
        let mut documents = documents.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        if let Some(mask) = target.option_mask(vec![TargetEntity::All(EntityKind::Application)]) {
            let applications = documents.iter_mut().filter_map(|document| document.get_mut("applications"));
            let applications = applications.filter_map(Value::as_object_mut).flat_map(|all| all.values_mut());
            let options = applications.filter_map(|one| one.get_mut("options")).filter_map(Value::as_object_mut);
            options.flatten().for_each(|(name, value)| mask.mask(name, value));
        }
        let mut documents = documents.into_iter();
        Ok(Output { bundle: documents.next().unwrap_or_default(), overlay: documents.next() })
    }
}
