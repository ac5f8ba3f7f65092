//! `juju config`: shows, sets or resets options of an application.

use std::sync::Arc;

use juju_wire::facade::application::{
    Get, SetConfigs, UnsetApplicationsConfig,
    config::{ApplicationConfigUnsetArgs, ApplicationGet, ApplicationUnset, ConfigSetArgs, ConfigSetParams},
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    Command, Concise, Cost, Facts, Failure, Filter, Precondition, ResolvedTarget, Scope, Table, entity, juju::setup,
    target, text,
};

/// The tool `juju_config`.
pub struct Config;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    /// only this option
    key: Option<String>,
    #[serde(default)]
    values: std::collections::BTreeMap<String, Value>,
    /// to their defaults
    #[serde(default)]
    reset: Vec<String>,
}

/// Options as the client shows them: `{"application", "application-config", "charm", "settings"}`; of one key its value.
type Output = Map<String, Value>;

impl Command for Config {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "config";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Shows options of an application, or sets or resets them.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const MIN_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application", "key", "values"];
    const ROWS_PATH: Option<&'static str> = Some("settings");

    fn validate(args: &Args) -> Result<(), String> {
        entity::check_values("values", &args.values)?;
        entity::check_reset(args.values.keys(), &args.reset)
    }

    fn effect(args: &Args) -> Effect {
        if args.values.is_empty() && args.reset.is_empty() { Effect::Read } else { Effect::Write }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    fn impact(args: &Args) -> Impact {
        let reset = args.reset.iter().any(|name| setup::is_trust_option(name)).then_some(false);
        let trust = setup::trust_option(&args.values).or(reset);
        trust.into_iter().fold(Impact::default(), Impact::with_trust)
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![
            Precondition::Options(args.application.clone(), args.values.clone()),
            Precondition::OptionNames(args.application.clone(), args.reset.clone()),
        ]
    }

    fn cost(args: &Args, facts: &Facts) -> Cost {
        Cost::of_restarted(&args.application, facts)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        let application = args.application;
        if !args.values.is_empty() {
            let config = args.values.iter().map(|(name, value)| (name.clone(), entity::text(value))).collect();
            let set = ConfigSetParams {
                application: application.clone(),
                generation: "master".to_owned(),
                config,
                ..ConfigSetParams::default()
            };
            connection.call::<SetConfigs>(ConfigSetArgs { args: vec![set] }).await?.into_result()?;
        }
        if !args.reset.is_empty() {
            let unset = ApplicationUnset {
                application: application.clone(),
                branch: "master".to_owned(),
                options: args.reset.clone(),
            };
            connection
                .call::<UnsetApplicationsConfig>(ApplicationConfigUnsetArgs { args: vec![unset] })
                .await?
                .into_result()?;
        }
        let entities = vec![target::application(&application)];
        let mut all = connection.call::<Get>(ApplicationGet { application, branch: "master".to_owned() }).await?;
        if let Some(mask) = target.option_mask(entities) {
            all.config.iter_mut().chain(&mut all.application_config).for_each(|(name, option)| mask.mask(name, option));
        }
        let Some(key) = args.key else {
            let mut shown = Map::from_iter([
                ("application".to_owned(), json!(all.application)),
                ("charm".to_owned(), json!(all.charm)),
            ]);
            if !all.application_config.is_empty() {
                shown.insert("application-config".to_owned(), json!(all.application_config));
            }
            shown.insert("settings".to_owned(), json!(all.config));
            return Ok(shown);
        };
        let option = all.config.get(&key).or_else(|| all.application_config.get(&key));
        let missing = || {
            Failure::refused(
                format!("`{}` has no option `{key}`", all.application),
                "leave `key` out to see all options",
            )
        };
        let value = option.ok_or_else(missing)?.get("value").cloned().unwrap_or(Value::Null);
        Ok(Map::from_iter([("result".to_owned(), value)]))
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        let Some(Value::Object(settings)) = answer.get_mut("settings") else { return None };
        settings.retain(|name, option| filter.selects(name, option));
        let row = |(name, option): (&String, &Value)| {
            let shown =
                ["value", "source", "type"].map(|member| option.get(member).map_or_else(String::new, text::cell));
            [vec![name.clone()], shown.to_vec()].concat()
        };
        let mut table: Vec<_> = settings.iter().map(row).collect();
        if let Some(Value::Object(own)) = answer.get("application-config") {
            table.extend(own.iter().filter(|(name, option)| filter.selects(name, *option)).map(row));
        }
        let named = |name| answer.get(name).map_or_else(String::new, text::cell);
        let head =
            format!("options of {}, charm {}; `format` detailed explains them", named("application"), named("charm"));
        Some(Concise::with_head(vec![head]).and(Table::new("options", &["Option", "Value", "Source", "Type"], table)))
    }
}
