//! `juju set-credential`: gives a model another credential for its cloud.

use std::sync::Arc;

use juju_client::Connection;
use juju_wire::{
    facade::{
        cloud::{
            UserCredentials,
            credential::{UserCloud, UserClouds},
        },
        model_manager::{
            ChangeModelCredential,
            lifecycle::{ChangeModelCredentialParams, ChangeModelCredentialsParams},
        },
    },
    tag::Tag,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Access, Blocks, Command, Failure, ResolvedTarget, Scope,
    juju::render::{bulk_single, id},
    target,
};

/// The tool `juju_set_credential`.
pub struct SetCredential;

/// A credential of the controller.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    cloud: String,
    credential: String,
}

/// The credential that the model has now.
#[derive(Debug, Serialize)]
pub struct Output {
    model: String,
    credential: String,
}

impl Command for SetCredential {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "set-credential";
    const TOOLSET: &'static str = "clouds";
    const DESCRIPTION: &'static str = "Gives a model another credential that the controller has.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const ACCESS: Access = Access::Admin;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["cloud", "credential"];

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("cloud", &args.cloud)]
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        credential(&*target.controller_connection().await?, args).await.map(|_| None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.controller_connection().await?;
        let credential_tag = credential(&connection, &args).await?;
        let model_tag = Tag::new("model", target.model_uuid()).to_string();
        let change = ChangeModelCredentialParams { model_tag, credential_tag };
        let params = ChangeModelCredentialsParams { model_credentials: vec![change] };
        connection.call::<ChangeModelCredential>(params).await?.into_result()?;
        Ok(Output { model: target.model_name().to_owned(), credential: format!("{}/{}", args.cloud, args.credential) })
    }
}

/// The tag of the user's credential of this name; the controller has to have it.
async fn credential(connection: &Connection, args: &Args) -> Result<String, Failure> {
    let user = connection.session().await?.user().to_owned();
    let asked = UserCloud {
        user_tag: Tag::new("user", &user).to_string(),
        cloud_tag: Tag::new("cloud", &args.cloud).to_string(),
    };
    let reply = connection.call::<UserCredentials>(UserClouds { user_clouds: vec![asked] }).await?;
    let tags = bulk_single(reply.results, |item| item.error.take())?.result;
    let wanted = format!("{}/{user}/{}", args.cloud, args.credential);
    let found = tags.iter().find(|tag| id(tag) == wanted).cloned();
    found.ok_or_else(|| {
        let names: Vec<_> = tags.iter().filter_map(|tag| id(tag).rsplit('/').next().map(str::to_owned)).collect();
        let known = if names.is_empty() { "none for this cloud".to_owned() } else { names.join(", ") };
        Failure::refused(
            format!("the controller has no credential `{}` of {user} for {}", args.credential, args.cloud),
            format!("it has: {known}"),
        )
    })
}
