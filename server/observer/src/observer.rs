//! The observer as a service: looks at all models at an interval, and stores the findings.

mod alerts;
mod baselines;
mod inputs;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use estate::{EntityChange, EventReader, LiveEstate, ModelIdentity, ModelWatch, WatchCondition};
use juju_client::Error;
use parking_lot::Mutex;
use store::{DocumentChange, Store};
use tokio::sync::Mutex as AsyncMutex;

use crate::{
    Baseline, DETECTORS, Finding, FindingLog, LogGroup, Measurement, ObserverSettings,
    cause::classify,
    detector::Thresholds,
    engine::{Engine, Look, ModelCandidates, ToStore, Tracked},
    facts::{Expiry, ModelFacts, OwnWrite, Reported},
    history::ModelHistory,
    links::ModelLinks,
    observed_logs::ObservedLogs,
    reader,
};

use inputs::{Inputs, ModelInputs};

pub use alerts::AlertNews;

/// Kind of the documents of findings in the store.
const DOCUMENTS: &str = "finding";
/// How long a look waits for the first state of a model.
const READY_TIMEOUT: Duration = Duration::from_secs(15);
/// How long one read of a model may take.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// Connections of users to a model that are remembered.
const MAX_CONNECTIONS: usize = 200;
/// Writes of this server that are remembered.
const MAX_WRITES: usize = 500;

/// Observes the models of an estate. It can only read: the estate holds read-only connections.
#[derive(Debug)]
pub struct Observer {
    estate: LiveEstate,
    /// `None` where findings do not survive.
    store: Option<Store>,
    settings: Mutex<Arc<ObserverSettings>>,
    engine: Mutex<Engine>,
    log: Arc<FindingLog>,
    inputs: Mutex<Inputs>,
    observed: AsyncMutex<Observed>,
    last_look: Mutex<Option<DateTime<Utc>>>,
}

/// The models that are observed.
#[derive(Debug)]
struct Observed {
    events: EventReader,
    /// By controller and UUID.
    models: BTreeMap<(Box<str>, Box<str>), ObservedModel>,
}

#[derive(Debug)]
struct ObservedModel {
    watch: ModelWatch,
    history: ModelHistory,
    reported: Reported,
}

impl Observer {
    /// An observer with the findings that an earlier run has stored.
    ///
    /// # Errors
    /// [`store::Error`] if the store cannot be read.
    pub async fn open(
        estate: LiveEstate,
        store: Option<Store>,
        settings: ObserverSettings,
        now: DateTime<Utc>,
    ) -> Result<Self, store::Error> {
        let documents = match &store {
            Some(store) => store.documents(DOCUMENTS).await?,
            None => Vec::new(),
        };
        let mut inputs = Inputs::default();
        if let Some(store) = &store {
            inputs.read_stored(store).await?;
        }
        // a document of another version of this program is not read
        let stored: Vec<Tracked> = documents.iter().filter_map(|(_, body)| serde_json::from_str(body).ok()).collect();
        let log = FindingLog::from_stored(stored.iter().map(|tracked| Arc::clone(&tracked.finding)));
        let observed = Observed { events: estate.events().reader(), models: BTreeMap::new() };
        Ok(Self {
            estate,
            store,
            settings: Mutex::new(Arc::new(settings)),
            engine: Mutex::new(Engine::from_stored(stored, now)),
            log: Arc::new(log),
            inputs: Mutex::new(inputs),
            observed: AsyncMutex::new(observed),
            last_look: Mutex::new(None),
        })
    }

    /// The changes of findings.
    #[must_use]
    pub fn log(&self) -> &Arc<FindingLog> {
        &self.log
    }

    /// All findings: open ones, and those that closed in the last seven days.
    #[must_use]
    pub fn findings(&self) -> Vec<Arc<Finding>> {
        self.engine.lock().findings()
    }

