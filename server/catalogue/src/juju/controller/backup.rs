//! `juju create-backup`: makes a backup of the controller, which stays on its machine.

use std::sync::Arc;

use juju_wire::facade::backups::{BackupsCreateArgs, Create};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Blocks, Command, Failure, ResolvedTarget, Scope};

/// The tool `juju_create_backup`.
pub struct CreateBackup;

/// A note about the backup.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    notes: Option<String>,
}

/// The backup.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    id: String,
    /// Its path on the machine of the controller.
    filename: String,
    checksum: String,
    /// In MiB.
    size: i64,
    started: String,
    finished: String,
    juju_version: String,
    hostname: String,
    ha_nodes: i64,
}

impl Command for CreateBackup {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "create-backup";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Makes a backup of the controller, which stays on its machine.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = &["notes"];

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let params = BackupsCreateArgs { notes: args.notes.unwrap_or_default(), no_download: true };
        let made = target.own_model_connection().await?.call::<Create>(params).await?;
        Ok(Output {
            id: made.id,
            filename: made.filename,
            checksum: made.checksum,
            size: made.size,
            started: made.started,
            finished: made.finished,
            juju_version: made.version,
            hostname: made.hostname,
            ha_nodes: made.ha_nodes,
        })
    }
}
