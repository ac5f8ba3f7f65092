//! Facade `Annotations`.

use juju_wire::{
    ErrorResult, RemoteError,
    code::ErrorResults,
    entity::Entities,
    facade::annotations::{AnnotationsGetResult, AnnotationsGetResults, AnnotationsSet, Get, Set},
};

use crate::{
    methods::{Call, Methods},
    state::ModelAccess,
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<Get>(get);
    methods.on::<Set>(set);
}

fn get(call: &Call, params: Entities) -> Result<AnnotationsGetResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    Ok(call.read(|state| {
        let kept = state.models.get(uuid).map(|model| &model.annotations);
        let result = |tag: String| AnnotationsGetResult {
            annotations: kept.and_then(|kept| kept.get(&tag)).cloned().unwrap_or_default(),
            entity: tag,
            error: ErrorResult::default(),
        };
        AnnotationsGetResults { results: params.entities.into_iter().map(|entity| result(entity.tag)).collect() }
    }))
}

fn set(call: &Call, params: AnnotationsSet) -> Result<ErrorResults, RemoteError> {
    call.require(ModelAccess::Write)?;
    let uuid = call.model_uuid()?;
    Ok(call.write(|state| {
        for change in params.annotations {
            if let Some(model) = state.models.get_mut(uuid) {
                let kept = model.annotations.entry(change.entity).or_default();
                for (name, value) in change.annotations {
                    if value.is_empty() {
                        kept.remove(&name)
                    } else {
                        kept.insert(name, value)
                    };
                }
            }
        }
        ErrorResults::default()
    }))
}
