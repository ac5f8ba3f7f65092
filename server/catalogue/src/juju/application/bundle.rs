//! Bundles: reads one with its overlays, finds the steps that make a model like it, and does them.

mod apply;
mod document;
mod existing;
mod placement;
mod step;
mod steps;
mod units;

use std::{collections::BTreeMap, path::Path};

use juju_wire::{
    constraints::Base,
    entity::{Entities, Entity},
    facade::{
        annotations::Get as GetAnnotations,
        application::{
            CharmConfig, GetConstraints,
            config::{ApplicationGet, ApplicationGetArgs},
            origin::CharmOrigin,
        },
        charms::{
            ResolveCharms,
            resolve::{ResolveCharmWithChannel, ResolveCharmsWithChannel},
        },
        model_config::{GetModelConstraints, Sequences},
    },
};
use serde_json::{Value, json};

pub(super) use self::document::Bundle;
use self::{
    apply::{Charm, Run},
    existing::ModelView,
    step::{Action, Steps},
    steps::ResolvedCharm,
};
use super::archive::read_local_file;
use crate::{Failure, ResolvedTarget, constraints::parse_constraints, entity};

/// How a bundle is to be deployed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) map_machines: &'a str,
    pub(super) trust: bool,
    pub(super) force: bool,
}

/// Whether a text is the content of a bundle, and no name or path.
pub(super) fn is_content(text: &str) -> bool {
    text.contains('\n') || text.trim_start().starts_with('{')
}

