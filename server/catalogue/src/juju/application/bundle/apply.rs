//! Does the steps of a bundle, one after the other, as the client does them.

use std::{collections::BTreeMap, time::Duration};

use juju_client::Connection;
use juju_wire::{
    Code,
    constraints::Constraints,
    facade::{
        annotations::{AnnotationsSet, EntityAnnotations, Set as SetAnnotations},
        application::{
            AddRelation, AddUnits, Deploy, Expose, ScaleApplications, SetCharm, SetConfigs, SetConstraints,
            config::{ConfigSetArgs, ConfigSetParams, SetConstraintsParams},
            deploy::{ApplicationDeploy, ApplicationSetCharm, ApplicationsDeploy},
            expose::ApplicationExpose,
            origin::CharmOrigin,
            relation::AddRelationParams,
            scale::{ScaleApplicationParamsV2, ScaleApplicationsParamsV2},
            unit::AddApplicationUnits,
        },
        application_offers::{
            ModifyOfferAccess, Offer as OfferMethod,
            offer::{AddApplicationOffer, AddApplicationOffers, ModifyOfferAccessParams, ModifyOfferAccessRequest},
        },
        charms::{AddCharm, CharmInfo, info::CharmURL, resolve::AddCharmWithOrigin},
        client::application::ExposedEndpoint,
        machine_manager::{
            AddMachines,
            add::{AddMachineParams, AddMachinesParams},
        },
    },
    tag::Tag,
};
use serde_json::Value;

use super::{
    document::{Application, Bundle},
    existing::top,
    step::{Action, MachineRef, Steps},
};
use crate::{
    Failure, OfferUrl, ResolvedTarget,
    constraints::parse_constraints,
    entity,
    juju::{
        application::resources::{self, ResourceRequest},
        offer::consume::consume,
    },
};

/// Time in which a unit gets its machine.
const MACHINE_TIMEOUT: Duration = Duration::from_mins(1);
/// Time between two looks at the machine of a unit.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// A charm with where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Charm {
    pub(super) url: String,
    pub(super) origin: CharmOrigin,
}

/// What a machine or a unit became.
#[derive(Debug, Clone)]
enum Made {
    Machine(String),
    Unit(String),
}

/// Runs the steps of one bundle.
pub(super) struct Run<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) charms: BTreeMap<String, Charm>,
    pub(super) target: &'a ResolvedTarget,
    /// Whether the caller agrees that applications get credentials of the cloud.
    pub(super) trust: bool,
    pub(super) force: bool,
}

fn unfit(problem: String) -> Failure {
    Failure::refused(problem, "correct the bundle")
}

