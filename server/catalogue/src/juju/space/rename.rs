//! `juju rename-space`: gives a network space another name.

use std::sync::Arc;

use juju_client::ModelAccess;
use juju_wire::{
    facade::spaces::{
        RenameSpace as RenameMethod,
        space::{RenameSpaceParams, RenameSpacesParams},
    },
    tag::Tag,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{check_name, require};
use crate::{Command, Failure, JujuAccess, ResolvedTarget, Scope, target};

/// The tool `juju_rename_space`.
pub struct RenameSpace;

/// A space and its new name.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    old_name: String,
    new_name: String,
}

/// The space.
#[derive(Debug, Serialize)]
pub struct Output {
    space: String,
}

impl Command for RenameSpace {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "rename-space";
    const TOOLSET: &'static str = "network";
    const DESCRIPTION: &'static str = "Renames a network space.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &["old_name", "new_name"];

    // `apiserver/facades/client/spaces`
    fn juju_access(_: &Args) -> JujuAccess {
        JujuAccess::Model(ModelAccess::Admin)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_name("old_name", &args.old_name)?;
        check_name("new_name", &args.new_name)?;
        if args.old_name == args.new_name {
            return Err("`new_name` has to be another name than `old_name`".to_owned());
        }
        Ok(())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        [&args.old_name, &args.new_name].map(|name| target::other("space", name)).into()
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        require(target, &args.old_name).await.map(|()| None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let tag = |name: &String| Tag::new("space", name).to_string();
        let change = RenameSpaceParams { from_space_tag: tag(&args.old_name), to_space_tag: tag(&args.new_name) };
        let params = RenameSpacesParams { changes: vec![change] };
        target.model_connection().await?.call::<RenameMethod>(params).await?.into_result()?;
        Ok(Output { space: args.new_name })
    }
}
