//! Alerts of other systems: stored until they resolve, so that they survive a restart.

use chrono::{DateTime, TimeDelta, Utc};
use store::DocumentChange;

use super::{
    Observer,
    inputs::{ALERTS, StoredAlert},
};
use crate::ExternalAlert;

/// Alerts of one model; further ones are not taken.
const MAX_ALERTS: usize = 500;
/// Age up to which an alert is stored that is neither repeated nor resolved.
const MAX_AGE: TimeDelta = TimeDelta::days(30);

/// News of one alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertNews {
    /// The alert.
    pub alert: ExternalAlert,
    /// Whether it has ended.
    pub is_resolved: bool,
}

impl Observer {
    /// Takes news of alerts of a model; the next look has them. Returns how many were left out, because the model has too many.
    ///
    /// # Errors
    /// [`store::Error`]; then nothing is taken.
    pub async fn receive_alerts(
        &self,
        model_uuid: &str,
        news: Vec<AlertNews>,
        now: DateTime<Utc>,
    ) -> Result<usize, store::Error> {
        let known = self.inputs.lock().models.get(model_uuid).map(|inputs| inputs.alerts.to_vec()).unwrap_or_default();
        let is_old = |alert: &ExternalAlert| now.signed_duration_since(alert.received) > MAX_AGE;
        let (old, mut alerts): (Vec<_>, Vec<_>) = known.into_iter().partition(is_old);
        let id = |alert: &ExternalAlert| format!("{model_uuid} {}", alert.fingerprint);
        let mut changes: Vec<_> = old.iter().map(|alert| DocumentChange { id: id(alert), body: None }).collect();
        let mut left_out = 0;
        for AlertNews { alert, is_resolved } in news {
            let id = id(&alert);
            let known = alerts.iter().position(|other| other.fingerprint == alert.fingerprint);
            if is_resolved {
                known.map(|at| alerts.swap_remove(at));
                changes.push(DocumentChange { id, body: None });
            } else if known.is_none() && alerts.len() >= MAX_ALERTS {
                left_out += 1;
            } else {
                let stored = StoredAlert { model: model_uuid.into(), alert: alert.clone() };
                changes.push(DocumentChange { id, body: serde_json::to_string(&stored).ok() });
                match known {
                    Some(at) => alerts[at] = alert,
                    None => alerts.push(alert),
                }
            }
        }
        if let Some(store) = &self.store {
            store.change_documents(ALERTS, &changes, now.timestamp_micros()).await?;
        }
        self.inputs.lock().models.entry(model_uuid.into()).or_default().alerts = alerts.into();
        Ok(left_out)
    }
}
