//! What tools use beside the controllers, from the sections of the configuration.

use catalogue::{Backends, Externals};
use loki::LokiClient;
use prometheus::{AlertmanagerClient, PrometheusClient};

use super::{ALERTMANAGER, Config, LOKI, PROMETHEUS};
use crate::failure::Failure;

/// The variable with the URL of Alertmanager, for a configuration without the section.
const ALERTMANAGER_URL: &str = "ALERTMANAGER_URL";
/// The variable with the URL of Prometheus, for a configuration without the section.
const PROMETHEUS_URL: &str = "PROMETHEUS_URL";
/// The same of Loki.
const LOKI_URL: &str = "LOKI_URL";

impl Config {
    /// The store of charms and the backends. `environment` reads a variable.
    ///
    /// # Errors
    /// [`Failure`] where a file cannot be read.
    pub(crate) fn externals(&self, environment: fn(&str) -> Option<String>) -> Result<Externals, Failure> {
        let prometheus = self.prometheus.clone().or_url(environment(PROMETHEUS_URL));
        let alertmanager = self.alertmanager.clone().or_url(environment(ALERTMANAGER_URL));
        let loki = self.loki.clone().or_url(environment(LOKI_URL));
        let backends = Backends {
            kubernetes: self.kubernetes.clusters(environment),
            prometheus: prometheus.instances(PROMETHEUS, PrometheusClient::new)?,
            alertmanager: alertmanager.instances(ALERTMANAGER, AlertmanagerClient::new)?,
            thresholds: self.thresholds.table(),
            loki: loki.instances(LOKI, LokiClient::new)?,
        };
        Ok(self.charmhub.externals().with_backends(backends))
    }
}
