//! Facade `Block`: commands that are disabled in a model, and which methods that keeps back (`state/block.go`).

use juju_wire::{
    Code, ErrorResult, RemoteError,
    facade::block::{BlockDetails, BlockResult, BlockResults, BlockSwitchParams, List, SwitchBlockOff, SwitchBlockOn},
    tag::Tag,
};

use crate::{
    methods::{Call, Methods},
    session::Session,
    state::{Block, Model, ModelAccess},
};

/// Each keeps back what those after it do, and more.
const CHANGE: &str = "BlockChange";
const REMOVE: &str = "BlockRemove";
const DESTROY: &str = "BlockDestroy";

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
    ("MachineManager", &["AddMachines", "RetryProvisioning"]),
    ("ModelConfig", &["ModelSet", "ModelUnset", "SetModelConstraints"]),
    ("Spaces", &["CreateSpaces", "MoveSubnets", "RemoveSpace", "RenameSpace"]),
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

pub(super) fn register(methods: &mut Methods) {
    methods.on::<List>(list);
    methods.on::<SwitchBlockOn>(|call, params| Ok(ErrorResult::of(switch(call, params, true))));
    methods.on::<SwitchBlockOff>(|call, params| Ok(ErrorResult::of(switch(call, params, false))));
}

fn list(call: &Call, (): ()) -> Result<BlockResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let result = |(kind, block): (&&str, &Block)| BlockResult {
            result: BlockDetails {
                id: format!("{uuid}:{}", block.number),
                tag: Tag::new("model", uuid).to_string(),
                kind: (*kind).to_owned(),
                message: block.message.clone(),
            },
            error: None,
        };
        Ok(BlockResults { results: model.blocks.iter().map(result).collect() })
    })
}

fn switch(call: &Call, params: BlockSwitchParams, on: bool) -> Result<(), RemoteError> {
    call.require(ModelAccess::Write)?;
    let uuid = call.model_uuid()?;
    let known = [CHANGE, REMOVE, DESTROY].into_iter().find(|kind| *kind == params.kind);
    let kind = known.ok_or_else(|| RemoteError::plain(format!("unknown block type {}", params.kind)))?;
    call.write(|state| {
        let model = state.models.get_mut(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        if !on {
            model.blocks.remove(kind);
        } else if let Some(block) = model.blocks.get_mut(kind) {
            block.message = params.message;
        } else {
            let number = model.next_block;
            model.next_block += 1;
            model.blocks.insert(kind, Block { number, message: params.message });
        }
        Ok(())
    })
}

/// Refuses a method that a block of the connection's model keeps back. Who could not call it at all is told that
/// instead, by the method itself.
pub(crate) fn check(session: &Session, facade: &str, method: &str) -> Result<(), RemoteError> {
    let Some(uuid) = session.model() else { return Ok(()) };
    let listed =
        |table: &[(&str, &[&str])]| table.iter().any(|(name, methods)| *name == facade && methods.contains(&method));
    let kinds: &[&str] = match (listed(CHANGING), listed(REMOVING)) {
        (true, _) => &[CHANGE],
        (_, true) => &[REMOVE, CHANGE],
        _ => return Ok(()),
    };
    let user = session.user();
    session.estate().read(|state| match state.models.get(uuid) {
        Some(model) if state.model_access(&user, uuid) >= Some(ModelAccess::Write) => refuse(model, kinds),
        _ => Ok(()),
    })
}

/// Refuses to destroy a model that has any block.
pub(super) fn check_destroy(model: &Model) -> Result<(), RemoteError> {
    refuse(model, &[DESTROY, REMOVE, CHANGE])
}

fn refuse(model: &Model, kinds: &[&str]) -> Result<(), RemoteError> {
    let Some(block) = kinds.iter().find_map(|kind| model.blocks.get(kind)) else { return Ok(()) };
    let message = if block.message.is_empty() { "the operation has been blocked" } else { &block.message };
    Err(RemoteError::new(Code::OperationBlocked, message))
}
