//! Kubernetes clusters: requests as the program or as its caller, what objects mean for an operator, and their diagnosis.
//!
//! * [`Cluster`] connects for its first request, with a kubeconfig or the service account of its pod; [`ClusterSession`] is a cluster as
//!   one caller uses it.
//! * Objects stay JSON; [`object`] reads their members. [`PodState`], [`rollout`], [`age`], [`quantity`] and [`ObjectTable`] show them as
//!   `kubectl` does, [`juju`] as units and models.
//! * [`mask_object`] removes secret values. Whatever leaves the program passes it.
//! * [`diagnose`] is a pure function of objects, with a published formula of its score.

pub mod age;
mod cluster;
mod contract;
mod diagnosis;
mod difference;
pub mod juju;
mod lines;
mod mask;
pub mod object;
mod pod;
pub mod quantity;
mod request;
mod resource;
pub mod rollout;
mod session;
mod table;
pub mod usage;

pub use cluster::{Cluster, ClusterAccess, ClusterSettings, Impersonation};
pub use diagnosis::{
    Diagnosis, Issue, SCORE_FORMULA, Severity, Snapshot, Threshold, Thresholds, diagnose, time_of_event, workload_of,
};
pub use difference::{FieldChange, field_changes};
pub use lines::Lines;
pub use mask::{MASK, Masks, mask_object};
pub use pod::PodState;
pub use request::{ApiRequest, PatchFormat};
pub use resource::{ResourceType, find_type, is_name, is_namespace, parse_discovery, well_known};
pub use session::{ClusterSession, Listing, PatchOptions, Selection};
pub use table::ObjectTable;
