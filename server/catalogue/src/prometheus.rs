//! Tools of Prometheus and Alertmanager: a file a tool.

mod add_silence;
mod alerts;
mod exemplars;
mod expire_silence;
mod labels;
mod metadata;
mod query;
mod query_range;
mod render;
mod resource_usage;
mod rules;
mod series;
mod silences;
mod targets;
mod times;

use prometheus::{AlertmanagerClient, Limit, ModelMatcher, PrometheusClient, Thresholds};

use crate::{Failure, ResolvedTarget, Tool, plan::Adapter};

/// Group of these tools.
const TOOLSET: &str = "prometheus";

/// One tool for each file here.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    vec![
        Adapter::<add_silence::AddSilence>::boxed(),
        Adapter::<alerts::Alerts>::boxed(),
        Adapter::<exemplars::Exemplars>::boxed(),
        Adapter::<expire_silence::ExpireSilence>::boxed(),
        Adapter::<labels::Labels>::boxed(),
        Adapter::<metadata::Metadata>::boxed(),
        Adapter::<query::Query>::boxed(),
        Adapter::<query_range::QueryRange>::boxed(),
        Adapter::<resource_usage::ResourceUsage>::boxed(),
        Adapter::<rules::Rules>::boxed(),
        Adapter::<series::Series>::boxed(),
        Adapter::<silences::Silences>::boxed(),
        Adapter::<targets::Targets>::boxed(),
    ]
}

/// The servers that a call may ask, and the model that it is limited to.
struct Site<'a> {
    target: &'a ResolvedTarget,
    instance: Option<&'a str>,
    limit: Option<ModelMatcher>,
}

impl<'a> Site<'a> {
    /// The servers of a call with this argument `instance`, limited to the model of its target.
    ///
    /// # Errors
    /// [`Failure::Refused`] where the model cannot be named in a query: then nothing is shown rather than everything.
    fn new(target: &'a ResolvedTarget, instance: Option<&'a str>) -> Result<Self, Failure> {
        let matcher = |uuid| {
            let unusable = || Failure::refused("the model has no usable UUID", "report it as a bug");
            ModelMatcher::new(uuid).ok_or_else(unusable)
        };
        Ok(Self { target, instance, limit: target.limiting_model()?.map(matcher).transpose()? })
    }

    fn limit(&self) -> Limit<'_> {
        self.limit.as_ref()
    }

    fn prometheus(&self) -> Result<&'a PrometheusClient, Failure> {
        Ok(self.target.backends().prometheus.get(self.instance)?)
    }

    fn alertmanager(&self) -> Result<&'a AlertmanagerClient, Failure> {
        Ok(self.target.backends().alertmanager.get(self.instance)?)
    }

    /// The Alertmanager of the same name as the Prometheus of the call, or the default; `None` where there is none.
    fn alertmanager_beside(&self) -> Option<&'a AlertmanagerClient> {
        let all = &self.target.backends().alertmanager;
        all.get(self.instance).or_else(|_| all.get(None)).ok().map(AsRef::as_ref)
    }

    fn thresholds(&self) -> &'a Thresholds {
        &self.target.backends().thresholds
    }
}

/// A failure for an argument that passed the first check, but not the one at the time of the call.
fn bad_argument(problem: String) -> Failure {
    Failure::refused(problem, "correct the argument")
}
