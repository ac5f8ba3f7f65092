//! Facade `ModelManager`: models of the controller.

mod defaults;

pub(crate) use defaults::inherited;

use juju_wire::{
    Code, ErrorResult, RemoteError,
    code::ErrorResults,
    entity::{Entities, Entity, Life},
    facade::{
        client::entity_status::EntityStatus,
        model_manager::{
            ChangeModelCredential, CreateModel, DestroyModels, ListModelSummaries, ListModels, ModelInfo, ModelStatus,
            ModifyModelAccess,
            access::{ModifyModelAccessParams, ModifyModelAccessRequest},
            info::{
                MachineHardware, ModelDetails, ModelInfoResult, ModelInfoResults, ModelMachineInfo, ModelSLAInfo,
                ModelUser, SupportedFeature,
            },
            lifecycle::{
                ChangeModelCredentialParams, ChangeModelCredentialsParams, DestroyModelsParams, ModelCreateArgs,
            },
            size::{ModelApplicationInfo, ModelStatusCounts, ModelStatusResults},
            summary::{
                Model as ListedModel, ModelEntityCount, ModelSummariesRequest, ModelSummary, ModelSummaryResult,
                ModelSummaryResults, UserModel, UserModelList,
            },
        },
    },
    tag::Tag,
};

use super::{cloud, model_config, status::kind, storage};
use crate::{
    call::Call,
    command_blocks,
    errors::permission_denied,
    go_time::format_time,
    methods::Methods,
    state::{Kind, Model, ModelAccess, OWNER, State},
};

pub(super) fn register(methods: &mut Methods) {
    defaults::register(methods);
    methods.on::<ChangeModelCredential>(change_credential);
    methods.on::<ListModels>(list);
    methods.on::<ListModelSummaries>(summaries);
    methods.on::<ModelInfo>(info);
    methods.on::<ModelStatus>(sizes);
    methods.on::<CreateModel>(create);
    methods.on::<DestroyModels>(destroy);
    methods.on::<ModifyModelAccess>(modify_access);
}

/// Models that a user sees, by name.
fn seen<'a>(state: &'a State, user: &'a str) -> impl Iterator<Item = &'a Model> {
    let mut seen: Vec<_> =
        state.models.values().filter(|model| state.model_access(user, &model.uuid).is_some()).collect();
    seen.sort_by_key(|model| (&model.name, &model.owner));
    seen.into_iter()
}

fn owner_tag(model: &Model) -> String {
    Tag::new("user", &model.owner).to_string()
}

/// The user of the requested models; only a superuser may request those of another user.
fn asked_for(call: &Call, tag: &str) -> Result<String, RemoteError> {
    let user = Tag::parse_id("user", tag)?;
    if user == call.user() { Ok(user) } else { call.require_superuser().map(|()| user) }
}

fn list(call: &Call, params: Entity) -> Result<UserModelList, RemoteError> {
    let user = asked_for(call, &params.tag)?;
    Ok(call.read(|state| {
        let listed = seen(state, &user).map(|model| UserModel {
            model: ListedModel {
                name: model.name.clone(),
                uuid: model.uuid.clone(),
                kind: kind(model.kind).to_owned(),
                owner_tag: owner_tag(model),
            },
            last_connection: state.users.get(&user).and_then(|user| user.last_connection).map(format_time),
        });
        UserModelList { user_models: listed.collect() }
    }))
}

fn available(model: &Model) -> EntityStatus {
    let status = if model.life == Life::Alive { "available" } else { "destroying" };
    EntityStatus { status: status.to_owned(), since: Some(format_time(model.created)), ..EntityStatus::default() }
}

fn summaries(call: &Call, params: ModelSummariesRequest) -> Result<ModelSummaryResults, RemoteError> {
    let user = asked_for(call, &params.user_tag)?;
    Ok(call.read(|state| {
        let summary = |model: &Model| ModelSummary {
            name: model.name.clone(),
            uuid: model.uuid.clone(),
            kind: kind(model.kind).to_owned(),
            controller_uuid: state.controller.uuid.clone(),
            is_controller: model.name == "controller",
            provider_type: model.cloud.kind.clone(),
            cloud_tag: Tag::new("cloud", &model.cloud.name).to_string(),
            cloud_region: model.cloud.region.clone(),
            cloud_credential_tag: cloud::credential(&model.cloud),
            owner_tag: owner_tag(model),
            life: model.life,
            status: available(model),
            user_access: state.model_access(&user, &model.uuid).map(ModelAccess::as_str).unwrap_or_default().to_owned(),
            counts: counts(model),
            sla: Some(ModelSLAInfo { level: String::new(), owner: model.owner.clone() }),
            agent_version: Some(state.controller.agent_version.clone()),
            last_connection: model.connections.get(&user).copied().map(format_time),
            ..ModelSummary::default()
        };
        let result = |model| ModelSummaryResult { result: Some(summary(model)), error: None };
        ModelSummaryResults { results: seen(state, &user).map(result).collect() }
    }))
}

