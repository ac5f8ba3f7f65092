//! `juju enable-user`, `juju disable-user` and `juju remove-user`.

use std::{marker::PhantomData, sync::Arc};

use juju_wire::{
    ErrorResults, Method,
    entity::Entities,
    facade::user_manager::{DisableUser, EnableUser, RemoveUser},
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{entities, find};
use crate::{Command, Failure, ResolvedTarget, Scope, target};

/// One of the three tools.
pub struct SwitchUser<K>(PhantomData<fn() -> K>);

/// What distinguishes the three.
pub trait Switch: Send + Sync + 'static {
    /// Its method.
    type Method: Method<Params = Entities, Reply = ErrorResults>;
    /// The command of the client.
    const COMMAND: &'static str;
    /// What it does.
    const DESCRIPTION: &'static str;
    /// Its effect.
    const EFFECT: Effect;
    /// What it reports.
    const DONE: &'static str;
}

/// The tool `juju_enable_user`.
pub struct Enable;

/// The tool `juju_disable_user`.
pub struct Disable;

/// The tool `juju_remove_user`.
pub struct Remove;

impl Switch for Enable {
    type Method = EnableUser;

    const COMMAND: &'static str = "enable-user";
    const DESCRIPTION: &'static str = "Lets a disabled user log in again.";
    const EFFECT: Effect = Effect::Write;
    const DONE: &'static str = "enabled";
}

impl Switch for Disable {
    type Method = DisableUser;

    const COMMAND: &'static str = "disable-user";
    const DESCRIPTION: &'static str = "Keeps a user from logging in, and can be undone.";
    const EFFECT: Effect = Effect::Write;
    const DONE: &'static str = "disabled";
}

impl Switch for Remove {
    type Method = RemoveUser;

    const COMMAND: &'static str = "remove-user";
    const DESCRIPTION: &'static str = "Removes a user, which cannot be undone; juju_disable_user can.";
    const EFFECT: Effect = Effect::Destructive;
    const DONE: &'static str = "removed";
}

/// Which user.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    user: String,
}

/// The user.
#[derive(Debug, Serialize)]
pub struct Output {
    user: String,
    state: &'static str,
}

impl<K: Switch> Command for SwitchUser<K> {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = K::COMMAND;
    const TOOLSET: &'static str = "access";
    const DESCRIPTION: &'static str = K::DESCRIPTION;
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = K::EFFECT;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["user"];

    fn validate(args: &Args) -> Result<(), String> {
        super::check_name(&args.user)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("user", &args.user)]
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        find(&*target.controller_connection().await?, &args.user, true).await.map(|_| None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        target.controller_connection().await?.call::<K::Method>(entities(&args.user)).await?.into_result()?;
        Ok(Output { user: args.user, state: K::DONE })
    }
}
