//! What a Kubernetes cluster would say of pods and services: names and addresses, derived so that they stay the same.

use sha2::{Digest as _, Sha256};

use crate::state::{Application, Model, Unit};

/// Name of the pod that a unit is.
pub(super) fn pod(unit: &Unit) -> String {
    format!("{}-{}", unit.application, unit.number)
}

/// Address of a unit's pod.
pub(super) fn pod_address(unit: &Unit) -> String {
    let digest = Sha256::digest(pod(unit));
    format!("10.1.{}.{}", digest[0], digest[1] % 250 + 1)
}

/// What the cluster calls the service of an application.
pub(super) fn service(model: &Model, application: &Application) -> String {
    format!("svc-{}-{}", application.name, model.uuid.split('-').next_back().unwrap_or_default().split_at(4).1)
}

/// Address of an application's service.
pub(super) fn service_address(application: &Application) -> String {
    let digest = Sha256::digest(&application.name);
    format!("10.152.{}.{}", digest[0], digest[1] % 250 + 1)
}
