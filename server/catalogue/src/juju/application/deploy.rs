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
use policy::{Capability, CharmChange, Effect, EntityKind, Exposure, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    archive::{self, Archive, is_file},
    bundle::{self, Bundle, Plan, Wanted, is_bundle, is_content},
    resources::{self, ResourceRequest},
};
use crate::{
    Blocks, Command, Cost, Facts, Failure, MAX_COUNT, OfferUrl, Precondition, ResolvedTarget, Scope,
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
    /// name in Charmhub, YAML of a bundle, or over stdio a file
    #[schemars(length(max = 65536))]
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
    /// YAML that changes a bundle, or over stdio files
    #[serde(default)]
    #[schemars(inner(length(max = 65536)))]
    overlay: Vec<String>,
    /// bundle's to the model's, `existing,0=3`
    map_machines: Option<String>,
}

/// What was deployed.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// A charm.
    Charm {
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
    },
    /// A bundle.
    Bundle {
        /// What was done, in order.
        steps: Vec<String>,
    },
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
        if is_bundle(&args.charm) {
            return validate_bundle(args);
        }
        if !args.overlay.is_empty() || args.map_machines.is_some() {
            return Err("`overlay` and `map_machines` are for bundles, and `charm` names a charm".to_owned());
        }
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
        if is_bundle(&args.charm) {
            return content(args).map_or_else(
                || vec![TargetEntity::All(EntityKind::Application)],
                |bundle| bundle.names().map(target::application).collect(),
            );
        }
        let application = target::application(args.application_name.as_ref().unwrap_or(&args.charm));
        std::iter::once(application).chain(target::placements(&args.to)).collect()
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn source(args: &Args) -> Option<OfferUrl> {
        let bundle = content(args)?;
        let url = bundle.consumed().next()?.to_owned();
        OfferUrl::parse("charm", &url).ok()
    }

    fn impact(args: &Args) -> Impact {
        if is_bundle(&args.charm) {
            return impact_of_bundle(args);
        }
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
        if is_bundle(&args.charm) {
            return Vec::new();
        }
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
        if is_bundle(&args.charm) {
            // the steps of the dry run state it
            return if is_content(&args.charm) { Cost::default() } else { Cost::without_new_units() };
        }
        Cost::of_new_units(u64::from(args.num_units.unwrap_or(1)), &args.to, facts)
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        if is_bundle(&args.charm) {
            let bundle = read_bundle(args, target).await?;
            return Ok(Some(Plan::find(&bundle, wanted(args), target).await?.preview()));
        }
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
        if is_bundle(&args.charm) {
            let bundle = Box::pin(read_bundle(&args, &target)).await?;
            let plan = Box::pin(Plan::find(&bundle, wanted(&args), &target)).await?;
            return Ok(Output::Bundle { steps: Box::pin(plan.run(&bundle, wanted(&args), &target)).await? });
        }
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
        Ok(Output::Charm {
            application: info.name,
            charm: args.charm,
            revision: info.revision,
            channel: info.channel,
            base,
        })
    }
}

/// Refuses arguments of charms beside a bundle, and content that is no bundle.
fn validate_bundle(args: &Args) -> Result<(), String> {
    let own = [
        ("application_name", args.application_name.is_some()),
        ("channel", args.channel.is_some()),
        ("revision", args.revision.is_some()),
        ("base", args.base.is_some()),
        ("num_units", args.num_units.is_some()),
        ("config", !args.config.is_empty()),
        ("constraints", args.constraints.is_some()),
        ("to", !args.to.is_empty()),
        ("bind", !args.bind.is_empty()),
        ("storage", !args.storage.is_empty()),
        ("attach_storage", !args.attach_storage.is_empty()),
        ("device", !args.device.is_empty()),
        ("resources", !args.resources.is_empty()),
    ];
    if let Some((name, _)) = own.iter().find(|(_, given)| *given) {
        return Err(format!("`{name}` is for charms, and `charm` is a bundle: change the bundle with `overlay`"));
    }
    if !is_content(&args.charm) {
        return Ok(());
    }
    if args.overlay.iter().any(|overlay| !is_content(overlay)) {
        return Err("`overlay` has to be content, as the bundle is".to_owned());
    }
    check_consumed(&Bundle::read(&args.charm, &args.overlay)?)
}

