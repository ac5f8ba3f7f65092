//! `juju refresh`: brings an application to another revision of its charm.

use std::sync::Arc;

use juju_wire::facade::{
    application::{
        GetCharmURLOrigin, SetCharm, config::ApplicationGet, deploy::ApplicationSetCharm, origin::CharmOrigin,
    },
    charms::{
        AddCharm, ResolveCharms,
        resolve::{AddCharmWithOrigin, ResolveCharmWithChannel, ResolveCharmsWithChannel},
    },
};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Command, Failure, Scope, Site, entity};

/// See the file's head.
pub struct Refresh;

/// The client's own arguments.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// Name of the application.
    application: String,
    /// Channel to follow from now on.
    channel: Option<String>,
    /// Revision to take.
    revision: Option<i64>,
    /// Options to set at the same time.
    #[serde(default)]
    config: std::collections::BTreeMap<String, Value>,
    /// Also where the base does not fit.
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
    /// Its channel.
    channel: String,
    /// Whether it was up to date already.
    up_to_date: bool,
}

impl Command for Refresh {
    type Args = Args;
    type Output = Output;

    const WORD: &'static str = "refresh";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Brings an application to another revision or channel of its charm.";
    const SCOPE: Scope = Scope::Model;
    const EFFECT: Effect = Effect::Write;
    const CURATED: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application"];

    fn targets(args: &Args) -> Vec<String> {
        vec![entity::application(&args.application)]
    }

    async fn preview(args: Arc<Args>, site: Arc<Site>) -> Result<Option<Value>, Failure> {
        let found = find(&args, &site).await?;
        Ok(Some(json!({"from": found.current, "to": found.url, "channel": channel(&found.origin)})))
    }

    async fn run(_: Permit, args: Args, site: Arc<Site>) -> Result<Output, Failure> {
        let found = find(&args, &site).await?;
        let done = Output {
            application: args.application.clone(),
            charm: found.url.clone(),
            channel: channel(&found.origin),
            up_to_date: found.current == found.url,
        };
        if done.up_to_date && args.channel.is_none() && args.config.is_empty() {
            return Ok(done);
        }
        let connection = site.model_connection().await?;
        let add = AddCharmWithOrigin { url: found.url.clone(), charm_origin: found.origin, force: args.force };
        let added = connection.call::<AddCharm>(add).await?;
        if let Some(error) = added.error {
            return Err(error.into());
        }
        let set = ApplicationSetCharm {
            application: args.application,
            generation: "master".to_owned(),
            charm_url: found.url,
            channel: channel(&added.charm_origin),
            charm_origin: Some(added.charm_origin),
            config_settings: args.config.iter().map(|(name, value)| (name.clone(), entity::text(value))).collect(),
            force: args.force,
            ..ApplicationSetCharm::default()
        };
        connection.call::<SetCharm>(set).await?;
        Ok(done)
    }
}

struct Found {
    current: String,
    url: String,
    origin: CharmOrigin,
}

/// Asks the controller which revision these arguments mean.
async fn find(args: &Args, site: &Site) -> Result<Found, Failure> {
    let connection = site.model_connection().await?;
    let asked = ApplicationGet { application: args.application.clone(), branch: "master".to_owned() };
    let now = connection.call::<GetCharmURLOrigin>(asked).await?;
    if let Some(error) = now.error {
        return Err(error.into());
    }
    if now.charm_origin.source == "local" {
        let problem = format!("`{}` was deployed from a file, not from Charmhub", args.application);
        return Err(Failure::refused(problem, "refresh it with the juju client and the new file"));
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
        None => Ok(Found { current: now.url, url: found.url, origin: found.charm_origin }),
    }
}

fn channel(origin: &CharmOrigin) -> String {
    match origin.track.as_deref() {
        None | Some("") => origin.risk.clone(),
        Some(track) => format!("{track}/{}", origin.risk),
    }
}
