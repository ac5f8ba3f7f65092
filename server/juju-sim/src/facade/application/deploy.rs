//! Deploying and refreshing.

use std::collections::BTreeMap;

use juju_wire::{
    Code, ErrorResult, RemoteError,
    code::ErrorResults,
    constraints::{Base, Constraints},
    facade::application::{
        Deploy, DeployFromRepository, GetCharmURLOrigin, SetCharm,
        config::ApplicationGet,
        deploy::{ApplicationDeploy, ApplicationSetCharm, ApplicationsDeploy},
        origin::{CharmOrigin, CharmURLOriginResult},
        repository::{
            DeployFromRepositoryArg, DeployFromRepositoryArgs, DeployFromRepositoryInfo, DeployFromRepositoryResult,
            DeployFromRepositoryResults,
        },
    },
};

use super::config;
use crate::{
    call::Call,
    facade::{charms, status::base, storage},
    methods::Methods,
    state::{Kind, Model, Topic},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<DeployFromRepository>(from_repository);
    methods.on::<Deploy>(deploy);
    methods.on::<GetCharmURLOrigin>(origin);
    methods.on::<SetCharm>(set_charm);
}

fn from_repository(call: &Call, params: DeployFromRepositoryArgs) -> Result<DeployFromRepositoryResults, RemoteError> {
    let one = |args| {
        unplaced(call, args)?;
        one_from_repository(call, args).map_err(|error| vec![error])
    };
    let results = params.args.iter().map(|args| match one(args) {
        Ok(info) => DeployFromRepositoryResult { info, ..DeployFromRepositoryResult::default() },
        Err(errors) => DeployFromRepositoryResult {
            errors: errors.into_iter().map(Some).collect(),
            ..DeployFromRepositoryResult::default()
        },
    });
    Ok(DeployFromRepositoryResults { results: results.collect() })
}

/// Refuses a machine that is not there, with the messages of the real server.
fn unplaced(call: &Call, args: &DeployFromRepositoryArg) -> Result<(), Vec<RemoteError>> {
    let anchor = args.placement.iter().flatten().find(|placement| placement.scope == "#");
    let Some(machine) = anchor.map(|placement| placement.directive.as_str()) else { return Ok(()) };
    let there = call.read_model(|model| Ok(model.machine(machine).is_some())).map_err(|error| vec![error])?;
    let name = if args.application_name.is_empty() { &args.charm_name } else { &args.application_name };
    let error = |what: &str| RemoteError::not_found(format!("{what}: machine {machine}"));
    let errors = || {
        let first = format!("cannot deploy \"{name}\" to machine {machine}");
        vec![error(&first), error("verifying machine for placement")]
    };
    if there { Ok(()) } else { Err(errors()) }
}

fn one_from_repository(call: &Call, args: &DeployFromRepositoryArg) -> Result<DeployFromRepositoryInfo, RemoteError> {
    // python-libjuju sends the URL that resolving the charm returned
    let wanted = match args.charm_name.strip_prefix("ch:") {
        Some(url) => charms::of_url(call, &format!("ch:{url}"))?.name.clone(),
        None => args.charm_name.clone(),
    };
    charms::check_url(&format!("ch:{wanted}"))?;
    let channel = args.channel.as_deref().unwrap_or_default();
    let resolved = call.read(|state| charms::resolve(&state.charms, &wanted, channel))?;
    let name = if args.application_name.is_empty() { wanted } else { args.application_name.clone() };
    let revision = args.revision.unwrap_or(resolved.charm.revision);
    let info = DeployFromRepositoryInfo {
        architecture: "amd64".to_owned(),
        base: choose_base(args)?,
        channel: resolved.channel.clone(),
        effective_channel: None,
        name: name.clone(),
        revision,
    };
    let settings =
        if args.config_yaml.is_empty() { BTreeMap::new() } else { config::from_yaml(&args.config_yaml, &name)? };
    call.write_model(|model| {
        check_name(&name)?;
        if args.dry_run && model.applications.contains_key(&name) {
            return Err(RemoteError::plain(format!("application \"{name}\" already exists")));
        }
        config::check(&resolved.charm, &settings)?;
        check_spaces(model, args.endpoint_bindings.values())?;
        check_pools(model, args.storage.values().map(|storage| &storage.pool))?;
        if args.dry_run {
            return Ok(());
        }
        model.add_application(&name, &resolved.charm, &resolved.channel)?;
        let application = model.application_mut(&name)?;
        application.revision = revision;
        application.trust = args.trust;
        if !resolved.charm.subordinate {
            application.constraints = with_architecture(&args.cons);
        }
        config::apply(model, &name, &settings)?;
        add_units(model, &name, args.num_units.unwrap_or(1), &args.placement, true)
    })?;
    Ok(info)
}

/// Version of Ubuntu that every charm of the store is for.
const CHARM_BASE: &str = "22.04";
/// Versions of Ubuntu that machines can have (`core/base/supported.go`).
const MACHINE_BASES: [&str; 3] = ["20.04", "22.04", "24.04"];

/// The base that a charm is deployed on: its own, or with `force` another one that machines can have. Refuses other bases with the
/// messages of the real server (`core/charm/baseselector.go`).
fn choose_base(args: &DeployFromRepositoryArg) -> Result<Base, RemoteError> {
    let own = Base { channel: CHARM_BASE.to_owned(), ..base() };
    let Some(wanted) = args.base.as_ref().filter(|wanted| !wanted.name.is_empty()) else { return Ok(own) };
    let (version, risk) = wanted.channel.split_once('/').unwrap_or((&wanted.channel, "stable"));
    let name = format!("{}@{version}/{risk}", wanted.name);
    let fits_machines = wanted.name == own.name && MACHINE_BASES.contains(&version) && risk == "stable";
    match () {
        () if wanted.name == own.name && version == CHARM_BASE => Ok(own),
        () if !fits_machines => Err(RemoteError::plain(format!("base: {name}"))),
        () if args.force => Ok(Base { channel: version.to_owned(), ..own }),
        () => Err(RemoteError::plain(format!(
            "base \"{name}\" is not supported, supported bases are: ubuntu@{CHARM_BASE}. Use --force to deploy the charm anyway."
        ))),
    }
}

