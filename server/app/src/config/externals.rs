//! What tools use beside the controllers, from the sections of the configuration.

use catalogue::{Backends, Externals};
use prometheus::PrometheusClient;

use super::{Config, PROMETHEUS};
use crate::failure::Failure;

/// The variable with the URL of Prometheus, for a configuration without the section.
const PROMETHEUS_URL: &str = "PROMETHEUS_URL";

impl Config {
    /// The store of charms and the backends. `environment` reads a variable.
    ///
    /// # Errors
    /// [`Failure`] where a file cannot be read.
    pub(crate) fn externals(&self, environment: fn(&str) -> Option<String>) -> Result<Externals, Failure> {
        let prometheus = self.prometheus.clone().or_url(environment(PROMETHEUS_URL));
        let backends = Backends {
            kubernetes: self.kubernetes.clusters(environment),
            prometheus: prometheus.instances(PROMETHEUS, PrometheusClient::new)?,
        };
        Ok(self.charmhub.externals().with_backends(backends))
    }
}