fn counts(model: &Model) -> Vec<ModelEntityCount> {
    let count = |entity: &str, count: usize| ModelEntityCount {
        entity: entity.to_owned(),
        count: i64::try_from(count).unwrap_or(i64::MAX),
    };
    let machines = model.machines.len();
    let all = [("machines", machines), ("cores", 4 * machines), ("units", model.units.len())];
    all.into_iter().filter(|(_, number)| *number > 0).map(|(entity, number)| count(entity, number)).collect()
}

/// A machine as models list it; every simulated machine has the same hardware, and containers list none.
fn listed_machine(machine: &crate::state::Machine) -> ModelMachineInfo {
    ModelMachineInfo {
        id: machine.id.clone(),
        instance_id: machine.instance_id(),
        hardware: (!machine.is_container()).then(|| MachineHardware {
            arch: Some("amd64".to_owned()),
            mem: Some(8192),
            root_disk: Some(32_768),
            cores: Some(4),
            availability_zone: Some("zone-a".to_owned()),
            ..MachineHardware::default()
        }),
        status: machine.agent.status.clone(),
        message: machine.agent.message.clone(),
        ..ModelMachineInfo::default()
    }
}

fn details(state: &State, model: &Model) -> ModelDetails {
    let user = |(name, access): (&String, &ModelAccess)| ModelUser {
        user: name.clone(),
        display_name: state.users.get(name).map(|user| user.display_name.clone()).unwrap_or_default(),
        last_connection: model.connections.get(name).copied().map(format_time),
        access: access.as_str().to_owned(),
        ..ModelUser::default()
    };
    ModelDetails {
        name: model.name.clone(),
        kind: kind(model.kind).to_owned(),
        uuid: model.uuid.clone(),
        controller_uuid: state.controller.uuid.clone(),
        is_controller: model.name == "controller",
        provider_type: model.cloud.kind.clone(),
        cloud_tag: Tag::new("cloud", &model.cloud.name).to_string(),
        cloud_region: model.cloud.region.clone(),
        cloud_credential_tag: cloud::credential(&model.cloud),
        cloud_credential_validity: Some(model.invalid_credential.is_none()),
        owner_tag: owner_tag(model),
        life: model.life,
        status: available(model),
        users: model.users.iter().map(user).collect(),
        machines: model.machines.values().map(listed_machine).collect(),
        sla: Some(ModelSLAInfo { level: "unsupported".to_owned(), owner: String::new() }),
        agent_version: Some(state.controller.agent_version.clone()),
        supported_features: features(state, model),
        ..ModelDetails::default()
    }
}

/// What charms may assume of a model.
fn features(state: &State, model: &Model) -> Vec<SupportedFeature> {
    let feature = |name: &str, description: &str, version: &str| SupportedFeature {
        name: name.to_owned(),
        description: description.to_owned(),
        version: version.to_owned(),
    };
    let mut features = vec![feature("juju", "the version of Juju used by the model", &state.controller.agent_version)];
    if model.kind == Kind::Caas {
        let what =
            "the Kubernetes API lets charms query and manipulate the state of API objects in a Kubernetes cluster";
        features.push(feature("k8s-api", what, "1.31.0"));
    }
    features
}

fn model_uuid(tag: &str) -> Result<String, RemoteError> {
    Tag::parse_id("model", tag).map_err(RemoteError::from)
}

