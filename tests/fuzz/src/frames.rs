//! Frames of the Juju API, from either side: what is read is written and read again as the same.

use juju_wire::{Delta, Method, Reply, Request, Tag, debug_log::LogRecord};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

type Read = fn(&Request, Reply);

macro_rules! readers {
    ($( $facade:ident: $($method:ident),+; )*) => {
        &[$( $( read::<juju_wire::facade::$facade::$method>, )+ )*]
    };
}

/// One method at least of each facade, and all whose answers are large.
const READERS: &[Read] = readers! {
    action: Actions, ApplicationsCharmsActions, EnqueueOperation, ListOperations, Operations, WatchActionsProgress;
    admin: Login, RedirectInfo;
    all_model_watcher: Next;
    all_watcher: Next;
    annotations: Get, Set;
    application: AddRelation, AddUnits, ApplicationsInfo, CharmConfig, Deploy, DeployFromRepository, DestroyUnit, Get, SetConfigs, SetConstraints, UnitsInfo;
    application_offers: ApplicationOffers, GetConsumeDetails, Offer;
    block: List;
    bundle: ExportBundle, GetChanges;
    charms: CharmInfo, GetDownloadInfos, ResolveCharms;
    client: FullStatus, StatusHistory;
    cloud: Cloud, CloudInfo, Clouds, CredentialContents, InstanceTypes, UserCredentials;
    controller: AllModels, ControllerAPIInfoForModels, ControllerConfig, ModelStatus;
    high_availability: EnableHA;
    key_manager: ListKeys;
    machine_manager: AddMachines, DestroyMachineWithParams;
    model_config: GetModelConstraints, ModelGet;
    model_manager: CreateModel, ListModelSummaries, ModelDefaultsForClouds, ModelInfo;
    model_summary_watcher: Next;
    payloads: List;
    resources: ListResources;
};

/// Reads the bytes: the first says as what, the others are the text.
pub fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match first {
        250 => same::<Delta>(text),
        251 => same::<Vec<Delta>>(text),
        252 => same::<LogRecord>(text),
        253 => tag(text),
        index => {
            let request = serde_json::from_str::<Request>(text);
            let reply = serde_json::from_str::<Reply>(text);
            request.iter().for_each(stays);
            reply.iter().for_each(stays);
            if let (Ok(request), Ok(reply)) = (request, reply) {
                READERS[usize::from(*index) % READERS.len()](&request, reply);
            }
        }
    }
}

fn tag(text: &str) {
    if let Ok(tag) = Tag::parse(text) {
        assert_eq!(Tag::parse(&tag.to_string()).expect("what was read can be read again").to_string(), tag.to_string());
    }
}

fn same<T: DeserializeOwned + Serialize>(text: &str) {
    if let Ok(value) = serde_json::from_str::<T>(text) {
        stays(&value);
    }
}

/// What was read once is, from then on, always read and written as the same.
fn stays<T: DeserializeOwned + Serialize>(value: &T) {
    let Ok(written) = serde_json::to_value(value) else { return };
    let again: T = serde_json::from_str(&written.to_string()).expect("what was written can be read");
    let twice = serde_json::to_value(&again).expect("and written again");
    assert_eq!(sorted(written), sorted(twice));
}

/// Maps in the order of their names: some are kept without one.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: std::collections::BTreeMap<_, _> = map.into_iter().collect();
            ordered.into_iter().map(|(name, value)| (name, sorted(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

fn read<M: Method>(request: &Request, reply: Reply) {
    if let Ok(params) = request.params::<M>() {
        stays(&params);
    }
    if let Ok(answer) = reply.answer::<M>() {
        stays(&answer);
    }
}
