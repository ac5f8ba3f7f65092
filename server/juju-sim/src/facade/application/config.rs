//! Options, trust and constraints of applications.

use std::collections::BTreeMap;

use juju_wire::{
    ErrorResult, RemoteError,
    code::ErrorResults,
    entity::Entities,
    facade::application::{
        CharmConfig, Get, GetConfig, GetConstraints, SetConfigs, SetConstraints, UnsetApplicationsConfig,
        config::{
            ApplicationConfigUnsetArgs, ApplicationConstraint, ApplicationGet, ApplicationGetArgs,
            ApplicationGetConfigResults, ApplicationGetConstraintsResults, ApplicationGetResults, ConfigResult,
            ConfigSetArgs, ConfigSetParams, SetConstraintsParams,
        },
    },
    tag::Tag,
};
use serde_json::{Value, json};

use crate::{
    call::Call,
    charms::Charm,
    facade::status::{base, bindings},
    methods::Methods,
    state::{Application, Model, ModelAccess},
};

/// What the real server was doing where an option is refused.
const PARSING: &str = "parsing settings for application";

pub(super) fn register(methods: &mut Methods) {
    methods.on::<Get>(get);
    methods.on::<SetConfigs>(set);
    methods.on::<UnsetApplicationsConfig>(unset);
    methods.on::<GetConfig>(settings);
    methods.on::<CharmConfig>(of_charms);
    methods.on::<GetConstraints>(constraints);
    methods.on::<SetConstraints>(set_constraints);
}

fn get(call: &Call, params: ApplicationGet) -> Result<ApplicationGetResults, RemoteError> {
    call.read_model(|model| {
        let application = model.application(&params.application)?;
        let trust = json!({
            "default": false,
            "description": "Does this application have access to trusted credentials",
            "source": if application.trust { "user" } else { "default" },
            "type": "bool",
            "value": application.trust,
        });
        Ok(ApplicationGetResults {
            application: application.name.clone(),
            charm: application.charm.name.clone(),
            config: options(application),
            application_config: BTreeMap::from([("trust".to_owned(), trust)]),
            constraints: application.constraints.clone(),
            base: base(),
            channel: application.channel.clone(),
            endpoint_bindings: bindings(application),
        })
    })
}

fn options(application: &Application) -> BTreeMap<String, Value> {
    let shown = application.charm.config.iter().map(|(name, option)| {
        let set = application.config.get(name);
        let mut shown = json!({
            "description": option.description,
            "source": if set.is_some() { "user" } else if option.default.is_null() { "unset" } else { "default" },
            "type": option.kind,
        });
        if !option.default.is_null() {
            shown["default"] = option.default.clone();
        }
        if let Some(value) = set.or(Some(&option.default)).filter(|value| !value.is_null()) {
            shown["value"] = value.clone();
        }
        (name.clone(), shown)
    });
    shown.collect()
}

/// Reads a value as the charm's option wants it, or refuses it as the real server does.
pub(super) fn typed(charm: &Charm, name: &str, text: &str) -> Result<Value, RemoteError> {
    let option = charm.config.get(name);
    let option = option.ok_or_else(|| RemoteError::plain(format!("unknown option \"{name}\"")))?;
    let read = match option.kind.as_str() {
        "int" => text.parse::<i64>().ok().map(|value| json!(value)),
        // Go's JSON has no fraction where there is none
        "float" => text
            .parse::<i64>()
            .ok()
            .map(|whole| json!(whole))
            .or_else(|| text.parse::<f64>().ok().map(|value| json!(value))),
        "boolean" => text.parse::<bool>().ok().map(|value| json!(value)),
        _ => Some(json!(text)),
    };
    let kind = &option.kind;
    read.ok_or_else(|| RemoteError::plain(format!("option \"{name}\" expected {kind}, got \"{text}\"")))
}

/// Refuses options that a charm does not have, or of another type.
pub(super) fn check(charm: &Charm, settings: &BTreeMap<String, String>) -> Result<(), RemoteError> {
    let given = settings.iter().filter(|(option, _)| *option != "trust");
    given.into_iter().try_for_each(|(option, text)| typed(charm, option, text).map(drop))
}

/// Applies options to an application; all of them, or none.
pub(super) fn apply(model: &mut Model, name: &str, settings: &BTreeMap<String, String>) -> Result<(), RemoteError> {
    let application = model.application_mut(name)?;
    let mut values = Vec::new();
    for (option, text) in settings.iter().filter(|(option, _)| *option != "trust") {
        let value = typed(&application.charm, option, text)
            .map_err(|error| RemoteError::plain(format!("{PARSING}: {}", error.message)))?;
        values.push((option.clone(), value));
    }
    if let Some(trust) = settings.get("trust") {
        let odd = |_| RemoteError::plain(format!("{PARSING}: trust: expected bool, got string(\"{trust}\")"));
        application.trust = trust.to_lowercase().parse().map_err(odd)?;
    }
    application.config.extend(values);
    model.queue(name, &["config-changed".to_owned()]);
    Ok(())
}

