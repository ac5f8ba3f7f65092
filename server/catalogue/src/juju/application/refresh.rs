//! `juju refresh`: changes the charm revision of an application.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::{
    application::{
        GetCharmURLOrigin, SetCharm,
        config::{ApplicationGet, StorageDirectives},
        deploy::ApplicationSetCharm,
        origin::{CharmOrigin, CharmURLOriginResult},
    },
    charms::{
        AddCharm, CharmInfo, ResolveCharms,
        info::CharmURL,
        resolve::{AddCharmWithOrigin, ResolveCharmWithChannel, ResolveCharmsWithChannel},
    },
};
use policy::{Capability, CharmChange, Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    archive::Archive,
    resources::{self, ResourceRequest},
};
use crate::{
    Command, Cost, Facts, Failure, Precondition, ResolvedTarget, Scope, entity,
    juju::{render::bulk_single, setup},
    target,
};

/// The tool `juju_refresh`.
pub struct Refresh;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    /// to follow
    channel: Option<String>,
    revision: Option<i64>,
    /// over stdio, of a charm
    path: Option<String>,
    /// revision, image, or over stdio a file
    #[serde(default)]
    resources: BTreeMap<String, String>,
    #[serde(default)]
    config: BTreeMap<String, Value>,
    /// to another charm of Charmhub
    switch: Option<String>,
    base: Option<String>,
    /// endpoint to space
    #[serde(default)]
    bind: BTreeMap<String, String>,
    /// `ebs,2,10G`
    #[serde(default)]
    storage: BTreeMap<String, String>,
    trust: Option<bool>,
    /// past a check of the LXD profile
    #[serde(default)]
    force: bool,
    /// although the charm is not for the base
    #[serde(default)]
    force_base: bool,
    /// also units in error
    #[serde(default)]
    force_units: bool,
}

/// The revision that the application has now.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Name of the application.
    application: String,
    /// The charm with its revision, `ch:amd64/web-46`.
    charm: String,
    /// Its channel; a charm of a file has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    channel: String,
    /// Whether it was up to date already.
    up_to_date: bool,
    /// Resources that get another revision or content.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
}

impl Command for Refresh {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "refresh";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Brings an application to another revision of its charm.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application"];