    /// When all models were last looked at.
    #[must_use]
    pub fn last_look(&self) -> Option<DateTime<Utc>> {
        *self.last_look.lock()
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> Arc<ObserverSettings> {
        Arc::clone(&self.settings.lock())
    }

    /// Replaces the settings; the next look uses them.
    pub fn set_settings(&self, settings: ObserverSettings) {
        *self.settings.lock() = Arc::new(settings);
    }

    /// Replaces the kinds of lines in the log of a model.
    pub fn set_log_groups(&self, model_uuid: &str, logs: Vec<LogGroup>) {
        self.inputs.lock().models.entry(model_uuid.into()).or_default().logs = logs.into();
    }

    /// Replaces the baseline of a model; `None` removes it.
    pub fn set_baseline(&self, model_uuid: &str, baseline: Option<Baseline>) {
        self.inputs.lock().models.entry(model_uuid.into()).or_default().baseline = baseline.map(Arc::new);
    }

    /// Replaces the measured values of a model.
    pub fn set_measurements(&self, model_uuid: &str, measurements: Vec<Measurement>) {
        self.inputs.lock().models.entry(model_uuid.into()).or_default().measurements = measurements.into();
    }

    /// From now on changes without a write of this server are reported.
    pub fn report_other_writes(&self) {
        self.inputs.lock().own_writes.get_or_insert_default();
    }

    /// Remembers a write of this server in a model, `admin/shop`: the changes that follow are its own.
    pub fn note_write(&self, model: &str, time: DateTime<Utc>) {
        let mut inputs = self.inputs.lock();
        let Some(writes) = &mut inputs.own_writes else { return };
        let mut latest: Vec<OwnWrite> = writes.iter().rev().take(MAX_WRITES - 1).rev().cloned().collect();
        latest.push(OwnWrite { time, model: model.into() });
        *writes = latest.into();
    }

    /// Reads an observed model as detectors receive it; `None` if it is not observed or its state is not known.
    pub async fn read_facts<T>(
        &self,
        model_uuid: &str,
        now: DateTime<Utc>,
        read: impl FnOnce(&ModelFacts<'_>) -> T,
    ) -> Option<T> {
        let observed = self.observed.lock().await;
        let (_, model) = observed.models.iter().find(|((_, uuid), _)| **uuid == *model_uuid)?;
        let (inputs, own) = self.inputs_of(model_uuid);
        let is_known = matches!(model.watch.condition(), WatchCondition::Live);
        is_known.then(|| with_facts(model, &inputs, own.as_deref(), now, read))
    }

    fn inputs_of(&self, model_uuid: &str) -> (ModelInputs, Option<Arc<[OwnWrite]>>) {
        let inputs = self.inputs.lock();
        (inputs.models.get(model_uuid).cloned().unwrap_or_default(), inputs.own_writes.clone())
    }

    /// The models that are observed and have a known state.
    pub async fn observed_models(&self) -> Vec<Arc<ModelIdentity>> {
        let observed = self.observed.lock().await;
        let live = observed.models.values().filter(|model| matches!(model.watch.condition(), WatchCondition::Live));
        live.map(|model| Arc::clone(model.watch.identity())).collect()
    }

    /// Looks at all models and reads their logs at the interval of the settings, until `stop` is done.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut logs = ObservedLogs::new(self.estate.clone());
        loop {
            let interval = self.settings().interval;
            tokio::select! {
                () = &mut stop => return,
                () = Box::pin(self.look_and_read(&mut logs)) => {}
            }
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(interval) => {}
            }
        }
    }

    /// Reads the logs of the models that the last look has found, and looks at all models.
    async fn look_and_read(&self, logs: &mut ObservedLogs) {
        let models = if self.settings().logs { self.observed_models().await } else { Vec::new() };
        for (model, groups) in logs.read_groups(&models, Utc::now()).await {
            self.set_log_groups(&model, groups);
        }
        self.look(Utc::now()).await;
    }

