//! `juju grant-cloud` and `juju revoke-cloud`: access of a user to clouds.

use std::{marker::PhantomData, sync::Arc};

use juju_wire::{
    code::Code,
    facade::cloud::{
        ModifyCloudAccess,
        definition::{ModifyCloudAccessParams, ModifyCloudAccessRequest},
    },
    tag::Tag,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, ResolvedTarget, Scope, juju::user, target};

/// One of the two tools.
pub struct ChangeAccess<K>(PhantomData<fn() -> K>);

/// What distinguishes the two.
pub trait Change: Send + Sync + 'static {
    /// The command of the client.
    const COMMAND: &'static str;
    /// The action of the API.
    const ACTION: &'static str;
    /// What it does.
    const DESCRIPTION: &'static str;
}

/// The tool `juju_grant_cloud`.
pub struct Grant;

/// The tool `juju_revoke_cloud`.
pub struct Revoke;

impl Change for Grant {
    const COMMAND: &'static str = "grant-cloud";
    const ACTION: &'static str = "grant";
    const DESCRIPTION: &'static str = "Lets a user add models on clouds, or administer the clouds.";
}

impl Change for Revoke {
    const COMMAND: &'static str = "revoke-cloud";
    const ACTION: &'static str = "revoke";
    const DESCRIPTION: &'static str = "Takes access to clouds from a user.";
}

/// Access to clouds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Adds models on the cloud.
    AddModel,
    /// Administers the cloud.
    Admin,
}

/// A user, the access and clouds.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    user: String,
    permission: Permission,
    clouds: Vec<String>,
}

/// What was changed.
#[derive(Debug, Serialize)]
pub struct Output {
    user: String,
    permission: Permission,
    clouds: Vec<String>,
}

impl<K: Change> Command for ChangeAccess<K> {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = K::COMMAND;
    const TOOLSET: &'static str = "clouds";
    const DESCRIPTION: &'static str = K::DESCRIPTION;
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["user", "permission", "clouds"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.clouds.is_empty() {
            return Err("`clouds` has to name at least one cloud".to_owned());
        }
        user::check_name(&args.user)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        let clouds = args.clouds.iter().map(|name| target::other("cloud", name));
        std::iter::once(target::other("user", &args.user)).chain(clouds).collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let access = match args.permission {
            Permission::AddModel => "add-model",
            Permission::Admin => "admin",
        };
        let change = |name: &String| ModifyCloudAccessParams {
            user_tag: Tag::new("user", &args.user).to_string(),
            cloud_tag: Tag::new("cloud", name).to_string(),
            action: K::ACTION.to_owned(),
            access: access.to_owned(),
        };
        let params = ModifyCloudAccessRequest { changes: args.clouds.iter().map(change).collect() };
        let reply = target.controller_connection().await?.call::<ModifyCloudAccess>(params).await?;
        // what the user has already is no failure
        let failed = reply.results.into_iter().filter_map(|item| item.error);
        match failed.into_iter().find(|error| error.code != Code::AlreadyExists) {
            Some(error) => Err(error.into()),
            None => Ok(Output { user: args.user, permission: args.permission, clouds: args.clouds }),
        }
    }
}
