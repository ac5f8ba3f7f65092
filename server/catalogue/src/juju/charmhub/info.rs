//! `juju info`: a charm or bundle in Charmhub with its channels.

use std::{collections::BTreeMap, sync::Arc};

use charmhub::{Base as Platform, ChannelMap, Info as Described};
use juju_wire::go::{is_default, nil};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Base, bases, check_charm, parse_channel, publisher, sorted};
use crate::{
    Command, Concise, Failure, Filter, RISKS, ResolvedTarget, Scope, Table, constraints::ARCHITECTURES, entity, shorten,
};

/// The tool `juju_info`.
pub struct Info;

/// Which charm or bundle, and which of its releases.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    charm: String,
    channel: Option<String>,
    track: Option<String>,
    revision: Option<i64>,
    base: Option<String>,
    arch: Option<String>,
}

/// A charm or bundle as the client prints it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    name: String,
    description: String,
    publisher: String,
    summary: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    supports: Vec<Base>,
    store_url: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    charm: Option<Charm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<Bundle>,
    channels: Channels,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tracks: Vec<String>,
}

/// Revisions by track and risk, the newest first.
type Channels = BTreeMap<String, BTreeMap<String, Vec<Revision>>>;

/// What is known of a charm alone.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Charm {
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Config>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    relations: BTreeMap<&'static str, BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "is_default")]
    subordinate: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    used_by: Vec<String>,
}

/// The options of a charm.
#[derive(Debug, Serialize, Deserialize)]
pub struct Config {
    #[serde(rename(serialize = "Options", deserialize = "options"), default)]
    options: BTreeMap<String, CharmOption>,
}

/// An option of a charm.
#[derive(Debug, Serialize, Deserialize)]
pub struct CharmOption {
    #[serde(rename(serialize = "Type", deserialize = "type"))]
    kind: String,
    #[serde(rename(serialize = "Description", deserialize = "description"), default)]
    description: String,
    #[serde(rename(serialize = "Default", deserialize = "default"), default)]
    default: Value,
}

/// The charms of a bundle.
#[derive(Debug, Serialize)]
pub struct Bundle {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    charms: Vec<BundleCharm>,
}

/// A charm of a bundle.
#[derive(Debug, Serialize)]
pub struct BundleCharm {
    name: String,
}

/// A revision in a channel.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Revision {
    track: String,
    risk: String,
    version: String,
    revision: i64,
    released_at: String,
    size: u64,
    architectures: Vec<String>,
    #[serde(serialize_with = "nil::serialize")]
    bases: Vec<Base>,
}

impl Command for Info {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "info";
    const TOOLSET: &'static str = "charmhub";
    const DESCRIPTION: &'static str =
        "Shows a charm or bundle of Charmhub with channels and options; juju_find finds its name.";
    const SCOPE: Scope = Scope::Client;
    const ANSWERS_UNTRUSTED: bool = true;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["charm"];

    fn validate(args: &Args) -> Result<(), String> {
        check_charm(&args.charm)?;
        selection(args).map(drop)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let selection = selection(&args).map_err(Failure::bad_argument)?;
        let info = target.externals().charmhub()?.info(&args.charm).await?;
        Ok(output(info, &selection))
    }

    fn concise(answer: &mut Output, _: &Filter) -> Option<Concise> {
        let mut head = vec![
            format!("{} ({}) by {}: {}", answer.name, answer.kind, answer.publisher, answer.summary),
            format!("Store: {}", answer.store_url),
        ];
        if let Some(charm) = &answer.charm {
            for (role, endpoints) in &charm.relations {
                let endpoints: Vec<_> =
                    endpoints.iter().map(|(name, interface)| format!("{name} ({interface})")).collect();
                head.push(format!("{role}: {}", endpoints.join(", ")));
            }
            let options = charm.config.iter().flat_map(|config| config.options.keys().cloned());
            let options: Vec<_> = options.collect();
            if !options.is_empty() {
                head.push(format!("options: {}", options.join(", ")));
            }
        }
        if let Some(bundle) = &answer.bundle {
            let charms: Vec<_> = bundle.charms.iter().map(|charm| charm.name.clone()).collect();
            head.push(format!("charms: {}", charms.join(", ")));
        }
        head.push(shorten(answer.description.replace('\n', " "), MAX_DESCRIPTION_TOKENS));
        let rows = answer.tracks.iter().filter_map(|track| Some((track, answer.channels.get(track)?)));
        let rows = rows.flat_map(|(_, risks)| RISKS.iter().filter_map(|risk| risks.get(*risk)).flatten());
        let row = |one: &Revision| {
            let bases: Vec<_> = one.bases.iter().map(Base::text).collect();
            let day = one.released_at.get(..10).unwrap_or_default().to_owned();
            vec![
                format!("{}/{}", one.track, one.risk),
                one.revision.to_string(),
                one.version.clone(),
                day,
                bases.join(","),
                one.architectures.join(","),
            ]
        };
        let heading = ["Channel", "Revision", "Version", "Released", "Bases", "Architectures"];
        let rows = rows.map(row).collect();
        Some(Concise::with_head(head).and(Table::new("channels", &heading, rows)))
    }
}