impl Run<'_> {
    /// Does all steps.
    ///
    /// # Errors
    /// The failure of the first step that fails, with what was done before.
    pub(super) async fn run(mut self, steps: &Steps) -> Result<Vec<String>, Failure> {
        let (order, mut done) = (steps.order(), Vec::new());
        let mut made: BTreeMap<usize, Made> = BTreeMap::new();
        let total = u32::try_from(order.len()).map(f64::from).ok();
        for index in order {
            let step = &steps.0[index];
            let count = u32::try_from(done.len()).map(f64::from).unwrap_or_default();
            self.target.report(count, total, step.description.clone());
            match self.step(&step.action, &made).await {
                Ok(result) => made.extend(result.map(|result| (index, result))),
                Err(failure) if done.is_empty() || failure.outcome_unknown() => return Err(failure),
                Err(failure) => {
                    return Err(Failure::refused(
                        format!(
                            "{} of {} steps were done, then `{}` failed: {failure}",
                            done.len(),
                            steps.0.len(),
                            step.description
                        ),
                        failure
                            .remedy()
                            .unwrap_or_else(|| "correct the bundle and call again: what is there stays".to_owned()),
                    ));
                }
            }
            done.push(step.description.clone());
        }
        Ok(done)
    }

    async fn step(&mut self, action: &Action, made: &BTreeMap<usize, Made>) -> Result<Option<Made>, Failure> {
        let connection = self.target.model_connection().await?;
        match action {
            Action::AddCharm { application } => self.add_charm(application, &connection).await?,
            Action::Deploy { application } => self.deploy(application, &connection).await?,
            Action::Upgrade { application } => self.upgrade(application, &connection).await?,
            Action::SetOptions { application, options } => {
                let set = ConfigSetParams {
                    application: application.clone(),
                    generation: "master".to_owned(),
                    config_yaml: options_yaml(application, options)?,
                    ..ConfigSetParams::default()
                };
                connection.call::<SetConfigs>(ConfigSetArgs { args: vec![set] }).await?.into_result()?;
            }
            Action::SetConstraints { application } => {
                let constraints = constraints(&self.bundle.applications[application].constraints)?;
                let params = SetConstraintsParams { application: application.clone(), constraints };
                connection.call::<SetConstraints>(params).await?;
            }
            Action::Expose { application } => self.expose(application, &connection).await?,
            Action::Scale { application } => {
                let scale = i64::try_from(self.bundle.applications[application].num_units).unwrap_or(i64::MAX);
                let one = ScaleApplicationParamsV2 {
                    application_tag: entity::application(application),
                    scale,
                    ..ScaleApplicationParamsV2::default()
                };
                let reply = connection.call::<ScaleApplications>(ScaleApplicationsParamsV2 { applications: vec![one] });
                if let Some(error) = reply.await?.results.into_iter().find_map(|result| result.error) {
                    return Err(error.into());
                }
            }
            Action::AnnotateApplication { application, annotations } => {
                annotate(entity::application(application), annotations.clone(), &connection).await?;
            }
            Action::AnnotateMachine { machine, annotations } => {
                let machine = self.machine(machine, made).await?;
                annotate(entity::machine(&machine), annotations.clone(), &connection).await?;
            }
            Action::AddMachine { .. } => return self.add_machine(action, made, &connection).await.map(Some),
            Action::Consume { name } => {
                let url = OfferUrl::parse("url", &self.bundle.saas[name].url).map_err(unfit)?;
                consume(&url, Some(name), self.target).await?;
            }
            Action::Offer { application, offer } => self.offer(application, offer).await?,
            Action::Grant { offer, user, access } => self.grant(offer, user, access).await?,
            Action::Relate { endpoints } => {
                let params = AddRelationParams { endpoints: endpoints.to_vec(), ..AddRelationParams::default() };
                match connection.call::<AddRelation>(params).await {
                    Err(error) if error.remote().is_some_and(|remote| remote.code == Code::AlreadyExists) => {}
                    reply => drop(reply?),
                }
            }
            Action::AddUnit { .. } => return self.add_unit(action, made, &connection).await.map(Some),
        }
        Ok(None)
    }

    async fn add_charm(&mut self, application: &str, connection: &Connection) -> Result<(), Failure> {
        let Charm { url, origin } = self.charms[application].clone();
        let params = AddCharmWithOrigin { url: url.clone(), charm_origin: origin.clone(), force: self.force };
        let reply = connection.call::<AddCharm>(params).await?;
        if let Some(error) = reply.error {
            return Err(error.into());
        }
        // applications with the same charm have the same origin
        for charm in self.charms.values_mut().filter(|charm| charm.url == url && charm.origin == origin) {
            charm.origin = reply.charm_origin.clone();
        }
        Ok(())
    }

    async fn deploy(&self, name: &str, connection: &Connection) -> Result<(), Failure> {
        let (application, charm) = (&self.bundle.applications[name], &self.charms[name]);
        let resources = self.resources(name, application, charm, connection).await?;
        let mut options = application.options.clone();
        if self.trust && application.wants_trust() {
            options.insert("trust".to_owned(), Value::String("true".to_owned()));
        }
        let storage = application
            .storage
            .iter()
            .map(|(storage, value)| Ok((storage.clone(), entity::storage(&entity::text(value))?)));
        let devices = application
            .devices
            .iter()
            .map(|(device, value)| Ok((device.clone(), entity::device(&entity::text(value))?)));
        let units = if self.bundle.is_kubernetes() { application.num_units } else { 0 };
        let deploy = ApplicationDeploy {
            application: name.to_owned(),
            charm_url: charm.url.clone(),
            charm_origin: Some(charm.origin.clone()),
            channel: charm.origin.risk.clone(),
            num_units: i64::try_from(units).unwrap_or(i64::MAX),
            config_yaml: options_yaml(name, &options)?,
            constraints: constraints(&application.constraints)?,
            storage: storage.collect::<Result<_, String>>().map_err(unfit)?,
            devices: devices.collect::<Result<_, String>>().map_err(unfit)?,
            endpoint_bindings: application
                .bindings
                .iter()
                .map(|(end, space)| (end.clone(), entity::text(space)))
                .collect(),
            resources,
            force: self.force,
            ..ApplicationDeploy::default()
        };
        connection.call::<Deploy>(ApplicationsDeploy { applications: vec![deploy] }).await?.into_result()?;
        Ok(())
    }

    /// Adds the resources of the charm of an application.
    async fn resources(
        &self,
        name: &str,
        application: &Application,
        charm: &Charm,
        connection: &Connection,
    ) -> Result<BTreeMap<String, String>, Failure> {
        let details = connection.call::<CharmInfo>(CharmURL { url: charm.url.clone() }).await?;
        let described = details.meta.map(|meta| meta.resources).unwrap_or_default();
        let wanted = application.resources.iter().map(|(name, value)| (name.clone(), entity::text(value))).collect();
        if described.is_empty() {
            resources::check(&described, &wanted)?;
            return Ok(BTreeMap::new());
        }
        // the client leaves the kind out here
        let origin = CharmOrigin { kind: String::new(), ..charm.origin.clone() };
        let request = ResourceRequest { application: name, url: &charm.url, origin: &origin };
        resources::prepare(&request, &described, &wanted, self.target).await
    }

    async fn upgrade(&self, name: &str, connection: &Connection) -> Result<(), Failure> {
        let (application, charm) = (&self.bundle.applications[name], &self.charms[name]);
        let set = ApplicationSetCharm {
            application: name.to_owned(),
            generation: "master".to_owned(),
            charm_url: charm.url.clone(),
            channel: charm.origin.risk.clone(),
            charm_origin: Some(charm.origin.clone()),
            resource_ids: self.resources(name, application, charm, connection).await?,
            force: self.force,
            ..ApplicationSetCharm::default()
        };
        connection.call::<SetCharm>(set).await?;
        Ok(())
    }

    async fn expose(&self, name: &str, connection: &Connection) -> Result<(), Failure> {
        let endpoint = |(endpoint, one): (&String, &super::document::Exposed)| {
            let exposed = ExposedEndpoint {
                expose_to_spaces: one.expose_to_spaces.clone(),
                expose_to_cidrs: one.expose_to_cidrs.clone(),
            };
            (endpoint.clone(), exposed)
        };
        let exposed_endpoints = self.bundle.applications[name].exposed_endpoints.iter().map(endpoint).collect();
        connection.call::<Expose>(ApplicationExpose { application: name.to_owned(), exposed_endpoints }).await?;
        Ok(())
    }

    async fn add_machine(
        &self,
        action: &Action,
        made: &BTreeMap<usize, Made>,
        connection: &Connection,
    ) -> Result<Made, Failure> {
        let Action::AddMachine { base, constraints: words, container, parent } = action else {
            return Err(unfit("a step that adds no machine".to_owned()));
        };
        let parent_id = match parent {
            Some(parent) => top(&self.machine(parent, made).await?).to_owned(),
            None => String::new(),
        };
        let machine = AddMachineParams {
            base: base.as_deref().map(entity::parse_full_base).transpose().map_err(unfit)?,
            constraints: constraints(words)?,
            jobs: vec!["JobHostUnits".to_owned()],
            parent_id,
            container_type: container.clone(),
            ..AddMachineParams::default()
        };
        let reply = connection.call::<AddMachines>(AddMachinesParams { params: vec![machine] }).await?;
        let added = reply.machines.into_iter().next().unwrap_or_default();
        added.error.map_or(Ok(Made::Machine(added.machine)), |error| Err(error.into()))
    }

    async fn add_unit(
        &self,
        action: &Action,
        made: &BTreeMap<usize, Made>,
        connection: &Connection,
    ) -> Result<Made, Failure> {
        let Action::AddUnit { application, container, machine } = action else {
            return Err(unfit("a step that adds no unit".to_owned()));
        };
        let machine = match machine {
            Some(machine) => Some(self.machine(machine, made).await?),
            None => None,
        };
        let directive = machine.as_ref().map(|machine| match container.as_str() {
            "" => machine.clone(),
            kind => format!("{kind}:{machine}"),
        });
        let params = AddApplicationUnits {
            application: application.clone(),
            num_units: 1,
            placement: entity::placements(directive.as_slice(), self.target.model_uuid()),
            ..AddApplicationUnits::default()
        };
        let unit = connection.call::<AddUnits>(params).await?.units.into_iter().next().unwrap_or_default();
        // a unit in a new container is beside others on the machine under it
        Ok(machine.filter(|_| container.is_empty()).map_or(Made::Unit(unit), Made::Machine))
    }

    /// The machine that a step made; that of a unit comes a while later.
    async fn machine(&self, machine: &MachineRef, made: &BTreeMap<usize, Made>) -> Result<String, Failure> {
        let unit = match machine {
            MachineRef::Existing(id) => return Ok(id.clone()),
            MachineRef::Step(step) => match made.get(step) {
                Some(Made::Machine(id)) => return Ok(id.clone()),
                Some(Made::Unit(unit)) => unit.clone(),
                None => return Err(unfit("a step needs a machine that no step has made".to_owned())),
            },
        };
        let application = unit.split('/').next().unwrap_or_default();
        let found = async {
            loop {
                let status = self.target.full_status().await?;
                let found = status.applications.get(application).and_then(|found| found.units.get(&unit));
                if let Some(found) = found.filter(|found| !found.machine.is_empty()) {
                    return Ok(found.machine.clone());
                }
                tokio::time::sleep(LOOK_INTERVAL).await;
            }
        };
        tokio::time::timeout(MACHINE_TIMEOUT, found).await.unwrap_or_else(|_| {
            Err(Failure::refused(format!("the unit {unit} got no machine"), "look at the model with juju_status"))
        })
    }

    async fn offer(&self, application: &str, offer: &str) -> Result<(), Failure> {
        let connection = self.target.controller_connection().await?;
        let spec = &self.bundle.applications[application].offers[offer];
        let offer = AddApplicationOffer {
            model_tag: Tag::new("model", self.target.model_uuid()).to_string(),
            offer_name: offer.to_owned(),
            application_name: application.to_owned(),
            endpoints: spec.endpoints.iter().map(|endpoint| (endpoint.clone(), endpoint.clone())).collect(),
            owner_tag: connection.session().await?.user_tag().to_owned(),
            ..AddApplicationOffer::default()
        };
        connection.call::<OfferMethod>(AddApplicationOffers { offers: vec![offer] }).await?.into_result()?;
        Ok(())
    }

    async fn grant(&self, offer: &str, user: &str, access: &str) -> Result<(), Failure> {
        let connection = self.target.controller_connection().await?;
        // the client leaves the owner out where that is the user
        let (full, session) = (self.target.model_name(), connection.session().await?);
        let own = session.user_tag().strip_prefix("user-").and_then(|user| full.strip_prefix(user)?.strip_prefix('/'));
        let change = ModifyOfferAccessParams {
            user_tag: Tag::new("user", user).to_string(),
            action: "grant".to_owned(),
            access: access.to_owned(),
            offer_url: format!("{}.{offer}", own.unwrap_or(full)),
        };
        let reply = connection.call::<ModifyOfferAccess>(ModifyOfferAccessRequest { changes: vec![change] }).await?;
        match reply.into_result() {
            // Juju has no code for this
            Err(error) if error.message.contains("user already has") => Ok(()),
            result => Ok(result?),
        }
    }
}

async fn annotate(
    entity: String,
    annotations: BTreeMap<String, String>,
    connection: &Connection,
) -> Result<(), Failure> {
    let params = AnnotationsSet { annotations: vec![EntityAnnotations { entity, annotations }] };
    connection.call::<SetAnnotations>(params).await?.into_result()?;
    Ok(())
}

fn constraints(text: &str) -> Result<Constraints, Failure> {
    parse_constraints(text).map_err(unfit)
}

/// Options as the controller reads them from YAML; nothing where there are none.
fn options_yaml(application: &str, options: &BTreeMap<String, Value>) -> Result<String, Failure> {
    if options.is_empty() {
        return Ok(String::new());
    }
    serde_yaml::to_string(&BTreeMap::from([(application, options)])).map_err(|cause| unfit(cause.to_string()))
}
