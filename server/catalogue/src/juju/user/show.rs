//! `juju show-user`: one user of the controller.

use std::sync::Arc;

use chrono::Utc;
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{find, list::Account};
use crate::{Command, Failure, ResolvedTarget, Scope, target};

/// The tool `juju_show_user`.
pub struct ShowUser;

/// Which user.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// default: the one that is logged in
    user: Option<String>,
}

impl Command for ShowUser {
    type Args = Args;
    type Output = Account;

    const COMMAND: &'static str = "show-user";
    const TOOLSET: &'static str = "access";
    const DESCRIPTION: &'static str = "Shows a user of the controller; juju_users lists all.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["user"];

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        match &args.user {
            Some(name) => vec![target::other(EntityKind::User.as_str(), name)],
            None => Vec::new(),
        }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Account, Failure> {
        let connection = target.controller_connection().await?;
        let name = match args.user {
            Some(name) => name,
            None => connection.session().await?.user().to_owned(),
        };
        Ok(Account::of(find(&connection, &name, false).await?, Utc::now()))
    }
}
