//! `juju deploy`: deploys a charm of Charmhub.

use std::sync::Arc;

use juju_wire::facade::application::{
    DeployFromRepository,
    repository::{DeployFromRepositoryArg, DeployFromRepositoryArgs, DeployFromRepositoryInfo},
};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Command, Failure, Scope, Site, entity};

/// See the file's head.
pub struct Deploy;

/// The client's own arguments.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// Name of the charm in Charmhub.
    charm: String,
    /// Name of the new application; the charm's unless given.
    application_name: Option<String>,
    /// `14/stable`.
    channel: Option<String>,
    /// Revision of the charm; needs `channel`.
    revision: Option<i64>,
    /// `ubuntu@22.04`.
    base: Option<String>,
    /// How many units; 1 unless given.
    num_units: Option<i64>,
    /// Options of the application.
    #[serde(default)]
    config: std::collections::BTreeMap<String, Value>,
    /// `mem=4G cores=2`.
    constraints: Option<String>,
    /// Placement of each unit: a machine, `lxd:1`, `zone=a`.
    #[serde(default)]
    to: Vec<String>,
    /// Space for each endpoint; under "" the space for all others.
    #[serde(default)]
    bind: std::collections::BTreeMap<String, String>,
    /// Revision for each resource.
    #[serde(default)]
    resources: std::collections::BTreeMap<String, String>,
    /// Give it access to cloud credentials.
    #[serde(default)]
    trust: bool,
    /// Go on where the base does not fit.
    #[serde(default)]
    force: bool,
}

/// What was deployed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Name of the application.
    application: String,
    /// Name of the charm.
    charm: String,
    /// Its revision.
    revision: i64,
    /// Its channel.
    channel: String,
    /// Its base.
    base: String,
}

impl Command for Deploy {
    type Args = Args;
    type Output = Output;

    const WORD: &'static str = "deploy";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Deploys a charm of Charmhub as a new application.";
    const SCOPE: Scope = Scope::Model;
    const EFFECT: Effect = Effect::Write;
    const CURATED: bool = true;
    const POSITIONAL: &'static [&'static str] = &["charm", "application_name"];

    fn check(args: &Args) -> Result<(), String> {
        if args.charm.contains(['/', '\\']) || args.charm.to_ascii_lowercase().ends_with(".charm") {
            return Err(
                "`charm` has to be the name of a charm in Charmhub; files are deployed with the juju client".to_owned()
            );
        }
        if args.revision.is_some() && args.channel.is_none() {
            return Err("`revision` needs `channel` too, because later refreshes follow it".to_owned());
        }
        request(args, false, "").map(drop)
    }

    fn targets(args: &Args) -> Vec<String> {
        vec![entity::application(args.application_name.as_ref().unwrap_or(&args.charm))]
    }

    async fn preview(args: Arc<Args>, site: Arc<Site>) -> Result<Option<Value>, Failure> {
        let info = deploy(&args, true, &site).await?;
        Ok(Some(
            json!({"charm": args.charm, "revision": info.revision, "channel": info.channel, "base": entity::base(&info.base)}),
        ))
    }

    async fn run(_: Permit, args: Args, site: Arc<Site>) -> Result<Output, Failure> {
        let info = deploy(&args, false, &site).await?;
        let base = entity::base(&info.base);
        Ok(Output { application: info.name, charm: args.charm, revision: info.revision, channel: info.channel, base })
    }
}

async fn deploy(args: &Args, dry_run: bool, site: &Site) -> Result<DeployFromRepositoryInfo, Failure> {
    let request = request(args, dry_run, site.model_uuid())
        .map_err(|problem| Failure::refused(problem, "correct the argument"))?;
    let connection = site.model_connection().await?;
    let reply = connection.call::<DeployFromRepository>(DeployFromRepositoryArgs { args: vec![request] }).await?;
    let missing = || Failure::refused("the controller did not say what it deployed", "look at the model's status");
    let result = reply.results.into_iter().next().ok_or_else(missing)?;
    match result.errors.into_iter().flatten().next() {
        Some(error) => Err(error.into()),
        None => Ok(result.info),
    }
}

fn request(args: &Args, dry_run: bool, model_uuid: &str) -> Result<DeployFromRepositoryArg, String> {
    let application_name = args.application_name.clone().unwrap_or_else(|| args.charm.clone());
    let config_yaml = if args.config.is_empty() {
        String::new()
    } else {
        let by_application = std::collections::BTreeMap::from([(&application_name, &args.config)]);
        serde_yaml::to_string(&by_application).map_err(|error| error.to_string())?
    };
    let base = args.base.as_deref().map(entity::parse_base).transpose()?;
    Ok(DeployFromRepositoryArg {
        charm_name: args.charm.clone(),
        application_name,
        base,
        channel: args.channel.clone(),
        config_yaml,
        cons: entity::constraints(args.constraints.as_deref().unwrap_or_default())?,
        dry_run,
        endpoint_bindings: args.bind.clone(),
        force: args.force,
        num_units: Some(args.num_units.unwrap_or(1)),
        placement: entity::placements(&args.to, model_uuid),
        revision: args.revision,
        resources: args.resources.clone(),
        trust: args.trust,
        ..DeployFromRepositoryArg::default()
    })
}
