//! Facade `Controller`: version, settings and users' access of the controller, and all its models.

mod lifecycle;

use std::collections::BTreeMap;

use juju_wire::{
    Code, ErrorResult, RemoteError,
    bulk::StringResult,
    code::ErrorResults,
    entity::Entities,
    facade::{
        controller::{
            AllModels, ConfigSet, ControllerAPIInfoForModels, ControllerConfig, ControllerVersion, GetControllerAccess,
            IdentityProviderURL, ListBlockedModels, ModelStatus, ModifyControllerAccess, MongoVersion, RemoveBlocks,
            access::{
                ModifyControllerAccessParams, ModifyControllerAccessRequest, UserAccess, UserAccessResult,
                UserAccessResults,
            },
            info::{
                ControllerAPIInfoResult, ControllerAPIInfoResults, ControllerConfigResult, ControllerConfigSet,
                ControllerVersionResults,
            },
            model::{ModelBlockInfo, ModelBlockInfoList, RemoveBlocksArgs},
        },
        model_manager::{
            size::ModelStatusResults,
            summary::{Model as ListedModel, UserModel, UserModelList},
        },
    },
    tag::Tag,
};
use serde_json::{Value, json};

use super::{model_manager, status::kind};
use crate::{
    call::Call,
    errors::permission_denied,
    go_time::format_time,
    methods::Methods,
    state::{Access, State},
};

pub(super) fn register(methods: &mut Methods) {
    lifecycle::register(methods);
    methods.on::<AllModels>(all_models);
    methods.on::<ModelStatus>(|call, params: Entities| -> Result<ModelStatusResults, RemoteError> {
        model_manager::sizes(call, params)
    });
    methods.on::<ControllerVersion>(|call, ()| {
        let version = call.read(|state| state.controller.agent_version.clone());
        Ok(ControllerVersionResults { version, git_commit: String::new() })
    });
    methods.on::<ControllerAPIInfoForModels>(addresses);
    methods.on::<ControllerConfig>(config);
    methods.on::<ConfigSet>(set_config);
    methods.on::<GetControllerAccess>(access);
    methods.on::<ModifyControllerAccess>(modify_access);
    methods.on::<IdentityProviderURL>(|_, ()| Ok(StringResult::default()));
    methods.on::<ListBlockedModels>(blocked_models);
    methods.on::<RemoveBlocks>(remove_blocks);
    methods.on::<MongoVersion>(|call, ()| {
        call.require_superuser()?;
        Ok(StringResult { result: "4.4.29".to_owned(), error: None })
    });
}

/// Where the models' controller is: here, for all models that there are.
fn addresses(call: &Call, params: Entities) -> Result<ControllerAPIInfoResults, RemoteError> {
    let one = |tag: &str| {
        let uuid = Tag::parse_id("model", tag)?;
        if !call.read(|state| state.models.contains_key(&uuid)) {
            return Err(RemoteError::not_found(format!("model \"{uuid}\"")));
        }
        let (address, cacert) = call.session().api_address();
        Ok(ControllerAPIInfoResult { addresses: vec![address], cacert, error: None })
    };
    let results = params.entities.iter().map(|entity| {
        one(&entity.tag).unwrap_or_else(|error| ControllerAPIInfoResult { error: Some(error), ..Default::default() })
    });
    Ok(ControllerAPIInfoResults { results: results.collect() })
}

fn blocked_models(call: &Call, (): ()) -> Result<ModelBlockInfoList, RemoteError> {
    call.require_superuser()?;
    Ok(call.read(|state| {
        let blocked = state.models.values().filter(|model| !model.blocks.is_empty());
        let info = |model: &crate::state::Model| ModelBlockInfo {
            name: model.name.clone(),
            model_uuid: model.uuid.clone(),
            owner_tag: Tag::new("user", &model.owner).to_string(),
            blocks: model.blocks.keys().map(|kind| (*kind).to_owned()).collect(),
        };
        ModelBlockInfoList { models: blocked.map(info).collect() }
    }))
}

fn remove_blocks(call: &Call, params: RemoveBlocksArgs) -> Result<(), RemoteError> {
    call.require_superuser()?;
    if !params.all {
        return Err(RemoteError::plain("not supported"));
    }
    call.write(|state| state.models.values_mut().for_each(|model| model.blocks.clear()));
    Ok(())
}

