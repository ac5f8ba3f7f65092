//! `juju move-to-space`: moves subnets to another space.

use std::sync::Arc;

use juju_client::Connection;
use juju_wire::{
    RemoteError,
    facade::{
        spaces::{
            MoveSubnets,
            subnet::{MoveSubnetsParam, MoveSubnetsParams},
        },
        subnets::{CIDRParams, SubnetsByCIDR},
    },
    tag::Tag,
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Access, Command, Failure, JujuAccess, Precondition, ResolvedTarget, Scope,
    juju::render::{bulk_single, id},
    target,
};

/// The tool `juju_move_to_space`.
pub struct MoveToSpace;

/// Which subnets, and where they go.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    name: String,
    /// `10.0.0.0/24`
    cidrs: Vec<String>,
    /// although machines use them
    #[serde(default)]
    force: bool,
}

/// A subnet that moved, as the client prints it.
#[derive(Debug, Serialize)]
pub struct Output {
    from: String,
    to: String,
    cidr: String,
}

impl Command for MoveToSpace {
    type Args = Args;
    type Output = Vec<Output>;

    const COMMAND: &'static str = "move-to-space";
    const TOOLSET: &'static str = "network";
    const DESCRIPTION: &'static str = "Moves subnets to another space.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Write;
    const ACCESS: Access = Access::Admin;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["name", "cidrs"];

    fn juju_access(_: &Args) -> JujuAccess {
        JujuAccess::Model(juju_client::ModelAccess::Admin)
    }

    fn validate(args: &Args) -> Result<(), String> {
        if args.cidrs.is_empty() {
            return Err("`cidrs` has to have at least one network".to_owned());
        }
        super::check_name("name", &args.name)?;
        super::check_networks(&args.cidrs)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("space", &args.name)]
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![Precondition::Spaces(vec![args.name.clone()])]
    }

    fn impact(args: &Args) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.force)])
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        tags(&*target.model_connection().await?, &args.cidrs).await.map(|_| None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let subnets = tags(&connection, &args.cidrs).await?;
        let param =
            MoveSubnetsParam { subnets, space_tag: Tag::new("space", &args.name).to_string(), force: args.force };
        let reply = connection.call::<MoveSubnets>(MoveSubnetsParams { args: vec![param] }).await?;
        let moved = bulk_single(reply.results, |item| item.error.take())?;
        let to = id(&moved.new_space);
        let moved = moved.moved_subnets.into_iter();
        Ok(moved.map(|subnet| Output { from: id(&subnet.old_space), to: to.clone(), cidr: subnet.cidr }).collect())
    }
}

/// The tags of the subnets with these networks; each has to exist.
async fn tags(connection: &Connection, cidrs: &[String]) -> Result<Vec<String>, Failure> {
    let mut wanted = cidrs.to_vec();
    wanted.sort();
    wanted.dedup();
    let reply = connection.call::<SubnetsByCIDR>(CIDRParams { cidrs: wanted.clone() }).await?;
    let mut tags = Vec::new();
    for (cidr, result) in wanted.iter().zip(reply.results) {
        if let Some(error) = result.error {
            return Err(error.into());
        }
        let found: Vec<_> = result.subnets.iter().filter(|subnet| subnet.cidr == *cidr).collect();
        if found.is_empty() {
            let error = Box::new(RemoteError::not_found(format!("subnet \"{cidr}\"")));
            return Err(Failure::Unmet {
                error,
                remedy: Some("juju_subnets lists the subnets of the model".to_owned()),
            });
        }
        tags.extend(found.into_iter().map(|subnet| Tag::new("subnet", &subnet.id).to_string()));
    }
    Ok(tags)
}
