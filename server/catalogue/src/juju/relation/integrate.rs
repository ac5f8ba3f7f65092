//! `juju integrate`: relates two applications.

use std::sync::Arc;

use juju_wire::facade::application::{AddRelation, relation::AddRelationParams};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Command, Failure, OfferUrl, Precondition, ResolvedTarget, Scope, entity, juju::offer, target};

/// The tool `juju_integrate`.
pub struct Integrate;

/// Arguments, named as in the Juju client.
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
#[derive(Debug, Serialize)]
pub struct Output {
    /// For each application the endpoint that was chosen.
    endpoints: Map<String, Value>,
}

impl Command for Integrate {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "integrate";
    const ALIASES: &'static [&'static str] = &["relate"];
    const TOOLSET: &'static str = "integrate";
    const DESCRIPTION: &'static str = "Relates two applications, also across models.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["endpoints"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.endpoints.len() != 2 {
            return Err("`endpoints` has to name two applications".to_owned());
        }
        let urls: Vec<_> = args.endpoints.iter().filter(|endpoint| OfferUrl::is_url(endpoint)).collect();
        match urls.as_slice() {
            [] => Ok(()),
            [url] => OfferUrl::parse("endpoints", url).map(drop),
            _ => Err("only one of `endpoints` can be an offer".to_owned()),
        }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        args.endpoints.iter().map(|endpoint| target::application(entity::of_endpoint(endpoint))).collect()
    }

    fn required_entities(args: &Args) -> Vec<TargetEntity> {
        // an offer is taken into the model by this very act
        let local = args.endpoints.iter().filter(|endpoint| !OfferUrl::is_url(endpoint));
        local.map(|endpoint| target::application(entity::of_endpoint(endpoint))).collect()
    }

    fn source(args: &Args) -> Option<OfferUrl> {
        let url = args.endpoints.iter().find(|endpoint| OfferUrl::is_url(endpoint))?;
        OfferUrl::parse("endpoints", url).ok()
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![Precondition::NewRelation(args.endpoints.clone())]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let mut endpoints = Vec::new();
        for endpoint in args.endpoints {
            let local = if OfferUrl::is_url(&endpoint) {
                let url = OfferUrl::parse("endpoints", &endpoint);
                let url = url.map_err(Failure::bad_argument)?;
                offer::consume::consume(&url, None, &target).await?
            } else {
                endpoint
            };
            endpoints.push(local);
        }
        let connection = target.model_connection().await?;
        let reply = connection.call::<AddRelation>(AddRelationParams { endpoints, via_cidrs: args.via }).await?;
        let endpoints =
            reply.endpoints.into_iter().map(|(application, endpoint)| (application, Value::String(endpoint.name)));
        Ok(Output { endpoints: endpoints.collect() })
    }
}
