//! Tools of Loki. Those for errors, patterns and texts read Juju's own log where there is no Loki.

mod errors;
mod labels;
mod lines;
mod log_source;
mod patterns;
mod query;
mod query_range;
mod search;
mod series;
mod tail;
mod times;
mod volume;

use crate::{Tool, plan::Adapter};

/// One tool for each file here.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    vec![
        Adapter::<errors::LokiErrors>::boxed(),
        Adapter::<labels::LokiLabels>::boxed(),
        Adapter::<patterns::LokiPatterns>::boxed(),
        Adapter::<query::LokiQuery>::boxed(),
        Adapter::<query_range::LokiQueryRange>::boxed(),
        Adapter::<search::LokiSearch>::boxed(),
        Adapter::<series::LokiSeries>::boxed(),
        Adapter::<tail::TailLoki>::boxed(),
        Adapter::<volume::LokiVolume>::boxed(),
    ]
}
