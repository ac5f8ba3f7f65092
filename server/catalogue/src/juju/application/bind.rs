//! `juju bind`: binds endpoints of an application to network spaces.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::{
    application::{
        Get, MergeBindings,
        config::ApplicationGet,
        deploy::{ApplicationMergeBindings, ApplicationMergeBindingsArgs},
    },
    spaces::ListSpaces,
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Command, Failure, ResolvedTarget, Scope, entity, nearest, target};

/// The tool `juju_bind`.
pub struct Bind;

/// An application and its new bindings.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    /// space by endpoint; the empty endpoint is the default of all others
    bind: BTreeMap<String, String>,
    /// also if units are not in the space
    #[serde(default)]
    force: bool,
}

/// The bindings of all endpoints after the call, and the default where it changed.
#[derive(Debug, Serialize)]
pub struct Output {
    bindings: BTreeMap<String, String>,
}

impl Command for Bind {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "bind";
    const TOOLSET: &'static str = "network";
    const DESCRIPTION: &'static str = "Binds endpoints of an application to network spaces.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application", "bind"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.bind.is_empty() {
            return Err("`bind` has to name at least one space".to_owned());
        }
        match args.bind.iter().find(|(_, space)| space.is_empty()) {
            Some((endpoint, _)) => Err(format!("`bind.{endpoint}` has to be the name of a space")),
            None => Ok(()),
        }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    fn impact(args: &Args) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.force)])
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        let bindings = merged(args, target).await?;
        Ok(Some(json!({"bindings": bindings})))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let bindings = merged(&args, &target).await?;
        let change = ApplicationMergeBindings {
            application_tag: entity::application(&args.application),
            bindings: bindings.clone(),
            force: args.force,
        };
        let connection = target.model_connection().await?;
        connection.call::<MergeBindings>(ApplicationMergeBindingsArgs { args: vec![change] }).await?.into_result()?;
        Ok(Output { bindings })
    }
}

/// The bindings of all endpoints, as the client merges them: those that the caller names, those that follow a new default, and the
/// others as they are.
async fn merged(args: &Args, target: &ResolvedTarget) -> Result<BTreeMap<String, String>, Failure> {
    let connection = target.model_connection().await?;
    let spaces: Vec<_> = connection.call::<ListSpaces>(()).await?.results.into_iter().map(|space| space.name).collect();
    if let Some(unknown) = args.bind.values().find(|space| !spaces.contains(space)) {
        let remedy = nearest(unknown, spaces.iter().map(String::as_str))
            .map_or_else(|| "list spaces with `juju_spaces`".to_owned(), |near| format!("the nearest is `{near}`"));
        return Err(Failure::refused(format!("space \"{unknown}\" not found"), remedy));
    }
    let application = ApplicationGet { application: args.application.clone(), branch: "master".to_owned() };
    let current = connection.call::<Get>(application).await?.endpoint_bindings;
    let names = || current.keys().map(String::as_str).filter(|name| !name.is_empty());
    if let Some(unknown) = args.bind.keys().find(|name| !name.is_empty() && !current.contains_key(*name)) {
        let remedy = nearest(unknown, names()).map_or_else(
            || format!("it has: {}", names().collect::<Vec<_>>().join(", ")),
            |near| format!("the nearest is `{near}`"),
        );
        return Err(Failure::refused(format!("endpoint \"{unknown}\" not found"), remedy));
    }
    let old_default = current.get("").cloned().unwrap_or_default();
    let new_default = args.bind.get("").cloned().unwrap_or_else(|| old_default.clone());
    let binding = |(endpoint, space): (&String, &String)| {
        let inherited = if *space == old_default { &new_default } else { space };
        (endpoint.clone(), args.bind.get(endpoint).unwrap_or(inherited).clone())
    };
    let mut bindings: BTreeMap<_, _> = current.iter().filter(|(name, _)| !name.is_empty()).map(binding).collect();
    if new_default != old_default {
        bindings.insert(String::new(), new_default);
    }
    Ok(bindings)
}
