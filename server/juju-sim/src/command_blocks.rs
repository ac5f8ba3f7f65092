//! Disabled commands of a model: which methods each kind of block refuses (`state/block.go`).

use juju_wire::{Code, RemoteError};

use crate::{
    session::Session,
    state::{Model, ModelAccess},
};

/// Each keeps back what those after it do, and more.
pub(crate) const CHANGE: &str = "BlockChange";
pub(crate) const REMOVE: &str = "BlockRemove";
pub(crate) const DESTROY: &str = "BlockDestroy";

/// Methods that change a model, other than by taking something away (`ChangeAllowed` in `apiserver/facades/client`).
const CHANGING: &[(&str, &[&str])] = &[
    ("Action", &["Run", "RunOnAllMachines"]),
    (
        "Application",
        &[
            "AddRelation",
            "AddUnits",
            "Consume",
            "Deploy",
            "Expose",
            "MergeBindings",
            "ResolveUnitErrors",
            "ScaleApplications",
            "SetCharm",
            "SetConfigs",
            "SetConstraints",
            "SetRelationsSuspended",
            "Unexpose",
            "UnsetApplicationsConfig",
            "UpdateApplicationBase",
        ],
    ),
    ("KeyManager", &["AddKeys", "ImportKeys"]),
    ("MachineManager", &["AddMachines", "RetryProvisioning", "UpgradeSeriesComplete", "UpgradeSeriesPrepare"]),
    ("ModelConfig", &["ModelSet", "ModelUnset", "SetModelConstraints"]),
    ("Spaces", &["CreateSpaces", "MoveSubnets", "ReloadSpaces", "RemoveSpace", "RenameSpace"]),
    ("Storage", &["AddToUnit", "Attach", "DetachStorage", "Import"]),
];

/// Methods that take something away (`RemoveAllowed`); deploying from the store counts there as one of them.
const REMOVING: &[(&str, &[&str])] = &[
    (
        "Application",
        &[
            "DeployFromRepository",
            "DestroyApplication",
            "DestroyConsumedApplications",
            "DestroyRelation",
            "DestroyUnit",
        ],
    ),
    ("KeyManager", &["DeleteKeys"]),
    ("MachineManager", &["DestroyMachineWithParams"]),
    ("Storage", &["Remove"]),
];

/// Refuses a method that a block of the connection's model keeps back. A user without access
/// gets the access error from the method instead.
pub(crate) fn check_method(session: &Session, facade: &str, method: &str) -> Result<(), RemoteError> {
    let Some(uuid) = session.model() else { return Ok(()) };
    let listed =
        |table: &[(&str, &[&str])]| table.iter().any(|(name, methods)| *name == facade && methods.contains(&method));
    let kinds: &[&str] = match (listed(CHANGING), listed(REMOVING)) {
        (true, _) => &[CHANGE],
        (_, true) => &[REMOVE, CHANGE],
        _ => return Ok(()),
    };
    session.estate().read(|state| match state.models.get(uuid) {
        Some(model) if session.model_access(state, uuid) >= Some(ModelAccess::Write) => refuse(model, kinds),
        _ => Ok(()),
    })
}

/// Refuses to destroy a model that has any block.
pub(crate) fn check_destroy(model: &Model) -> Result<(), RemoteError> {
    refuse(model, &[DESTROY, REMOVE, CHANGE])
}

/// Refuses an upload to a model that no change may reach (`ResourcesHandler` of `apiserver/resources.go`).
pub(crate) fn check_upload(model: &Model) -> Result<(), RemoteError> {
    refuse(model, &[CHANGE])
}

fn refuse(model: &Model, kinds: &[&str]) -> Result<(), RemoteError> {
    let Some(block) = kinds.iter().find_map(|kind| model.blocks.get(kind)) else { return Ok(()) };
    let message = if block.message.is_empty() { "the operation has been blocked" } else { &block.message };
    Err(RemoteError::new(Code::OperationBlocked, message))
}
