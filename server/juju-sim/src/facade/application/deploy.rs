//! Deploying and refreshing.

use std::collections::BTreeMap;

use juju_wire::{
    ErrorResult, RemoteError,
    code::ErrorResults,
    constraints::Constraints,
    facade::application::{
        Deploy, DeployFromRepository, GetCharmURLOrigin, SetCharm,
        config::ApplicationGet,
        deploy::{ApplicationDeploy, ApplicationSetCharm, ApplicationsDeploy},
        origin::CharmURLOriginResult,
        repository::{
            DeployFromRepositoryArg, DeployFromRepositoryArgs, DeployFromRepositoryInfo, DeployFromRepositoryResult,
            DeployFromRepositoryResults,
        },
    },
};

use super::{change, config, look};
use crate::{
    facade::{charms, status::base},
    methods::{Call, Methods},
    state::{Kind, Model, Topic},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<DeployFromRepository>(from_repository);
    methods.on::<Deploy>(deploy);
    methods.on::<GetCharmURLOrigin>(origin);
    methods.on::<SetCharm>(set_charm);
}

fn from_repository(call: &Call, params: DeployFromRepositoryArgs) -> Result<DeployFromRepositoryResults, RemoteError> {
    let results = params.args.iter().map(|args| match one_from_repository(call, args) {
        Ok(info) => DeployFromRepositoryResult { info, ..DeployFromRepositoryResult::default() },
        Err(error) => DeployFromRepositoryResult { errors: vec![Some(error)], ..DeployFromRepositoryResult::default() },
    });
    Ok(DeployFromRepositoryResults { results: results.collect() })
}

fn one_from_repository(call: &Call, args: &DeployFromRepositoryArg) -> Result<DeployFromRepositoryInfo, RemoteError> {
    // python-libjuju says the URL that it was told when it had the charm resolved
    let wanted = match args.charm_name.strip_prefix("ch:") {
        Some(url) => charms::of_url(call, &format!("ch:{url}"))?.name.clone(),
        None => args.charm_name.clone(),
    };
    let channel = args.channel.as_deref().unwrap_or_default();
    let resolved = call.read(|state| charms::resolve(&state.charms, &wanted, channel))?;
    let name = if args.application_name.is_empty() { wanted } else { args.application_name.clone() };
    let revision = args.revision.unwrap_or(resolved.charm.revision);
    let info = DeployFromRepositoryInfo {
        architecture: "amd64".to_owned(),
        base: juju_wire::constraints::Base { channel: "22.04".to_owned(), ..base() },
        channel: resolved.channel.clone(),
        effective_channel: None,
        name: name.clone(),
        revision,
    };
    let settings =
        if args.config_yaml.is_empty() { BTreeMap::new() } else { config::from_yaml(&args.config_yaml, &name)? };
    change(call, |model| {
        if args.dry_run {
            return model
                .applications
                .get(&name)
                .map_or(Ok(()), |_| Err(RemoteError::plain(format!("application \"{name}\" already exists"))));
        }
        model.add_application(&name, &resolved.charm, &resolved.channel)?;
        let application = model.application_mut(&name)?;
        application.revision = revision;
        application.trust = args.trust;
        if !resolved.charm.subordinate {
            application.constraints = with_architecture(&args.cons);
        }
        if let Err(error) = config::apply(model, &name, &settings) {
            // an application whose options are refused is not there
            model.applications.remove(&name);
            return Err(error);
        }
        add_units(model, &name, args.num_units.unwrap_or(1), &args.placement)
    })?;
    Ok(info)
}

/// The charm's architecture is a constraint of its application from the start.
fn with_architecture(constraints: &Constraints) -> Constraints {
    Constraints { arch: constraints.arch.clone().or_else(|| Some("amd64".to_owned())), ..constraints.clone() }
}

/// Adds units, each where its placement says.
pub(super) fn add_units(
    model: &mut Model,
    application: &str,
    count: i64,
    placement: &[Option<juju_wire::constraints::Placement>],
) -> Result<(), RemoteError> {
    if model.application(application)?.charm.subordinate {
        return Ok(());
    }
    if model.kind == Kind::Caas {
        model.application_mut(application)?.scale += u32::try_from(count).unwrap_or_default();
    }
    for number in 0..usize::try_from(count).unwrap_or_default() {
        let machine =
            placement.get(number).and_then(Option::as_ref).and_then(|placement| placement.directive.parse().ok());
        model.add_unit(application, machine)?;
    }
    Ok(())
}

fn deploy(call: &Call, params: ApplicationsDeploy) -> Result<ErrorResults, RemoteError> {
    let result = |args: &ApplicationDeploy| {
        let charm = charms::of_url(call, &args.charm_url)?;
        change(call, |model| {
            model.add_application(&args.application, &charm, &args.channel)?;
            let application = model.application_mut(&args.application)?;
            application.revision = charms::revision(&args.charm_url).unwrap_or(charm.revision);
            if !charm.subordinate {
                application.constraints = with_architecture(&args.constraints);
            }
            config::apply(model, &args.application, &args.config)?;
            add_units(model, &args.application, args.num_units, &args.placement)
        })
    };
    Ok(ErrorResults { results: params.applications.iter().map(|args| ErrorResult::of(result(args))).collect() })
}

fn origin(call: &Call, params: ApplicationGet) -> Result<CharmURLOriginResult, RemoteError> {
    look(call, |model| {
        let application = model.application(&params.application)?;
        Ok(CharmURLOriginResult {
            url: application.charm.url(application.revision),
            charm_origin: charms::origin(&application.charm, &application.channel, application.revision),
            error: None,
        })
    })
}

fn set_charm(call: &Call, params: ApplicationSetCharm) -> Result<(), RemoteError> {
    let charm = charms::of_url(call, &params.charm_url)?;
    change(call, |model| {
        let application = model.application_mut(&params.application)?;
        application.revision = charms::revision(&params.charm_url).unwrap_or(charm.revision);
        application.charm = charm;
        let url = application.charm.url(application.revision);
        if let Some(origin) = &params.charm_origin {
            application.channel = charms::channel_of(origin);
        }
        let hooks = ["upgrade-charm", "config-changed"].map(str::to_owned);
        model.queue(&params.application, &hooks);
        model.journal.touch(Topic::Charm(url));
        Ok(())
    })
}