/// Whether an argument is a bundle, as content or as a file.
pub(super) fn is_bundle(text: &str) -> bool {
    let extension = Path::new(text).extension().map(std::ffi::OsStr::to_ascii_lowercase);
    is_content(text) || extension.is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// Reads a bundle that is content or a file, with overlays that are too.
///
/// # Errors
/// [`Failure`] where a file cannot be read or the bundle is not valid.
pub(super) async fn read(target: &ResolvedTarget, bundle: &str, overlays: &[String]) -> Result<Bundle, Failure> {
    let text = content(target, bundle).await?;
    let mut texts = Vec::with_capacity(overlays.len());
    for overlay in overlays {
        texts.push(content(target, overlay).await?);
    }
    Bundle::read(&text, &texts).map_err(unfit)
}

async fn content(target: &ResolvedTarget, text: &str) -> Result<String, Failure> {
    if is_content(text) {
        return Ok(text.to_owned());
    }
    let bytes = read_local_file(target, text).await?;
    String::from_utf8(bytes).map_err(|_| unfit(format!("`{text}` is no text")))
}

fn unfit(problem: String) -> Failure {
    Failure::refused(problem, "correct the bundle, the overlays or `map_machines`")
}

/// The steps that make a model like a bundle, with the charms.
pub(super) struct Plan {
    steps: Steps,
    charms: BTreeMap<String, Charm>,
}

impl Plan {
    /// Finds the steps; it only reads.
    ///
    /// # Errors
    /// [`Failure`] where the bundle does not fit the model, or the store lacks a charm.
    pub(super) async fn find(bundle: &Bundle, wanted: Wanted<'_>, target: &ResolvedTarget) -> Result<Self, Failure> {
        if bundle.is_kubernetes() != target.is_kubernetes() && (bundle.is_kubernetes() || !bundle.machines.is_empty()) {
            let (of, model) =
                if bundle.is_kubernetes() { ("a cluster", "machines") } else { ("machines", "a cluster") };
            return Err(unfit(format!("the bundle is for {of}, and the model is on {model}")));
        }
        if bundle.wants_trust() && !wanted.trust {
            let names = bundle.names_that_want_trust().join(", ");
            return Err(Failure::refused(
                format!("these applications of the bundle want credentials of the cloud: {names}"),
                "set `trust` if you agree",
            ));
        }
        let mut model = model(target).await?;
        model.map_machines(wanted.map_machines).map_err(unfit)?;
        model.infer_machines(bundle);
        let charms = charms(bundle, target).await?;
        let resolved = charms.iter().map(|(name, charm)| (name.clone(), resolved(charm))).collect();
        let steps = steps::plan(bundle, &resolved, &mut model).map_err(unfit)?;
        Ok(Self { steps, charms })
    }

    /// What the steps do, in order.
    pub(super) fn descriptions(&self) -> Vec<&str> {
        self.steps.order().into_iter().map(|index| self.steps.0[index].description.as_str()).collect()
    }

    /// What a dry run shows.
    pub(super) fn preview(&self) -> Value {
        let count = |found: fn(&Action) -> bool| self.steps.0.iter().filter(|step| found(&step.action)).count();
        json!({
            "steps": self.descriptions(),
            "adds": {
                "applications": count(|action| matches!(action, Action::Deploy { .. })),
                "machines": count(|action| match action {
                    Action::AddMachine { parent, .. } => parent.is_none(),
                    Action::AddUnit { machine, .. } => machine.is_none(),
                    _ => false,
                }),
                "units": count(|action| matches!(action, Action::AddUnit { .. })),
                "relations": count(|action| matches!(action, Action::Relate { .. })),
                "offers": count(|action| matches!(action, Action::Offer { .. })),
            },
        })
    }

    /// Does the steps, and returns what was done.
    ///
    /// # Errors
    /// [`Failure`] of the first step that fails, with what was done before.
    pub(super) async fn run(
        self,
        bundle: &Bundle,
        wanted: Wanted<'_>,
        target: &ResolvedTarget,
    ) -> Result<Vec<String>, Failure> {
        let run = Run { bundle, charms: self.charms, target, trust: wanted.trust, force: wanted.force };
        run.run(&self.steps).await
    }
}

fn resolved(charm: &Charm) -> ResolvedCharm {
    let origin = &charm.origin;
    let last = charm.url.rsplit('/').next().unwrap_or(&charm.url);
    let name = last.rsplit_once('-').map_or(last, |(name, _)| name);
    let channel = match &origin.track {
        Some(track) => format!("{track}/{}", origin.risk),
        None => origin.risk.clone(),
    };
    ResolvedCharm {
        url: charm.url.clone(),
        name: name.trim_start_matches("ch:").to_owned(),
        revision: origin.revision.unwrap_or_default(),
        channel,
        architecture: origin.architecture.clone(),
        base: origin.base.clone(),
    }
}

/// The charms of the applications of a bundle, as the store resolves them.
async fn charms(bundle: &Bundle, target: &ResolvedTarget) -> Result<BTreeMap<String, Charm>, Failure> {
    let connection = target.model_connection().await?;
    let model = connection.call::<GetModelConstraints>(()).await?.constraints;
    let mut resolve = Vec::new();
    for application in bundle.applications.values() {
        let own = parse_constraints(&application.constraints).map_err(unfit)?;
        let base = application.base(bundle).map(entity::parse_full_base).transpose().map_err(unfit)?;
        let (track, risk) = match application.channel.split_once('/') {
            Some((track, risk)) => (Some(track.to_owned()), risk),
            None => match application.channel.as_str() {
                "" => (None, "stable"),
                risk @ ("stable" | "candidate" | "beta" | "edge") => (None, risk),
                track => (Some(track.to_owned()), "stable"),
            },
        };
        let architecture = own.arch.or_else(|| model.arch.clone()).unwrap_or_else(|| "amd64".to_owned());
        let charm_origin = CharmOrigin {
            source: "charm-hub".to_owned(),
            risk: risk.to_owned(),
            track,
            revision: application.revision,
            architecture,
            base: base.unwrap_or_default(),
            ..CharmOrigin::default()
        };
        let reference = format!("ch:{}", application.charm.trim_start_matches("ch:"));
        resolve.push(ResolveCharmWithChannel { reference, charm_origin, switch_charm: false });
    }
    let wanted: Vec<_> = resolve.iter().map(|one| one.charm_origin.base.clone()).collect();
    let reply = connection.call::<ResolveCharms>(ResolveCharmsWithChannel { resolve, macaroon: None }).await?;
    let mut charms = BTreeMap::new();
    for ((name, base), found) in bundle.names().zip(wanted).zip(reply.results) {
        if let Some(error) = found.error {
            return Err(error.into());
        }
        if found.charm_origin.kind == "bundle" {
            return Err(unfit(format!("the application `{name}` of the bundle is a bundle itself")));
        }
        let mut base = Some(base)
            .filter(|base| *base != Base::default())
            .unwrap_or_else(|| found.supported_bases.first().cloned().unwrap_or_default());
        if !base.channel.is_empty() && !base.channel.contains('/') {
            base.channel.push_str("/stable");
        }
        let origin = CharmOrigin { base, ..found.charm_origin };
        charms.insert(name.to_owned(), Charm { url: found.url, origin });
    }
    Ok(charms)
}

/// The model as it is.
async fn model(target: &ResolvedTarget) -> Result<ModelView, Failure> {
    let connection = target.model_connection().await?;
    let status = target.full_status().await?;
    let sequences = connection.call::<Sequences>(()).await?.sequences;
    let mut view = ModelView::new(&status, sequences);
    let names: Vec<String> = view.applications.keys().cloned().collect();
    let tags = names.iter().map(|name| entity::application(name));
    let tags = tags.chain(view.machines.keys().map(|id| entity::machine(id))).map(|tag| Entity { tag }).collect();
    for found in connection.call::<GetAnnotations>(Entities { entities: tags }).await?.results {
        let annotations = found.annotations.unwrap_or_default();
        let name = entity::name(&found.entity);
        if found.entity.starts_with("machine-") {
            view.machines.insert(name, annotations);
        } else if let Some(application) = view.applications.get_mut(&name) {
            application.annotations = annotations;
        }
    }
    if names.is_empty() {
        return Ok(view);
    }
    let get = |name: &String| ApplicationGet { application: name.clone(), branch: "master".to_owned() };
    let args = ApplicationGetArgs { args: names.iter().map(get).collect() };
    let options = connection.call::<CharmConfig>(args).await?.results;
    for (name, found) in names.iter().zip(options) {
        let values = found
            .config
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(option, one)| Some((option, one.get("value")?.clone())));
        if let Some(application) = view.applications.get_mut(name) {
            application.options = values.collect();
        }
    }
    let is_subordinate = |name: &&String| {
        status.applications.get(*name).is_some_and(|application| !application.subordinate_to.is_empty())
    };
    let principals: Vec<_> = names.iter().filter(|name| !is_subordinate(name)).collect();
    let entities = principals.iter().map(|name| Entity { tag: entity::application(name) }).collect();
    let constraints = connection.call::<GetConstraints>(Entities { entities }).await?.results;
    for (name, found) in principals.into_iter().zip(constraints) {
        if let Some(application) = view.applications.get_mut(name) {
            application.constraints = found.constraints;
        }
    }
    Ok(view)
}
