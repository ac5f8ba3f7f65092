//! `juju consume`: adds an offer of another model to a model.

use std::sync::Arc;

use juju_wire::facade::{
    application::{
        Consume as ConsumeMethod,
        consume::{ConsumeApplicationArgV5, ConsumeApplicationArgsV5},
    },
    application_offers::offer::ApplicationOfferDetailsV5,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::look_up::look_up;
use crate::{Command, Failure, OfferUrl, Precondition, ResolvedTarget, Scope, entity, target};

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
#[derive(Debug, Serialize)]
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
        match OfferUrl::parse("offer", &args.offer)?.endpoint {
            Some(_) => Err("`offer` cannot have an endpoint: name it when you integrate".to_owned()),
            None => Ok(()),
        }
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

    fn preconditions(args: &Args) -> Vec<Precondition> {
        let name = args.application_alias.as_deref().unwrap_or_else(|| entity::of_endpoint(&args.offer));
        vec![Precondition::NewApplication(name.to_owned())]
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        let (offer, _) = look_up(&parse(args)?, target).await?;
        Ok(Some(json!({"offer": offer.offer_url, "application": name(args.application_alias.as_deref(), &offer)})))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let application = consume(&parse(&args)?, args.application_alias.as_deref(), &target).await?;
        Ok(Output { application })
    }
}

fn parse(args: &Args) -> Result<OfferUrl, Failure> {
    OfferUrl::parse("offer", &args.offer).map_err(Failure::bad_argument)
}

/// The name of an offer in the model that takes it.
fn name(alias: Option<&str>, offer: &ApplicationOfferDetailsV5) -> String {
    alias.unwrap_or(&offer.offer_name).to_owned()
}

/// Consumes an offer, also one of another controller that this program knows. Returns its name in the model with the requested
/// endpoint.
pub(crate) async fn consume(url: &OfferUrl, alias: Option<&str>, target: &ResolvedTarget) -> Result<String, Failure> {
    let (offer, details) = look_up(url, target).await?;
    let name = name(alias, &offer);
    // status shows where the offer is from
    let source = url.controller.as_deref().unwrap_or(target.controller_name());
    let is_other = source != target.controller_name();
    let offer_url =
        if offer.offer_url.contains(':') { offer.offer_url } else { format!("{source}:{}", offer.offer_url) };
    let consumed = ConsumeApplicationArgV5 {
        source_model_tag: offer.source_model_tag,
        offer_uuid: offer.offer_uuid,
        offer_url,
        offer_name: offer.offer_name,
        application_description: offer.application_description,
        endpoints: offer.endpoints,
        users: offer.users,
        macaroon: details.macaroon,
        external_controller: details.external_controller.filter(|_| is_other),
        application_alias: name.clone(),
    };
    let connection = target.model_connection().await?;
    connection.call::<ConsumeMethod>(ConsumeApplicationArgsV5 { args: vec![consumed] }).await?.into_result()?;
    Ok(url.endpoint.as_ref().map_or(name.clone(), |endpoint| format!("{name}:{endpoint}")))
}
