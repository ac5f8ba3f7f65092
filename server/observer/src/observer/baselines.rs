//! Baselines: saved in the store, so that they survive a restart, and compared with the present state.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use estate::ModelIdentity;
use juju_client::Error;
use serde_json::Value;
use store::DocumentChange;

use super::{Observer, inputs::BASELINES};
use crate::{
    Baseline, InvalidBundle, OptionValue,
    detector::Candidate,
    detectors::compare_with_baseline,
    facts::{ModelFacts, Reported},
    reader,
};

impl Observer {
    /// The baseline of a model, if one is set.
    #[must_use]
    pub fn baseline(&self, model_uuid: &str) -> Option<Arc<Baseline>> {
        self.inputs.lock().models.get(model_uuid)?.baseline.clone()
    }

    /// Sets the baseline of a model and stores it; `None` removes it.
    ///
    /// # Errors
    /// [`store::Error`]; then the baseline is as before.
    pub async fn save_baseline(
        &self,
        model_uuid: &str,
        baseline: Option<Baseline>,
        now: DateTime<Utc>,
    ) -> Result<(), store::Error> {
        if let Some(store) = &self.store {
            let body = baseline.as_ref().and_then(|baseline| serde_json::to_string(baseline).ok());
            let change = DocumentChange { id: model_uuid.to_owned(), body };
            store.change_documents(BASELINES, &[change], now.timestamp_micros()).await?;
        }
        self.set_baseline(model_uuid, baseline);
        Ok(())
    }

    /// The state of an observed model as a baseline; `None` if it is not observed or its state is not known.
    ///
    /// # Errors
    /// Why its options cannot be read.
    pub async fn capture_baseline(
        &self,
        model_uuid: &str,
        saved_by: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Baseline>, Error> {
        let names = |facts: &ModelFacts<'_>| facts.graph.applications.keys().map(|name| (&**name).into()).collect();
        let Some(options) = self.read_options(model_uuid, now, names).await? else { return Ok(None) };
        let capture = |facts: &ModelFacts<'_>| Baseline::from_facts(facts, &options, saved_by);
        Ok(self.read_facts(model_uuid, now, capture).await)
    }

    /// The state that a bundle describes, as a baseline of an observed model; `None` if the model is not observed or its state is not
    /// known.
    pub async fn baseline_of_bundle(
        &self,
        model_uuid: &str,
        bundle: &Value,
        saved_by: &str,
        now: DateTime<Utc>,
    ) -> Option<Result<Baseline, InvalidBundle>> {
        self.read_facts(model_uuid, now, |facts| Baseline::from_bundle(facts, bundle, saved_by)).await
    }

    /// What differs between an observed model and its baseline, as candidates of the detector `drift`, with the options as they are now;
    /// `None` if there is no baseline, or the state of the model is not known.
    ///
    /// # Errors
    /// Why its options cannot be read.
    pub async fn compare_baseline(
        &self,
        model_uuid: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<Candidate>>, Error> {
        let Some(baseline) = self.baseline(model_uuid) else { return Ok(None) };
        let names = |facts: &ModelFacts<'_>| {
            let wanted = baseline.applications.iter().filter(|(_, application)| application.options.is_some());
            let names = wanted.map(|(name, _)| name.clone());
            names.filter(|name| facts.graph.applications.contains_key(&**name)).collect()
        };
        let Some(options) = self.read_options(model_uuid, now, names).await? else { return Ok(None) };
        let compare = |facts: &ModelFacts<'_>| {
            let reported = Reported { options, ..facts.reported.clone() };
            compare_with_baseline(&ModelFacts { reported: &reported, ..*facts }, &baseline)
        };
        Ok(self.read_facts(model_uuid, now, compare).await)
    }

    /// The options of some applications of a model; `None` if its state is not known.
    async fn read_options(
        &self,
        model_uuid: &str,
        now: DateTime<Utc>,
        names: impl FnOnce(&ModelFacts<'_>) -> Vec<Box<str>>,
    ) -> Result<Option<BTreeMap<Box<str>, BTreeMap<Box<str>, OptionValue>>>, Error> {
        let found = self.read_facts(model_uuid, now, |facts| (ModelIdentity::clone(facts.model), names(facts))).await;
        let Some((model, names)) = found else { return Ok(None) };
        let session = self.estate.controllers().controller(&model.controller)?.model_session(&model.uuid).await?;
        let mut options = BTreeMap::new();
        for name in names {
            let set = reader::read_options(&session, &name).await?;
            options.insert(name, set);
        }
        Ok(Some(options))
    }
}
