//! `juju add-user`: adds a user to the controller.

use std::sync::Arc;

use juju_wire::facade::user_manager::{AddUser as AddUserMethod, AddUsers, NewUser, UserInfo, UserInfoRequest};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::registration::registration;
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope, juju::render::bulk_single, target};

/// The tool `juju_add_user`.
pub struct AddUser;

/// The new user.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    user: String,
    display_name: Option<String>,
}

/// The user that was added.
#[derive(Debug, Serialize)]
pub struct Output {
    user: String,
    /// What the user gives to `juju register`; it holds the key to the account.
    register: String,
}

impl Command for AddUser {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "add-user";
    const TOOLSET: &'static str = "access";
    const DESCRIPTION: &'static str = "Adds a user who then registers; juju_grant gives access.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = &["user", "display_name"];

    fn validate(args: &Args) -> Result<(), String> {
        super::check_name(&args.user)?;
        if args.user.contains('@') {
            return Err(format!("`user` has to be a user of the controller, without a domain, not: {}", args.user));
        }
        Ok(())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("user", &args.user)]
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        let connection = target.controller_connection().await?;
        let all = UserInfoRequest { include_disabled: true, ..UserInfoRequest::default() };
        let users = connection.call::<UserInfo>(all).await?.results;
        let names = users.into_iter().filter_map(|user| Some(user.result?.username));
        if names.into_iter().any(|name| name.eq_ignore_ascii_case(&args.user)) {
            return Err(exists(&args.user));
        }
        Ok(None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let user = NewUser {
            username: args.user.clone(),
            display_name: args.display_name.unwrap_or_default(),
            password: String::new(),
        };
        let connection = target.controller_connection().await?;
        let reply = connection.call::<AddUserMethod>(AddUsers { users: vec![user] }).await?;
        let added = bulk_single(reply.results, |item| item.error.take())?;
        Ok(Output { register: registration(&target, &args.user, &added.secret_key)?, user: args.user })
    }
}

fn exists(user: &str) -> Failure {
    use juju_wire::{Code, RemoteError};
    let message = format!("failed to create user: user {user} already exists");
    let remedy = "choose another name; juju_users lists all, and juju_enable_user lets a disabled one log in again";
    Failure::Unmet { error: Box::new(RemoteError::new(Code::AlreadyExists, message)), remedy: Some(remedy.to_owned()) }
}
