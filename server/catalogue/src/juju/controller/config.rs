//! `juju controller-config`: shows or sets settings of the controller.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::controller::{ConfigSet, ControllerConfig as ControllerConfigMethod, info::ControllerConfigSet};
use policy::{Capability, Effect, Impact, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, entity, juju::model::wait::duration, nearest, text,
};

/// The tool `juju_controller_config`.
pub struct ControllerConfig;

/// Arguments, named as in the Juju client.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// only this setting
    key: Option<String>,
    values: BTreeMap<String, Value>,
}

/// The form of a setting.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Number,
    Switch,
    List,
    Time,
}

/// Settings that can be changed, with their form (`controller/configschema.go`). The other ones are fixed at bootstrap.
const SETTINGS: [(&str, Form); 33] = [
    ("agent-logfile-max-backups", Form::Number),
    ("agent-logfile-max-size", Form::Text),
    ("agent-ratelimit-max", Form::Number),
    ("agent-ratelimit-rate", Form::Time),
    ("api-port-open-delay", Form::Time),
    ("application-resource-download-limit", Form::Number),
    ("audit-log-capture-args", Form::Switch),
    ("audit-log-exclude-methods", Form::List),
    ("audit-log-max-backups", Form::Number),
    ("audit-log-max-size", Form::Text),
    ("auditing-enabled", Form::Switch),
    ("caas-image-repo", Form::Text),
    ("controller-api-port", Form::Number),
    ("controller-resource-download-limit", Form::Number),
    ("features", Form::List),
    ("juju-ha-space", Form::Text),
    ("juju-mgmt-space", Form::Text),
    ("max-agent-state-size", Form::Number),
    ("max-charm-state-size", Form::Number),
    ("max-debug-log-duration", Form::Time),
    ("max-prune-txn-batch-size", Form::Number),
    ("max-prune-txn-passes", Form::Number),
    ("migration-agent-wait-time", Form::Time),
    ("model-logfile-max-backups", Form::Number),
    ("model-logfile-max-size", Form::Text),
    ("model-logs-size", Form::Text),
    ("mongo-memory-profile", Form::Text),
    ("prune-txn-query-count", Form::Number),
    ("prune-txn-sleep-time", Form::Time),
    ("public-dns-address", Form::Text),
    ("query-tracing-enabled", Form::Switch),
    ("query-tracing-threshold", Form::Time),
    ("ssh-max-concurrent-connections", Form::Number),
];

/// A value as the API takes it.
fn coerced(name: &str, value: &Value) -> Result<Value, String> {
    let Some((_, form)) = SETTINGS.iter().find(|(known, _)| *known == name) else {
        let near = nearest(name, SETTINGS.iter().map(|(known, _)| *known));
        let near = near.map(|near| format!(", the nearest is `{near}`")).unwrap_or_default();
        return Err(format!("`values.{name}` is no setting that can be changed{near}"));
    };
    let text = entity::text(value);
    let wrong = |form: &str| Err(format!("`values.{name}` has to be {form}, not: {text}"));
    match (form, value) {
        (Form::List, Value::Array(_)) => Ok(value.clone()),
        (_, Value::Array(_) | Value::Object(_)) => wrong("a single value"),
        (Form::Text, _) => Ok(json!(text)),
        (Form::Number, _) => text.parse::<i64>().map_or_else(|_| wrong("a whole number"), |number| Ok(json!(number))),
        (Form::Switch, _) => text.parse::<bool>().map_or_else(|_| wrong("true or false"), |switch| Ok(json!(switch))),
        (Form::List, _) => Ok(json!(text.split(',').map(str::trim).collect::<Vec<_>>())),
        (Form::Time, _) => match duration(&text) {
            Some(_) => Ok(json!(text)),
            None => wrong("a time like `90s` or `1h30m`"),
        },
    }
}

impl Command for ControllerConfig {
    type Args = Args;
    type Output = Map<String, Value>;

    const COMMAND: &'static str = "controller-config";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str =
        "Shows settings of the controller or sets them; juju_model_config those of a model.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const MIN_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["key", "values"];
    const ROWS_PATH: Option<&'static str> = Some("");

    fn validate(args: &Args) -> Result<(), String> {
        entity::check_values("values", &args.values)?;
        args.values.iter().try_for_each(|(name, value)| coerced(name, value).map(drop))
    }

    fn effect(args: &Args) -> Effect {
        if args.values.is_empty() { Effect::Read } else { Effect::Write }
    }

    fn impact(args: &Args) -> Impact {
        // the image repository and the features decide what machines and pods run
        let decides = args.values.keys().any(|name| ["caas-image-repo", "features"].contains(&name.as_str()));
        let impact = Impact::default();
        if decides { impact.with_capability(Capability::ChangesMachineSetup) } else { impact }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.controller_connection().await?;
        if !args.values.is_empty() {
            let pairs = args.values.iter().map(|(name, value)| Ok((name.clone(), coerced(name, value)?)));
            let config = pairs.collect::<Result<_, String>>();
            let config = config.map_err(|problem| Failure::refused(problem, "correct `values`"))?;
            connection.call::<ConfigSet>(ControllerConfigSet { config }).await?;
        }
        let mut settings = connection.call::<ControllerConfigMethod>(()).await?.config;
        if let Some(mask) = target.option_mask(Vec::new()) {
            for (name, value) in &mut settings {
                mask.mask(name, value);
            }
        }
        let Some(key) = args.key else {
            let wanted = |name: &String| args.values.is_empty() || args.values.contains_key(name);
            return Ok(settings.into_iter().filter(|(name, _)| wanted(name)).collect());
        };
        let value = settings.remove(&key).ok_or_else(|| {
            let controller = target.controller_name();
            Failure::refused(
                format!("key \"{key}\" not found in controller \"{controller}\""),
                "leave `key` out to see all settings",
            )
        })?;
        Ok(Map::from_iter([("result".to_owned(), value)]))
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|name, value| filter.selects(name, value));
        let row = |(name, value): (&String, &Value)| vec![name.clone(), text::cell(value)];
        let rows = answer.iter().map(row).collect();
        Some(Concise::table(Table::new("settings", &["Setting", "Value"], rows), "nothing matches"))
    }
}