/// Refuses offers of more than one model: an act has one source.
fn check_consumed(bundle: &Bundle) -> Result<(), String> {
    let mut models = std::collections::BTreeSet::new();
    for url in bundle.consumed() {
        OfferUrl::parse("url", url).map_err(|problem| format!("in `saas` of the bundle, {problem}"))?;
        models.insert(url.rsplit_once('.').map_or(url, |(model, _)| model));
    }
    if models.len() > 1 {
        return Err("the bundle consumes offers of several models: consume them with juju_consume, and leave them out of `saas`".to_owned());
    }
    Ok(())
}

/// The bundle, if the arguments hold its content.
fn content(args: &Args) -> Option<Bundle> {
    is_content(&args.charm).then(|| Bundle::read(&args.charm, &args.overlay).ok()).flatten()
}

/// What a bundle does; of a file, which is not read yet, the most that one can do.
fn impact_of_bundle(args: &Args) -> Impact {
    let Some(bundle) = content(args) else {
        let most = Impact {
            units_added: MAX_COUNT,
            charm: Some(CharmChange { charm: Some(args.charm.clone()), ..CharmChange::default() }),
            ..Impact::default()
        };
        let most = most.with_capability(Capability::ExposesToPublic).with_capability(Capability::InstallsForeignCode);
        let most = most.with_skipped_checks(&[("force", args.force)]);
        return if args.trust { most.with_trust(true) } else { most };
    };
    let impact = Impact { units_added: bundle.units() as u64, ..Impact::default() };
    let impact = impact.with_skipped_checks(&[("force", args.force)]);
    let impact = if args.trust && bundle.wants_trust() { impact.with_trust(true) } else { impact };
    let impact =
        if bundle.brings_resources() { impact.with_capability(Capability::InstallsForeignCode) } else { impact };
    let exposures = bundle.exposures();
    let is_whole = exposures.iter().any(|(cidrs, spaces)| cidrs.is_empty() && spaces.is_empty());
    let named = exposures.iter().filter(|_| !is_whole);
    let whole = Exposure {
        cidrs: named.clone().flat_map(|(cidrs, _)| cidrs.clone()).collect(),
        spaces: named.flat_map(|(_, spaces)| spaces.clone()).collect(),
    };
    if exposures.is_empty() { impact } else { impact.with_exposure(whole) }
}

async fn read_bundle(args: &Args, target: &ResolvedTarget) -> Result<Bundle, Failure> {
    let bundle = bundle::read(target, &args.charm, &args.overlay).await?;
    if !is_content(&args.charm) && bundle.consumed().next().is_some() {
        return Err(Failure::refused(
            format!("`{}` consumes offers of another model, which has to be known before the file is read", args.charm),
            "give the content of the bundle as `charm`",
        ));
    }
    check_consumed(&bundle).map_err(Failure::bad_argument)?;
    Ok(bundle)
}

fn wanted(args: &Args) -> Wanted<'_> {
    let map_machines = args.map_machines.as_deref().unwrap_or_default();
    Wanted { map_machines, trust: args.trust, force: args.force }
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
    let request = request(args, dry_run, target.model_uuid()).map_err(Failure::bad_argument)?;
    let connection = target.model_connection().await?;
    let reply = connection.call::<DeployFromRepository>(DeployFromRepositoryArgs { args: vec![request] }).await?;
    let missing = || Failure::refused("the controller did not say what it deployed", "look at the model's status");
    let mut result = reply.results.into_iter().next().ok_or_else(missing)?;
    match std::mem::take(&mut result.errors).into_iter().flatten().next() {
        // Juju reads a bundle as a charm without metadata, and reports that
        Some(_) if is_bundle_of_store(&args.charm, &connection).await => Err(archive::bundle(&args.charm)),
        Some(error) => Err(error.into()),
        None => Ok(result),
    }
}