fn all_models(call: &Call, (): ()) -> Result<UserModelList, RemoteError> {
    call.require_superuser()?;
    let user = call.user();
    Ok(call.read(|state| {
        let mut models: Vec<_> = state.models.values().collect();
        models.sort_by(|one, other| one.name.cmp(&other.name));
        let listed = models.into_iter().map(|model| UserModel {
            model: ListedModel {
                name: model.name.clone(),
                uuid: model.uuid.clone(),
                kind: kind(model.kind).to_owned(),
                owner_tag: Tag::new("user", &model.owner).to_string(),
            },
            last_connection: model.connections.get(&user).copied().map(format_time),
        });
        UserModelList { user_models: listed.collect() }
    }))
}

/// Settings that every controller has; those that were changed since stand in the state.
fn settings(state: &State) -> BTreeMap<String, Value> {
    let mut settings: BTreeMap<String, Value> = [
        ("agent-ratelimit-max", json!(0)),
        ("audit-log-capture-args", json!(true)),
        ("audit-log-max-backups", json!(5)),
        ("audit-log-max-size", json!("200M")),
        ("auditing-enabled", json!(false)),
        ("controller-uuid", json!(state.controller.uuid)),
        ("max-txn-log-size", json!("10M")),
        ("model-logfile-max-backups", json!(1)),
        ("model-logfile-max-size", json!("1M")),
        ("model-logs-size", json!("1M")),
        ("query-tracing-threshold", json!("1s")),
        ("set-numa-control-policy", json!(false)),
        ("state-port", json!(1234)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    settings.extend(state.controller.config.clone());
    settings
}

fn config(call: &Call, (): ()) -> Result<ControllerConfigResult, RemoteError> {
    Ok(ControllerConfigResult { config: call.read(settings) })
}

fn set_config(call: &Call, params: ControllerConfigSet) -> Result<(), RemoteError> {
    const FIXED: [&str; 4] = ["api-port", "controller-uuid", "state-port", "set-numa-control-policy"];
    call.require_superuser()?;
    call.write(|state| {
        let known = settings(state);
        for name in params.config.keys() {
            if FIXED.contains(&name.as_str()) {
                return Err(RemoteError::plain(format!("can't change \"{name}\" after bootstrap")));
            }
            if !known.contains_key(name) {
                return Err(RemoteError::plain(format!("unknown controller config setting \"{name}\"")));
            }
        }
        state.controller.config.extend(params.config);
        Ok(())
    })
}

fn access(call: &Call, params: Entities) -> Result<UserAccessResults, RemoteError> {
    let asking = call.user();
    Ok(call.read(|state| {
        let one = |tag: &str| -> Result<UserAccess, RemoteError> {
            let name = Tag::parse_id("user", tag)?;
            if name != asking && !state.is_superuser(&asking) {
                return Err(permission_denied());
            }
            let user = state.users.get(&name).ok_or_else(|| RemoteError::not_found(format!("user \"{name}\"")))?;
            Ok(UserAccess { user_tag: tag.to_owned(), access: user.access.to_string() })
        };
        let result = |entity: juju_wire::Entity| match one(&entity.tag) {
            Ok(access) => UserAccessResult { result: Some(access), error: None },
            Err(error) => UserAccessResult { result: None, error: Some(error) },
        };
        UserAccessResults { results: params.entities.into_iter().map(result).collect() }
    }))
}

fn modify_access(call: &Call, params: ModifyControllerAccessRequest) -> Result<ErrorResults, RemoteError> {
    if !params.changes.is_empty() {
        call.require_superuser()?;
    }
    Ok(call.write(|state| {
        let results = params.changes.into_iter().map(|change| ErrorResult::of(modify(state, &change)));
        ErrorResults { results: results.collect() }
    }))
}

fn modify(state: &mut State, change: &ModifyControllerAccessParams) -> Result<(), RemoteError> {
    let wanted = match change.access.as_str() {
        "login" => Access::Login,
        "superuser" => Access::Superuser,
        other => return Err(RemoteError::new(Code::NotValid, format!("\"{other}\" controller access not valid"))),
    };
    let name = Tag::parse_id("user", &change.user_tag)?;
    let Some(user) = state.users.get_mut(&name) else {
        let message = format!(
            "could not {} controller access: user \"{name}\" does not exist locally: user \"{name}\" not found",
            change.action
        );
        return Err(RemoteError::new(Code::NotFound, message));
    };
    match change.action.as_str() {
        "grant" if user.access >= wanted => {
            let message = format!("could not grant controller access: user already has \"{wanted}\" access or greater");
            Err(RemoteError::plain(message))
        }
        "grant" => {
            user.access = wanted;
            Ok(())
        }
        _ => {
            user.access = Access::Login;
            Ok(())
        }
    }
}
