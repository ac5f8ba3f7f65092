//! What the observer takes from elsewhere: logs, baselines, measurements and alerts of models, and the writes of this server.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use store::Store;

use crate::{Baseline, ExternalAlert, LogGroup, Measurement, facts::OwnWrite};

/// Kind of the documents of baselines in the store; the id is the UUID of the model.
pub(super) const BASELINES: &str = "baseline";
/// Kind of the documents of alerts in the store.
pub(super) const ALERTS: &str = "external_alert";

/// What others fill.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// By UUID of the model.
    pub(super) models: BTreeMap<Box<str>, ModelInputs>,
    pub(super) own_writes: Option<Arc<[OwnWrite]>>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct ModelInputs {
    pub(super) logs: Arc<[LogGroup]>,
    pub(super) baseline: Option<Arc<Baseline>>,
    pub(super) measurements: Arc<[Measurement]>,
    pub(super) alerts: Arc<[ExternalAlert]>,
}

/// An alert as the store has it.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredAlert {
    pub(super) model: Box<str>,
    pub(super) alert: ExternalAlert,
}

impl Inputs {
    /// Takes the saved baselines and the stored alerts.
    pub(super) async fn read_stored(&mut self, store: &Store) -> Result<(), store::Error> {
        // a document of another version of this program is not read
        for (uuid, body) in store.documents(BASELINES).await? {
            if let Ok(baseline) = serde_json::from_str::<Baseline>(&body) {
                self.models.entry(uuid.into()).or_default().baseline = Some(Arc::new(baseline));
            }
        }
        for (_, body) in store.documents(ALERTS).await? {
            if let Ok(StoredAlert { model, alert }) = serde_json::from_str::<StoredAlert>(&body) {
                let alerts = &mut self.models.entry(model).or_default().alerts;
                *alerts = alerts.iter().cloned().chain([alert]).collect();
            }
        }
        Ok(())
    }
}