/// Whether the name is one of a bundle in Charmhub, for any architecture.
async fn is_bundle_of_store(name: &str, connection: &Connection) -> bool {
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
    let constraints =
        parse_constraints(args.constraints.as_deref().unwrap_or_default()).map_err(Failure::bad_argument)?;
    let application = args.application_name.clone().unwrap_or_else(|| archive.meta.name.clone());
    let (config_yaml, storage) = (
        config_yaml(&args, &application).map_err(Failure::bad_argument)?,
        storage(&args).map_err(Failure::bad_argument)?,
    );
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
        devices: devices(&args).map_err(Failure::bad_argument)?,
        endpoint_bindings: args.bind,
        resources,
        force: args.force,
        ..ApplicationDeploy::default()
    };
    let connection = target.model_connection().await?;
    connection.call::<DeployCharm>(ApplicationsDeploy { applications: vec![deploy] }).await?.into_result()?;
    Ok(Output::Charm {
        application,
        charm: archive.meta.name,
        revision: origin.revision.unwrap_or_default(),
        channel: String::new(),
        base: entity::base(&origin.base),
    })
}

fn base(args: &Args) -> Result<Option<Base>, Failure> {
    args.base.as_deref().map(entity::parse_base).transpose().map_err(Failure::bad_argument)
}

fn storage(args: &Args) -> Result<BTreeMap<String, StorageConstraints>, String> {
    args.storage.iter().map(|(name, text)| Ok((name.clone(), entity::storage(text)?))).collect()
}

/// Storage that is there and is attached, as tags.
fn storage_tags(args: &Args) -> Vec<String> {
    args.attach_storage.iter().map(|id| Tag::new("storage", id).to_string()).collect()
}

fn devices(args: &Args) -> Result<BTreeMap<String, DeviceConstraints>, String> {
    args.device.iter().map(|(name, text)| Ok((name.clone(), entity::device(text)?))).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: &str = "applications:\n  web: {charm: web, num_units: 2, expose: true, trust: true, resources: {image: ghcr.io/a/b}}\n  \
        db: {charm: db, num_units: 1}\n";

    fn args(value: Value) -> Args {
        serde_json::from_value(value).expect("arguments")
    }

    #[test]
    fn act_of_a_bundle_names_what_its_content_does() {
        let args = args(json!({"charm": BUNDLE, "trust": true}));
        Deploy::validate(&args).expect("valid");
        let impact = Deploy::impact(&args);
        assert_eq!(impact.units_added, 3);
        for capability in
            [Capability::ExposesToPublic, Capability::GrantsCloudCredentials, Capability::InstallsForeignCode]
        {
            assert!(impact.has(capability), "{capability:?}");
        }
        assert_eq!(Deploy::target_entities(&args), [target::application("db"), target::application("web")]);
    }

    #[test]
    fn act_of_a_bundle_in_a_file_is_the_most_that_one_can_do() {
        let args = args(json!({"charm": "shop.yaml"}));
        let impact = Deploy::impact(&args);
        assert!(impact.has(Capability::ExposesToPublic) && impact.units_added == MAX_COUNT);
        assert_eq!(Deploy::target_entities(&args), [TargetEntity::All(EntityKind::Application)]);
    }

    #[test]
    fn arguments_that_do_not_fit_a_bundle_are_refused_by_name() {
        let several = "applications: {web: {charm: web}}\nsaas: {a: {url: admin/one.a}, b: {url: admin/two.b}}\n";
        for (value, part) in [
            (json!({"charm": BUNDLE, "num_units": 2}), "`num_units` is for charms"),
            (json!({"charm": BUNDLE, "overlay": ["more.yaml"]}), "`overlay` has to be content"),
            (json!({"charm": "web", "map_machines": "existing"}), "are for bundles"),
            (json!({"charm": "a: 1\nb: 2"}), "no applications"),
            (json!({"charm": several}), "offers of several models"),
        ] {
            let problem = Deploy::validate(&args(value)).expect_err(part);
            assert!(problem.contains(part), "{problem}");
        }
    }
}