/// Options from YAML: of this application under its name, or what `juju config` printed.
pub(super) fn from_yaml(text: &str, application: &str) -> Result<BTreeMap<String, String>, RemoteError> {
    let unreadable = |error: content::YamlError| RemoteError::plain(format!("cannot parse settings data: {error}"));
    let mut parsed: BTreeMap<String, Value> = content::read_yaml(text).map_err(unreadable)?;
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    if let Some(Value::Object(own)) = parsed.remove(application) {
        return Ok(own.into_iter().map(|(name, value)| (name, text(value))).collect());
    }
    let Some(Value::Object(shown)) = parsed.remove("settings") else {
        return Err(RemoteError::plain(format!("no settings found for \"{application}\"")));
    };
    let value = |mut one: Value| one.get_mut("value").map(Value::take);
    Ok(shown.into_iter().filter_map(|(name, one)| Some((name, text(value(one)?)))).collect())
}

fn set(call: &Call, params: ConfigSetArgs) -> Result<ErrorResults, RemoteError> {
    call.require(ModelAccess::Write)?;
    let result = |args: &ConfigSetParams| {
        let mut settings = args.config.clone();
        if !args.config_yaml.is_empty() {
            let read = from_yaml(&args.config_yaml, &args.application);
            settings.extend(read.map_err(|error| RemoteError::plain(format!("{PARSING}: {}", error.message)))?);
        }
        call.write_model(|model| apply(model, &args.application, &settings))
    };
    Ok(ErrorResults { results: params.args.iter().map(|args| ErrorResult::of(result(args))).collect() })
}

fn unset(call: &Call, params: ApplicationConfigUnsetArgs) -> Result<ErrorResults, RemoteError> {
    let results = params.args.iter().map(|args| {
        ErrorResult::of(call.write_model(|model| {
            let application = model.application_mut(&args.application)?;
            let known = |name: &String| name == "trust" || application.charm.config.contains_key(name);
            if let Some(unknown) = args.options.iter().find(|name| !known(name)) {
                let message = format!("updating application charm settings: unknown option \"{unknown}\"");
                return Err(RemoteError::plain(message));
            }
            application.config.retain(|name, _| !args.options.contains(name));
            application.trust &= !args.options.iter().any(|name| name == "trust");
            model.queue(&args.application, &["config-changed".to_owned()]);
            Ok(())
        }))
    });
    Ok(ErrorResults { results: results.collect() })
}

/// The application of a tag, in the words of those methods that do not ask the library of tags for the kind.
fn named(tag: &str) -> Result<String, RemoteError> {
    let tag = Tag::parse(tag)?;
    let message = || format!("unexpected tag type, expected application, got {}", tag.kind());
    if tag.kind() == "application" { Ok(tag.id().to_owned()) } else { Err(RemoteError::plain(message())) }
}

fn settings(call: &Call, params: Entities) -> Result<ApplicationGetConfigResults, RemoteError> {
    let one = |tag: &str| {
        let name = named(tag)?;
        call.read_model(|model| Ok(options(model.application(&name)?)))
    };
    Ok(ApplicationGetConfigResults { results: params.entities.iter().map(|entity| shown(one(&entity.tag))).collect() })
}

fn of_charms(call: &Call, params: ApplicationGetArgs) -> Result<ApplicationGetConfigResults, RemoteError> {
    let one = |name: &str| call.read_model(|model| Ok(options(model.application(name)?)));
    Ok(ApplicationGetConfigResults { results: params.args.iter().map(|args| shown(one(&args.application))).collect() })
}

fn shown(config: Result<BTreeMap<String, Value>, RemoteError>) -> ConfigResult {
    match config {
        Ok(config) => ConfigResult { config: Some(config), error: None },
        Err(error) => ConfigResult { error: Some(error), ..ConfigResult::default() },
    }
}

fn constraints(call: &Call, params: Entities) -> Result<ApplicationGetConstraintsResults, RemoteError> {
    let results = params.entities.iter().map(|entity| {
        match named(&entity.tag)
            .and_then(|name| call.read_model(|model| Ok(model.application(&name)?.constraints.clone())))
        {
            Ok(constraints) => ApplicationConstraint { constraints, error: None },
            Err(error) => ApplicationConstraint { error: Some(error), ..ApplicationConstraint::default() },
        }
    });
    Ok(ApplicationGetConstraintsResults { results: results.collect() })
}

fn set_constraints(call: &Call, params: SetConstraintsParams) -> Result<(), RemoteError> {
    call.write_model(|model| {
        if model.application(&params.application)?.charm.subordinate {
            return Err(RemoteError::plain("constraints do not apply to subordinate applications"));
        }
        model.application_mut(&params.application)?.constraints = params.constraints;
        Ok(())
    })
}
