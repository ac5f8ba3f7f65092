//! Tools of Prometheus.

mod targets;

use prometheus::ModelMatcher;

use crate::{Failure, ResolvedTarget, Tool, plan::Adapter};

/// Group of these tools.
const TOOLSET: &str = "prometheus";

/// One tool for each file here.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    vec![Adapter::<targets::Targets>::boxed()]
}

/// The limit of a call to its model; `None` where it names none, which only callers without limits may do.
fn limit(target: &ResolvedTarget) -> Result<Option<ModelMatcher>, Failure> {
    let matcher = |uuid| {
        let unusable = || Failure::refused("the model has no usable UUID", "report it as a bug");
        ModelMatcher::new(uuid).ok_or_else(unusable)
    };
    target.limiting_model()?.map(matcher).transpose()
}
