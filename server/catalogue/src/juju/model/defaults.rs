//! `juju model-defaults`: shows, sets or resets options that new models begin with.

use std::{collections::BTreeMap, sync::Arc};

use juju_client::Connection;
use juju_wire::{
    entity::Entities,
    facade::{
        cloud::Clouds,
        model_manager::{
            ModelDefaultsForClouds, SetModelDefaults, UnsetModelDefaults,
            defaults::{
                ModelDefaultValues, ModelDefaults as Wire, ModelUnsetKeys, SetModelDefaultsParams,
                UnsetModelDefaultsParams,
            },
        },
    },
    tag::Tag,
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, entity,
    juju::{
        render::{bulk_result, id},
        setup,
    },
    target, text,
};

/// The tool `juju_model_defaults`.
pub struct ModelDefaults;

/// Arguments, named as in the Juju client.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// only this option
    key: Option<String>,
    values: BTreeMap<String, Value>,
    /// to their defaults
    reset: Vec<String>,
    /// default: the only one
    cloud: Option<String>,
    region: Option<String>,
}

/// An option at each level that has a value for it.
#[derive(Debug, Serialize)]
pub struct Levels {
    #[serde(skip_serializing_if = "Value::is_null")]
    default: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    controller: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    regions: Vec<OfRegion>,
}

/// The value in one region.
#[derive(Debug, Serialize)]
pub struct OfRegion {
    name: String,
    value: Value,
}

impl Command for ModelDefaults {
    type Args = Args;
    type Output = BTreeMap<String, Levels>;

    const COMMAND: &'static str = "model-defaults";
    const ALIASES: &'static [&'static str] = &["model-default"];
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Shows options that new models begin with, or sets or resets them.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const MIN_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["key", "values"];
    const ROWS_PATH: Option<&'static str> = Some("");

    fn validate(args: &Args) -> Result<(), String> {
        entity::check_values("values", &args.values)?;
        entity::check_reset(args.values.keys(), &args.reset)?;
        if args.values.keys().chain(&args.reset).any(|name| name == "agent-version") {
            return Err("`agent-version` cannot be set here: models are upgraded with `upgrade-model`".to_owned());
        }
        Ok(())
    }

    fn effect(args: &Args) -> Effect {
        if args.values.is_empty() && args.reset.is_empty() { Effect::Read } else { Effect::Write }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        args.cloud.iter().map(|name| target::other("cloud", name)).collect()
    }

    fn impact(args: &Args) -> Impact {
        setup::machine_setup(args.values.keys().chain(&args.reset))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.controller_connection().await?;
        let cloud = match args.cloud {
            Some(cloud) => cloud,
            None => only_cloud(&connection).await?,
        };
        let cloud_tag = Tag::new("cloud", &cloud).to_string();
        let cloud_region = args.region.clone().unwrap_or_default();
        if !args.values.is_empty() {
            let (cloud_tag, cloud_region) = (cloud_tag.clone(), cloud_region.clone());
            let config = vec![ModelDefaultValues { cloud_tag, cloud_region, config: args.values.clone() }];
            connection.call::<SetModelDefaults>(SetModelDefaultsParams { config }).await?.into_result()?;
        }
        if !args.reset.is_empty() {
            let keys = vec![ModelUnsetKeys { cloud_tag, cloud_region, keys: args.reset.clone() }];
            connection.call::<UnsetModelDefaults>(UnsetModelDefaultsParams { keys }).await?.into_result()?;
        }
        let changed = |name: &String| args.values.contains_key(name) || args.reset.contains(name);
        let wanted = |name: &String| match &args.key {
            Some(key) => name == key,
            None => (args.values.is_empty() && args.reset.is_empty()) || changed(name),
        };
        let mut options = options(&connection, &target, &cloud, args.region.as_deref()).await?;
        options.retain(|name, _| wanted(name));
        match args.key {
            Some(key) if options.is_empty() => Err(Failure::refused(
                format!("there are no default model values for \"{key}\""),
                "leave `key` out to see all options",
            )),
            _ => Ok(options),
        }
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|name, option| filter.selects(name, option));
        let row = |(name, option): (&String, &Levels)| {
            let region = |one: &OfRegion| format!("{}={}", one.name, text::cell(&one.value));
            let regions: Vec<_> = option.regions.iter().map(region).collect();
            vec![name.clone(), text::cell(&option.default), text::cell(&option.controller), regions.join(" ")]
        };
        let rows = answer.iter().map(row).collect();
        let heading = ["Option", "Default", "Controller", "Regions"];
        Some(Concise::table(Table::new("options", &heading, rows), "nothing matches"))
    }
}

/// The cloud that is meant where none is named.
async fn only_cloud(connection: &Connection) -> Result<String, Failure> {
    let clouds: Vec<_> = connection.call::<Clouds>(()).await?.clouds.keys().map(|tag| id(tag)).collect();
    match clouds.as_slice() {
        [only] => Ok(only.clone()),
        [] => {
            Err(Failure::refused("the user has no access to a cloud", "log in as an administrator of the controller"))
        }
        many => Err(Failure::refused(
            "the controller has several clouds",
            format!("give `cloud`, one of: {}", many.join(", ")),
        )),
    }
}

/// The options of a cloud; of a region only those that it has a value for.
async fn options(
    connection: &Connection,
    target: &ResolvedTarget,
    cloud: &str,
    region: Option<&str>,
) -> Result<BTreeMap<String, Levels>, Failure> {
    let tags: Entities = [Tag::new("cloud", cloud)].into_iter().collect();
    let reply = connection.call::<ModelDefaultsForClouds>(tags).await?;
    let item = reply.results.into_iter().next().unwrap_or_default();
    let config = bulk_result(Some(item.config), item.error, cloud)?;
    let mask = target.option_mask(Vec::new());
    let option = |(name, wire): (String, Wire)| {
        let masked = |mut value: Value| {
            if let Some(mask) = &mask {
                mask.mask(&name, &mut value);
            }
            value
        };
        let of_region = wire.regions.into_iter().filter(|one| region.is_none_or(|wanted| one.region_name == wanted));
        let regions: Vec<_> =
            of_region.map(|one| OfRegion { name: one.region_name, value: masked(one.value) }).collect();
        let shown = Levels { default: masked(wire.default_value), controller: masked(wire.controller), regions };
        (region.is_none() || !shown.regions.is_empty()).then(|| (name.clone(), shown))
    };
    Ok(config.into_iter().filter_map(option).collect())
}
