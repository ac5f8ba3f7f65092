//! `juju refresh`: brings an application to another revision of its charm.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::{
    application::{
        GetCharmURLOrigin, SetCharm,
        config::ApplicationGet,
        deploy::ApplicationSetCharm,
        origin::{CharmOrigin, CharmURLOriginResult},
    },
    charms::{
        AddCharm, CharmInfo, ResolveCharms,
        info::CharmURL,
        resolve::{AddCharmWithOrigin, ResolveCharmWithChannel, ResolveCharmsWithChannel},
    },
};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    archive::Archive,
    resources::{self, Needy},
};
use crate::{Command, Failure, Scope, Site, entity};

/// See the file's head.
pub struct Refresh;

/// The client's own arguments.
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
    /// also on another base
    #[serde(default)]
    force: bool,
}

/// The revision that the application has now.
#[derive(Debug, Serialize, JsonSchema)]
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

    const WORD: &'static str = "refresh";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Brings an application to another revision of its charm.";
    const SCOPE: Scope = Scope::Model;
    const EFFECT: Effect = Effect::Write;
    const CURATED: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application"];

    fn check(args: &Args) -> Result<(), String> {
        let both = args.path.is_some() && (args.channel.is_some() || args.revision.is_some());
        if both { Err("`path` excludes `channel` and `revision`".to_owned()) } else { Ok(()) }
    }

    fn targets(args: &Args) -> Vec<String> {
        vec![entity::application(&args.application)]
    }

    async fn preview(args: Arc<Args>, site: Arc<Site>) -> Result<Option<Value>, Failure> {
        resources::check_paths(&site, &args.resources).await?;
        let now = current(&args.application, &site).await?;
        if let Some(path) = &args.path {
            let archive = Archive::read(&site, path).await?;
            resources::check(&archive.meta.resources, &args.resources)?;
            return Ok(Some(json!({"from": now.url, "to": path})));
        }
        let found = find(&args, &now, &site).await?;
        Ok(Some(json!({"from": now.url, "to": found.url, "channel": channel(&found.origin)})))
    }

    async fn run(_: Permit, args: Args, site: Arc<Site>) -> Result<Output, Failure> {
        resources::check_paths(&site, &args.resources).await?;
        let now = current(&args.application, &site).await?;
        let found = match &args.path {
            Some(path) => {
                let archive = Archive::read(&site, path).await?;
                let origin = &now.charm_origin;
                let base = Some(origin.base.clone()).filter(|base| !base.name.is_empty());
                let (url, origin) = archive.upload(&site, base, Some(origin.architecture.clone())).await?;
                Found { url, origin }
            }
            None => bring(find(&args, &now, &site).await?, &now.url, args.force, &site).await?,
        };
        let resource_ids = renew(&args, &found, &site).await?;
        let done = Output {
            application: args.application.clone(),
            charm: found.url.clone(),
            channel: channel(&found.origin),
            up_to_date: now.url == found.url,
            resources: resource_ids.keys().cloned().collect(),
        };
        if done.up_to_date && args.channel.is_none() && args.config.is_empty() && resource_ids.is_empty() {
            return Ok(done);
        }
        let set = ApplicationSetCharm {
            application: args.application,
            generation: "master".to_owned(),
            charm_url: found.url,
            channel: channel(&found.origin),
            charm_origin: Some(found.origin),
            config_settings: args.config.iter().map(|(name, value)| (name.clone(), entity::text(value))).collect(),
            force: args.force,
            resource_ids,
            ..ApplicationSetCharm::default()
        };
        site.model_connection().await?.call::<SetCharm>(set).await?;
        Ok(done)
    }
}

/// The charm that an application is to have.
struct Found {
    url: String,
    origin: CharmOrigin,
}

/// The charm that an application has.
async fn current(application: &str, site: &Site) -> Result<CharmURLOriginResult, Failure> {
    let asked = ApplicationGet { application: application.to_owned(), branch: "master".to_owned() };
    let now = site.model_connection().await?.call::<GetCharmURLOrigin>(asked).await?;
    match now.error {
        Some(error) => Err(error.into()),
        None => Ok(now),
    }
}

/// Has the model get a charm of Charmhub, unless it is the one that the application has.
async fn bring(found: Found, now: &str, force: bool, site: &Site) -> Result<Found, Failure> {
    if found.url == now {
        return Ok(found);
    }
    let add = AddCharmWithOrigin { url: found.url.clone(), charm_origin: found.origin, force };
    let added = site.model_connection().await?.call::<AddCharm>(add).await?;
    match added.error {
        Some(error) => Err(error.into()),
        None => Ok(Found { url: found.url, origin: added.charm_origin }),
    }
}

/// Makes the resources ready that the new revision brings or that were asked for.
async fn renew(args: &Args, found: &Found, site: &Site) -> Result<BTreeMap<String, String>, Failure> {
    let connection = site.model_connection().await?;
    let charm = connection.call::<CharmInfo>(CharmURL { url: found.url.clone() }).await?;
    let described = charm.meta.unwrap_or_default().resources;
    resources::check(&described, &args.resources)?;
    let needy = Needy { application: &args.application, url: &found.url, origin: &found.origin };
    let outdated = resources::outdated(&needy, described, &args.resources, &connection).await?;
    let wanted = args.resources.iter().filter(|(name, _)| outdated.contains_key(*name));
    let wanted = wanted.map(|(name, value)| (name.clone(), value.clone())).collect();
    resources::prepare(&needy, &outdated, &wanted, site).await
}

/// Asks the controller which revision these arguments mean.
async fn find(args: &Args, now: &CharmURLOriginResult, site: &Site) -> Result<Found, Failure> {
    let connection = site.model_connection().await?;
    if now.charm_origin.source == "local" {
        let problem = format!("`{}` was deployed from a file, not from Charmhub", args.application);
        return Err(Failure::refused(problem, "give the new file as `path`"));
    }
    let mut wanted = now.charm_origin.clone();
    wanted.revision = args.revision;
    if let Some(channel) = &args.channel {
        // a word alone is a risk where it is one, else a track
        let is_risk = matches!(channel.as_str(), "stable" | "candidate" | "beta" | "edge");
        let (track, risk) = match channel.split_once('/') {
            Some((track, risk)) => (Some(track.to_owned()), risk),
            None if is_risk => (None, channel.as_str()),
            None => (Some(channel.clone()), "stable"),
        };
        (wanted.track, wanted.risk) = (track, risk.to_owned());
    }
    let resolve = ResolveCharmWithChannel { reference: now.url.clone(), charm_origin: wanted, switch_charm: false };
    let reply =
        connection.call::<ResolveCharms>(ResolveCharmsWithChannel { resolve: vec![resolve], macaroon: None }).await?;
    let found = reply.results.into_iter().next().unwrap_or_default();
    match found.error {
        Some(error) => Err(error.into()),
        None => Ok(Found { url: found.url, origin: found.charm_origin }),
    }
}

fn channel(origin: &CharmOrigin) -> String {
    match origin.track.as_deref() {
        None | Some("") => origin.risk.clone(),
        Some(track) => format!("{track}/{}", origin.risk),
    }
}