    /// Looks at all models once, at the time `now`.
    pub async fn look(&self, now: DateTime<Utc>) {
        let settings = self.settings();
        let mut observed = self.observed.lock().await;
        let (listed, certificates) = self.watch_models(&mut observed, &settings, now).await;
        for ((controller, uuid), model) in &mut observed.models {
            let (inputs, _) = self.inputs_of(uuid);
            match tokio::time::timeout(READ_TIMEOUT, self.read_reported(model, &inputs, now)).await {
                Ok(Ok(mut reported)) => {
                    let is_controller = model.watch.identity().model.ends_with("/controller");
                    reported.expiries.extend(certificates.get(controller).filter(|_| is_controller).cloned());
                    model.reported = reported;
                }
                Ok(Err(error)) => tracing::debug!(%controller, %uuid, %error, "the observer cannot read a model"),
                Err(_) => tracing::debug!(%controller, %uuid, "a model does not answer the observer in time"),
            }
        }
        let events = observed.events.read(usize::MAX).events;
        let mut changed = BTreeSet::new();
        for event in events {
            let key = (event.model.controller.clone(), event.model.uuid.clone());
            if let Some(model) = observed.models.get_mut(&key) {
                model.history.record(&event, now);
                if is_choice(&event.change) {
                    changed.insert(key);
                }
            }
        }
        Box::pin(self.read_connections(&mut observed, changed)).await;
        let models = observed.models.values_mut().filter_map(|model| self.evaluate(model, &settings, now));
        let models: Vec<_> = models.collect();
        let names = observed.models.values().map(|model| model.watch.identity());
        let names = names.map(|identity| (identity.controller.clone(), identity.model.clone())).collect();
        drop(observed);
        let look = Look { models, listed, observed: names };
        let to_store = self.engine.lock().apply(look, &settings, &self.log, now);
        *self.last_look.lock() = Some(now);
        self.store(to_store, now).await;
    }

    /// Watches the models that are to be observed, and no others. Returns the controllers that have listed their models, and when
    /// their certificates end.
    async fn watch_models(
        &self,
        observed: &mut Observed,
        settings: &ObserverSettings,
        now: DateTime<Utc>,
    ) -> (BTreeSet<Box<str>>, BTreeMap<Box<str>, Expiry>) {
        let (mut listed, mut certificates) = (BTreeSet::new(), BTreeMap::new());
        let controllers = self.estate.controllers();
        for name in controllers.names() {
            let Ok(controller) = controllers.controller(&name) else { continue };
            let Ok(models) = controller.models().await else { continue };
            listed.insert(Box::from(&*name));
            let mut wanted = BTreeSet::new();
            for entry in models.iter().filter(|entry| settings.observes(&name, &entry.full_name())) {
                let key: (Box<str>, Box<str>) = (name.as_str().into(), entry.uuid.as_str().into());
                wanted.insert(key.clone());
                if observed.models.contains_key(&key) {
                    continue;
                }
                let model = entry.full_name().into();
                let identity = ModelIdentity { controller: key.0.clone(), model, uuid: key.1.clone() };
                match self.estate.watch(identity) {
                    Ok(watch) => {
                        let (history, reported) = (ModelHistory::default(), Reported::default());
                        observed.models.insert(key, ObservedModel { watch, history, reported });
                    }
                    Err(error) => tracing::warn!(%error, model = entry.full_name(), "a model is not observed"),
                }
            }
            observed.models.retain(|key, _| *key.0 != *name || wanted.contains(key));
            if let Ok(session) = controller.session().await
                && let Some(expiry) = reader::read_certificate(&session).await
            {
                certificates.insert(Box::from(&*name), expiry);
            }
        }
        let deadline = tokio::time::Instant::now() + READY_TIMEOUT;
        for model in observed.models.values() {
            // one that is not ready has its state at a later look
            let _ = tokio::time::timeout_at(deadline, model.watch.ready()).await;
        }
        let _ = now;
        (listed, certificates)
    }

    async fn read_reported(
        &self,
        model: &ObservedModel,
        inputs: &ModelInputs,
        now: DateTime<Utc>,
    ) -> Result<Reported, Error> {
        let identity = model.watch.identity();
        let session = self.estate.controllers().controller(&identity.controller)?.model_session(&identity.uuid).await?;
        let with_options = |baseline: &Arc<Baseline>| -> BTreeSet<Box<str>> {
            let compared = baseline.applications.iter().filter(|(_, application)| application.options.is_some());
            compared.map(|(name, _)| name.clone()).collect()
        };
        let mut compared = inputs.baseline.as_ref().map(with_options).unwrap_or_default();
        model.watch.read(|view| compared.retain(|name| view.graph.applications.contains_key(&**name)));
        reader::read_model(&session, &model.reported, &compared, now).await
    }

