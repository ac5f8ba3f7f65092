//! Facade `ApplicationOffers`: endpoints that models offer to each other.

use juju_wire::{
    Code, ErrorResult, RemoteError,
    code::ErrorResults,
    facade::{
        application::consume::{ExternalControllerInfo, OfferUserDetails},
        application_offers::{
            ApplicationOffers, DestroyOffers, FindApplicationOffers, GetConsumeDetails, ListApplicationOffers,
            ModifyOfferAccess, Offer as MakeOffer,
            consume::{ConsumeOfferDetailsArg, ConsumeOfferDetailsResult, ConsumeOfferDetailsResults},
            offer::{
                AddApplicationOffer, AddApplicationOffers, ApplicationOfferAdminDetailsV5, ApplicationOfferDetailsV5,
                ApplicationOfferResult, ApplicationOffersResults, DestroyApplicationOffers, ModifyOfferAccessParams,
                ModifyOfferAccessRequest, OfferFilter, OfferFilters, OfferURLs, QueryApplicationOffersResultsV5,
            },
        },
        client::application::RemoteEndpoint,
    },
    tag::Tag,
};
use serde_json::{Value, json};

use crate::{
    call::Call,
    methods::Methods,
    relations,
    state::{EVERYONE, Model, ModelAccess, Offer, State, Topic},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<MakeOffer>(make);
    methods.on::<ListApplicationOffers>(find);
    methods.on::<FindApplicationOffers>(find);
    methods.on::<ApplicationOffers>(show);
    methods.on::<GetConsumeDetails>(consume_details);
    methods.on::<DestroyOffers>(destroy);
    methods.on::<ModifyOfferAccess>(modify_access);
}

fn url(model: &Model, offer: &Offer) -> String {
    format!("{}.{}", model.full_name(), offer.name)
}

/// Owner, model and offer of `admin/eu.eu-database`, with or without a controller before it or an owner in it.
fn parts<'a>(user: &'a str, wanted: &'a str) -> Result<(&'a str, &'a str, &'a str), RemoteError> {
    let plain = wanted.rsplit(':').next().unwrap_or(wanted);
    let missing = || RemoteError::plain("application offer URL is missing application");
    let (model, name) = plain.split_once('.').ok_or_else(missing)?;
    if name.contains('.') {
        return Err(RemoteError::new(Code::NotValid, format!("application name \"{name}\" not valid")));
    }
    let (owner, model) = model.split_once('/').unwrap_or((user, model));
    Ok((owner, model, name))
}

/// The model of this owner and name, if the user may see it.
fn model_of<'a>(state: &'a State, call: &Call, owner: &str, name: &str) -> Result<&'a Model, RemoteError> {
    let seen = |model: &&Model| call.session().model_access(state, &model.uuid).is_some();
    let found = state.models.values().filter(seen).find(|model| model.owner == owner && model.name == name);
    found.ok_or_else(|| RemoteError::not_found(format!("model \"{owner}/{name}\"")))
}

/// The model and the offer of an URL.
fn by_url<'a>(state: &'a State, call: &Call, wanted: &str) -> Result<(&'a Model, &'a Offer), RemoteError> {
    let user = call.user();
    let (owner, model, name) = parts(&user, wanted)?;
    let model = model_of(state, call, owner, model)?;
    let offer = model.offers.get(name);
    let missing = || RemoteError::not_found(format!("application offer \"{owner}/{}.{name}\"", model.name));
    Ok((model, offer.ok_or_else(missing)?))
}

/// The same to change it; what is not there is called by its short name.
fn to_change(state: &State, call: &Call, wanted: &str) -> Result<(String, String), RemoteError> {
    let user = call.user();
    let (owner, model, name) = parts(&user, wanted)?;
    let model = model_of(state, call, owner, model)?;
    let missing = || RemoteError::not_found(format!("offer \"{name}\""));
    let offer = model.offers.get(name).ok_or_else(missing)?;
    Ok((model.uuid.clone(), offer.name.clone()))
}

