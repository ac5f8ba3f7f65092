//! `juju deploy`: deploys a charm of Charmhub, or one that the user has in a file.

use std::{collections::BTreeMap, sync::Arc};

use juju_client::Connection;
use juju_wire::{
    constraints::{Base, DeviceConstraints, StorageConstraints},
    facade::application::{
        Deploy as DeployCharm, DeployFromRepository,
        deploy::{ApplicationDeploy, ApplicationsDeploy},
        origin::CharmOrigin,
        repository::{
            DeployFromRepositoryArg, DeployFromRepositoryArgs, DeployFromRepositoryInfo, DeployFromRepositoryResult,
            PendingResourceUpload,
        },
    },
    facade::charms::{
        ResolveCharms,
        resolve::{ResolveCharmWithChannel, ResolveCharmsWithChannel},
    },
    tag::Tag,
};
use policy::{Capability, CharmChange, Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    archive::{self, Archive, is_file},
    resources::{self, ResourceRequest},
};
use crate::{
    Blocks, Command, Cost, Facts, Failure, Precondition, ResolvedTarget, Scope,
    constraints::{ARCHITECTURES, parse_constraints},
    entity,
    juju::setup,
    target,
};

/// The tool `juju_deploy`.
pub struct Deploy;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// name in Charmhub, or over stdio a file
    charm: String,
    application_name: Option<String>,
    /// `14/stable`
    channel: Option<String>,
    /// needs `channel`
    revision: Option<i64>,
    base: Option<String>,
    #[schemars(extend("default" = 1))]
    num_units: Option<u32>,
    #[serde(default)]
    config: BTreeMap<String, Value>,
    constraints: Option<String>,
    #[serde(default)]
    to: Vec<String>,
    /// endpoint to space; "" is all others
    #[serde(default)]
    bind: BTreeMap<String, String>,
    /// `ebs,2,10G`
    #[serde(default)]
    storage: BTreeMap<String, String>,
    /// one unit only
    #[serde(default)]
    attach_storage: Vec<String>,
    /// on Kubernetes, `2,nvidia.com/gpu`
    #[serde(default)]
    device: BTreeMap<String, String>,
    /// revision, image, or over stdio a file
    #[serde(default)]
    resources: BTreeMap<String, String>,
    /// with cloud credentials
    #[serde(default)]
    trust: bool,
    /// also on another base
    #[serde(default)]
    force: bool,
}

/// What was deployed.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Name of the application.
    application: String,
    /// Name of the charm.
    charm: String,
    /// Its revision.
    revision: i64,
    /// Its channel; a charm of a file has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    channel: String,
    /// Its base.
    base: String,
}

impl Command for Deploy {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "deploy";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Deploys a charm as a new application.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    // the controller counts a deployment of a charm of the store as a removal too (`apiserver/facades/client/application/deployrepository.go`)
    const BLOCKS: Blocks = Blocks::Removal;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["charm", "application_name"];

