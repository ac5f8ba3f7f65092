//! `juju ssh-keys`: SSH keys that may log in to the machines of a model.

use std::sync::Arc;

use juju_wire::{
    entity::{Entities, Entity},
    facade::key_manager::{ListKeys, ListSSHKeys},
};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, juju::render::bulk_single};

/// The tool `juju_ssh_keys`.
pub struct SshKeys;

/// How much of each key.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// whole keys
    full: bool,
}

/// The owner of the keys of every model; keys of others are not implemented in Juju.
pub(super) const OWNER: &str = "admin";

impl Command for SshKeys {
    type Args = Args;
    type Output = Vec<String>;

    const COMMAND: &'static str = "ssh-keys";
    const ALIASES: &'static [&'static str] = &["list-ssh-keys"];
    const TOOLSET: &'static str = "access";
    const DESCRIPTION: &'static str = "Lists SSH keys that may log in to a model's machines.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Vec<String>, Failure> {
        let connection = target.model_connection().await?;
        let entities = Entities { entities: vec![Entity { tag: OWNER.to_owned() }] };
        let reply = connection.call::<ListKeys>(ListSSHKeys { entities, mode: args.full }).await?;
        Ok(bulk_single(reply.results, |item| item.error.take())?.result)
    }

    fn concise(answer: &mut Vec<String>, filter: &Filter) -> Option<Concise> {
        answer.retain(|key| filter.selects("", key));
        Some(Concise::table(Table::lines("keys", answer.iter().cloned()), "no key, or none matches"))
    }
}
