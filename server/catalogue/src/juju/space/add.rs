//! `juju add-space`: adds a network space.

use std::sync::Arc;

use juju_client::ModelAccess;
use juju_wire::{
    facade::spaces::{
        CreateSpaces,
        space::{CreateSpaceParams, CreateSpacesParams},
    },
    tag::Tag,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{check_name, check_networks};
use crate::{Command, Failure, JujuAccess, ResolvedTarget, Scope, target};

/// The tool `juju_add_space`.
pub struct AddSpace;

/// A new space.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    name: String,
    /// its subnets
    #[serde(default)]
    cidrs: Vec<String>,
}

/// The space that was added.
#[derive(Debug, Serialize)]
pub struct Output {
    space: String,
}

impl Command for AddSpace {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "add-space";
    const TOOLSET: &'static str = "network";
    const DESCRIPTION: &'static str = "Adds a network space, and moves subnets to it.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &["name", "cidrs"];

    // `apiserver/facades/client/spaces`
    fn juju_access(_: &Args) -> JujuAccess {
        JujuAccess::Model(ModelAccess::Admin)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_name("name", &args.name)?;
        check_networks(&args.cidrs)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("space", &args.name)]
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let mut cidrs = args.cidrs;
        cidrs.sort();
        let space_tag = Tag::new("space", &args.name).to_string();
        let space = CreateSpaceParams { cidrs, space_tag, public: true, provider_id: String::new() };
        let params = CreateSpacesParams { spaces: vec![space] };
        target.model_connection().await?.call::<CreateSpaces>(params).await?.into_result()?;
        Ok(Output { space: args.name })
    }
}
