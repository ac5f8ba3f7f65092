//! The tools of Kubernetes clusters, one file each. [`place`] holds each of them to what its call may see, [`shown`] to what it shows.

mod api;
mod apply;
mod can_i;
mod change;
mod cluster_info;
mod cordon;
mod delete_pod;
mod describe_pod;
mod diagnose;
mod drain;
mod events;
mod get;
mod list;
mod list_deployments;
mod list_namespaces;
mod list_pods;
mod list_services;
mod node_status;
mod patch;
mod place;
mod pod_events;
mod pod_logs;
mod resource_usage;
mod rollout_restart;
mod rollout_status;
mod scale;
mod shown;

use crate::{Tool, plan::Adapter};

/// One tool for each file here.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    vec![
        Adapter::<cluster_info::GetClusterInfo>::boxed(),
        Adapter::<list_pods::ListPods>::boxed(),
        Adapter::<list_deployments::ListDeployments>::boxed(),
        Adapter::<node_status::GetNodeStatus>::boxed(),
        Adapter::<diagnose::DiagnoseCluster>::boxed(),
        Adapter::<resource_usage::GetResourceUsage>::boxed(),
        Adapter::<describe_pod::DescribePod>::boxed(),
        Adapter::<pod_logs::GetPodLogs>::boxed(),
        Adapter::<pod_events::GetPodEvents>::boxed(),
        Adapter::<list_services::ListServices>::boxed(),
        Adapter::<list_namespaces::ListNamespaces>::boxed(),
        Adapter::<list::List>::boxed(),
        Adapter::<get::Get>::boxed(),
        Adapter::<events::Events>::boxed(),
        Adapter::<rollout_status::RolloutStatus>::boxed(),
        Adapter::<can_i::CanI>::boxed(),
        Adapter::<scale::Scale>::boxed(),
        Adapter::<rollout_restart::RolloutRestart>::boxed(),
        Adapter::<delete_pod::DeletePod>::boxed(),
        Adapter::<cordon::Cordon>::boxed(),
        Adapter::<drain::Drain>::boxed(),
        Adapter::<apply::Apply>::boxed(),
        Adapter::<patch::Patch>::boxed(),
    ]
}