fn info(call: &Call, params: Entities) -> Result<ModelInfoResults, RemoteError> {
    let result = |tag: &str| {
        let uuid = model_uuid(tag)?;
        call.require_on(&uuid, ModelAccess::Read)?;
        let mut shown = call
            .read(|state| state.models.get(&uuid).map(|model| details(state, model)).ok_or_else(permission_denied))?;
        if call.require_on(&uuid, ModelAccess::Admin).is_err() {
            let user = call.user();
            shown.users.retain(|listed| listed.user == user);
            shown.machines.clear();
        }
        Ok(shown)
    };
    let results = params.entities.iter().map(|entity| match result(&entity.tag) {
        Ok(details) => ModelInfoResult { result: Some(details), error: None },
        Err(error) => ModelInfoResult { result: None, error: Some(error) },
    });
    Ok(ModelInfoResults { results: results.collect() })
}

pub(super) fn sizes(call: &Call, params: Entities) -> Result<ModelStatusResults, RemoteError> {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let one = |tag: &str| {
        Tag::parse(tag)?;
        let uuid = model_uuid(tag)?;
        let known = call.read(|state| state.models.contains_key(&uuid));
        if known {
            call.require_on(&uuid, ModelAccess::Admin)?;
        }
        call.read(|state| {
            let model = state.models.get(&uuid).ok_or_else(|| RemoteError::not_found(format!("model \"{uuid}\"")))?;
            let application = |name: &String| ModelApplicationInfo { name: name.clone() };
            Ok(ModelStatusCounts {
                model_tag: tag.to_owned(),
                life: model.life,
                kind: kind(model.kind).to_owned(),
                hosted_machine_count: number(model.machines.len()),
                application_count: number(model.applications.len()),
                unit_count: number(model.units.len()),
                owner_tag: owner_tag(model),
                applications: model.applications.keys().map(application).collect(),
                machines: model.machines.values().map(listed_machine).collect(),
                filesystems: storage::on_machines(model),
                ..ModelStatusCounts::default()
            })
        })
    };
    let models = params.entities.iter().map(|entity| {
        one(&entity.tag)
            .unwrap_or_else(|error| ModelStatusCounts { error: Some(error), ..ModelStatusCounts::default() })
    });
    Ok(ModelStatusResults { models: models.collect() })
}

fn create(call: &Call, params: ModelCreateArgs) -> Result<ModelDetails, RemoteError> {
    call.require_superuser()?;
    let owner = Tag::parse_id("user", &params.owner_tag)?;
    let cloud = call.read(|state| cloud::chosen(state, &params))?;
    if params.name.is_empty() {
        return Err(RemoteError::new(Code::NotValid, "failed to create config: Name must be specified"));
    }
    let making =
        |error: RemoteError| RemoteError { message: format!("failed to create config: {}", error.message), ..error };
    let from_values = |error: RemoteError| RemoteError {
        message: format!("failed to create config: creating config from values failed: {}", error.message),
        ..error
    };
    model_config::check_version(call, &params.config).map_err(making)?;
    model_config::check_name(&params.name).map_err(from_values)?;
    model_config::check(&params.config).map_err(from_values)?;
    call.write(|state| {
        if state.models.values().any(|model| model.name == params.name && model.owner == owner) {
            let message = format!("failed to create new model: model \"{}\" for {owner} already exists", params.name);
            return Err(RemoteError::new(Code::AlreadyExists, message));
        }
        if !state.users.contains_key(&owner) {
            let what = format!("failed to create new model: granting admin permission to the owner: user \"{owner}\"");
            return Err(RemoteError::not_found(what));
        }
        let uuid = uuid::Uuid::new_v4().to_string();
        let mut model = Model::new(uuid.clone(), &params.name, &owner, cloud);
        model.config =
            params.config.into_iter().filter(|(name, _)| !["name", "uuid", "type"].contains(&name.as_str())).collect();
        model.inherited = defaults::inherited(state, &model.cloud);
        // its credential was not tried yet
        let made = ModelDetails { cloud_credential_validity: None, ..details(state, &model) };
        state.models.insert(uuid, model);
        Ok(made)
    })
}

fn destroy(call: &Call, params: DestroyModelsParams) -> Result<ErrorResults, RemoteError> {
    let result = |tag: &str| {
        let uuid = model_uuid(tag)?;
        if call.read(|state| !state.models.contains_key(&uuid)) {
            return Err(RemoteError::not_found(format!("model \"{uuid}\"")));
        }
        call.require_on(&uuid, ModelAccess::Admin)?;
        call.write(|state| {
            let model = state.models.get_mut(&uuid).ok_or_else(permission_denied)?;
            if model.name == "controller" {
                return Err(RemoteError::plain("cannot destroy the controller's own model"));
            }
            command_blocks::check_destroy(model)?;
            model.life = Life::Dying;
            let units: Vec<_> = model.units.values().map(crate::state::Unit::name).collect();
            for application in model.applications.values_mut() {
                application.life = Life::Dying;
            }
            units.iter().try_for_each(|unit| model.remove_unit(unit, true))
        })
    };
    Ok(ErrorResults { results: params.models.iter().map(|model| ErrorResult::of(result(&model.model_tag))).collect() })
}

