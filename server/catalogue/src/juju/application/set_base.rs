//! `juju set-application-base`: sets the base of units that are added later.

use std::sync::Arc;

use juju_wire::{
    entity::Entity,
    facade::application::{
        UpdateApplicationBase,
        deploy::{UpdateChannelArg, UpdateChannelArgs},
    },
    tag::Tag,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, ResolvedTarget, Scope, entity, target};

/// The tool `juju_set_application_base`.
pub struct SetApplicationBase;

/// An application and its base.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    /// `ubuntu@22.04`
    base: String,
}

/// The base that was set.
#[derive(Debug, Serialize)]
pub struct Output {
    application: String,
    base: String,
}

impl Command for SetApplicationBase {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "set-application-base";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Sets the base of units added later; call juju_refresh before juju_add_unit.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application", "base"];

    fn validate(args: &Args) -> Result<(), String> {
        entity::parse_base(&args.base).map(drop)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let base = entity::parse_base(&args.base)
            .map_err(|problem| Failure::refused(problem, "write it like `ubuntu@22.04`"))?;
        // the client sends the release without its risk
        let channel = base.channel.split('/').next().unwrap_or_default().to_owned();
        let tag = Entity::from(Tag::new("application", &args.application));
        let params = UpdateChannelArgs { args: vec![UpdateChannelArg { tag, force: false, channel }] };
        target.model_connection().await?.call::<UpdateApplicationBase>(params).await?.into_result()?;
        Ok(Output { application: args.application, base: args.base })
    }
}
