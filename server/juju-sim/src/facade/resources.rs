//! Facade `Resources`: files and images that charms want; those of the store are ours, others were uploaded.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use juju_wire::{
    Code, RemoteError,
    entity::Entities,
    facade::resources::{
        AddPendingResources, AddPendingResourcesArgsV2, AddPendingResourcesResult, CharmResource, ListResources,
        Resource, ResourcesResult, ResourcesResults, UnitResources,
    },
    tag::Tag,
};
use sha2::{Digest as _, Sha384};

use crate::{
    call::Call,
    charms::Charm,
    go_time::{ZERO_TIME, format_time},
    methods::Methods,
    state::{Model, ModelAccess},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ListResources>(list);
    methods.on::<AddPendingResources>(add_pending);
}

/// What the store has for the resource of a charm.
fn content(charm: &Charm, name: &str) -> String {
    format!("{name} of {}, revision 1\n", charm.name)
}

/// Resources of a charm as the store has them; those of an uploaded charm have still to be uploaded.
pub(crate) fn of_charm(charm: &Charm) -> Vec<CharmResource> {
    let one = |(name, resource): (&String, &crate::charms::CharmResource)| {
        let content = content(charm, name);
        let stored = charm.local.is_none();
        CharmResource {
            name: name.clone(),
            kind: resource.kind.clone(),
            path: resource.filename.clone(),
            description: resource.description.clone(),
            origin: if stored { "store" } else { "upload" }.to_owned(),
            revision: if stored { resource.revision.unwrap_or(1) } else { 0 },
            fingerprint: if stored { STANDARD.encode(Sha384::digest(&content)) } else { String::new() },
            size: i64::try_from(content.len()).unwrap_or_default() * i64::from(stored),
        }
    };
    charm.resources.iter().map(one).collect()
}

/// A resource of an application: what was uploaded for it, or what the store has.
pub(crate) fn of_application(model: &Model, application: &str, stored: CharmResource) -> Resource {
    let upload = model.uploads.get(&(application.to_owned(), stored.name.clone()));
    Resource {
        id: format!("{application}/{}", stored.name),
        application: application.to_owned(),
        kind: stored.kind,
        path: stored.path,
        description: stored.description,
        origin: if upload.is_some() { "upload".to_owned() } else { stored.origin },
        revision: if upload.is_some() { 0 } else { stored.revision },
        fingerprint: upload
            .map_or(stored.fingerprint, |upload| STANDARD.encode(hex::decode(&upload.fingerprint).unwrap_or_default())),
        size: upload.map_or(stored.size, |upload| i64::try_from(upload.size).unwrap_or(i64::MAX)),
        username: upload.map(|upload| upload.user.clone()).unwrap_or_default(),
        timestamp: upload.map_or_else(|| ZERO_TIME.to_owned(), |upload| format_time(upload.time)),
        name: stored.name,
        pending_id: String::new(),
    }
}

fn list(call: &Call, params: Entities) -> Result<ResourcesResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let result = |tag: &str| {
            let name = match Tag::parse_id("application", tag) {
                Ok(name) => name,
                Err(error) => {
                    let error = RemoteError::new(Code::BadRequest, error.to_string());
                    return ResourcesResult { error: Some(error), ..ResourcesResult::default() };
                }
            };
            let units = model.units_of(&name).map(|unit| Tag::new("unit", unit.name()).to_string());
            let application = model.applications.get(&name);
            let stored = application.map(|application| of_charm(&application.charm)).unwrap_or_default();
            ResourcesResult {
                resources: stored.iter().map(|one| of_application(model, &name, one.clone())).collect(),
                unit_resources: units.map(|tag| UnitResources { tag, ..UnitResources::default() }).collect(),
                charm_store_resources: Some(stored.iter().filter(|one| one.origin == "store").cloned().collect()),
                error: None,
            }
        };
        Ok(ResourcesResults { results: params.entities.iter().map(|entity| result(&entity.tag)).collect() })
    })
}

fn add_pending(call: &Call, params: AddPendingResourcesArgsV2) -> Result<AddPendingResourcesResult, RemoteError> {
    call.require(ModelAccess::Write)?;
    let uuid = call.model_uuid()?;
    let name = Tag::parse_id("application", &params.tag)?;
    call.write(|state| {
        let model = state.models.get_mut(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let pending_ids = params.resources.iter().map(|resource| {
            let id = uuid::Uuid::new_v4().to_string();
            model.pending.insert(id.clone(), (name.clone(), resource.clone()));
            id
        });
        Ok(AddPendingResourcesResult { pending_ids: pending_ids.collect(), error: None })
    })
}