    fn validate(args: &Args) -> Result<(), String> {
        let of_store = args.channel.is_some() || args.revision.is_some() || args.switch.is_some();
        if args.path.is_some() && of_store {
            return Err("`path` excludes `channel`, `revision` and `switch`".to_owned());
        }
        if args.switch.is_some() && args.revision.is_some() {
            return Err("`switch` excludes `revision`".to_owned());
        }
        if let Some(name) = args.switch.as_deref().filter(|name| !is_charm_name(name)) {
            return Err(format!("`switch` has to be the name of a charm of Charmhub, not: {name}"));
        }
        args.base.as_deref().map(entity::parse_base).transpose()?;
        storage(args)?;
        entity::check_values("config", &args.config)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    fn impact(args: &Args) -> Impact {
        let impact = Impact {
            charm: Some(CharmChange {
                refresh: true,
                charm: args.path.clone().or_else(|| args.switch.clone()),
                channel: args.channel.clone(),
                revision: args.revision,
            }),
            ..Impact::default()
        };
        let forced = [("force", args.force), ("force_base", args.force_base), ("force_units", args.force_units)];
        let impact =
            args.trust.or_else(|| setup::trust_option(&args.config)).into_iter().fold(impact, Impact::with_trust);
        let impact = impact.with_skipped_checks(&forced);
        let foreign = args.path.is_some() || setup::brings_resources(&args.resources);
        if foreign { impact.with_capability(Capability::InstallsForeignCode) } else { impact }
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        let pools = args.storage.values().filter_map(|text| entity::storage(text).ok()).map(|storage| storage.pool);
        vec![Precondition::Spaces(args.bind.values().cloned().collect()), Precondition::StoragePools(pools.collect())]
    }

    fn cost(args: &Args, facts: &Facts) -> Cost {
        Cost::of_restarted(&args.application, facts)
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        resources::check_paths(target, &args.resources).await?;
        let now = current(&args.application, target).await?;
        let mut would = json!({"from": wire(&now.url, &now.charm_origin)});
        if let Some(path) = &args.path {
            let archive = Archive::read(target, path).await?;
            resources::check(&archive.meta.resources, &args.resources)?;
            would["to"] = json!({"charm": archive.meta.name, "file": path});
            would["resources"] = json!(args.resources);
            return Ok(Some(would));
        }
        let found = find(args, &now, target).await?;
        let needy = ResourceRequest { application: &args.application, url: &found.url, origin: &found.origin };
        would["to"] = wire(&found.url, &found.origin);
        would["resources"] = resources::changes(&needy, &args.resources, target).await?;
        Ok(Some(would))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        resources::check_paths(&target, &args.resources).await?;
        let now = current(&args.application, &target).await?;
        let found = match &args.path {
            Some(path) => {
                let archive = Archive::read(&target, path).await?;
                let origin = &now.charm_origin;
                let base = Some(origin.base.clone()).filter(|base| !base.name.is_empty());
                let (url, origin) = archive.upload(&target, base, Some(origin.architecture.clone())).await?;
                Found { url, origin }
            }
            None => upload_or_fetch(find(&args, &now, &target).await?, &now.url, args.force, &target).await?,
        };
        let resource_ids = update_resources(&args, &found, &target).await?;
        let done = Output {
            application: args.application.clone(),
            charm: found.url.clone(),
            channel: channel(&found.origin),
            up_to_date: now.url == found.url,
            resources: resource_ids.keys().cloned().collect(),
        };
        let unchanged = args.channel.is_none() && args.config.is_empty() && args.trust.is_none();
        if done.up_to_date && unchanged && args.bind.is_empty() && args.storage.is_empty() && resource_ids.is_empty() {
            return Ok(done);
        }
        let storage_constraints = storage(&args).map_err(Failure::bad_argument)?;
        let trust = args.trust.map(|trust| ("trust".to_owned(), trust.to_string()));
        let settings = args.config.iter().map(|(name, value)| (name.clone(), entity::text(value)));
        let set = ApplicationSetCharm {
            application: args.application,
            generation: "master".to_owned(),
            charm_url: found.url,
            channel: channel(&found.origin),
            charm_origin: Some(found.origin),
            config_settings: settings.chain(trust).collect(),
            endpoint_bindings: args.bind,
            storage_constraints,
            force: args.force,
            force_base: args.force_base,
            force_units: args.force_units,
            resource_ids,
            ..ApplicationSetCharm::default()
        };
        target.model_connection().await?.call::<SetCharm>(set).await?;
        Ok(done)
    }
}

/// The charm after the refresh.
struct Found {
    url: String,
    origin: CharmOrigin,
}

/// Whether a text is the name of a charm alone.
fn is_charm_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The storage that the units get, as the client sends it.
fn storage(args: &Args) -> Result<BTreeMap<String, StorageDirectives>, String> {
    let read = |(name, text): (&String, &String)| {
        let wanted = entity::storage(text)?;
        let size = Some(wanted.size).filter(|size| *size > 0);
        Ok((name.clone(), StorageDirectives { pool: wanted.pool, size, count: Some(wanted.count) }))
    };
    args.storage.iter().map(read).collect()
}

/// The current charm.
async fn current(application: &str, target: &ResolvedTarget) -> Result<CharmURLOriginResult, Failure> {
    let asked = ApplicationGet { application: application.to_owned(), branch: "master".to_owned() };
    let now = target.model_connection().await?.call::<GetCharmURLOrigin>(asked).await?;
    match now.error {
        Some(error) => Err(error.into()),
        None => Ok(now),
    }
}

/// Adds a charm of Charmhub to the model, if it is not the current one of the application.
async fn upload_or_fetch(found: Found, now: &str, force: bool, target: &ResolvedTarget) -> Result<Found, Failure> {
    if found.url == now {
        return Ok(found);
    }
    let add = AddCharmWithOrigin { url: found.url.clone(), charm_origin: found.origin, force };
    let added = target.model_connection().await?.call::<AddCharm>(add).await?;
    match added.error {
        Some(error) => Err(error.into()),
        None => Ok(Found { url: found.url, origin: added.charm_origin }),
    }
}

/// Adds pending resources for the new revision and those that the caller names.
async fn update_resources(
    args: &Args,
    found: &Found,
    target: &ResolvedTarget,
) -> Result<BTreeMap<String, String>, Failure> {
    let connection = target.model_connection().await?;
    let charm = connection.call::<CharmInfo>(CharmURL { url: found.url.clone() }).await?;
    let described = charm.meta.unwrap_or_default().resources;
    resources::check(&described, &args.resources)?;
    let needy = ResourceRequest { application: &args.application, url: &found.url, origin: &found.origin };
    let outdated = resources::outdated(&needy, described, &args.resources, &connection).await?;
    let wanted = args.resources.iter().filter(|(name, _)| outdated.contains_key(*name));
    let wanted = wanted.map(|(name, value)| (name.clone(), value.clone())).collect();
    resources::prepare(&needy, &outdated, &wanted, target).await
}

/// Resolves the arguments to a charm revision.
async fn find(args: &Args, now: &CharmURLOriginResult, target: &ResolvedTarget) -> Result<Found, Failure> {
    let connection = target.model_connection().await?;
    if now.charm_origin.source == "local" {
        let problem = format!("`{}` was deployed from a file, not from Charmhub", args.application);
        return Err(Failure::refused(problem, "give the new file as `path`"));
    }
    let (mut reference, mut wanted) = (now.url.clone(), now.charm_origin.clone());
    wanted.revision = None;
    if let Some(revision) = args.revision {
        // a revision is resolved by its own URL, without the id and hash of the current one
        let name = now.url.trim_end_matches(|digit: char| digit.is_ascii_digit());
        reference = format!("{name}{revision}");
        wanted = CharmOrigin { revision: Some(revision), id: String::new(), hash: String::new(), ..wanted };
    }
    if let Some(name) = &args.switch {
        reference = format!("ch:{name}");
        let origin = CharmOrigin { id: String::new(), hash: String::new(), track: None, branch: None, ..wanted };
        wanted = CharmOrigin { risk: "stable".to_owned(), ..origin };
    }
    if let Some(channel) = &args.channel {
        set_channel(&mut wanted, channel);
    }
    if let Some(base) = &args.base {
        wanted.base = entity::parse_base(base).map_err(|problem| Failure::refused(problem, "correct `base`"))?;
    }
    let switch_charm = args.revision.is_some() || args.switch.is_some();
    let resolve = ResolveCharmWithChannel { reference, charm_origin: wanted, switch_charm };
    let reply =
        connection.call::<ResolveCharms>(ResolveCharmsWithChannel { resolve: vec![resolve], macaroon: None }).await?;
    let found = bulk_single(reply.results, |found| found.error.take())?;
    Ok(Found { url: found.url, origin: found.charm_origin })
}

/// Sets the channel of an origin: `track/risk/branch`, `track`, or a risk of the current track.
fn set_channel(origin: &mut CharmOrigin, channel: &str) {
    let is_risk = |word: &str| matches!(word, "stable" | "candidate" | "beta" | "edge");
    let mut words = channel.splitn(3, '/').peekable();
    if words.peek().is_some_and(|first| !is_risk(first)) {
        origin.track = words.next().map(str::to_owned);
    }
    words.next().unwrap_or("stable").clone_into(&mut origin.risk);
    origin.branch = words.next().map(str::to_owned);
}

/// A charm for the preview: name, revision, channel, base.
fn wire(url: &str, origin: &CharmOrigin) -> Value {
    let charm = url.rsplit_once('-').map_or(url, |(charm, _)| charm);
    let name = charm.rsplit_once('/').map_or(charm, |(_, name)| name);
    json!({"charm": name.trim_start_matches("local:"), "revision": revision(url),
        "channel": channel(origin), "base": entity::base(&origin.base)})
}

/// The revision at the end of a charm's URL.
fn revision(url: &str) -> Option<i64> {
    url.rsplit_once('-').and_then(|(_, revision)| revision.parse().ok())
}

fn channel(origin: &CharmOrigin) -> String {
    match origin.track.as_deref() {
        None | Some("") => origin.risk.clone(),
        Some(track) => format!("{track}/{}", origin.risk),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_channel_with_a_risk_preserves_the_track() {
        let followed = |channel: &str| {
            let mut origin =
                CharmOrigin { track: Some("14".to_owned()), risk: "stable".to_owned(), ..CharmOrigin::default() };
            set_channel(&mut origin, channel);
            (origin.track.unwrap_or_default(), origin.risk, origin.branch.unwrap_or_default())
        };
        let found = |track: &str, risk: &str, branch: &str| (track.to_owned(), risk.to_owned(), branch.to_owned());
        assert_eq!(followed("edge"), found("14", "edge", ""));
        assert_eq!(followed("edge/fix"), found("14", "edge", "fix"));
        assert_eq!(followed("16"), found("16", "stable", ""));
        assert_eq!(followed("16/beta"), found("16", "beta", ""));
        assert_eq!(followed("16/beta/fix"), found("16", "beta", "fix"));
    }

    #[test]
    fn describe_charm_reports_name_and_revision() {
        let origin = CharmOrigin { risk: "stable".to_owned(), ..CharmOrigin::default() };
        for (url, name, revision) in [
            ("ch:amd64/jammy/data-base-46", "data-base", 46),
            ("local:jammy/note-0", "note", 0),
            ("local:note-3", "note", 3),
        ] {
            let wire = wire(url, &origin);
            assert_eq!((&wire["charm"], &wire["revision"]), (&json!(name), &json!(revision)), "{wire}");
        }
    }
}