/// Longest description that a reader sees.
const MAX_DESCRIPTION_TOKENS: usize = 200;

/// Which releases are shown.
#[derive(Debug, Default)]
struct Selection {
    track: Option<String>,
    risk: Option<String>,
    revision: Option<i64>,
    base: Option<Base>,
    architecture: Option<String>,
}

fn selection(args: &Args) -> Result<Selection, String> {
    let others = args.channel.is_some() || args.base.is_some() || args.arch.is_some();
    for (name, given) in [("revision", args.revision.is_some()), ("track", args.track.is_some())] {
        if given && others {
            return Err(format!("`{name}` excludes `arch`, `base` and `channel`"));
        }
    }
    if let Some(arch) = args.arch.as_deref().filter(|arch| *arch != "all" && !ARCHITECTURES.contains(arch)) {
        return Err(format!("`arch` has to be `all` or one of {}, not: {arch}", ARCHITECTURES.join(", ")));
    }
    let (track, risk) = match args.channel.as_deref().map(parse_channel).transpose()? {
        None => (args.track.clone(), None),
        Some((track, risk)) => (track, Some(risk)),
    };
    let base = args.base.as_deref().map(entity::parse_base).transpose()?;
    Ok(Selection {
        track,
        risk,
        revision: args.revision,
        base: base.map(|base| Base {
            name: base.name,
            channel: base.channel.split('/').next().unwrap_or_default().to_owned(),
        }),
        architecture: args.arch.clone().filter(|arch| arch != "all"),
    })
}

fn output(info: Described, selection: &Selection) -> Output {
    let (tracks, channels) = channels(&info.channel_map, selection);
    let nothing = tracks.is_empty() && channels.is_empty();
    let charm = (info.kind == "charm").then(|| charm(&info, nothing));
    let contained = info.entity.contains_charms.iter().map(|charm| BundleCharm { name: charm.name.clone() });
    let bundle = (info.kind == "bundle").then(|| Bundle { charms: contained.collect() });
    Output {
        publisher: publisher(&info.entity),
        kind: info.kind,
        id: info.id,
        name: info.name,
        description: info.entity.description,
        summary: info.entity.summary,
        supports: bases(&info.default_release.revision.bases),
        store_url: info.entity.store_url,
        tags: info.entity.categories.into_iter().map(|category| category.name).collect(),
        charm,
        bundle,
        channels,
        tracks,
    }
}

/// The used members of `metadata.yaml`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    subordinate: bool,
    provides: BTreeMap<String, Endpoint>,
    requires: BTreeMap<String, Endpoint>,
}

/// An endpoint in `metadata.yaml`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Endpoint {
    Full { interface: String },
    Interface(String),
}

/// The texts of a charm are read within limits; one that cannot be read is left out, as the client does.
fn charm(info: &Described, without_relations: bool) -> Charm {
    let revision = &info.default_release.revision;
    let metadata: Metadata = content::read_yaml(&revision.metadata_yaml).unwrap_or_default();
    let mut relations = BTreeMap::new();
    for (role, endpoints) in [("provides", metadata.provides), ("requires", metadata.requires)] {
        let interface = |(name, endpoint)| match endpoint {
            Endpoint::Full { interface } | Endpoint::Interface(interface) => (name, interface),
        };
        let endpoints: BTreeMap<_, _> = endpoints.into_iter().map(interface).collect();
        if !endpoints.is_empty() && !without_relations {
            relations.insert(role, endpoints);
        }
    }
    let text = revision.config_yaml.trim();
    let config = if text.is_empty() || text == "{}" { None } else { content::read_yaml::<Config>(text).ok() };
    Charm { config, relations, subordinate: metadata.subordinate, used_by: info.entity.used_by.clone() }
}

