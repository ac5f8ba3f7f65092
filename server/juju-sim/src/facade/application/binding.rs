//! Spaces of endpoints, bases of applications, and relations that rest.

use juju_wire::{
    Code, ErrorResult, RemoteError,
    code::ErrorResults,
    facade::application::{
        MergeBindings, SetRelationsSuspended, UpdateApplicationBase,
        deploy::{ApplicationMergeBindings, ApplicationMergeBindingsArgs, UpdateChannelArg, UpdateChannelArgs},
        relation::{RelationSuspendedArg, RelationSuspendedArgs},
    },
    tag::Tag,
};

use crate::{
    call::Call,
    facade::status::{base, bindings},
    methods::Methods,
    state::{Model, Status, Topic},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<MergeBindings>(merge);
    methods.on::<UpdateApplicationBase>(rebase);
    methods.on::<SetRelationsSuspended>(suspend);
}

fn application(tag: &str) -> Result<String, RemoteError> {
    Tag::parse_id("application", tag).map_err(RemoteError::from)
}

fn merge(call: &Call, params: ApplicationMergeBindingsArgs) -> Result<ErrorResults, RemoteError> {
    let one = |args: &ApplicationMergeBindings| {
        let name = application(&args.application_tag)?;
        call.write_model(|model| {
            let known = bindings(model.application(&name)?);
            for (endpoint, space) in &args.bindings {
                if !known.contains_key(endpoint) {
                    let message = format!("merging application bindings: unknown endpoint \"{endpoint}\" not valid");
                    return Err(RemoteError::new(Code::NotValid, message));
                }
                if !model.spaces.contains(space) {
                    return Err(RemoteError::not_found("space"));
                }
            }
            model.application_mut(&name)?.bindings.extend(args.bindings.clone());
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.args.iter().map(one).map(ErrorResult::of).collect() })
}

/// Every charm of the simulated store is for one base only.
fn rebase(call: &Call, params: UpdateChannelArgs) -> Result<ErrorResults, RemoteError> {
    let one = |args: &UpdateChannelArg| {
        let name = application(&args.tag.tag)?;
        call.write_model(|model| {
            let charm = &model.application(&name)?.charm.name;
            let own = base().channel;
            let wanted = args.channel.as_str();
            if wanted == own || Some(wanted) == own.split('/').next() {
                return Ok(());
            }
            let message = format!("charm \"{charm}\" does not support ubuntu@{wanted}, force not used");
            Err(RemoteError::plain(message))
        })
    };
    Ok(ErrorResults { results: params.args.iter().map(one).map(ErrorResult::of).collect() })
}

/// Whether the relation is with another model, here or there.
fn crosses(model: &Model, id: i64) -> bool {
    model.relations.get(&id).is_some_and(|relation| {
        relation.endpoints.iter().any(|side| model.remote_applications.contains_key(&side.application))
    })
}

fn suspend(call: &Call, params: RelationSuspendedArgs) -> Result<ErrorResults, RemoteError> {
    let one = |args: &RelationSuspendedArg| {
        call.write_model(|model| {
            let crosses = crosses(model, args.relation_id);
            let missing = || RemoteError::not_found(format!("relation {}", args.relation_id));
            let relation = model.relations.get_mut(&args.relation_id).ok_or_else(missing)?;
            if !crosses && args.suspended {
                let message = format!(
                    "cannot set suspend status for \"{}\" which is not associated with an offer",
                    relation.key()
                );
                return Err(RemoteError::plain(message));
            }
            if crosses {
                relation.status = if args.suspended {
                    Status::now("suspended", args.message.clone())
                } else {
                    Status::now("joined", "")
                };
                model.journal.mark_changed(Topic::Relation(args.relation_id));
            }
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.args.iter().map(one).map(ErrorResult::of).collect() })
}
