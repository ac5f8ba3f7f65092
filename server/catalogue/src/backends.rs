//! The backends beside the controllers, as the tools use them.

use backend::{Backend, BackendKind, Instances};
use kubernetes::Cluster;
use loki::LokiClient;
use prometheus::{AlertmanagerClient, PrometheusClient, Thresholds};

/// All backends beside the controllers.
#[derive(Debug, Clone)]
pub struct Backends {
    /// Kubernetes clusters.
    pub kubernetes: Instances<Cluster>,
    /// Prometheus servers.
    pub prometheus: Instances<PrometheusClient>,
    /// Alertmanagers.
    pub alertmanager: Instances<AlertmanagerClient>,
    /// From where on values are worth a warning, or critical.
    pub thresholds: Thresholds,
    /// Loki servers.
    pub loki: Instances<LokiClient>,
}

impl Default for Backends {
    fn default() -> Self {
        Self {
            kubernetes: Instances::none(BackendKind::Kubernetes),
            prometheus: Instances::none(BackendKind::Prometheus),
            alertmanager: Instances::none(BackendKind::Alertmanager),
            thresholds: Thresholds::default(),
            loki: Instances::none(BackendKind::Loki),
        }
    }
}

impl Backends {
    /// Every backend, by kind and name.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Backend> {
        let clusters = self.kubernetes.iter().map(|(_, one)| &**one as &dyn Backend);
        let prometheus = self.prometheus.iter().map(|(_, one)| &**one as &dyn Backend);
        let alertmanagers = self.alertmanager.iter().map(|(_, one)| &**one as &dyn Backend);
        let loki = self.loki.iter().map(|(_, one)| &**one as &dyn Backend);
        clusters.chain(prometheus).chain(alertmanagers).chain(loki)
    }
}