/// Takes an access from a user; what is left is the one below it.
fn revoke(model: &mut Model, user: &str, access: ModelAccess) {
    match access {
        ModelAccess::Read => drop(model.users.remove(user)),
        ModelAccess::Write => drop(model.users.insert(user.to_owned(), ModelAccess::Read)),
        ModelAccess::Admin => drop(model.users.insert(user.to_owned(), ModelAccess::Write)),
    }
}

fn modify_access(call: &Call, params: ModifyModelAccessRequest) -> Result<ErrorResults, RemoteError> {
    let result = |change: &ModifyModelAccessParams| {
        let access = match change.access.as_str() {
            "read" => ModelAccess::Read,
            "write" => ModelAccess::Write,
            "admin" => ModelAccess::Admin,
            other => {
                let message = format!("could not modify model access: \"{other}\" model access not valid");
                return Err(RemoteError::new(Code::NotValid, message));
            }
        };
        let uuid = model_uuid(&change.model_tag)?;
        if call.require_superuser().is_ok() && call.read(|state| !state.models.contains_key(&uuid)) {
            return Err(RemoteError::not_found(format!("could not lookup model: model \"{uuid}\"")));
        }
        call.require_on(&uuid, ModelAccess::Admin)?;
        let user = Tag::parse_id("user", &change.user_tag)?;
        call.write(|state| {
            if !state.users.contains_key(&user) {
                let message = format!(
                    "could not {} model access: user \"{user}\" does not exist locally: user \"{user}\"",
                    change.action
                );
                return Err(RemoteError::not_found(message));
            }
            let model = state.models.get_mut(&uuid).ok_or_else(permission_denied)?;
            let held = model.users.get(&user).copied();
            match change.action.as_str() {
                "grant" if held >= Some(access) => {
                    return Err(RemoteError::plain(format!(
                        "user already has \"{}\" access or greater",
                        change.access
                    )));
                }
                "grant" => drop(model.users.insert(user, access)),
                "revoke" => revoke(model, &user, access),
                other => return Err(RemoteError::plain(format!("unknown action \"{other}\""))),
            }
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.changes.iter().map(|change| ErrorResult::of(result(change))).collect() })
}

/// Gives a model another credential of its cloud.
fn change_credential(call: &Call, params: ChangeModelCredentialsParams) -> Result<ErrorResults, RemoteError> {
    let one = |args: &ChangeModelCredentialParams| -> Result<(), RemoteError> {
        let uuid = model_uuid(&args.model_tag)?;
        call.require_on(&uuid, ModelAccess::Admin)?;
        let wanted = Tag::parse_id("cloudcred", &args.credential_tag);
        let wanted = wanted.map_err(|error| RemoteError::plain(error.to_string()))?;
        call.write(|state| {
            let model = state.models.get_mut(&uuid).ok_or_else(permission_denied)?;
            let named = wanted.replace('_', "/");
            if args.credential_tag == cloud::credential(&model.cloud) {
                return Err(RemoteError::plain(format!("model {uuid} already uses credential {named}")));
            }
            let parts: Vec<&str> = named.splitn(3, '/').collect();
            let [cloud, owner, name] = parts[..] else {
                return Err(RemoteError::not_found(format!("cloud credential \"{named}\"")));
            };
            let of_cloud = state.controller.all_clouds().find(|known| known.name == cloud);
            let first = of_cloud.is_some_and(|known| owner == OWNER && known.credential == name);
            let key = (owner.to_owned(), name.to_owned());
            let known = first || of_cloud.is_some_and(|known| known.credentials.contains_key(&key));
            if !known || model.cloud.name != cloud {
                return Err(RemoteError::not_found(format!("cloud credential \"{named}\"")));
            }
            name.clone_into(&mut model.cloud.credential);
            model.invalid_credential = None;
            Ok(())
        })
    };
    let results = params.model_credentials.iter().map(|args| ErrorResult::of(one(args)));
    Ok(ErrorResults { results: results.collect() })
}