/// The tracks in their order, and the selected revisions by track and risk (`filterChannels` of the client).
fn channels(all: &[ChannelMap], selection: &Selection) -> (Vec<String>, Channels) {
    let (mut tracks, mut channels, mut risk_exists) = (Vec::new(), Channels::new(), false);
    let mut track = selection.track.clone();
    for one in all {
        let own = if one.channel.track.is_empty() { "latest" } else { &one.channel.track };
        if selection.risk.is_some() && track.is_none() {
            track = Some(own.to_owned());
        }
        let other_track = track.as_deref().is_some_and(|track| track != own);
        if other_track || selection.revision.is_some_and(|revision| revision != one.revision.revision) {
            continue;
        }
        risk_exists |= selection.risk.as_deref() == Some(one.channel.risk.as_str());
        if !tracks.iter().any(|known| known == own) {
            tracks.push(own.to_owned());
        }
        if !fits(&one.revision.bases, selection) {
            continue;
        }
        let revisions = channels.entry(own.to_owned()).or_default().entry(one.channel.risk.clone()).or_default();
        if revisions.iter().all(|known| known.revision != one.revision.revision) {
            revisions.push(revision(one, own));
        }
    }
    if selection.risk.is_some() && !risk_exists {
        return (Vec::new(), Channels::new());
    }
    let all = channels.values_mut().flat_map(BTreeMap::values_mut);
    all.for_each(|revisions| revisions.sort_by(|one, other| other.released_at.cmp(&one.released_at)));
    (tracks, channels)
}

fn fits(platforms: &[Platform], selection: &Selection) -> bool {
    let base = |wanted: &Base| {
        platforms.iter().any(|one| one.name.to_lowercase() == wanted.name && one.channel == wanted.channel)
    };
    let architecture =
        |wanted: &String| platforms.iter().any(|one| one.architecture == *wanted || one.architecture == "all");
    selection.base.as_ref().is_none_or(base) && selection.architecture.as_ref().is_none_or(architecture)
}

fn revision(one: &ChannelMap, track: &str) -> Revision {
    let platforms: Vec<Platform> =
        one.revision.bases.iter().map(|base| Platform { name: base.name.to_lowercase(), ..base.clone() }).collect();
    let every = platforms.iter().any(|one| one.architecture == "all");
    let architectures = if every {
        sorted(ARCHITECTURES.map(str::to_owned).iter())
    } else {
        sorted(platforms.iter().map(|one| &one.architecture))
    };
    Revision {
        track: track.to_owned(),
        risk: one.channel.risk.clone(),
        version: one.revision.version.clone(),
        revision: one.revision.revision,
        released_at: one.channel.released_at.clone(),
        size: one.revision.download.size,
        architectures,
        bases: bases(&platforms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(value: serde_json::Value) -> Args {
        serde_json::from_value(value).expect("arguments")
    }

    #[test]
    fn selection_accepts_what_the_client_accepts() {
        use serde_json::json;
        for fine in [
            json!({"charm": "web"}),
            json!({"charm": "ch:web", "channel": "14/stable", "base": "ubuntu@22.04", "arch": "amd64"}),
            json!({"charm": "web", "revision": 4}),
        ] {
            assert_eq!(Info::validate(&args(fine)), Ok(()));
        }
        for (odd, named) in [
            (json!({"charm": "../web"}), "`charm`"),
            (json!({"charm": "web", "revision": 4, "channel": "edge"}), "`revision`"),
            (json!({"charm": "web", "track": "4", "base": "ubuntu@22.04"}), "`track`"),
            (json!({"charm": "web", "channel": "a/b/c/d"}), "`channel`"),
            (json!({"charm": "web", "arch": "z80"}), "`arch`"),
        ] {
            let problem = Info::validate(&args(odd)).expect_err("refused");
            assert!(problem.contains(named), "{problem}");
        }
    }
}