    fn validate(args: &Args) -> Result<(), String> {
        if is_file(&args.charm) {
            if args.application_name.is_none() {
                return Err("a charm of a file needs `application_name`, because its own is not known yet".to_owned());
            }
            if args.channel.is_some() || args.revision.is_some() {
                return Err("`channel` and `revision` are for charms of Charmhub, not for files".to_owned());
            }
        }
        if args.revision.is_some() && args.channel.is_none() {
            return Err("`revision` needs `channel` too, because later refreshes follow it".to_owned());
        }
        if !args.attach_storage.is_empty() && args.num_units.unwrap_or(1) != 1 {
            return Err("`attach_storage` needs `num_units` 1".to_owned());
        }
        entity::check_placements(&args.to)?;
        entity::check_values("config", &args.config)?;
        request(args, false, "").map(drop)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        let application = target::application(args.application_name.as_ref().unwrap_or(&args.charm));
        std::iter::once(application).chain(target::placements(&args.to)).collect()
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn impact(args: &Args) -> Impact {
        let trust = if args.trust { Some(true) } else { setup::trust_option(&args.config) };
        let units = u64::from(args.num_units.unwrap_or(1));
        let impact = Impact {
            units_added: units,
            scale: Some(units),
            charm: Some(CharmChange {
                refresh: false,
                charm: Some(args.charm.clone()),
                channel: args.channel.clone(),
                revision: args.revision,
            }),
            constraints: args.constraints.clone(),
            ..Impact::default()
        };
        let impact = impact.with_skipped_checks(&[("force", args.force)]);
        let impact = trust.into_iter().fold(impact, Impact::with_trust);
        let foreign = is_file(&args.charm) || setup::brings_resources(&args.resources);
        if foreign { impact.with_capability(Capability::InstallsForeignCode) } else { impact }
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        let pools = args.storage.values().filter_map(|text| entity::storage(text).ok()).map(|storage| storage.pool);
        let new = Precondition::NewApplication(args.application_name.as_ref().unwrap_or(&args.charm).clone());
        [
            Precondition::Placements(None, args.to.clone()),
            Precondition::Spaces(args.bind.values().cloned().collect()),
            Precondition::StoragePools(pools.collect()),
            Precondition::DetachedStorage(args.attach_storage.clone()),
        ]
        .into_iter()
        .chain((!is_file(&args.charm) && !args.charm.contains([':', '/'])).then_some(new))
        .chain(args.constraints.clone().map(Precondition::Constraints))
        .collect()
    }

    fn cost(args: &Args, facts: &Facts) -> Cost {
        Cost::of_new_units(u64::from(args.num_units.unwrap_or(1)), &args.to, facts)
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        let wanted = base(args)?;
        resources::check_paths(target, &args.resources).await?;
        if is_file(&args.charm) {
            let archive = Archive::read(target, &args.charm).await?;
            resources::check(&archive.meta.resources, &args.resources)?;
            let base = entity::base(&archive.base(wanted)?);
            return Ok(Some(json!({"charm": archive.meta.name, "file": args.charm, "base": base})));
        }
        let info = from_charmhub(args, true, target).await?.info;
        check_resources(args, &info, target).await?;
        Ok(Some(
            json!({"charm": args.charm, "revision": info.revision, "channel": info.channel, "base": entity::base(&info.base)}),
        ))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        resources::check_paths(&target, &args.resources).await?;
        if is_file(&args.charm) {
            return from_file(args, &target).await;
        }
        if !args.resources.is_empty() {
            let info = from_charmhub(&args, true, &target).await?.info;
            check_resources(&args, &info, &target).await?;
        }
        let result = from_charmhub(&args, false, &target).await?;
        let info = result.info;
        for upload in result.pending_resource_uploads.into_iter().flatten() {
            // never a path that the controller names: only what the caller gave for this resource is read
            if let Some(value) = args.resources.get(&upload.name) {
                give(&info.name, &upload, value, &target).await?;
            }
        }
        let base = entity::base(&info.base);
        Ok(Output { application: info.name, charm: args.charm, revision: info.revision, channel: info.channel, base })
    }
}

/// Uploads a pending resource of an existing application.
async fn give(
    application: &str,
    upload: &PendingResourceUpload,
    value: &str,
    target: &ResolvedTarget,
) -> Result<(), Failure> {
    let sent = async {
        let content = resources::content(target, &upload.kind, value).await?;
        let connection = target.model_connection().await?;
        Ok(connection.upload_resource(application, &upload.name, value, None, content).await?)
    };
    sent.await.map_err(|failure: Failure| {
        Failure::refused(
            format!("`{application}` was deployed, but waits for its resource `{}`: {failure}", upload.name),
            "give the resource with juju_refresh, or remove the application",
        )
    })
}

async fn from_charmhub(
    args: &Args,
    dry_run: bool,
    target: &ResolvedTarget,
) -> Result<DeployFromRepositoryResult, Failure> {
    let request = request(args, dry_run, target.model_uuid()).map_err(unfit)?;
    let connection = target.model_connection().await?;
    let reply = connection.call::<DeployFromRepository>(DeployFromRepositoryArgs { args: vec![request] }).await?;
    let missing = || Failure::refused("the controller did not say what it deployed", "look at the model's status");
    let mut result = reply.results.into_iter().next().ok_or_else(missing)?;
    match std::mem::take(&mut result.errors).into_iter().flatten().next() {
        // Juju reads a bundle as a charm without metadata, and reports that
        Some(_) if is_bundle(&args.charm, &connection).await => Err(archive::bundle(&args.charm)),
        Some(error) => Err(error.into()),
        None => Ok(result),
    }
}

/// Whether the name is one of a bundle in Charmhub, for any architecture.
async fn is_bundle(name: &str, connection: &Connection) -> bool {
    let wanted = |architecture: &&str| {
        let charm_origin = CharmOrigin {
            source: "charm-hub".to_owned(),
            risk: "stable".to_owned(),
            architecture: (*architecture).to_owned(),
            ..CharmOrigin::default()
        };
        ResolveCharmWithChannel { reference: format!("ch:{name}"), charm_origin, switch_charm: false }
    };
    let resolve = ARCHITECTURES.iter().map(wanted).collect();
    let reply = connection.call::<ResolveCharms>(ResolveCharmsWithChannel { resolve, macaroon: None }).await;
    reply.is_ok_and(|reply| reply.results.iter().any(|one| one.charm_origin.kind == "bundle"))
}

/// Rejects resources that the charm does not have, which the controller would ignore silently.
async fn check_resources(args: &Args, info: &DeployFromRepositoryInfo, target: &ResolvedTarget) -> Result<(), Failure> {
    if args.resources.is_empty() {
        return Ok(());
    }
    let (track, risk) = match info.channel.split_once('/') {
        Some((track, risk)) => (Some(track.to_owned()), risk),
        None => (None, info.channel.as_str()),
    };
    let origin = CharmOrigin {
        source: "charm-hub".to_owned(),
        kind: "charm".to_owned(),
        risk: risk.to_owned(),
        track,
        revision: Some(info.revision),
        architecture: info.architecture.clone(),
        base: info.base.clone(),
        ..CharmOrigin::default()
    };
    let url = format!("ch:{}/{}-{}", info.architecture, args.charm, info.revision);
    let needy = ResourceRequest { application: &info.name, url: &url, origin: &origin };
    let known = resources::of_store(&needy, &target.model_connection().await?).await?;
    resources::check(&known, &args.resources)
}

async fn from_file(args: Args, target: &ResolvedTarget) -> Result<Output, Failure> {
    let archive = Archive::read(target, &args.charm).await?;
    resources::check(&archive.meta.resources, &args.resources)?;
    let constraints = parse_constraints(args.constraints.as_deref().unwrap_or_default()).map_err(unfit)?;
    let application = args.application_name.clone().unwrap_or_else(|| archive.meta.name.clone());
    let (config_yaml, storage) = (config_yaml(&args, &application).map_err(unfit)?, storage(&args).map_err(unfit)?);
    let (url, origin) = archive.upload(target, base(&args)?, constraints.arch.clone()).await?;
    let needy = ResourceRequest { application: &application, url: &url, origin: &origin };
    let resources = resources::prepare(&needy, &archive.meta.resources, &args.resources, target).await?;
    let deploy = ApplicationDeploy {
        application: application.clone(),
        charm_url: url,
        charm_origin: Some(origin.clone()),
        num_units: i64::from(args.num_units.unwrap_or(u32::from(!archive.meta.subordinate))),
        config: args.trust.then(|| ("trust".to_owned(), "true".to_owned())).into_iter().collect(),
        config_yaml,
        constraints,
        placement: entity::placements(&args.to, target.model_uuid()),
        storage,
        attach_storage: storage_tags(&args),
        devices: devices(&args).map_err(unfit)?,
        endpoint_bindings: args.bind,
        resources,
        force: args.force,
        ..ApplicationDeploy::default()
    };
    let connection = target.model_connection().await?;
    connection.call::<DeployCharm>(ApplicationsDeploy { applications: vec![deploy] }).await?.into_result()?;
    Ok(Output {
        application,
        charm: archive.meta.name,
        revision: origin.revision.unwrap_or_default(),
        channel: String::new(),
        base: entity::base(&origin.base),
    })
}

fn unfit(problem: String) -> Failure {
    Failure::refused(problem, "correct the argument")
}

fn base(args: &Args) -> Result<Option<Base>, Failure> {
    args.base.as_deref().map(entity::parse_base).transpose().map_err(unfit)
}

fn storage(args: &Args) -> Result<BTreeMap<String, StorageConstraints>, String> {
    args.storage.iter().map(|(name, text)| Ok((name.clone(), entity::storage(text)?))).collect()
}

/// Storage that is there and is attached, as tags.
fn storage_tags(args: &Args) -> Vec<String> {
    args.attach_storage.iter().map(|id| Tag::new("storage", id).to_string()).collect()
}

/// Devices as the client writes them, `2,nvidia.com/gpu,a=b;c=d`: number, type and attributes (`core/devices/constraints.go`).
fn devices(args: &Args) -> Result<BTreeMap<String, DeviceConstraints>, String> {
    let read = |(name, text): (&String, &String)| {
        let problem = || format!("`device` has to be like `2,nvidia.com/gpu`, not: {text}");
        let words: Vec<&str> = text.split(',').collect();
        let (count, rest) = match words.split_first() {
            Some((count, rest)) if count.parse::<i64>().is_ok_and(|count| count > 0) => {
                (count.parse().unwrap_or(1), rest)
            }
            _ => (1, words.as_slice()),
        };
        let (kind, attributes) = match rest {
            [kind] if !kind.is_empty() => (*kind, ""),
            [kind, attributes] if !kind.is_empty() => (*kind, *attributes),
            _ => return Err(problem()),
        };
        let pair = |pair: &str| pair.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
        let attributes =
            attributes.split(';').filter(|pair| !pair.is_empty()).map(|text| pair(text).ok_or_else(problem));
        let attributes = attributes.collect::<Result<_, _>>()?;
        Ok((name.clone(), DeviceConstraints { kind: kind.to_owned(), count, attributes }))
    };
    args.device.iter().map(read).collect()
}

fn config_yaml(args: &Args, application: &str) -> Result<String, String> {
    serde_yaml::to_string(&BTreeMap::from([(application, &args.config)])).map_err(|error| error.to_string())
}

fn request(args: &Args, dry_run: bool, model_uuid: &str) -> Result<DeployFromRepositoryArg, String> {
    Ok(DeployFromRepositoryArg {
        charm_name: args.charm.clone(),
        config_yaml: config_yaml(args, args.application_name.as_ref().unwrap_or(&args.charm))?,
        application_name: args.application_name.clone().unwrap_or_default(),
        base: args.base.as_deref().map(entity::parse_full_base).transpose()?,
        channel: args.channel.clone(),
        cons: parse_constraints(args.constraints.as_deref().unwrap_or_default())?,
        dry_run,
        endpoint_bindings: args.bind.clone(),
        force: args.force,
        // left out it is 1, but for a subordinate, which has no units of its own
        num_units: args.num_units.map(i64::from),
        placement: entity::placements(&args.to, model_uuid),
        revision: args.revision,
        resources: args.resources.clone(),
        storage: storage(args)?,
        attach_storage: storage_tags(args),
        devices: devices(args)?,
        trust: args.trust,
    })
}
