//! `juju integrate`: relates two applications.

use std::sync::Arc;

use juju_wire::facade::application::{AddRelation, relation::AddRelationParams};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Command, Failure, Scope, Site, entity, juju::offer};

/// See the file's head.
pub struct Integrate;

/// The client's own arguments.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// two; one may be an offer
    endpoints: Vec<String>,
    /// networks that an offer is reached from
    #[serde(default)]
    via: Vec<String>,
}

/// The relation that was made.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// For each application the endpoint that was chosen.
    endpoints: Map<String, Value>,
}

impl Command for Integrate {
    type Args = Args;
    type Output = Output;

    const WORD: &'static str = "integrate";
    const TOOLSET: &'static str = "integrate";
    const DESCRIPTION: &'static str = "Relates two applications, also across models.";
    const SCOPE: Scope = Scope::Model;
    const EFFECT: Effect = Effect::Write;
    const CURATED: bool = true;
    const POSITIONAL: &'static [&'static str] = &["endpoints"];

    fn check(args: &Args) -> Result<(), String> {
        if args.endpoints.len() == 2 { Ok(()) } else { Err("`endpoints` has to name two applications".to_owned()) }
    }

    fn targets(args: &Args) -> Vec<String> {
        args.endpoints.iter().map(|endpoint| entity::application(entity::of_endpoint(endpoint))).collect()
    }

    fn needs(args: &Args) -> Vec<String> {
        // an offer's URL has a dot, and is taken into the model by this very act
        let local = args.endpoints.iter().filter(|endpoint| !endpoint.contains('.'));
        local.map(|endpoint| entity::application(entity::of_endpoint(endpoint))).collect()
    }

    async fn run(_: Permit, args: Args, site: Arc<Site>) -> Result<Output, Failure> {
        let mut endpoints = Vec::new();
        for endpoint in args.endpoints {
            // an offer's URL has a dot, which no application's name has
            let local =
                if endpoint.contains('.') { offer::consume::consume(&endpoint, None, &site).await? } else { endpoint };
            endpoints.push(local);
        }
        let connection = site.model_connection().await?;
        let reply = connection.call::<AddRelation>(AddRelationParams { endpoints, via_cidrs: args.via }).await?;
        let endpoints =
            reply.endpoints.into_iter().map(|(application, endpoint)| (application, Value::String(endpoint.name)));
        Ok(Output { endpoints: endpoints.collect() })
    }
}
