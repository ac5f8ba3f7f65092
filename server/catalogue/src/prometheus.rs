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
mod site;
mod targets;
mod times;

use crate::{Tool, plan::Adapter};

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
