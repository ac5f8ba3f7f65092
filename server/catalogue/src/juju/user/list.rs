//! `juju users`: users of the controller, or of one model.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use juju_wire::{
    entity::{Entities, Entity},
    facade::{
        model_manager::ModelInfo,
        user_manager::{UserDetails, UserInfo, UserInfoRequest},
    },
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table,
    juju::{
        model::info::{User, users},
        render::{age, bulk_result, is_default, last_connection},
    },
};

/// The tool `juju_users`.
pub struct Users;

/// Scope of the list.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// of a model instead
    model_name: Option<String>,
    /// disabled ones too
    all: bool,
}

/// Users of the controller, or those of a model by name.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// Of the controller.
    Controller(Vec<Account>),
    /// Of a model.
    Model(BTreeMap<String, User>),
}

/// One user of the controller.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Account {
    user_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    display_name: String,
    access: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    date_created: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    last_connection: String,
    #[serde(skip_serializing_if = "is_default")]
    disabled: bool,
}

impl Account {
    pub(super) fn of(wire: UserDetails, now: DateTime<Utc>) -> Self {
        // the controller does not know when users of an identity provider were last connected
        let is_local = !wire.username.contains('@');
        let time = |text: String| if is_local { text } else { String::new() };
        Self {
            date_created: time(age(Some(&wire.date_created), now)),
            last_connection: time(last_connection(wire.last_connection.as_deref(), now)),
            access: wire.access,
            disabled: wire.disabled,
            display_name: wire.display_name,
            user_name: wire.username,
        }
    }
}

impl Command for Users {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "users";
    const ALIASES: &'static [&'static str] = &["list-users"];
    const TOOLSET: &'static str = "access";
    const DESCRIPTION: &'static str = "Lists users and their access.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["model_name"];
    const ROWS_PATH: Option<&'static str> = Some("");

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        match &args.model_name {
            Some(name) => vec![TargetEntity::unresolved(EntityKind::Model, name)],
            None => vec![TargetEntity::All(EntityKind::User)],
        }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.controller_connection().await?;
        let now = Utc::now();
        if let Some(name) = &args.model_name {
            let model = target.controller()?.find_model(name).await?;
            let entities = Entities { entities: vec![Entity { tag: format!("model-{}", model.uuid) }] };
            let reply = connection.call::<ModelInfo>(entities).await?;
            let item = reply.results.into_iter().next().unwrap_or_default();
            return Ok(Output::Model(users(&bulk_result(item.result, item.error, name)?.users, now)));
        }
        let request = UserInfoRequest { include_disabled: args.all, ..UserInfoRequest::default() };
        let reply = connection.call::<UserInfo>(request).await?;
        let account = |one: UserDetails| Account::of(one, now);
        let items = reply.results.into_iter();
        let accounts: Result<Vec<_>, Failure> =
            items.map(|item| bulk_result(item.result, item.error, "a user").map(account)).collect();
        Ok(Output::Controller(accounts?))
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        let rows = match answer {
            Output::Controller(users) => {
                users.retain(|one| filter.selects(&one.user_name, one));
                let row = |one: &Account| {
                    let Account { user_name, display_name, access, date_created, last_connection, disabled } = one;
                    let disabled = if *disabled { "disabled" } else { "" };
                    let cells = [user_name, display_name, access, date_created, last_connection, disabled];
                    cells.map(str::to_owned).to_vec()
                };
                users.iter().map(row).collect()
            }
            Output::Model(users) => {
                users.retain(|name, one| filter.selects(name, one));
                let row = |(name, one): (&String, &User)| one.row(name);
                users.iter().map(row).collect()
            }
        };
        let heading = ["User", "Display name", "Access", "Created", "Last connection", "Disabled"];
        Some(Concise::table(Table::new("users", &heading, rows), "nothing matches"))
    }
}
