//! `juju offers`: lists the offers of a model and their users.

use std::{collections::BTreeMap, sync::Arc};

use juju_client::ModelAccess;
use juju_wire::facade::application_offers::{
    ListApplicationOffers,
    offer::{ApplicationOfferAdminDetailsV5, EndpointFilterAttributes, OfferConnection, OfferFilter, OfferFilters},
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{endpoints, users};
use crate::{
    Command, Failure, JujuAccess, ResolvedTarget, Scope,
    juju::render::{id, timestamp},
    target,
};

/// The tool `juju_offers`.
pub struct Offers;

/// Which offers.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    offer_name: Option<String>,
    application: Option<String>,
    interface: Option<String>,
    /// user
    allowed_consumer: Option<String>,
    /// user
    connected_user: Option<String>,
    active_only: bool,
}

/// One offer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Offer {
    application: String,
    store: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    charm: String,
    offer_url: String,
    endpoints: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    connections: Vec<Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    users: BTreeMap<String, Value>,
}

impl Command for Offers {
    type Args = Args;
    type Output = BTreeMap<String, Offer>;

    const COMMAND: &'static str = "offers";
    const ALIASES: &'static [&'static str] = &["list-offers"];
    const TOOLSET: &'static str = "integrate";
    const DESCRIPTION: &'static str = "Lists a model's offers with users and connections.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");
    const POSITIONAL: &'static [&'static str] = &["offer_name"];

    // `apiserver/facades/client/applicationoffers`: only admins of the model see its offers with their users
    fn juju_access(_: &Args) -> JujuAccess {
        JujuAccess::Model(ModelAccess::Admin)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        let offer = args.offer_name.as_ref().map(|name| TargetEntity::unresolved(EntityKind::Offer, name));
        let named: Vec<_> = args.application.iter().map(|name| target::application(name)).chain(offer).collect();
        if named.is_empty() { vec![TargetEntity::All(EntityKind::Offer)] } else { named }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.controller_connection().await?;
        let (owner, model) = target.model_name().split_once('/').unwrap_or_default();
        let interface = args
            .interface
            .map(|interface| EndpointFilterAttributes { interface, ..EndpointFilterAttributes::default() });
        let filter = OfferFilter {
            owner_name: owner.to_owned(),
            model_name: model.to_owned(),
            // the controller reads it as a pattern; a name has nothing in it that would need escaping
            offer_name: args.offer_name.map(|name| format!("^{name}$")).unwrap_or_default(),
            application_name: args.application.unwrap_or_default(),
            endpoints: interface.into_iter().collect(),
            connected_users: args.connected_user.map(|user| vec![format!("user-{user}")]),
            allowed_users: args.allowed_consumer.map(|user| vec![format!("user-{user}")]),
            ..OfferFilter::default()
        };
        let reply = connection.call::<ListApplicationOffers>(OfferFilters { filters: vec![filter] }).await?;
        let wanted = |one: &ApplicationOfferAdminDetailsV5| !args.active_only || !one.connections.is_empty();
        let store = target.controller_name();
        Ok(reply.results.into_iter().filter(wanted).map(|one| (one.offer_name.clone(), offer(one, store))).collect())
    }
}

fn offer(wire: ApplicationOfferAdminDetailsV5, store: &str) -> Offer {
    Offer {
        application: wire.application_name,
        store: store.to_owned(),
        charm: wire.charm_url,
        offer_url: wire.offer_url,
        endpoints: endpoints(&wire.endpoints),
        connections: wire.connections.iter().map(connection).collect(),
        users: users(&wire.users),
    }
}

fn connection(wire: &OfferConnection) -> Value {
    let mut status = json!({"current": wire.status.status});
    for (name, text) in [("message", wire.status.info.clone()), ("since", timestamp(wire.status.since.as_deref()))] {
        if !text.is_empty() {
            status[name] = json!(text);
        }
    }
    let mut value = json!({"source-model-uuid": id(&wire.source_model_tag), "username": wire.username,
        "relation-id": wire.relation_id, "endpoint": wire.endpoint, "status": status});
    if !wire.ingress_subnets.is_empty() {
        value["ingress-subnets"] = json!(wire.ingress_subnets);
    }
    value
}
