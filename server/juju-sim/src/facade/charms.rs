//! Facade `Charms`: what the simulated store has.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    Code, ErrorResult, RemoteError,
    code::ErrorResults,
    facade::{
        application::origin::{CharmOrigin, CharmRelation},
        charms::{
            AddCharm, CharmInfo, CheckCharmPlacement, GetDownloadInfos, IsMetered, List, ListCharmResources,
            ResolveCharms,
            info::{
                CharmActionSpec, CharmActions, CharmDetails, CharmOption, CharmURL, CharmsList, CharmsListResult,
                IsMeteredResult,
            },
            meta::{CharmBase, CharmManifest, CharmMeta, CharmResourceMeta, CharmStorage},
            resolve::{
                AddCharmWithOrigin, ApplicationCharmPlacements, CharmOriginResult, CharmResourceResult,
                CharmResourcesResults, CharmURLAndOrigins, DownloadInfoResult, DownloadInfoResults,
                ResolveCharmWithChannel, ResolveCharmWithChannelResult, ResolveCharmWithChannelResults,
                ResolveCharmsWithChannel,
            },
            series::{ResolveCharmResultV6, ResolveCharmResultsV6, ResolveCharmsV6},
        },
        resources::CharmResource,
    },
};
use serde_json::json;

use super::status::base;
use crate::{
    call::Call,
    charms::{Charm, CharmAction, Charms, Endpoint},
    methods::Methods,
    state::ModelAccess,
};

/// Name of the series that [`base`] is now the number of.
const SERIES: &str = "jammy";

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ResolveCharms>(resolve_charms);
    methods.on_version::<ResolveCharmsV6>(6, resolve_with_series);
    methods.on::<AddCharm>(add);
    methods.on::<CharmInfo>(info);
    methods.on::<IsMetered>(|_, _| Ok(IsMeteredResult::default()));
    methods.on::<List>(list);
    methods.on::<ListCharmResources>(resources);
    methods.on::<CheckCharmPlacement>(check_placement);
    methods.on::<GetDownloadInfos>(download_infos);
}

/// Refuses applications with units on machines of several architectures; the simulated ones have one.
fn check_placement(call: &Call, params: ApplicationCharmPlacements) -> Result<ErrorResults, RemoteError> {
    let one = |name: &str| call.read_model(|model| model.application(name).map(drop));
    Ok(ErrorResults {
        results: params.placements.iter().map(|place| ErrorResult::of(one(&place.application))).collect(),
    })
}

/// Where the store has the archives of charms.
fn download_infos(call: &Call, params: CharmURLAndOrigins) -> Result<DownloadInfoResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let url = |charm: &str| {
        format!("https://api.charmhub.io/api/v1/charms/download/{}.charm", charm.rsplit('/').next().unwrap_or(charm))
    };
    let results = params.entities.into_iter().map(|one| {
        let id = one.charm_url.trim_start_matches("ch:");
        DownloadInfoResult { url: url(id), charm_origin: one.charm_origin }
    });
    Ok(DownloadInfoResults { results: results.collect() })
}

/// A charm of the store, with the channel that was meant.
pub(super) struct Resolved {
    pub(super) charm: Arc<Charm>,
    pub(super) channel: String,
}

/// Finds a charm and completes its channel, or returns the error of the real server.
pub(super) fn resolve(store: &Charms, name: &str, channel: &str) -> Result<Resolved, RemoteError> {
    let unknown = || RemoteError::plain(format!("resolving error: No charm or bundle with name \"{name}\"."));
    let charm = store.get(name).ok_or_else(unknown)?;
    let channel = match channel {
        "" => charm.channels.first().cloned().unwrap_or_default(),
        risk if !risk.contains('/') => {
            let known = charm.channels.iter().find(|known| known.ends_with(&format!("/{risk}")));
            known.cloned().unwrap_or_else(|| risk.to_owned())
        }
        full => full.to_owned(),
    };
    if !charm.channels.contains(&channel) {
        let short = base().channel.trim_end_matches("/stable").to_owned();
        let release = |known: &String| format!("\n  channel \"{known}\": available bases are: ubuntu@{short}");
        let known: String = charm.channels.iter().map(release).collect();
        let message = format!(
            "selecting releases: charm or bundle not found for channel \"{channel}\", base \"amd64\"\navailable releases are:{known}"
        );
        return Err(RemoteError::plain(message));
    }
    Ok(Resolved { charm: Arc::clone(charm), channel })
}

/// The charm of a URL such as `ch:amd64/jammy/postgresql-363`, or `local:mine-0` if the connection's model has that.
pub(super) fn of_url(call: &Call, url: &str) -> Result<Arc<Charm>, RemoteError> {
    let missing = || RemoteError::not_found(format!("charm \"{url}\""));
    check_url(url)?;
    let uuid = call.model_uuid()?;
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(missing)?;
        let uploaded = model.local_charms.get(url);
        let found = if url.starts_with("local:") { uploaded } else { of_store(&state.charms, url) };
        found.cloned().ok_or_else(missing)
    })
}

