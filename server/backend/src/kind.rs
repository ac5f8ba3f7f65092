//! [`BackendKind`]: the kinds of backends and their names.

use std::fmt;

/// The kind of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BackendKind {
    /// A Juju controller.
    Juju,
    /// A Kubernetes cluster.
    Kubernetes,
    /// A Prometheus server, or one with its API.
    Prometheus,
    /// An Alertmanager.
    Alertmanager,
    /// A Loki server.
    Loki,
}

impl BackendKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Juju, Self::Kubernetes, Self::Prometheus, Self::Alertmanager, Self::Loki];

    /// Its name in the configuration and in paths, `prometheus`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Juju => "juju",
            Self::Kubernetes => "kubernetes",
            Self::Prometheus => "prometheus",
            Self::Alertmanager => "alertmanager",
            Self::Loki => "loki",
        }
    }

    /// Its name in sentences, `Prometheus`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Juju => "Juju",
            Self::Kubernetes => "Kubernetes",
            Self::Prometheus => "Prometheus",
            Self::Alertmanager => "Alertmanager",
            Self::Loki => "Loki",
        }
    }
}

impl fmt::Display for BackendKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.title())
    }
}