fn make(call: &Call, params: AddApplicationOffers) -> Result<ErrorResults, RemoteError> {
    if params.offers.len() != 1 {
        return Err(RemoteError::plain(format!("expected exactly one offer, got {}", params.offers.len())));
    }
    let one = |args: &AddApplicationOffer| {
        let uuid = Tag::parse_id("model", &args.model_tag)?;
        call.require_on(&uuid, ModelAccess::Admin)?;
        call.write(|state| {
            let model = state.models.get_mut(&uuid).ok_or_else(|| RemoteError::not_found("model"))?;
            let application = &args.application_name;
            let mut endpoints = relations::endpoints(model, application).map_err(|error| RemoteError {
                message: format!("getting offered application {application}: {}", error.message),
                ..error
            })?;
            if let Some(missing) = args.endpoints.values().find(|name| endpoints.iter().all(|side| side.name != **name)) {
                let application = &args.application_name;
                return Err(RemoteError::plain(format!("cannot add application offer \"{}\": getting relation endpoint for relation \"{missing}\" and application \"{application}\": application \"{application}\" has no \"{missing}\" relation", args.offer_name)));
            }
            endpoints.retain(|side| args.endpoints.values().any(|name| *name == side.name));
            let name = if args.offer_name.is_empty() { args.application_name.clone() } else { args.offer_name.clone() };
            let described = args.application_description.clone();
            let description = if described.is_empty() { model.application(application)?.charm.description().to_owned() } else { described };
            let offer = Offer {
                name: name.clone(),
                uuid: uuid::Uuid::new_v4().to_string(),
                application: application.clone(),
                description,
                endpoints,
                users: [(EVERYONE.to_owned(), "read".to_owned())].into(),
            };
            model.journal.mark_changed(Topic::Offer(name.clone()));
            model.offers.insert(name, offer);
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.offers.iter().map(|args| ErrorResult::of(one(args))).collect() })
}

fn endpoints(offer: &Offer) -> Vec<RemoteEndpoint> {
    let endpoint = |side: &crate::state::RelationEndpoint| RemoteEndpoint {
        name: side.name.clone(),
        role: side.role.to_owned(),
        interface: side.interface.clone(),
        limit: side.limit,
    };
    offer.endpoints.iter().map(endpoint).collect()
}

fn users(state: &State, model: &Model, offer: &Offer) -> Vec<OfferUserDetails> {
    let display_name = |name: &str| state.users.get(name).map(|user| user.display_name.clone()).unwrap_or_default();
    let user = |user: &str, access: &str| OfferUserDetails {
        user: user.to_owned(),
        display_name: display_name(user),
        access: access.to_owned(),
    };
    std::iter::once(user(&model.owner, "admin"))
        .chain(offer.users.iter().map(|(name, access)| user(name, access)))
        .collect()
}

fn details(state: &State, model: &Model, offer: &Offer) -> ApplicationOfferAdminDetailsV5 {
    let application = model.applications.get(&offer.application);
    ApplicationOfferAdminDetailsV5 {
        source_model_tag: Tag::new("model", &model.uuid).to_string(),
        offer_uuid: offer.uuid.clone(),
        offer_url: url(model, offer),
        offer_name: offer.name.clone(),
        application_description: offer.description.clone(),
        endpoints: endpoints(offer),
        users: users(state, model, offer),
        application_name: offer.application.clone(),
        charm_url: application.map(|application| application.charm.url(application.revision)).unwrap_or_default(),
        ..ApplicationOfferAdminDetailsV5::default()
    }
}

fn fits(model: &Model, offer: &Offer, filter: &OfferFilter) -> bool {
    let is = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
    is(&filter.owner_name, &model.owner)
        && is(&filter.model_name, &model.name)
        && (filter.offer_name.is_empty() || offer.name.contains(filter.offer_name.trim_matches(['^', '$'])))
        && is(&filter.application_name, &offer.application)
        && (filter.endpoints.is_empty()
            || filter.endpoints.iter().any(|wanted| {
                offer
                    .endpoints
                    .iter()
                    .any(|side| is(&wanted.interface, &side.interface) && is(&wanted.name, &side.name))
            }))
}

fn find(call: &Call, params: OfferFilters) -> Result<QueryApplicationOffersResultsV5, RemoteError> {
    if params.filters.is_empty() {
        return Err(RemoteError::plain("at least one offer filter is required"));
    }
    let user = call.user();
    call.read(|state| {
        for filter in params.filters.iter().filter(|filter| !filter.model_name.is_empty()) {
            let owner = if filter.owner_name.is_empty() { &user } else { &filter.owner_name };
            model_of(state, call, owner, &filter.model_name)?;
        }
        let models = state.models.values().filter(|model| call.session().model_access(state, &model.uuid).is_some());
        let offers = models.flat_map(|model| model.offers.values().map(move |offer| (model, offer)));
        let wanted = offers.filter(|(model, offer)| params.filters.iter().any(|filter| fits(model, offer, filter)));
        let results = wanted.map(|(model, offer)| details(state, model, offer)).collect();
        Ok(QueryApplicationOffersResultsV5 { results })
    })
}

fn show(call: &Call, params: OfferURLs) -> Result<ApplicationOffersResults, RemoteError> {
    let user = call.user();
    call.read(|state| {
        // an URL that names no model fails the whole call
        for wanted in &params.offer_urls {
            if let Ok((owner, model, _)) = parts(&user, wanted) {
                model_of(state, call, owner, model)?;
            }
        }
        let one = |wanted: &String| match by_url(state, call, wanted) {
            Ok((model, offer)) => ApplicationOfferResult { result: Some(details(state, model, offer)), error: None },
            Err(error) => ApplicationOfferResult { result: None, error: Some(error) },
        };
        Ok(ApplicationOffersResults { results: params.offer_urls.iter().map(one).collect() })
    })
}

/// The proof that an offer may be consumed, as the requester's library reads it: first version or second
/// (`gopkg.in/macaroon.v2`, `marshal.go`).
fn macaroon(version: i64, id: &str) -> Value {
    let signature = "0".repeat(64);
    if version < 2 {
        return json!({"caveats": [], "location": "sim", "identifier": id, "signature": signature});
    }
    json!({"c": [], "l": "sim", "i": id, "s": signature})
}

fn consume_details(call: &Call, params: ConsumeOfferDetailsArg) -> Result<ConsumeOfferDetailsResults, RemoteError> {
    let (address, certificate) = call.session().api_address();
    Ok(call.read(|state| {
        let one = |wanted: &String| match by_url(state, call, wanted) {
            Ok((model, offer)) => {
                let admin = details(state, model, offer);
                let offer = ApplicationOfferDetailsV5 {
                    source_model_tag: admin.source_model_tag,
                    offer_uuid: admin.offer_uuid,
                    offer_url: admin.offer_url,
                    offer_name: admin.offer_name,
                    application_description: admin.application_description,
                    endpoints: admin.endpoints,
                    users: admin.users,
                };
                let macaroon = macaroon(params.offer_urls.bakery_version, &offer.offer_uuid);
                ConsumeOfferDetailsResult {
                    offer: Some(offer),
                    macaroon: Some(macaroon),
                    external_controller: Some(ExternalControllerInfo {
                        controller_tag: Tag::new("controller", &state.controller.uuid).to_string(),
                        controller_alias: String::new(),
                        addrs: vec![address.clone()],
                        ca_cert: certificate.clone(),
                    }),
                    error: None,
                }
            }
            Err(error) => ConsumeOfferDetailsResult { error: Some(error), ..ConsumeOfferDetailsResult::default() },
        };
        ConsumeOfferDetailsResults { results: params.offer_urls.offer_urls.iter().map(one).collect() }
    }))
}

fn destroy(call: &Call, params: DestroyApplicationOffers) -> Result<ErrorResults, RemoteError> {
    let one = |wanted: &String| {
        let (uuid, name) = call.read(|state| to_change(state, call, wanted))?;
        call.require_on(&uuid, ModelAccess::Admin)?;
        call.write(|state| {
            let model = state.models.get_mut(&uuid).ok_or_else(|| RemoteError::not_found("model"))?;
            model.journal.mark_changed(Topic::Offer(name.clone()));
            model.offers.remove(&name);
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.offer_urls.iter().map(|wanted| ErrorResult::of(one(wanted))).collect() })
}

fn modify_access(call: &Call, params: ModifyOfferAccessRequest) -> Result<ErrorResults, RemoteError> {
    let one = |args: &ModifyOfferAccessParams| {
        let user = Tag::parse_id("user", &args.user_tag)?;
        let level = |access: &str| ["read", "consume", "admin"].iter().position(|known| *known == access);
        let wanted = level(&args.access);
        let wanted = wanted.ok_or_else(|| RemoteError::plain(format!("\"{}\" offer access not valid", args.access)))?;
        let (uuid, name) = call.read(|state| to_change(state, call, &args.offer_url))?;
        call.require_on(&uuid, ModelAccess::Admin)?;
        call.write(|state| {
            if !state.users.contains_key(&user) && !user.contains('@') {
                let message = format!("user \"{user}\" does not exist locally: user \"{user}\" not found");
                return Err(RemoteError::new(Code::NotFound, format!("could not grant offer access: {message}")));
            }
            let model = state.models.get_mut(&uuid).ok_or_else(|| RemoteError::not_found("model"))?;
            let missing = || RemoteError::not_found(format!("offer \"{name}\""));
            let offer = model.offers.get_mut(&name).ok_or_else(missing)?;
            let held = offer.users.get(&user).and_then(|access| level(access));
            match (args.action.as_str(), held) {
                ("grant", Some(held)) if held >= wanted => {
                    return Err(RemoteError::plain(format!("user already has \"{}\" access or greater", args.access)));
                }
                ("grant", _) => drop(offer.users.insert(user.clone(), args.access.clone())),
                (_, None) => {
                    let message = format!("user permission for \"us#{user}\" on \"ao#{}\"", offer.uuid);
                    let error = RemoteError::not_found(message);
                    let message = format!("could not revoke offer access: {}", error.message);
                    return Err(RemoteError { message, ..error });
                }
                // what is left is the level below the one that was taken
                (_, Some(_)) => match wanted.checked_sub(1).and_then(|below| ["read", "consume"].get(below)) {
                    Some(below) => drop(offer.users.insert(user.clone(), (*below).to_owned())),
                    None => drop(offer.users.remove(&user)),
                },
            }
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.changes.iter().map(one).map(ErrorResult::of).collect() })
}
