//! `juju download`: the content of a charm or bundle in Charmhub.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use charmhub::{Base as Platform, Charmhub, Error, Package, Wanted};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{check_charm, parse_channel};
use crate::{
    Blocks, Command, Failure, RISKS, ResolvedTarget, Scope, constraints::ARCHITECTURES, entity,
    juju::application::archive::writable,
};

/// The tool `juju_download`.
pub struct Download;

/// Which charm or bundle, and where it goes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    charm: String,
    #[schemars(extend("default" = "stable"))]
    channel: Option<String>,
    revision: Option<i64>,
    #[schemars(extend("default" = "ubuntu@24.04"))]
    base: Option<String>,
    #[schemars(extend("default" = "amd64"))]
    arch: Option<String>,
    /// new file, over stdio; without it the address is shown
    filepath: Option<String>,
    /// beside the file
    #[serde(default)]
    resources: bool,
}

/// What can be downloaded, and the files that were written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    revision: i64,
    size: u64,
    sha256: String,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    resources: BTreeMap<String, String>,
}

impl Command for Download {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "download";
    const TOOLSET: &'static str = "charmhub";
    const DESCRIPTION: &'static str = "Shows where the content of a charm or bundle is, or writes it into a file.";
    const SCOPE: Scope = Scope::Client;
    const ANSWERS_UNTRUSTED: bool = true;
    const MAX_EFFECT: Effect = Effect::Write;
    const MIN_EFFECT: Effect = Effect::Read;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["charm"];

    fn effect(args: &Args) -> Effect {
        if args.filepath.is_some() { Effect::Write } else { Effect::Read }
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_charm(&args.charm)?;
        if args.resources && args.filepath.is_none() {
            return Err("`resources` needs `filepath`, because they go beside that file".to_owned());
        }
        wanted(args).map(drop)
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        if let Some(path) = &args.filepath {
            writable(target, path).await?;
        }
        let package = resolve(target.externals().charmhub()?, args).await?;
        let output = output(&package);
        Ok(Some(json!({"name": output.name, "revision": output.revision, "size": output.size})))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let hub = target.externals().charmhub()?;
        let file = match &args.filepath {
            Some(path) => Some(writable(&target, path).await?),
            None => None,
        };
        let package = resolve(hub, &args).await?;
        let mut output = output(&package);
        if let Some(file) = file {
            hub.download(&package.download, &file).await?;
            if args.resources {
                output.resources = resources(hub, &package, &file).await?;
            }
            output.file = Some(file.display().to_string());
        }
        Ok(output)
    }
}

fn output(package: &Package) -> Output {
    Output {
        name: package.name.clone(),
        kind: package.kind.clone(),
        revision: package.revision,
        size: package.download.size,
        sha256: package.download.hash_sha_256.clone(),
        url: package.download.url.clone(),
        file: None,
        resources: BTreeMap::new(),
    }
}

/// Writes the resources beside a file, under the client's names for them.
async fn resources(hub: &Charmhub, package: &Package, file: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let mut written = BTreeMap::new();
    for resource in &package.resources {
        let is_plain = |name: &str| !name.contains(['/', '\\']) && !name.starts_with('.');
        if !is_plain(&resource.name) || !is_plain(&resource.filename) {
            return Err(Error::Unexpected(format!("the resource `{}` has a path", resource.name)).into());
        }
        let suffix = if resource.filename.is_empty() { String::new() } else { format!("_{}", resource.filename) };
        let own = file.with_file_name(format!("resource_{}_r{}{suffix}", resource.name, resource.revision));
        hub.download(&resource.download, &own).await?;
        written.insert(resource.name.clone(), own.display().to_string());
    }
    Ok(written)
}

/// The base of a download that names none, as the client has it (`version.DefaultSupportedLTSBase`).
const DEFAULT_BASE: (&str, &str) = ("ubuntu", "24.04");

fn wanted(args: &Args) -> Result<Wanted, String> {
    if let Some(revision) = args.revision {
        if args.channel.is_some() || args.base.is_some() || args.arch.is_some() {
            return Err("`revision` excludes `arch`, `base` and `channel`".to_owned());
        }
        return Ok(Wanted::Revision(revision));
    }
    let (track, risk) = parse_channel(args.channel.as_deref().unwrap_or(RISKS[0]))?;
    let channel = track.map_or_else(|| risk.clone(), |track| format!("{track}/{risk}"));
    let architecture = args.arch.as_deref().filter(|arch| *arch != "all").unwrap_or(ARCHITECTURES[0]);
    if !ARCHITECTURES.contains(&architecture) {
        return Err(format!("`arch` has to be one of {}, not: {architecture}", ARCHITECTURES.join(", ")));
    }
    let (name, channel_of_base) = match args.base.as_deref().map(entity::parse_base).transpose()? {
        Some(base) => (base.name, base.channel.split('/').next().unwrap_or_default().to_owned()),
        None => (DEFAULT_BASE.0.to_owned(), DEFAULT_BASE.1.to_owned()),
    };
    let base = Platform { architecture: architecture.to_owned(), name, channel: channel_of_base };
    Ok(Wanted::Channel { channel, base })
}

/// The package; where no base was named and the usual one does not fit, that of the first base that the store suggests for the channel.
async fn resolve(hub: &Charmhub, args: &Args) -> Result<Package, Failure> {
    let wanted = wanted(args).map_err(Failure::bad_argument)?;
    let refused = match hub.resolve(&args.charm, &wanted).await {
        Ok(package) => return Ok(package),
        Err(refused) => refused,
    };
    if let (Error::Refused(error), Wanted::Channel { channel, .. }, None) = (&refused, &wanted, &args.base) {
        let risk = channel.rsplit('/').next().unwrap_or_default();
        let fits = |other: &str| other == channel || other == risk || other.strip_prefix("latest/") == Some(channel);
        if let Some(release) = error.extra.releases.iter().find(|release| fits(&release.channel)) {
            let other = Wanted::Channel { channel: channel.clone(), base: release.base.clone() };
            return Ok(hub.resolve(&args.charm, &other).await?);
        }
    }
    Err(refused.into())
}
