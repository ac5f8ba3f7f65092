//! `juju model-config`: shows, sets or resets options of a model.

use std::sync::Arc;

use juju_client::ModelAccess;
use juju_wire::facade::model_config::{ModelGet, ModelSet, ModelSetParams, ModelUnset, ModelUnsetParams};
use policy::{Effect, Impact, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    Access, Command, Concise, Failure, Filter, JujuAccess, Precondition, ResolvedTarget, Scope, Table, entity,
    juju::setup, text,
};

/// The tool `juju_model_config`.
pub struct ModelConfig;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// only this option
    key: Option<String>,
    #[serde(default)]
    values: std::collections::BTreeMap<String, Value>,
    /// to their defaults
    #[serde(default)]
    reset: Vec<String>,
}

/// What the controller returns among the options, and the client does not show: it identifies the model and cannot be set.
const IDENTITY: [&str; 3] = ["name", "type", "uuid"];

/// Options as the client shows them, `{"http-proxy": {"Value": "", "Source": "default"}}`, or those that were changed.
type Output = Map<String, Value>;

impl Command for ModelConfig {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "model-config";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Shows options of a model, or sets or resets them.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const ACCESS: Access = Access::Admin;
    const MIN_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["key", "values"];
    const ROWS_PATH: Option<&'static str> = Some("");

    // `apiserver/facades/client/modelconfig`
    fn juju_access(args: &Args) -> JujuAccess {
        JujuAccess::Model(if Self::effect(args).changes() { ModelAccess::Write } else { ModelAccess::Read })
    }

    fn validate(args: &Args) -> Result<(), String> {
        entity::check_values("values", &args.values)?;
        entity::check_reset(args.values.keys(), &args.reset)
    }

    fn effect(args: &Args) -> Effect {
        if args.values.is_empty() && args.reset.is_empty() { Effect::Read } else { Effect::Write }
    }

    fn impact(args: &Args) -> Impact {
        setup::machine_setup(args.values.keys().chain(&args.reset))
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![Precondition::ModelOptions(args.values.clone())]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        if !args.values.is_empty() {
            connection.call::<ModelSet>(ModelSetParams { config: args.values.clone() }).await?;
        }
        if !args.reset.is_empty() {
            connection.call::<ModelUnset>(ModelUnsetParams { keys: args.reset.clone() }).await?;
        }
        let wanted = |name: &String| {
            let changed = args.values.contains_key(name) || args.reset.contains(name);
            args.key.as_ref().map_or(changed || (args.values.is_empty() && args.reset.is_empty()), |key| key == name)
        };
        let mut options = connection.call::<ModelGet>(()).await?.config;
        options.retain(|name, _| !IDENTITY.contains(&name.as_str()));
        if let Some(mask) = target.option_mask(Vec::new()) {
            for (name, option) in &mut options {
                mask.mask(name, &mut option.value);
            }
        }
        let shown = options.into_iter().filter(|(name, _)| wanted(name));
        let shown: Output =
            shown.map(|(name, option)| (name, json!({"Value": option.value, "Source": option.source}))).collect();
        match args.key {
            Some(key) if shown.is_empty() => {
                Err(Failure::refused(format!("the model has no option `{key}`"), "leave `key` out to see all options"))
            }
            _ => Ok(shown),
        }
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|name, option| filter.selects(name, option));
        let row = |(name, option): (&String, &Value)| {
            let shown = ["Value", "Source"].map(|member| option.get(member).map_or_else(String::new, text::cell));
            [vec![name.clone()], shown.to_vec()].concat()
        };
        let rows = answer.iter().map(row).collect();
        Some(Concise::table(Table::new("options", &["Option", "Value", "Source"], rows), "nothing matches"))
    }
}
