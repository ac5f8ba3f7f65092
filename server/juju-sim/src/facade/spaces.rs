//! Facades `Spaces` and `Subnets`: spaces by name, `alpha` first; the simulated cloud has one network, so no subnets.

use juju_wire::{
    ErrorResult, RemoteError,
    code::ErrorResults,
    entity::Entities,
    facade::{
        spaces::{
            CreateSpaces, ListSpaces, ReloadSpaces, RemoveSpace, RenameSpace, ShowSpace,
            space::{
                CreateSpacesParams, ListSpacesResults, RemoveSpaceParams, RemoveSpaceResult, RemoveSpaceResults,
                RenameSpacesParams, ShowSpaceResult, ShowSpaceResults, Space,
            },
        },
        subnets::{ListSubnets, SubnetsByCIDR},
    },
    tag::Tag,
};

use crate::{
    call::Call,
    methods::Methods,
    state::{Model, ModelAccess},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ListSpaces>(list);
    methods.on::<ShowSpace>(show);
    methods.on::<CreateSpaces>(create);
    methods.on::<RenameSpace>(rename);
    methods.on::<RemoveSpace>(remove);
    methods.on::<ReloadSpaces>(|call, ()| call.require(ModelAccess::Write));
    methods.on::<ListSubnets>(|call, _| {
        call.require(ModelAccess::Read)?;
        Ok(juju_wire::facade::subnets::ListSubnetsResults::default())
    });
    methods.on::<SubnetsByCIDR>(|call, params| {
        call.require(ModelAccess::Read)?;
        let results = params.cidrs.iter().map(|_| juju_wire::facade::subnets::SubnetsResult::default()).collect();
        Ok(juju_wire::facade::subnets::SubnetsResults { results })
    });
}

fn write_model<T>(call: &Call, change: impl FnOnce(&mut Model) -> T) -> Result<T, RemoteError> {
    let uuid = call.model_uuid()?;
    call.write(|state| state.models.get_mut(uuid).map(change)).ok_or_else(|| RemoteError::not_found("model"))
}

fn space(number: usize, name: &str) -> Space {
    Space { id: number.to_string(), name: name.to_owned(), ..Space::default() }
}

fn name(tag: &str) -> Result<String, RemoteError> {
    Tag::parse_id("space", tag).map_err(RemoteError::from)
}

fn list(call: &Call, (): ()) -> Result<ListSpacesResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    Ok(call.read(|state| {
        let spaces = state.models.get(uuid).into_iter().flat_map(|model| model.spaces.iter().enumerate());
        ListSpacesResults { results: spaces.map(|(number, name)| space(number, name)).collect() }
    }))
}

fn show(call: &Call, params: Entities) -> Result<ShowSpaceResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let one = |tag: &str| -> Result<ShowSpaceResult, RemoteError> {
            let name = name(tag)?;
            let missing = || {
                RemoteError::new(
                    juju_wire::Code::NotFound,
                    format!("fetching space \"{tag}\": space \"{name}\" not found"),
                )
            };
            let number = model.spaces.iter().position(|known| *known == name).ok_or_else(missing)?;
            let applications = if number == 0 { model.applications.keys().cloned().collect() } else { Vec::new() };
            Ok(ShowSpaceResult { space: space(number, &name), applications, ..ShowSpaceResult::default() })
        };
        let results = params.entities.iter().map(|entity| {
            one(&entity.tag)
                .unwrap_or_else(|error| ShowSpaceResult { error: Some(error), ..ShowSpaceResult::default() })
        });
        Ok(ShowSpaceResults { results: results.collect() })
    })
}

fn create(call: &Call, params: CreateSpacesParams) -> Result<ErrorResults, RemoteError> {
    call.require(ModelAccess::Admin)?;
    write_model(call, |model| {
        let results = params.spaces.into_iter().map(|wanted| {
            ErrorResult::of(name(&wanted.space_tag).and_then(|name| {
                if model.spaces.contains(&name) {
                    let message = format!("adding space \"{name}\": space \"{name}\" already exists");
                    return Err(RemoteError::new(juju_wire::Code::AlreadyExists, message));
                }
                model.spaces.push(name);
                Ok(())
            }))
        });
        ErrorResults { results: results.collect() }
    })
}

fn rename(call: &Call, params: RenameSpacesParams) -> Result<ErrorResults, RemoteError> {
    call.require(ModelAccess::Admin)?;
    write_model(call, |model| {
        let results = params.changes.into_iter().map(|wanted| {
            ErrorResult::of(name(&wanted.from_space_tag).and_then(|from| {
                let known = model.spaces.iter_mut().find(|known| **known == from);
                *known.ok_or_else(|| RemoteError::not_found(format!("space \"{from}\"")))? =
                    name(&wanted.to_space_tag)?;
                Ok(())
            }))
        });
        ErrorResults { results: results.collect() }
    })
}

fn remove(call: &Call, params: RemoveSpaceParams) -> Result<RemoveSpaceResults, RemoteError> {
    call.require(ModelAccess::Admin)?;
    write_model(call, |model| {
        let results = params.space_param.into_iter().map(|wanted| {
            let done =
                name(&wanted.space.tag).and_then(|name| match model.spaces.iter().position(|known| *known == name) {
                    None => Err(RemoteError::not_found(format!("space \"{name}\""))),
                    Some(0) => Err(RemoteError::plain(format!("the {name} space cannot be removed"))),
                    Some(number) => {
                        if !wanted.dry_run {
                            model.spaces.remove(number);
                        }
                        Ok(())
                    }
                });
            RemoveSpaceResult { error: done.err(), ..RemoveSpaceResult::default() }
        });
        RemoveSpaceResults { results: results.collect() }
    })
}
