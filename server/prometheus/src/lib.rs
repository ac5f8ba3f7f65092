//! Clients of Prometheus and Alertmanager: queries limited to a model, the shape of ranges, alerts with their rules, use of resources.
//!
//! Nothing here knows callers, policy or MCP. A caller who may see one model only gives a [`ModelMatcher`]; every selector of every
//! query then has it, and lists that Prometheus cannot limit are filtered here.

mod alertmanager;
mod alerts;
mod answer;
mod client;
mod fit;
mod levels;
mod methods;
mod promql;
mod shape;
mod thresholds;
mod times;
mod usage;
mod visible;

pub use alertmanager::{
    AlertStatus, AlertmanagerClient, LabelMatcher, ManagedAlert, NewSilence, Silence, SilenceStatus,
};
pub use alerts::{AlertRule, JoinedAlert, Topology, join_alerts};
pub use answer::{
    Alert, Envelope, Exemplar, Histogram, Labels, Metadata, Queried, QueryResult, Rule, RuleGroup, Sample, Series,
    SeriesExemplars, Target, VectorElement, number_text,
};
pub use client::{MAX_POINTS, PrometheusClient, Range, SeriesFilter};
pub use fit::TimeUntil;
pub use levels::LevelChange;
pub use promql::{BindError, Limit, MAX_QUERY_BYTES, MODEL_UUID, ModelMatcher, bind};
pub use shape::Shape;
pub use thresholds::{Levels, Thresholds, Verdict};
pub use times::{parse_duration, parse_time, seconds_since_1970};
pub use usage::{GroupBy, Resource, Usage, UsageQuery, UsageRow};
