//! `juju migrate`: moves a model to another controller that this program knows.

use std::{collections::BTreeSet, sync::Arc};

use juju_client::{Connection, Credential};
use juju_wire::{
    entity::Entities,
    facade::{
        controller::{
            IdentityProviderURL, InitiateMigration,
            migration::{InitiateMigrationArgs, MigrationSpec, MigrationTargetInfo},
        },
        model_manager::ModelInfo,
        user_manager::{UserInfo, UserInfoRequest},
    },
    tag::Tag,
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Access, Blocks, Command, Failure, JujuAccess, Precondition, ResolvedTarget, Scope,
    juju::render::{bulk_result, bulk_single},
    target,
};

/// The tool `juju_migrate`.
pub struct Migrate;

/// Where the model goes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    target_controller: String,
}

/// The migration that was started.
#[derive(Debug, Serialize)]
pub struct Output {
    model: String,
    target_controller: String,
    migration_id: String,
}

impl Command for Migrate {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "migrate";
    const TOOLSET: &'static str = "models";
    const DESCRIPTION: &'static str = "Moves a model to another controller; juju_show_model shows its progress.";
    const SCOPE: Scope = Scope::NamedModel;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const ACCESS: Access = Access::Admin;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = &["target_controller"];

    fn juju_access(_: &Args) -> JujuAccess {
        // it acts on two controllers
        JujuAccess::RoleCredential
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::All(EntityKind::Application), target::other("controller", &args.target_controller)]
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn preconditions(_: &Args) -> Vec<Precondition> {
        vec![Precondition::HostedModel]
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        let spec = spec(args, target).await?;
        check_users(args, target).await?;
        Ok(Some(json!({"model": target.model_name(), "to": spec.addrs})))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let target_info = spec(&args, &target).await?;
        check_users(&args, &target).await?;
        let spec = MigrationSpec { model_tag: Tag::new("model", target.model_uuid()).to_string(), target_info };
        let connection = target.controller_connection().await?;
        let reply = connection.call::<InitiateMigration>(InitiateMigrationArgs { specs: vec![spec] }).await?;
        let started = bulk_single(reply.results, |item| item.error.take())?;
        Ok(Output {
            model: target.model_name().to_owned(),
            target_controller: args.target_controller,
            migration_id: started.migration_id,
        })
    }
}

/// How the controller reaches the other one.
async fn spec(args: &Args, target: &ResolvedTarget) -> Result<MigrationTargetInfo, Failure> {
    if args.target_controller == target.controller_name() {
        return Err(Failure::refused(
            format!("{} is at `{}` already", target.model_name(), args.target_controller),
            "name another controller; juju_controllers lists them",
        ));
    }
    let other = target.controllers().find_controller(Some(&args.target_controller)).await?;
    let endpoint = other.endpoint();
    let Credential::Password { user, password } = &endpoint.credential else {
        return Err(Failure::refused(
            format!("this program has no password for `{}`, and a migration needs one", args.target_controller),
            "configure a user with a password for it, or use `juju migrate` of the client",
        ));
    };
    let uuid = other.connection().await?.session().await?.controller_uuid().to_owned();
    Ok(MigrationTargetInfo {
        controller_tag: Tag::new("controller", &uuid).to_string(),
        controller_alias: args.target_controller.clone(),
        addrs: endpoint.addresses.clone(),
        ca_cert: endpoint.ca_certificate.clone().unwrap_or_default(),
        auth_tag: Tag::new("user", user).to_string(),
        password: password.reveal().to_owned(),
        ..MigrationTargetInfo::default()
    })
}

/// Fails where users of the model cannot be users of the other controller, as the client checks (`checkMigrationFeasibility`).
async fn check_users(args: &Args, target: &ResolvedTarget) -> Result<(), Failure> {
    let here = target.controller_connection().await?;
    let there = target.controllers().find_controller(Some(&args.target_controller)).await?.connection().await?;
    let tags: Entities = [Tag::new("model", target.model_uuid())].into_iter().collect();
    let item = here.call::<ModelInfo>(tags).await?.results.into_iter().next().unwrap_or_default();
    let users = bulk_result(item.result, item.error, target.model_name())?.users;
    let (external, local): (BTreeSet<_>, BTreeSet<_>) =
        users.into_iter().map(|user| user.user).partition(|user| user.contains('@'));
    let all = UserInfoRequest { include_disabled: true, ..UserInfoRequest::default() };
    let known = there.call::<UserInfo>(all).await?.results;
    let known: BTreeSet<_> = known.into_iter().filter_map(|user| Some(user.result?.username)).collect();
    let missing: Vec<_> = local.difference(&known).cloned().collect();
    if !missing.is_empty() {
        return Err(Failure::refused(
            format!("users of the model do not exist at `{}`: {}", args.target_controller, missing.join(", ")),
            "add them there with juju_add_user, or revoke their access to the model",
        ));
    }
    if external.is_empty() || provider(&here).await? == provider(&there).await? {
        return Ok(());
    }
    let external: Vec<_> = external.into_iter().collect();
    Err(Failure::refused(
        format!(
            "the controllers have different identity providers, and the model has external users: {}",
            external.join(", ")
        ),
        "revoke their access to the model first",
    ))
}

async fn provider(connection: &Connection) -> Result<String, Failure> {
    let reply = connection.call::<IdentityProviderURL>(()).await?;
    reply.error.map_or(Ok(reply.result), |error| Err(error.into()))
}
