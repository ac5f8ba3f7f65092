//! Facade `Annotations`.

use juju_wire::{
    ErrorResult, RemoteError,
    code::ErrorResults,
    entity::Entities,
    facade::annotations::{AnnotationsGetResult, AnnotationsGetResults, AnnotationsSet, Get, Set},
};

use crate::{call::Call, errors::permission_denied, methods::Methods, state::ModelAccess};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<Get>(get);
    methods.on::<Set>(set);
}

fn get(call: &Call, params: Entities) -> Result<AnnotationsGetResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    Ok(call.read(|state| {
        let stored = state.models.get(uuid).map(|model| &model.annotations);
        // the real server does not tell who may not see it from who asks for what is not there
        let refused = |tag: &str| match (state.models.get(uuid), juju_wire::Tag::parse(tag)) {
            (_, Err(error)) => Some(RemoteError::from(error)),
            (Some(model), Ok(tag)) if tag.kind() == "application" && !model.applications.contains_key(tag.id()) => {
                Some(permission_denied())
            }
            (Some(model), Ok(tag)) if tag.kind() == "unit" && model.unit(tag.id()).is_err() => {
                Some(permission_denied())
            }
            _ => None,
        };
        let result = |tag: String| {
            let refused = refused(&tag).map(|error| RemoteError {
                message: format!("while getting annotations to \"{tag}\": {}", error.message),
                ..error
            });
            let found = || stored.and_then(|stored| stored.get(&tag)).cloned().unwrap_or_default();
            AnnotationsGetResult {
                annotations: refused.is_none().then(found),
                entity: tag,
                error: ErrorResult { error: refused },
            }
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
                let stored = model.annotations.entry(change.entity).or_default();
                for (name, value) in change.annotations {
                    if value.is_empty() {
                        stored.remove(&name)
                    } else {
                        stored.insert(name, value)
                    };
                }
            }
        }
        ErrorResults::default()
    }))
}
