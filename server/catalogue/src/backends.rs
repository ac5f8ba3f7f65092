//! The backends beside the controllers, as the tools use them.

use backend::{Backend, BackendKind, Instances};
use kubernetes::Cluster;
use prometheus::PrometheusClient;

/// All backends beside the controllers.
#[derive(Debug, Clone)]
pub struct Backends {
    /// Kubernetes clusters.
    pub kubernetes: Instances<Cluster>,
    /// Prometheus servers.
    pub prometheus: Instances<PrometheusClient>,
}

impl Default for Backends {
    fn default() -> Self {
        Self {
            kubernetes: Instances::none(BackendKind::Kubernetes),
            prometheus: Instances::none(BackendKind::Prometheus),
        }
    }
}

impl Backends {
    /// Every backend, by kind and name.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Backend> {
        let clusters = self.kubernetes.iter().map(|(_, one)| &**one as &dyn Backend);
        clusters.chain(self.prometheus.iter().map(|(_, one)| &**one as &dyn Backend))
    }
}