    /// Reads who was connected to models that a person has changed, where changes without this server are reported.
    async fn read_connections(&self, observed: &mut Observed, changed: BTreeSet<(Box<str>, Box<str>)>) {
        if self.inputs.lock().own_writes.is_none() {
            return;
        }
        for key in changed {
            let Some(model) = observed.models.get_mut(&key) else { continue };
            let Ok(controller) = self.estate.controllers().controller(&key.0) else { continue };
            let Ok(Ok(session)) = tokio::time::timeout(READ_TIMEOUT, controller.session()).await else { continue };
            let read = reader::read_connections(&session, &key.1);
            let found = tokio::time::timeout(READ_TIMEOUT, read).await.unwrap_or_default();
            let known = &mut model.reported.connections;
            known.extend(found.into_iter().filter(|one| !known.contains(one)).collect::<Vec<_>>());
            known.drain(..known.len().saturating_sub(MAX_CONNECTIONS));
        }
    }

    /// The candidates of a model; `None` while its state is not known.
    fn evaluate(
        &self,
        model: &mut ObservedModel,
        settings: &ObserverSettings,
        now: DateTime<Utc>,
    ) -> Option<ModelCandidates> {
        if !matches!(model.watch.condition(), WatchCondition::Live) {
            return None;
        }
        let history = &mut model.history;
        model.watch.read(|view| history.remember_relations(view.graph));
        let identity = Arc::clone(model.watch.identity());
        let (inputs, own) = self.inputs_of(&identity.uuid);
        let found = with_facts(model, &inputs, own.as_deref(), now, |facts| {
            let links = ModelLinks::read(facts.model, facts.graph, facts.reported);
            (detect(facts, settings), links)
        });
        let (controller, model) = (identity.controller.clone(), identity.model.clone());
        Some(ModelCandidates { candidates: found.0, links: found.1, controller, model })
    }

    async fn store(&self, to_store: ToStore, now: DateTime<Utc>) {
        let Some(store) = &self.store else { return };
        let stored = to_store.changed.iter().map(|tracked| DocumentChange {
            id: tracked.finding.id.clone(),
            body: serde_json::to_string(tracked).ok(),
        });
        let removed = to_store.removed.into_iter().map(|id| DocumentChange { id, body: None });
        let changes: Vec<_> = stored.chain(removed).collect();
        if changes.is_empty() {
            return;
        }
        if let Err(error) = store.change_documents(DOCUMENTS, &changes, now.timestamp_micros()).await {
            tracing::error!(%error, "findings are not stored: a restart loses them");
        }
    }
}

/// Whether a person makes such a change.
fn is_choice(change: &EntityChange) -> bool {
    matches!(
        change,
        EntityChange::Options { .. } | EntityChange::Fields { .. } | EntityChange::Added {} | EntityChange::Removed {}
    )
}

/// Runs all detectors that are on.
pub(crate) fn detect(
    facts: &ModelFacts<'_>,
    settings: &ObserverSettings,
) -> Vec<(&'static crate::detector::DetectorDescription, crate::detector::Candidate)> {
    let mut found = Vec::new();
    for detector in DETECTORS {
        let description = detector.description();
        if settings.disabled.contains(description.name) {
            continue;
        }
        for mut candidate in detector.detect(facts, &Thresholds::new(description, &settings.thresholds)) {
            classify(facts, description, &mut candidate);
            found.push((description, candidate));
        }
    }
    found
}

fn with_facts<T>(
    model: &ObservedModel,
    inputs: &ModelInputs,
    own_writes: Option<&[OwnWrite]>,
    now: DateTime<Utc>,
    read: impl FnOnce(&ModelFacts<'_>) -> T,
) -> T {
    model.watch.read(|view| {
        read(&ModelFacts {
            model: view.identity,
            graph: view.graph,
            reported: &model.reported,
            history: &model.history,
            logs: &inputs.logs,
            baseline: inputs.baseline.as_deref(),
            measurements: &inputs.measurements,
            alerts: &inputs.alerts,
            own_writes,
            now,
        })
    })
}
