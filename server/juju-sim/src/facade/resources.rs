//! Facade `Resources`: charms of the simulated store have no resources, so applications have none either.

use juju_wire::{
    Code, RemoteError,
    facade::resources::{ListResources, ResourcesResult, ResourcesResults, UnitResources},
    tag::Tag,
};

use crate::{methods::Methods, state::ModelAccess};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ListResources>(|call, params| {
        call.require(ModelAccess::Read)?;
        let uuid = call.model_uuid()?;
        call.read(|state| {
            let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
            let result = |tag: &str| {
                if let Ok(name) = Tag::parse_id("application", tag) {
                    let units = model.units_of(&name).map(|unit| Tag::new("unit", unit.name()).to_string());
                    let unit_resources = units.map(|tag| UnitResources { tag, ..UnitResources::default() }).collect();
                    ResourcesResult { unit_resources, ..ResourcesResult::default() }
                } else {
                    let message = format!("\"{tag}\" is not a valid application tag");
                    ResourcesResult {
                        error: Some(RemoteError::new(Code::BadRequest, message)),
                        ..ResourcesResult::default()
                    }
                }
            };
            Ok(ResourcesResults { results: params.entities.iter().map(|entity| result(&entity.tag)).collect() })
        })
    });
}
