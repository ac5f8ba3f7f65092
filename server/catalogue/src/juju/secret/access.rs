//! `juju grant-secret` and `juju revoke-secret`: which applications may read a secret.

use std::{marker::PhantomData, sync::Arc};

use juju_wire::{
    ErrorResults, Method,
    facade::secrets::{GrantSecret, RevokeSecret, edit::GrantRevokeUserSecretArg},
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Reference, require, target_entity};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope, target};

/// One of the two tools.
pub struct ChangeAccess<K>(PhantomData<fn() -> K>);

/// What distinguishes the two.
pub trait Change: Send + Sync + 'static {
    /// Its method.
    type Method: Method<Params = GrantRevokeUserSecretArg, Reply = ErrorResults>;
    /// The command of the client.
    const COMMAND: &'static str;
    /// What it does.
    const DESCRIPTION: &'static str;
}

/// The tool `juju_grant_secret`.
pub struct Grant;

/// The tool `juju_revoke_secret`.
pub struct Revoke;

impl Change for Grant {
    type Method = GrantSecret;

    const COMMAND: &'static str = "grant-secret";
    const DESCRIPTION: &'static str = "Lets applications read a secret.";
}

impl Change for Revoke {
    type Method = RevokeSecret;

    const COMMAND: &'static str = "revoke-secret";
    const DESCRIPTION: &'static str = "Takes the access to a secret from applications.";
}

/// A secret and applications.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    id_or_name: String,
    applications: Vec<String>,
}

/// The applications of which the access changed.
#[derive(Debug, Serialize)]
pub struct Output {
    secret: String,
    applications: Vec<String>,
}

impl<K: Change> Command for ChangeAccess<K> {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = K::COMMAND;
    const TOOLSET: &'static str = "secrets";
    const DESCRIPTION: &'static str = K::DESCRIPTION;
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["id_or_name", "applications"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.applications.is_empty() {
            return Err("`applications` has to name at least one application".to_owned());
        }
        Ok(())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        std::iter::once(target_entity(&args.id_or_name)).chain(target::applications(&args.applications)).collect()
    }

    /// The applications alone: whether the secret exists only the controller knows.
    fn required_entities(args: &Args) -> Vec<TargetEntity> {
        target::applications(&args.applications).collect()
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        require(target, &args.id_or_name).await.map(|()| None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let Reference { uri, name } = Reference::parse(&args.id_or_name);
        let params = GrantRevokeUserSecretArg { uri, label: name, applications: args.applications.clone() };
        target.model_connection().await?.call::<K::Method>(params).await?.into_result()?;
        Ok(Output { secret: args.id_or_name, applications: args.applications })
    }
}
