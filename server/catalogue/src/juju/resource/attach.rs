//! `juju attach-resource`: gives an application a file or an image in place of the store's.

use std::sync::Arc;

use juju_client::Connection;
use juju_wire::{
    entity::Entities,
    facade::resources::{ListResources, Resource},
    tag::Tag,
};
use policy::{Capability, Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Command, Failure, JujuAccess, ResolvedTarget, Scope,
    juju::{application::resources::content, render::bulk_single},
    nearest, target,
};

/// The tool `juju_attach_resource`.
pub struct AttachResource;

/// An application, its resource and what it gets.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    resource: String,
    /// image, or path of a file
    value: String,
}

/// The resource that was uploaded.
#[derive(Debug, Serialize)]
pub struct Output {
    application: String,
    resource: String,
    bytes: usize,
}

impl Command for AttachResource {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "attach-resource";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str =
        "Uploads a file or image as a resource; juju_refresh selects revisions of the store.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &["application", "resource", "value"];

    // `apiserver/httpcontext.go` of Juju 3.6 knows no model in the token of an HTTP request
    fn juju_access(_: &Args) -> JujuAccess {
        JujuAccess::RoleCredential
    }

    fn validate(args: &Args) -> Result<(), String> {
        if args.resource.is_empty() || args.value.is_empty() {
            return Err("`resource` and `value` must not be empty".to_owned());
        }
        if args.value.parse::<u64>().is_ok() {
            return Err(format!(
                "`value` has to be an image or the path of a file; juju_refresh selects revision {} of the store",
                args.value
            ));
        }
        Ok(())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    fn impact(_: &Args) -> Impact {
        Impact::default().with_capability(Capability::InstallsForeignCode)
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        let connection = target.model_connection().await?;
        let current = current(&connection, args).await?;
        let content = content(target, &current.kind, &args.value).await?;
        Ok(Some(json!({"replaces": {"origin": current.origin, "revision": current.revision}, "bytes": content.len()})))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        let current = current(&connection, &args).await?;
        let content = content(&target, &current.kind, &args.value).await?;
        let bytes = content.len();
        connection.upload_resource(&args.application, &args.resource, &args.value, None, content).await?;
        Ok(Output { application: args.application, resource: args.resource, bytes })
    }
}

/// The resource as the application has it.
async fn current(connection: &Connection, args: &Args) -> Result<Resource, Failure> {
    let tags: Entities = [Tag::new("application", &args.application)].into_iter().collect();
    let reply = connection.call::<ListResources>(tags).await?;
    let found = bulk_single(reply.results, |item| item.error.take())?.resources;
    let names: Vec<String> = found.iter().map(|one| one.name.clone()).collect();
    found.into_iter().find(|one| one.name == args.resource).ok_or_else(|| {
        let remedy = match nearest(&args.resource, names.iter().map(String::as_str)) {
            Some(near) => format!("the nearest is `{near}`"),
            None if names.is_empty() => "the application has none".to_owned(),
            None => format!("it has: {}", names.join(", ")),
        };
        Failure::refused(format!("`{}` has no resource `{}`", args.application, args.resource), remedy)
    })
}
