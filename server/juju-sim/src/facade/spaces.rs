//! Facades `Spaces` and `Subnets`: spaces by name, `alpha` first, and the subnets of the scenario.

use juju_wire::{
    ErrorResult, Life, RemoteError,
    code::ErrorResults,
    entity::Entities,
    facade::{
        spaces::{
            CreateSpaces, ListSpaces, MoveSubnets, ReloadSpaces, RemoveSpace, RenameSpace, ShowSpace,
            space::{
                CreateSpacesParams, ListSpacesResults, RemoveSpaceParams, RemoveSpaceResult, RemoveSpaceResults,
                RenameSpacesParams, ShowSpaceResult, ShowSpaceResults, Space,
            },
            subnet::{MoveSubnetsParam, MoveSubnetsParams, MoveSubnetsResult, MoveSubnetsResults, MovedSubnet, Subnet},
        },
        subnets::{
            CIDRParams, ListSubnets, ListSubnetsResults, SubnetV2, SubnetsByCIDR, SubnetsFilters, SubnetsResult,
            SubnetsResults,
        },
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
    methods.on::<ListSubnets>(list_subnets);
    methods.on::<SubnetsByCIDR>(subnets_by_cidr);
    methods.on::<MoveSubnets>(move_subnets);
}

fn write_model<T>(call: &Call, change: impl FnOnce(&mut Model) -> T) -> Result<T, RemoteError> {
    let uuid = call.model_uuid()?;
    call.write(|state| state.models.get_mut(uuid).map(change)).ok_or_else(|| RemoteError::not_found("model"))
}

fn space(model: &Model, number: usize, name: &str) -> Space {
    let own = model.subnets.iter().filter(|(_, space)| *space == name);
    let subnets = own.map(|(cidr, space)| subnet(cidr, space)).collect();
    Space { id: number.to_string(), name: name.to_owned(), subnets, ..Space::default() }
}

fn subnet(cidr: &str, space: &str) -> Subnet {
    Subnet {
        cidr: cidr.to_owned(),
        life: Life::Alive,
        space_tag: Tag::new("space", space).to_string(),
        zones: vec!["zone-0".to_owned()],
        ..Subnet::default()
    }
}

/// The number of a subnet in its model, which is its id.
fn subnet_id(model: &Model, cidr: &str) -> Option<usize> {
    model.subnets.keys().position(|known| known == cidr)
}

fn list_subnets(call: &Call, params: SubnetsFilters) -> Result<ListSubnetsResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    Ok(call.read(|state| {
        let all = state.models.get(uuid).into_iter().flat_map(|model| &model.subnets);
        let subnets = all.map(|(cidr, space)| subnet(cidr, space));
        let fits = |one: &Subnet| {
            (params.space_tag.is_empty() || one.space_tag == params.space_tag)
                && (params.zone.is_empty() || one.zones.contains(&params.zone))
        };
        ListSubnetsResults { results: subnets.filter(fits).collect() }
    }))
}

fn subnets_by_cidr(call: &Call, params: CIDRParams) -> Result<SubnetsResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    call.read_model(|model| {
        let one = |cidr: &String| {
            let found = model.subnets.get(cidr).zip(subnet_id(model, cidr));
            let subnets = found.map(|(space, id)| SubnetV2 {
                cidr: cidr.clone(),
                life: Life::Alive,
                space_tag: Tag::new("space", space).to_string(),
                zones: vec!["zone-0".to_owned()],
                id: id.to_string(),
                ..SubnetV2::default()
            });
            SubnetsResult { subnets: subnets.into_iter().collect(), error: None }
        };
        Ok(SubnetsResults { results: params.cidrs.iter().map(one).collect() })
    })
}

fn move_subnets(call: &Call, params: MoveSubnetsParams) -> Result<MoveSubnetsResults, RemoteError> {
    call.require(ModelAccess::Admin)?;
    let one = |param: MoveSubnetsParam| {
        let to = name(&param.space_tag)?;
        call.write_model(|model| {
            if !model.spaces.contains(&to) {
                return Err(RemoteError::not_found(format!("space \"{to}\"")));
            }
            let mut moved_subnets = Vec::new();
            for tag in &param.subnets {
                let id = Tag::parse_id("subnet", tag)?;
                let found = id.parse().ok().and_then(|number: usize| model.subnets.iter_mut().nth(number));
                let (cidr, space) = found.ok_or_else(|| RemoteError::not_found(format!("subnet \"{id}\"")))?;
                let old_space = Tag::new("space", &*space).to_string();
                moved_subnets.push(MovedSubnet { subnet: tag.clone(), old_space, cidr: cidr.clone() });
                space.clone_from(&to);
            }
            Ok(MoveSubnetsResult { moved_subnets, new_space: param.space_tag.clone(), error: None })
        })
    };
    let results = params.args.into_iter().map(|param| {
        one(param).unwrap_or_else(|error| MoveSubnetsResult { error: Some(error), ..MoveSubnetsResult::default() })
    });
    Ok(MoveSubnetsResults { results: results.collect() })
}

fn name(tag: &str) -> Result<String, RemoteError> {
    Tag::parse_id("space", tag).map_err(RemoteError::from)
}

fn list(call: &Call, (): ()) -> Result<ListSpacesResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    Ok(call.read(|state| {
        let Some(model) = state.models.get(uuid) else { return ListSpacesResults::default() };
        let spaces = model.spaces.iter().enumerate();
        ListSpacesResults { results: spaces.map(|(number, name)| space(model, number, name)).collect() }
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
            Ok(ShowSpaceResult { space: space(model, number, &name), applications, ..ShowSpaceResult::default() })
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
