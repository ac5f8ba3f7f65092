//! `juju consume`: adds an offer of another model to a model.

use std::sync::Arc;

use juju_wire::facade::{
    application::{
        Consume as ConsumeMethod,
        consume::{ConsumeApplicationArgV5, ConsumeApplicationArgsV5},
    },
    application_offers::{GetConsumeDetails, consume::ConsumeOfferDetailsArg, offer::OfferURLs},
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, OfferUrl, ResolvedTarget, Scope, entity, juju::render::bulk_single, target};

/// The tool `juju_consume`.
pub struct Consume;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    offer: String,
    application_alias: Option<String>,
}

/// The offer that can be related now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Its name in this model.
    application: String,
}

impl Command for Consume {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "consume";
    const TOOLSET: &'static str = "integrate";
    const DESCRIPTION: &'static str = "Takes an offer of another model into a model, to integrate with.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["offer", "application_alias"];

    fn validate(args: &Args) -> Result<(), String> {
        OfferUrl::parse("offer", &args.offer).map(drop)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(args.application_alias.as_deref().unwrap_or_else(|| entity::of_endpoint(&args.offer)))]
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn source(args: &Args) -> Option<OfferUrl> {
        OfferUrl::parse("offer", &args.offer).ok()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let application = consume(&args.offer, args.application_alias.as_deref(), &target).await?;
        Ok(Output { application })
    }
}

/// Consumes an offer. Returns its name in the model with the requested endpoint.
pub(crate) async fn consume(url: &str, alias: Option<&str>, target: &ResolvedTarget) -> Result<String, Failure> {
    let (url, endpoint) = match url.rsplit_once(':') {
        Some((head, endpoint)) if head.contains('.') => (head, Some(endpoint)),
        _ => (url, None),
    };
    let controller = target.controller_connection().await?;
    let user_tag = controller.session().await?.user_tag().to_owned();
    let own = target.model_name().split('/').next().unwrap_or_default();
    let full = if url.contains('/') { url.to_owned() } else { format!("{own}/{url}") };
    let wanted = OfferURLs { offer_urls: vec![full], bakery_version: 3 };
    let reply = controller.call::<GetConsumeDetails>(ConsumeOfferDetailsArg { offer_urls: wanted, user_tag }).await?;
    let details = bulk_single(reply.results, |details| details.error.take())?;
    let missing =
        || Failure::refused(format!("nothing is known of the offer `{url}`"), "look for it with juju_find_offers");
    let offer = details.offer.ok_or_else(missing)?;
    let name = alias.unwrap_or(&offer.offer_name).to_owned();
    let consumed = ConsumeApplicationArgV5 {
        source_model_tag: offer.source_model_tag,
        offer_uuid: offer.offer_uuid,
        offer_url: offer.offer_url,
        offer_name: offer.offer_name,
        application_description: offer.application_description,
        endpoints: offer.endpoints,
        users: offer.users,
        macaroon: details.macaroon,
        external_controller: details.external_controller,
        application_alias: name.clone(),
    };
    let connection = target.model_connection().await?;
    connection.call::<ConsumeMethod>(ConsumeApplicationArgsV5 { args: vec![consumed] }).await?.into_result()?;
    Ok(endpoint.map_or(name.clone(), |endpoint| format!("{name}:{endpoint}")))
}
