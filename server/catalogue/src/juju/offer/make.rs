//! `juju offer`: offers endpoints of an application to other models.

use std::sync::Arc;

use juju_wire::{
    facade::application_offers::{
        Offer as OfferMethod,
        offer::{AddApplicationOffer, AddApplicationOffers},
    },
    tag::Tag,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Access, Blocks, Command, Failure, Precondition, ResolvedTarget, Scope, target};

/// The tool `juju_offer`.
pub struct Offer;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    endpoints: Vec<String>,
    offer_name: Option<String>,
}

/// The offer that was made.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Its URL, `admin/eu.database`.
    url: String,
}

impl Command for Offer {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "offer";
    const TOOLSET: &'static str = "integrate";
    const DESCRIPTION: &'static str = "Offers endpoints of an application to other models.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const ACCESS: Access = Access::Admin;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application", "endpoints", "offer_name"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.endpoints.is_empty() { Err("`endpoints` has to name at least one endpoint".to_owned()) } else { Ok(()) }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![Precondition::RelationEndpoints(args.application.clone(), args.endpoints.clone())]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.controller_connection().await?;
        let name = args.offer_name.unwrap_or_else(|| args.application.clone());
        let offer = AddApplicationOffer {
            model_tag: Tag::new("model", target.model_uuid()).to_string(),
            offer_name: name.clone(),
            application_name: args.application,
            endpoints: args.endpoints.into_iter().map(|endpoint| (endpoint.clone(), endpoint)).collect(),
            owner_tag: connection.session().await?.user_tag().to_owned(),
            ..AddApplicationOffer::default()
        };
        connection.call::<OfferMethod>(AddApplicationOffers { offers: vec![offer] }).await?.into_result()?;
        Ok(Output { url: format!("{}.{name}", target.model_name()) })
    }
}