/// Small letters and digits in words with hyphens between them, each with a letter, as the names package has it.
pub(super) fn is_valid(name: &str) -> bool {
    let word = |word: &str| {
        word.bytes().any(|letter| letter.is_ascii_lowercase())
            && word.bytes().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name.split('-').all(word)
}

fn check_name(name: &str) -> Result<(), RemoteError> {
    let refused = || RemoteError::plain(format!("cannot add application \"{name}\": invalid name"));
    if is_valid(name) { Ok(()) } else { Err(refused()) }
}

/// Refuses spaces that the model does not have; the empty name is the default one.
fn check_spaces<'a>(model: &Model, names: impl IntoIterator<Item = &'a String>) -> Result<(), RemoteError> {
    match names.into_iter().find(|name| !name.is_empty() && !model.spaces.contains(name)) {
        Some(name) => Err(RemoteError::not_found(format!("space \"{name}\""))),
        None => Ok(()),
    }
}

/// Refuses storage pools that the model does not have; the empty name is the default one.
fn check_pools<'a>(model: &Model, names: impl IntoIterator<Item = &'a String>) -> Result<(), RemoteError> {
    let known = |name: &String| model.pools.contains_key(name) || storage::providers(model).any(|known| known == name);
    match names.into_iter().find(|name| !name.is_empty() && !known(name)) {
        Some(name) => Err(RemoteError::not_found(format!("pool \"{name}\""))),
        None => Ok(()),
    }
}

/// The charm's architecture is a constraint of its application from the start.
fn with_architecture(constraints: &Constraints) -> Constraints {
    Constraints { arch: constraints.arch.clone().or_else(|| Some("amd64".to_owned())), ..constraints.clone() }
}

/// Adds units, each on its placement; one that is staged stays without a machine if it cannot be placed.
pub(super) fn add_units(
    model: &mut Model,
    application: &str,
    count: i64,
    placement: &[Option<juju_wire::constraints::Placement>],
    staged: bool,
) -> Result<(), RemoteError> {
    if model.application(application)?.charm.subordinate {
        return Ok(());
    }
    if model.kind == Kind::Caas {
        model.application_mut(application)?.scale += u32::try_from(count).unwrap_or_default();
    }
    for number in 0..usize::try_from(count).unwrap_or_default() {
        let added = model.add_unit(application, placement.get(number).and_then(Option::as_ref));
        if !staged {
            added?;
        }
    }
    Ok(())
}

fn deploy(call: &Call, params: ApplicationsDeploy) -> Result<ErrorResults, RemoteError> {
    let result = |args: &ApplicationDeploy| {
        check_origin(args.charm_origin.as_ref())?;
        let charm = charms::of_url(call, &args.charm_url)?;
        call.write_model(|model| {
            check_name(&args.application)?;
            // the real server reads the channel from the origin
            let origin = args.charm_origin.as_ref().filter(|origin| origin.track.is_some());
            let channel = origin.map_or_else(|| args.channel.clone(), charms::channel_of);
            model.add_application(&args.application, &charm, &channel)?;
            let application = model.application_mut(&args.application)?;
            application.revision = charms::revision(&args.charm_url).unwrap_or(charm.revision);
            if !charm.subordinate {
                application.constraints = with_architecture(&args.constraints);
            }
            config::apply(model, &args.application, &args.config)?;
            add_units(model, &args.application, args.num_units, &args.placement, true)
        })
    };
    Ok(ErrorResults { results: params.applications.iter().map(|args| ErrorResult::of(result(args))).collect() })
}

fn origin(call: &Call, params: ApplicationGet) -> Result<CharmURLOriginResult, RemoteError> {
    call.read_model(|model| {
        let found = model.application(&params.application);
        Ok(match found {
            Ok(application) => CharmURLOriginResult {
                url: application.charm.url(application.revision),
                charm_origin: charms::origin(&application.charm, &application.channel, application.revision),
                error: None,
            },
            Err(error) => CharmURLOriginResult { error: Some(error), ..CharmURLOriginResult::default() },
        })
    })
}

/// Refuses a charm without an origin.
fn check_origin(origin: Option<&CharmOrigin>) -> Result<(), RemoteError> {
    match origin {
        Some(origin) if !origin.source.is_empty() => Ok(()),
        _ => Err(RemoteError::new(Code::BadRequest, "charm origin source required")),
    }
}

fn set_charm(call: &Call, params: ApplicationSetCharm) -> Result<(), RemoteError> {
    check_origin(params.charm_origin.as_ref())?;
    let charm = charms::of_url(call, &params.charm_url)?;
    call.write_model(|model| {
        let application = model.application_mut(&params.application)?;
        application.revision = charms::revision(&params.charm_url).unwrap_or(charm.revision);
        application.charm = charm;
        let url = application.charm.url(application.revision);
        if let Some(origin) = &params.charm_origin {
            application.channel = charms::channel_of(origin);
        }
        let hooks = ["upgrade-charm", "config-changed"].map(str::to_owned);
        model.queue(&params.application, &hooks);
        model.journal.mark_changed(Topic::Charm(url));
        Ok(())
    })
}
