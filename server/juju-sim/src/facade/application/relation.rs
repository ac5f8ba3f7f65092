//! Relating applications, and consuming what other models offer.

use juju_wire::{
    Code, ErrorResult, RemoteError,
    code::ErrorResults,
    facade::application::{
        AddRelation, Consume, DestroyRelation,
        consume::{ConsumeApplicationArgV5, ConsumeApplicationArgsV5},
        relation::{AddRelationParams, AddRelationResults, DestroyRelationParams},
    },
    tag::Tag,
};

use crate::{
    call::Call,
    facade::delta::charm_relation,
    methods::Methods,
    relations,
    state::{RelationEndpoint, RemoteApplication, Status, Topic},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<AddRelation>(add);
    methods.on::<DestroyRelation>(destroy);
    methods.on::<Consume>(consume);
}

fn add(call: &Call, params: AddRelationParams) -> Result<AddRelationResults, RemoteError> {
    let network = |text: &String| {
        let (address, bits) = text.split_once('/').unwrap_or((text, ""));
        let longest = match address.parse::<std::net::IpAddr>() {
            Ok(std::net::IpAddr::V4(_)) => 32,
            Ok(std::net::IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        bits.parse::<u8>().is_ok_and(|bits| bits <= longest)
    };
    if let Some(odd) = params.via_cidrs.iter().find(|text| !network(text)) {
        return Err(RemoteError::plain(format!("invalid CIDR address: {odd}")));
    }
    call.write_model(|model| {
        let sides = relations::add(model, &params.endpoints)?;
        let endpoints = sides.iter().map(|side| (side.application.clone(), charm_relation(side))).collect();
        Ok(AddRelationResults { endpoints })
    })
}

fn destroy(call: &Call, params: DestroyRelationParams) -> Result<(), RemoteError> {
    call.write_model(|model| {
        let id = if params.endpoints.is_empty() {
            let missing = || RemoteError::not_found(format!("relation {}", params.relation_id));
            model.relations.get(&params.relation_id).map(|relation| relation.id).ok_or_else(missing)?
        } else {
            let missing = || RemoteError::not_found(format!("relation matching \"{}\"", params.endpoints.join(" ")));
            let sides = relations::pair(model, &params.endpoints).map_err(|_| missing())?;
            relations::find(model, &sides).ok_or_else(missing)?
        };
        model.take_relation(id)
    })
}

fn consume(call: &Call, params: ConsumeApplicationArgsV5) -> Result<ErrorResults, RemoteError> {
    let result = |args: &ConsumeApplicationArgV5| {
        Tag::parse_id("model", &args.source_model_tag)?;
        let name = if args.application_alias.is_empty() { &args.offer_name } else { &args.application_alias };
        call.write_model(|model| {
            if model.applications.contains_key(name) {
                let message =
                    format!("cannot add saas application \"{name}\": local application with same name already exists");
                return Err(RemoteError::new(Code::AlreadyExists, message));
            }
            let side = |endpoint: &juju_wire::facade::client::application::RemoteEndpoint| RelationEndpoint {
                application: name.clone(),
                name: endpoint.name.clone(),
                role: if endpoint.role == "requirer" { "requirer" } else { "provider" },
                interface: endpoint.interface.clone(),
                optional: false,
                limit: endpoint.limit,
                scope: "global".to_owned(),
            };
            let remote = RemoteApplication {
                name: name.clone(),
                offer_url: args.offer_url.clone(),
                endpoints: args.endpoints.iter().map(side).collect(),
                status: Status::now("active", ""),
            };
            model.remote_applications.insert(name.clone(), remote);
            model.journal.mark_changed(Topic::RemoteApplication(name.clone()));
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.args.iter().map(|args| ErrorResult::of(result(args))).collect() })
}
