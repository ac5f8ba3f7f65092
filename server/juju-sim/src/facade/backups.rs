//! Facade `Backups`: backups have an id and a name, and no content.

use chrono::Utc;
use juju_wire::{
    RemoteError,
    facade::backups::{BackupsCreateArgs, BackupsMetadataResult, Create},
};

use crate::{call::Call, go_time::format_time, methods::Methods};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<Create>(create);
}

fn create(call: &Call, params: BackupsCreateArgs) -> Result<BackupsMetadataResult, RemoteError> {
    call.require_superuser()?;
    let uuid = call.model_uuid()?.to_owned();
    if call.read(|state| state.models.get(&uuid).is_none_or(|model| model.name != "controller")) {
        return Err(RemoteError::plain(
            "backups are only supported from the controller model\nUse juju switch to select the controller model",
        ));
    }
    let now = Utc::now();
    let id = now.format("%Y%m%d-%H%M%S").to_string();
    Ok(call.read(|state| BackupsMetadataResult {
        filename: format!("/var/lib/juju/backups/juju-backup-{id}.tar.gz"),
        id,
        checksum: "0000000000000000000000000000".to_owned(),
        checksum_format: "SHA-1, base64 encoded".to_owned(),
        size: 7,
        started: format_time(now),
        finished: format_time(now),
        notes: params.notes.clone(),
        model: uuid.clone(),
        machine: "0".to_owned(),
        hostname: "juju-controller-0".to_owned(),
        version: state.controller.agent_version.clone(),
        base: "ubuntu@24.04".to_owned(),
        format_version: 1,
        controller_uuid: state.controller.uuid.clone(),
        ha_nodes: 1,
        ..BackupsMetadataResult::default()
    }))
}
