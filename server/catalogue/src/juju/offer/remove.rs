//! `juju remove-offer`: removes offers, with force also those that are consumed.

use std::sync::Arc;

use juju_client::Connection;
use juju_wire::facade::application_offers::{
    ApplicationOffers, DestroyOffers,
    offer::{DestroyApplicationOffers, OfferURLs},
};
use policy::{Effect, EntityKind, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::show::BAKERY_VERSION;
use crate::{Command, Failure, OfferUrl, ResolvedTarget, Scope};

/// The tool `juju_remove_offer`.
pub struct RemoveOffer;

/// Which offers.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// `admin/prod.db`
    urls: Vec<String>,
    /// removes relations too
    #[serde(default)]
    force: bool,
}

/// The offers that were removed.
#[derive(Debug, Serialize)]
pub struct Output {
    removed: Vec<String>,
}

impl Command for RemoveOffer {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "remove-offer";
    const TOOLSET: &'static str = "integrate";
    const DESCRIPTION: &'static str = "Removes offers by URL.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["urls"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.urls.is_empty() {
            return Err("`urls` has to name at least one offer".to_owned());
        }
        for text in &args.urls {
            let url = OfferUrl::parse("urls", text)?;
            if url.controller.is_some() {
                return Err(format!("`urls` names a controller: name it as `controller`, not in {text}"));
            }
            if url.endpoint.is_some() {
                return Err(format!("`urls` names an endpoint, and an offer is removed as a whole: {text}"));
            }
        }
        Ok(())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        args.urls.iter().map(|url| TargetEntity::unresolved(EntityKind::Offer, url)).collect()
    }

    fn impact(args: &Args) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.force)])
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        let connection = target.controller_connection().await?;
        let offer_urls = with_owner(&connection, &args.urls).await?;
        let asked = OfferURLs { offer_urls: offer_urls.clone(), bakery_version: BAKERY_VERSION };
        let mut consumers = serde_json::Map::new();
        for (url, item) in offer_urls.into_iter().zip(connection.call::<ApplicationOffers>(asked).await?.results) {
            if let Some(error) = item.error {
                return Err(error.into());
            }
            let count = item.result.map(|offer| offer.connections.len()).unwrap_or_default();
            consumers.insert(url, json!(count));
        }
        Ok(Some(json!({"consumers": consumers})))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.controller_connection().await?;
        let offer_urls = with_owner(&connection, &args.urls).await?;
        let params = DestroyApplicationOffers { offer_urls: offer_urls.clone(), force: args.force };
        connection.call::<DestroyOffers>(params).await?.into_result()?;
        Ok(Output { removed: offer_urls })
    }
}

/// The URLs with the owner of the model; default: the user that is logged in.
async fn with_owner(connection: &Connection, urls: &[String]) -> Result<Vec<String>, Failure> {
    let user = connection.session().await?.user().to_owned();
    Ok(urls.iter().map(|url| if url.contains('/') { url.clone() } else { format!("{user}/{url}") }).collect())
}
