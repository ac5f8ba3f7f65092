//! [`Site`]: the servers that a call may ask, and the model that it is limited to.

use prometheus::{AlertmanagerClient, Limit, ModelMatcher, PrometheusClient, Thresholds};

use crate::{Failure, ResolvedTarget};

/// Group of these tools.
pub(super) const TOOLSET: &str = "prometheus";

/// The servers that a call may ask, and the model that it is limited to.
pub(super) struct Site<'a> {
    target: &'a ResolvedTarget,
    instance: Option<&'a str>,
    limit: Option<ModelMatcher>,
}

impl<'a> Site<'a> {
    /// The servers of a call with this argument `instance`, limited to the model of its target.
    ///
    /// # Errors
    /// [`Failure::Refused`] where the model cannot be named in a query: then nothing is shown rather than everything.
    pub(super) fn new(target: &'a ResolvedTarget, instance: Option<&'a str>) -> Result<Self, Failure> {
        let matcher = |uuid| {
            let unusable = || Failure::refused("the model has no usable UUID", "report it as a bug");
            ModelMatcher::new(uuid).ok_or_else(unusable)
        };
        Ok(Self { target, instance, limit: target.limiting_model()?.map(matcher).transpose()? })
    }

    pub(super) fn limit(&self) -> Limit<'_> {
        self.limit.as_ref()
    }

    pub(super) fn prometheus(&self) -> Result<&'a PrometheusClient, Failure> {
        Ok(self.target.backends().prometheus.get(self.instance)?)
    }

    pub(super) fn alertmanager(&self) -> Result<&'a AlertmanagerClient, Failure> {
        Ok(self.target.backends().alertmanager.get(self.instance)?)
    }

    /// The Alertmanager of the same name as the Prometheus of the call, or the default; `None` where there is none.
    pub(super) fn alertmanager_beside(&self) -> Option<&'a AlertmanagerClient> {
        let all = &self.target.backends().alertmanager;
        all.get(self.instance).or_else(|_| all.get(None)).ok().map(AsRef::as_ref)
    }

    pub(super) fn thresholds(&self) -> &'a Thresholds {
        &self.target.backends().thresholds
    }
}