/// Refuses text that is no charm's URL.
pub(super) fn check_url(url: &str) -> Result<(), RemoteError> {
    let (schema, name) = url.split_once(':').unwrap_or(("ch", url));
    let invalid = |message: String| Err(RemoteError::new(Code::NotValid, message));
    if !["ch", "local"].contains(&schema) {
        return invalid(format!("cannot parse URL \"{url}\": schema \"{schema}\" not valid"));
    }
    if name.is_empty() {
        return invalid(format!("cannot parse name and/or revision in URL \"{url}\": name \"\" not valid"));
    }
    Ok(())
}

fn of_store<'a>(store: &'a Charms, url: &str) -> Option<&'a Arc<Charm>> {
    let last = url.rsplit('/').next().unwrap_or(url).trim_start_matches("ch:");
    let name = match last.rsplit_once('-') {
        Some((name, revision)) if revision.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => last,
    };
    store.get(name)
}

/// The revision at the end of a URL.
pub(super) fn revision(url: &str) -> Option<i64> {
    url.rsplit_once('-')?.1.parse().ok()
}

/// Where a charm comes from.
pub(super) fn origin(charm: &Charm, channel: &str, revision: i64) -> CharmOrigin {
    let (track, risk) = channel.split_once('/').unwrap_or(("latest", channel));
    CharmOrigin {
        source: "charm-hub".to_owned(),
        kind: "charm".to_owned(),
        id: format!("{}-id", charm.name),
        hash: format!("{revision:064x}"),
        risk: risk.to_owned(),
        revision: Some(revision),
        track: Some(track.to_owned()),
        architecture: "amd64".to_owned(),
        base: base(),
        ..CharmOrigin::default()
    }
}

/// `14/stable`.
pub(super) fn channel_of(origin: &CharmOrigin) -> String {
    format!("{}/{}", origin.track.as_deref().unwrap_or("latest"), origin.risk)
}

fn resolve_charms(
    call: &Call,
    params: ResolveCharmsWithChannel,
) -> Result<ResolveCharmWithChannelResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let one = |store: &Charms, wanted: &ResolveCharmWithChannel| {
        if let Err(error) = check_url(&wanted.reference) {
            return ResolveCharmWithChannelResult { error: Some(error), ..ResolveCharmWithChannelResult::default() };
        }
        let asked = &wanted.charm_origin;
        let channel = match (&asked.track, asked.risk.as_str()) {
            (Some(track), risk) if !track.is_empty() => {
                format!("{track}/{}", if risk.is_empty() { "stable" } else { risk })
            }
            (_, risk) => risk.to_owned(),
        };
        let name = wanted.reference.rsplit('/').next().unwrap_or_default().trim_start_matches("ch:");
        let found = resolve(store, of_store(store, name).map_or(name, |charm| &charm.name), &channel);
        match found {
            Ok(found) => {
                let revision = asked.revision.unwrap_or(found.charm.revision);
                ResolveCharmWithChannelResult {
                    url: found.charm.url(revision),
                    // which blob it is comes out when the charm is added
                    charm_origin: CharmOrigin {
                        id: String::new(),
                        hash: String::new(),
                        ..origin(&found.charm, &found.channel, revision)
                    },
                    supported_bases: vec![juju_wire::constraints::Base { channel: "22.04".to_owned(), ..base() }],
                    error: None,
                }
            }
            Err(error) => {
                ResolveCharmWithChannelResult { error: Some(error), ..ResolveCharmWithChannelResult::default() }
            }
        }
    };
    Ok(call.read(|state| ResolveCharmWithChannelResults {
        results: params.resolve.iter().map(|wanted| one(&state.charms, wanted)).collect(),
    }))
}

/// The same with the series that the base had as its name.
fn resolve_with_series(call: &Call, params: ResolveCharmsWithChannel) -> Result<ResolveCharmResultsV6, RemoteError> {
    let one = |found: ResolveCharmWithChannelResult| ResolveCharmResultV6 {
        url: found.url,
        charm_origin: found.charm_origin,
        supported_series: if found.error.is_some() { Vec::new() } else { vec![SERIES.to_owned()] },
        error: found.error,
    };
    Ok(ResolveCharmResultsV6 { results: resolve_charms(call, params)?.results.into_iter().map(one).collect() })
}

fn add(call: &Call, params: AddCharmWithOrigin) -> Result<CharmOriginResult, RemoteError> {
    call.require(ModelAccess::Write)?;
    let charm = of_url(call, &params.url)?;
    let stored = origin(&charm, "", revision(&params.url).unwrap_or(charm.revision));
    let (id, hash) = if charm.local.is_some() { Default::default() } else { (stored.id, stored.hash) };
    Ok(CharmOriginResult { charm_origin: CharmOrigin { id, hash, ..params.charm_origin }, error: None })
}

