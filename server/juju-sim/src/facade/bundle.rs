//! Facade `Bundle`: a model as a bundle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use juju_wire::{
    RemoteError,
    bulk::StringResult,
    facade::bundle::{ExportBundle, ExportBundleParams},
};
use serde::Serialize;
use serde_json::Value;

use super::{resources, status::base};
use crate::{
    call::Call,
    methods::Methods,
    state::{Application, Kind, Model, ModelAccess, Unit},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ExportBundle>(export);
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Bundle {
    #[serde(rename = "bundle", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_base: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    saas: BTreeMap<String, BTreeMap<&'static str, String>>,
    applications: BTreeMap<String, Exported>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    machines: BTreeMap<String, BTreeMap<&'static str, String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relations: Vec<Vec<String>>,
}

/// An application of a bundle.
#[derive(Serialize)]
struct Exported {
    charm: String,
    channel: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    resources: BTreeMap<String, i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_units: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    to: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expose: Option<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    options: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    constraints: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    storage: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<bool>,
}

fn export(call: &Call, params: ExportBundleParams) -> Result<StringResult, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        if model.applications.is_empty() {
            return Err(RemoteError::plain("nothing to export as there are no applications"));
        }
        let unwritable = |error: serde_yaml::Error| RemoteError::plain(error.to_string());
        let text = serde_yaml::to_string(&bundle(model, params.include_charm_defaults)).map_err(unwritable)?;
        let mut text = as_go_quotes(&text);
        if !model.offers.is_empty() {
            let overlay = serde_yaml::to_string(&overlay(model)).map_err(unwritable)?;
            // writing to text cannot fail
            let _ = write!(text, "--- # overlay.yaml\n{overlay}");
        }
        Ok(StringResult { result: text, error: None })
    })
}

/// The text with numbers of machines in the quotes that the real server's library writes.
fn as_go_quotes(text: &str) -> String {
    let line = |line: &str| {
        let number = line.trim_start_matches([' ', '-']).trim_end_matches(':');
        let digits = number.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or_default();
        let quoted = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if quoted { line.replace('\'', "\"") + "\n" } else { format!("{line}\n") }
    };
    text.lines().map(line).collect()
}

fn bundle(model: &Model, defaults: bool) -> Bundle {
    let cluster = model.kind == Kind::Caas;
    let used: BTreeSet<_> = model
        .units
        .values()
        .filter(|unit| unit.principal.is_none())
        .filter_map(|unit| unit.machine.as_deref()?.split('/').next()?.parse::<u32>().ok())
        .collect();
    let constraints = || BTreeMap::from([("constraints", "arch=amd64".to_owned())]);
    let relation = |sides: &Vec<crate::state::RelationEndpoint>| {
        let sides = sides.iter().filter(|side| side.role != "peer");
        sides.map(|side| format!("{}:{}", side.application, side.name)).collect::<Vec<_>>()
    };
    let base = base();
    Bundle {
        kind: cluster.then_some("kubernetes"),
        default_base: (!cluster).then(|| format!("{}@{}", base.name, base.channel)),
        saas: model
            .remote_applications
            .values()
            .map(|remote| (remote.name.clone(), BTreeMap::from([("url", remote.offer_url.clone())])))
            .collect(),
        applications: model
            .applications
            .values()
            .map(|application| (application.name.clone(), exported(model, application, defaults)))
            .collect(),
        machines: used.into_iter().map(|id| (id.to_string(), constraints())).collect(),
        relations: model
            .relations
            .values()
            .map(|found| relation(&found.endpoints))
            .filter(|sides| !sides.is_empty())
            .collect(),
    }
}

fn exported(model: &Model, application: &Application, defaults: bool) -> Exported {
    let charm = &application.charm;
    let (cluster, alone) = (model.kind == Kind::Caas, !charm.subordinate);
    let units: Vec<_> = model.units_of(&application.name).collect();
    let place = |id: String| match id.split('/').collect::<Vec<_>>()[..] {
        [host, kind, _] => format!("{kind}:{host}"),
        _ => id,
    };
    let machines = || units.iter().filter_map(|unit| unit.machine.clone()).map(place).collect();
    let stored = resources::of_charm(charm)
        .into_iter()
        .map(|wanted| resources::of_application(model, &application.name, wanted));
    let mut options = application.config.clone();
    if defaults {
        for (name, option) in &charm.config {
            options.entry(name.clone()).or_insert_with(|| option.default.clone());
        }
    }
    let first = model.units_of(&application.name).next().map(Unit::name).unwrap_or_default();
    let storage = model.storage_of(&first).filter(|_| cluster);
    let words = super::status::constraint_words(&application.constraints);
    Exported {
        charm: charm.local.clone().map_or_else(|| charm.name.clone(), |url| format!("{url}-{}", application.revision)),
        channel: application.channel.clone(),
        revision: charm.local.is_none().then_some(application.revision),
        resources: stored.filter(|one| one.origin == "store").map(|one| (one.name, one.revision)).collect(),
        scale: (alone && cluster).then_some(units.len()),
        num_units: (alone && !cluster).then_some(units.len()),
        to: if alone && !cluster { machines() } else { Vec::new() },
        expose: application.exposed.then_some(true),
        options,
        annotations: model.annotations.get(&format!("application-{}", application.name)).cloned().unwrap_or_default(),
        constraints: words.join(" "),
        storage: storage.map(|one| (one.name.clone(), format!("{},1,{}M", one.pool, one.size))).collect(),
        trust: application.trust.then_some(true),
    }
}

/// Offers of the model, which a bundle has in a text of their own.
fn overlay(model: &Model) -> Value {
    let mut applications = serde_json::Map::new();
    for offer in model.offers.values() {
        let mut endpoints: Vec<_> = offer.endpoints.iter().map(|side| side.name.clone()).collect();
        endpoints.sort();
        let mut access = offer.users.clone();
        access.retain(|name, _| !name.contains('@'));
        access.insert(model.owner.clone(), "admin".to_owned());
        let entry = applications.entry(offer.application.clone()).or_insert_with(|| serde_json::json!({"offers": {}}));
        entry["offers"][&offer.name] = serde_json::json!({"endpoints": endpoints, "acl": access});
    }
    serde_json::json!({"applications": applications})
}
