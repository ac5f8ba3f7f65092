//! Frames of the Juju API in both directions: a parsed frame survives serialization and parsing.

use juju_wire::{Delta, Method, Reply, Request, Tag, debug_log::LogRecord};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

type Read = fn(&Request, Reply);

macro_rules! readers {
    ($( $facade:ident: $($method:ident),+; )*) => {
        &[$( $( read::<juju_wire::facade::$facade::$method>, )+ )*]
    };
}

/// At least one method of each facade, and all methods with large answers.
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

/// Parses the bytes. The first one selects the type, the others are the text.
pub fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match first {
        250 => round_trip::<Delta>(text),
        251 => round_trip::<Vec<Delta>>(text),
        252 => round_trip::<LogRecord>(text),
        253 => tag(text),
        index => {
            let request = serde_json::from_str::<Request>(text);
            let reply = serde_json::from_str::<Reply>(text);
            request.iter().for_each(assert_stable);
            reply.iter().for_each(assert_stable);
            if let (Ok(request), Ok(reply)) = (request, reply) {
                READERS[usize::from(*index) % READERS.len()](&request, reply);
            }
        }
    }
}

fn tag(text: &str) {
    if let Ok(tag) = Tag::parse(text) {
        assert_eq!(Tag::parse(&tag.to_string()).expect("a parsed tag can be parsed again").to_string(), tag.to_string());
    }
}

fn round_trip<T: DeserializeOwned + Serialize>(text: &str) {
    if let Ok(value) = serde_json::from_str::<T>(text) {
        assert_stable(&value);
    }
}

/// Serializing and parsing a value again changes nothing.
fn assert_stable<T: DeserializeOwned + Serialize>(value: &T) {
    let Ok(written) = serde_json::to_value(value) else { return };
    let again: T = serde_json::from_str(&written.to_string()).expect("a serialized value can be parsed");
    let twice = serde_json::to_value(&again).expect("and serialized again");
    assert_eq!(sorted(written), sorted(twice));
}

/// Sorts maps by name, because some types do not preserve the order.
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
        assert_stable(&params);
    }
    if let Ok(answer) = reply.answer::<M>() {
        assert_stable(&answer);
    }
}