fn info(call: &Call, params: CharmURL) -> Result<CharmDetails, RemoteError> {
    call.require(ModelAccess::Read)?;
    let charm = of_url(call, &params.url)?;
    Ok(details(&charm, &params.url))
}

fn details(charm: &Charm, url: &str) -> CharmDetails {
    let relations = |sides: &BTreeMap<String, Endpoint>, role: &str| {
        let side = |(name, side): (&String, &Endpoint)| {
            let relation = CharmRelation {
                name: name.clone(),
                role: role.to_owned(),
                interface: side.interface.clone(),
                optional: side.optional,
                limit: side.limit,
                scope: side.scope.clone(),
            };
            (name.clone(), relation)
        };
        sides.iter().map(side).collect::<BTreeMap<_, _>>()
    };
    let option = |(name, option): (&String, &crate::charms::CharmOption)| {
        let option = CharmOption {
            kind: option.kind.clone(),
            description: option.description.clone(),
            default_value: option.default.clone(),
        };
        (name.clone(), option)
    };
    CharmDetails {
        revision: revision(url).unwrap_or(charm.revision),
        url: url.to_owned(),
        config: charm.config.iter().map(option).collect(),
        meta: Some(CharmMeta {
            name: charm.name.clone(),
            summary: charm.summary.clone(),
            description: charm.description().to_owned(),
            subordinate: charm.subordinate,
            provides: relations(&charm.provides, "provider"),
            requires: relations(&charm.requires, "requirer"),
            peers: relations(&charm.peers, "peer"),
            storage: charm.storage.iter().map(storage).collect(),
            resources: charm.resources.iter().map(resource).collect(),
            min_juju_version: "0.0.0".to_owned(),
            ..CharmMeta::default()
        }),
        actions: Some(actions(charm)),
        manifest: Some(CharmManifest {
            bases: vec![CharmBase {
                name: base().name,
                channel: base().channel,
                architectures: vec!["amd64".to_owned()],
            }],
        }),
        ..CharmDetails::default()
    }
}

fn storage((name, storage): (&String, &crate::charms::CharmStorage)) -> (String, CharmStorage) {
    let storage = CharmStorage {
        name: name.clone(),
        description: storage.description.clone(),
        kind: storage.kind.clone(),
        count_min: 1,
        count_max: 1,
        minimum_size: storage.minimum(),
        location: storage.location.clone(),
        ..CharmStorage::default()
    };
    (name.clone(), storage)
}

fn resource((name, resource): (&String, &crate::charms::CharmResource)) -> (String, CharmResourceMeta) {
    let resource = CharmResourceMeta {
        name: name.clone(),
        kind: resource.kind.clone(),
        path: resource.filename.clone(),
        description: resource.description.clone(),
    };
    (name.clone(), resource)
}

/// Actions of a charm.
pub(super) fn actions(charm: &Charm) -> CharmActions {
    let spec = |(name, action): (&String, &CharmAction)| {
        let description = &action.description;
        let mut params =
            json!({"title": name, "type": "object", "description": description, "properties": action.params});
        if !action.required.is_empty() {
            params["required"] = json!(action.required);
        }
        let params = params.as_object().cloned().unwrap_or_default().into_iter().collect();
        (name.clone(), CharmActionSpec { description: description.clone(), params })
    };
    CharmActions { specs: charm.actions.iter().map(spec).collect() }
}

fn list(call: &Call, _: CharmsList) -> Result<CharmsListResult, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    Ok(call.read(|state| {
        let mut applications: Vec<_> =
            state.models.get(uuid).into_iter().flat_map(|model| model.applications.values()).collect();
        applications.sort_by_key(|application| application.created);
        let mut charm_urls: Vec<_> =
            applications.iter().map(|application| application.charm.url(application.revision)).collect();
        let mut seen = std::collections::BTreeSet::new();
        charm_urls.retain(|url| seen.insert(url.clone()));
        CharmsListResult { charm_urls }
    }))
}

fn resources(call: &Call, params: CharmURLAndOrigins) -> Result<CharmResourcesResults, RemoteError> {
    let one = |url: &str| match of_url(call, url) {
        Ok(charm) => {
            let result = |found: CharmResource| CharmResourceResult {
                name: found.name,
                kind: found.kind,
                path: found.path,
                description: found.description,
                origin: found.origin,
                revision: found.revision,
                fingerprint: found.fingerprint,
                size: found.size,
                error: None,
            };
            super::resources::of_charm(&charm).into_iter().map(result).collect()
        }
        Err(error) => vec![CharmResourceResult { error: Some(error), ..CharmResourceResult::default() }],
    };
    Ok(CharmResourcesResults { results: params.entities.iter().map(|entity| one(&entity.charm_url)).collect() })
}
