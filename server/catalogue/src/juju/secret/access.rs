//! `juju grant-secret` and `juju revoke-secret`: which applications may read a secret.

use std::sync::Arc;

use juju_wire::facade::secrets::{
    GrantSecret as GrantMethod, RevokeSecret as RevokeMethod, edit::GrantRevokeUserSecretArg,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Reference, require, target_entity};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope, target};

/// The tool `juju_grant_secret`.
pub struct GrantSecret;

/// The tool `juju_revoke_secret`.
pub struct RevokeSecret;

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

fn check(args: &Args) -> Result<(), String> {
    if args.applications.is_empty() {
        return Err("`applications` has to name at least one application".to_owned());
    }
    Ok(())
}

fn entities(args: &Args) -> Vec<TargetEntity> {
    std::iter::once(target_entity(&args.id_or_name)).chain(target::applications(&args.applications)).collect()
}

/// The applications alone: whether the secret exists only the controller knows.
fn applications(args: &Args) -> Vec<TargetEntity> {
    target::applications(&args.applications).collect()
}

fn params(args: &Args) -> GrantRevokeUserSecretArg {
    let Reference { uri, name } = Reference::parse(&args.id_or_name);
    GrantRevokeUserSecretArg { uri, label: name, applications: args.applications.clone() }
}

impl Command for GrantSecret {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "grant-secret";
    const TOOLSET: &'static str = "secrets";
    const DESCRIPTION: &'static str = "Lets applications read a secret.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["id_or_name", "applications"];

    fn validate(args: &Args) -> Result<(), String> {
        check(args)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(args)
    }

    fn required_entities(args: &Args) -> Vec<TargetEntity> {
        applications(args)
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        require(target, &args.id_or_name).await.map(|()| None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        target.model_connection().await?.call::<GrantMethod>(params(&args)).await?.into_result()?;
        Ok(Output { secret: args.id_or_name, applications: args.applications })
    }
}

impl Command for RevokeSecret {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "revoke-secret";
    const TOOLSET: &'static str = "secrets";
    const DESCRIPTION: &'static str = "Takes the access to a secret from applications.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["id_or_name", "applications"];

    fn validate(args: &Args) -> Result<(), String> {
        check(args)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(args)
    }

    fn required_entities(args: &Args) -> Vec<TargetEntity> {
        applications(args)
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        require(target, &args.id_or_name).await.map(|()| None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        target.model_connection().await?.call::<RevokeMethod>(params(&args)).await?.into_result()?;
        Ok(Output { secret: args.id_or_name, applications: args.applications })
    }
}
