//! `juju show-offer`: one offer by its URL.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::application_offers::{ApplicationOffers, offer::OfferURLs};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{endpoints, users};
use crate::{Command, Failure, OfferUrl, ResolvedTarget, Scope, juju::render::bulk_single};

/// The tool `juju_show_offer`.
pub struct ShowOffer;

/// Version of macaroons that the client speaks.
pub(super) const BAKERY_VERSION: i64 = 3;

/// Which offer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// `admin/prod.db`
    url: String,
}

/// An offer.
#[derive(Debug, Serialize)]
pub struct Offer {
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    access: String,
    endpoints: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    users: BTreeMap<String, Value>,
}

impl Command for ShowOffer {
    type Args = Args;
    type Output = BTreeMap<String, Offer>;

    const COMMAND: &'static str = "show-offer";
    const TOOLSET: &'static str = "integrate";
    const DESCRIPTION: &'static str = "Shows an offer by URL; juju_offers shows who uses those of a model.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["url"];

    fn validate(args: &Args) -> Result<(), String> {
        let url = OfferUrl::parse("url", &args.url)?;
        match url.controller {
            Some(_) => Err("`url` names a controller: name it as `controller` instead".to_owned()),
            None => Ok(()),
        }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::unresolved(EntityKind::Offer, &args.url)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.controller_connection().await?;
        let user = connection.session().await?.user().to_owned();
        let url = if args.url.contains('/') { args.url } else { format!("{user}/{}", args.url) };
        let hidden = || {
            Failure::refused(format!("application offer \"{url}\" not found"), "list offers with `juju_find_offers`")
        };
        if !url.split_once('.').is_some_and(|(model, _)| target.may_see_model(model)) {
            return Err(hidden());
        }
        let asked = OfferURLs { offer_urls: vec![url.clone()], bakery_version: BAKERY_VERSION };
        let reply = connection.call::<ApplicationOffers>(asked).await?;
        let found = bulk_single(reply.results, |item| item.error.take())?.result.ok_or_else(hidden)?;
        let access = found.users.iter().find(|one| one.user == user).map(|one| one.access.clone());
        let offer = Offer {
            description: found.application_description.clone(),
            access: access.unwrap_or_default(),
            endpoints: endpoints(&found.endpoints),
            users: users(&found.users),
        };
        Ok(BTreeMap::from([(format!("{}:{}", target.controller_name(), found.offer_url), offer)]))
    }
}
