//! `juju change-user-password`: sets or resets the password of a user.

use std::sync::Arc;

use juju_wire::{
    facade::user_manager::{EntityPassword, EntityPasswords, ResetPassword, SetPassword},
    tag::Tag,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{entities, find, registration::registration};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope, juju::render::bulk_single, target};

/// The tool `juju_change_user_password`.
pub struct ChangeUserPassword;

/// The user, and the new password.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    user: String,
    password: Option<String>,
    /// take the password away; the user registers again
    #[serde(default)]
    reset: bool,
}

/// What was changed.
#[derive(Debug, Serialize)]
pub struct Output {
    user: String,
    state: &'static str,
    /// What the user gives to `juju register`; it holds the key to the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    register: Option<String>,
}

impl Command for ChangeUserPassword {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "change-user-password";
    const TOOLSET: &'static str = "access";
    const DESCRIPTION: &'static str = "Sets another user's password, or resets it, which an assistant should prefer.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = &["user"];

    fn validate(args: &Args) -> Result<(), String> {
        super::check_name(&args.user)?;
        match (&args.password, args.reset) {
            (Some(_), true) => Err("`password` and `reset` exclude each other".to_owned()),
            (None, false) => Err("give `password`, or `reset` so that the user registers again".to_owned()),
            (Some(password), false) if password.is_empty() => Err("`password` must not be empty".to_owned()),
            _ => Ok(()),
        }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("user", &args.user)]
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        check_other(args, target).await?;
        find(&*target.controller_connection().await?, &args.user, true).await.map(|_| None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        check_other(&args, &target).await?;
        let connection = target.controller_connection().await?;
        let Some(password) = args.password else {
            let reply = connection.call::<ResetPassword>(entities(&args.user)).await?;
            let key = bulk_single(reply.results, |item| item.error.take())?.secret_key;
            let register = Some(registration(&target, &args.user, &key)?);
            return Ok(Output { user: args.user, state: "reset", register });
        };
        let change = EntityPassword { tag: Tag::new("user", &args.user).to_string(), password };
        connection.call::<SetPassword>(EntityPasswords { changes: vec![change] }).await?.into_result()?;
        Ok(Output { user: args.user, state: "changed", register: None })
    }
}

/// Fails for the user that this program logs in as: it would lock itself out.
async fn check_other(args: &Args, target: &ResolvedTarget) -> Result<(), Failure> {
    let own = target.controller_connection().await?.session().await?.user().to_owned();
    if own != args.user {
        return Ok(());
    }
    Err(Failure::refused(
        format!("`{own}` is the user that this program logs in as, and it would lock itself out"),
        "change it with `juju change-user-password` of the client, then give this program the new one",
    ))
}
