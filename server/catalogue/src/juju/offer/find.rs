//! `juju find-offers`: offers that the user may consume.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::application_offers::{
    FindApplicationOffers,
    offer::{ApplicationOfferAdminDetailsV5, EndpointFilterAttributes, OfferFilter, OfferFilters},
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{endpoints, users};
use crate::{Command, Failure, ResolvedTarget, Scope};

/// The tool `juju_find_offers`.
pub struct FindOffers;

/// Which offers.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// `admin/prod` or `admin/prod.db`
    url: Option<String>,
    /// its name
    offer: Option<String>,
    interface: Option<String>,
}

/// One offer.
#[derive(Debug, Serialize)]
pub struct Offer {
    access: String,
    endpoints: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    users: BTreeMap<String, Value>,
}

impl Command for FindOffers {
    type Args = Args;
    type Output = BTreeMap<String, Offer>;

    const COMMAND: &'static str = "find-offers";
    const TOOLSET: &'static str = "integrate";
    const DESCRIPTION: &'static str = "Finds offers to consume in all models.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");
    const POSITIONAL: &'static [&'static str] = &["url"];

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        // without a name it lists offers of the models that the caller may see
        let named = args.url.iter().chain(&args.offer);
        named.map(|name| TargetEntity::unresolved(EntityKind::Offer, name)).collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.controller_connection().await?;
        let user = connection.session().await?.user().to_owned();
        let mut filter = match &args.url {
            None => OfferFilter::default(),
            Some(url) => within(url, &user),
        };
        if let Some(name) = args.offer {
            filter.offer_name = name;
        }
        if let Some(interface) = args.interface {
            filter.endpoints = vec![EndpointFilterAttributes { interface, ..EndpointFilterAttributes::default() }];
        }
        let reply = connection.call::<FindApplicationOffers>(OfferFilters { filters: vec![filter] }).await?;
        let controller = target.controller_name();
        let visible = reply
            .results
            .iter()
            .filter(|one| one.offer_url.split_once('.').is_some_and(|(model, _)| target.may_see_model(model)));
        Ok(visible.map(|one| (format!("{controller}:{}", one.offer_url), offer(one, &user))).collect())
    }
}

/// The parts of an offer URL, `controller:owner/model.offer`; the first and the last are optional.
fn within(url: &str, user: &str) -> OfferFilter {
    let path = url.split_once(':').map_or(url, |(_, path)| path);
    let (owner, rest) = path.split_once('/').unwrap_or((user, path));
    let (model, offer) = rest.split_once('.').unwrap_or((rest, ""));
    OfferFilter {
        owner_name: owner.to_owned(),
        model_name: model.to_owned(),
        offer_name: offer.to_owned(),
        ..OfferFilter::default()
    }
}

fn offer(wire: &ApplicationOfferAdminDetailsV5, user: &str) -> Offer {
    let access = wire.users.iter().find(|one| one.user == user).map(|one| one.access.clone());
    Offer { access: access.unwrap_or_default(), endpoints: endpoints(&wire.endpoints), users: users(&wire.users) }
}
