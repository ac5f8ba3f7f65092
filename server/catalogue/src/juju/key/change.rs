//! `juju add-ssh-key`, `juju import-ssh-key` and `juju remove-ssh-key`: keys that may log in to machines.

use std::{collections::BTreeMap, marker::PhantomData, sync::Arc};

use juju_wire::{
    ErrorResult, ErrorResults, Method,
    facade::key_manager::{AddKeys, DeleteKeys, ImportKeys, ModifyUserSSHKeys},
};
use policy::{Capability, Effect, Impact, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::list::OWNER;
use crate::{
    Access, Blocks, Command, Failure, ResolvedTarget, Scope,
    juju::render::{Item, bulk_items},
};

/// One of the three tools.
pub struct ChangeKeys<K>(PhantomData<fn() -> K>);

/// What distinguishes the three.
pub trait Change: Send + Sync + 'static {
    /// Its method.
    type Method: Method<Params = ModifyUserSSHKeys, Reply = ErrorResults>;
    /// The command of the client.
    const COMMAND: &'static str;
    /// What it does.
    const DESCRIPTION: &'static str;
    /// Its effect.
    const EFFECT: Effect;
    /// Blocks that keep it back.
    const BLOCKS: Blocks;
    /// What it reports of each key.
    const DONE: &'static str;

    /// Refuses what is no key, or no name of one.
    ///
    /// # Errors
    /// One sentence.
    fn check(key: &str) -> Result<(), String>;
}

/// The tool `juju_add_ssh_key`.
pub struct Add;

/// The tool `juju_import_ssh_key`.
pub struct Import;

/// The tool `juju_remove_ssh_key`.
pub struct Remove;

impl Change for Add {
    type Method = AddKeys;

    const COMMAND: &'static str = "add-ssh-key";
    const DESCRIPTION: &'static str = "Adds SSH keys that may log in to a model's machines.";
    const EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::Change;
    const DONE: &'static str = "added";

    fn check(key: &str) -> Result<(), String> {
        match key.split_whitespace().count() {
            0 | 1 => Err(format!("each of `keys` has to be a public key like `ssh-ed25519 AAAA... ana`, not: {key}")),
            _ if key.contains("PRIVATE KEY") => Err("`keys` has to hold public keys".to_owned()),
            _ => Ok(()),
        }
    }
}

impl Change for Import {
    type Method = ImportKeys;

    const COMMAND: &'static str = "import-ssh-key";
    const DESCRIPTION: &'static str = "Adds the SSH keys of accounts at GitHub or Launchpad.";
    const EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::Change;
    const DONE: &'static str = "imported";

    fn check(key: &str) -> Result<(), String> {
        let inside = |letter: char| letter.is_ascii_alphanumeric() || "-_.+".contains(letter);
        let account = key.split_once(':').filter(|(site, _)| ["gh", "lp"].contains(site)).map(|(_, account)| account);
        match account {
            Some(account)
                if account.starts_with(|first: char| first.is_ascii_alphanumeric()) && account.chars().all(inside) =>
            {
                Ok(())
            }
            _ => Err(format!("each of `keys` has to be an account like `gh:ana` or `lp:ana`, not: {key}")),
        }
    }
}

impl Change for Remove {
    type Method = DeleteKeys;

    const COMMAND: &'static str = "remove-ssh-key";
    const DESCRIPTION: &'static str = "Removes SSH keys by fingerprint or comment; juju_ssh_keys lists them.";
    const EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::Removal;
    const DONE: &'static str = "removed";

    fn check(key: &str) -> Result<(), String> {
        if key.trim().is_empty() { Err("`keys` has to hold fingerprints or comments".to_owned()) } else { Ok(()) }
    }
}

/// Keys, or names of keys.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    keys: Vec<String>,
}

impl<K: Change> Command for ChangeKeys<K> {
    type Args = Args;
    type Output = BTreeMap<String, Item<&'static str>>;

    const COMMAND: &'static str = K::COMMAND;
    const TOOLSET: &'static str = "access";
    const DESCRIPTION: &'static str = K::DESCRIPTION;
    const SCOPE: Scope = Scope::Model;
    const ACCESS: Access = Access::Admin;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = K::EFFECT;
    const BLOCKS: Blocks = K::BLOCKS;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["keys"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.keys.is_empty() {
            return Err("`keys` has to hold at least one key".to_owned());
        }
        args.keys.iter().try_for_each(|key| K::check(key))
    }

    fn impact(_: &Args) -> Impact {
        Impact::default().with_capability(Capability::ChangesMachineSetup)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let params = ModifyUserSSHKeys { user: OWNER.to_owned(), ssh_keys: args.keys.clone() };
        let reply = target.model_connection().await?.call::<K::Method>(params).await?;
        let item = |(key, item): (String, ErrorResult)| {
            let outcome = item.into_result().map(|()| K::DONE).map_err(Failure::from);
            (key, outcome)
        };
        bulk_items(args.keys.into_iter().zip(reply.results).map(item))
    }
}
