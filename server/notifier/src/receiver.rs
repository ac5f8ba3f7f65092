//! A receiver of notifications.

use std::{fmt, time::Duration};

use observer::{Finding, FindingSeverity};
use policy::Pattern;

use crate::request_failure::describe;

/// The format that a receiver reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiverKind {
    /// Alerts of Alertmanager's API, version 2.
    Alertmanager {
        /// Interval at which alerts that last are sent again, because Alertmanager forgets them. An alert that is not sent for
        /// three intervals ends.
        refresh: Duration,
    },
    /// An object with a `text`, as chat programs read it.
    Chat,
}

/// A receiver of notifications.
#[derive(Clone)]
pub struct Receiver {
    /// Its name in the configuration.
    pub name: String,
    /// The format that it reads.
    pub kind: ReceiverKind,
    /// Where to send: the base URL of Alertmanager, or the URL of the webhook.
    pub url: String,
    /// A bearer token.
    pub token: Option<String>,
    /// The key of the signature in the header of a message.
    pub signing_key: Option<String>,
    /// The client, with the trusted authorities and the timeout of a request. It must not follow redirects.
    pub client: reqwest::Client,
    /// Findings below this severity are not sent.
    pub min_severity: FindingSeverity,
    /// Models of which findings are sent, `eu:admin/shop` or `admin/shop`; empty for all.
    pub models: Vec<Pattern>,
}

/// Without the secrets.
impl fmt::Debug for Receiver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Receiver").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Receiver {
    /// Whether it can be reached, without sending a message: Alertmanager has to be ready, and a webhook has to answer.
    ///
    /// # Errors
    /// One sentence, without secrets.
    pub async fn probe(&self) -> Result<String, String> {
        let request = match self.kind {
            ReceiverKind::Alertmanager { .. } => {
                self.client.get(format!("{}/api/v2/status", self.url.trim_end_matches('/')))
            }
            ReceiverKind::Chat => self.client.head(&self.url),
        };
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let response = request.send().await.map_err(|error| describe(&error.without_url()))?;
        let status = response.status();
        match self.kind {
            ReceiverKind::Alertmanager { .. } if !status.is_success() => Err(format!("it answered {status}")),
            ReceiverKind::Alertmanager { .. } => Ok("Alertmanager is ready".to_owned()),
            ReceiverKind::Chat => Ok(format!("it answers ({status}); only a message shows whether it accepts one")),
        }
    }

    /// Whether it wants a finding.
    #[must_use]
    pub fn wants(&self, finding: &Finding) -> bool {
        let entity = &finding.entity;
        let full = format!("{}:{}", entity.controller, entity.model);
        let is_selected = |pattern: &Pattern| pattern.matches(&full) || pattern.matches(&entity.model);
        finding.severity >= self.min_severity && (self.models.is_empty() || self.models.iter().any(is_selected))
    }
}
