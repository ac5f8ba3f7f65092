//! `juju download-backup`, `juju sync-agent-binary` and `juju update-public-clouds`: files from elsewhere.

use std::time::Duration;

use policy::{Capability, Effect, Impact};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ProgramCommand, check_optional, check_word, flag};
use crate::{Failure, ResolvedTarget, Scope, juju::application::archive::writable};

/// The tool `juju_download_backup`.
pub struct DownloadBackup;

/// Which backup, and the new file.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupArgs {
    /// path at the controller
    backup: String,
    /// new local file
    filename: String,
}

impl ProgramCommand for DownloadBackup {
    type Args = BackupArgs;

    const COMMAND: &'static str = "download-backup";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Copies a backup of juju_create_backup into a local file.";
    const SCOPE: Scope = Scope::Controller;
    const EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &["backup"];
    const INSTEAD: &'static str = "a person copies it with `juju download-backup`";
    const LIMIT: Duration = Duration::from_mins(30);

    fn validate(args: &BackupArgs) -> Result<(), String> {
        check_word("backup", &args.backup)?;
        check_word("filename", &args.filename)
    }

    fn words(args: &BackupArgs, target: &ResolvedTarget) -> Vec<String> {
        let model = format!("{}:controller", target.controller_name());
        let options = ["-m".to_owned(), model].into_iter().chain(flag("filename", Some(&args.filename)));
        options.chain([args.backup.clone()]).collect()
    }

    async fn check_files(args: &BackupArgs, target: &ResolvedTarget) -> Result<(), Failure> {
        writable(target, &args.filename).await.map(drop)
    }
}

/// The tool `juju_sync_agent_binary`.
pub struct SyncAgentBinary;

/// Which agents.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgentArgs {
    agent_version: Option<String>,
    /// `proposed`
    stream: Option<String>,
}

impl ProgramCommand for SyncAgentBinary {
    type Args = AgentArgs;

    const COMMAND: &'static str = "sync-agent-binary";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Copies agents to a controller that has no access to the internet.";
    const SCOPE: Scope = Scope::Controller;
    const EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &[];
    const INSTEAD: &'static str = "a person runs `juju sync-agent-binary` where the internet can be reached";
    const LIMIT: Duration = Duration::from_mins(30);

    fn validate(args: &AgentArgs) -> Result<(), String> {
        check_optional("agent_version", args.agent_version.as_deref())?;
        check_optional("stream", args.stream.as_deref())
    }

    fn words(args: &AgentArgs, target: &ResolvedTarget) -> Vec<String> {
        let model = format!("{}:controller", target.controller_name());
        let words = [vec!["-m".to_owned(), model], flag("agent-version", args.agent_version.as_deref())];
        words.into_iter().flatten().chain(flag("stream", args.stream.as_deref())).collect()
    }

    fn impact(_: &AgentArgs) -> Impact {
        Impact::default().with_capability(Capability::ChangesMachineSetup)
    }
}

/// The tool `juju_update_public_clouds`.
pub struct UpdatePublicClouds;

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CloudsArgs {}

impl ProgramCommand for UpdatePublicClouds {
    type Args = CloudsArgs;

    const COMMAND: &'static str = "update-public-clouds";
    const TOOLSET: &'static str = "session";
    const DESCRIPTION: &'static str = "Updates what the user's own client knows of public clouds.";
    const SCOPE: Scope = Scope::Client;
    const EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &[];
    const INSTEAD: &'static str = "change a cloud of the controller with juju_update_cloud";

    fn validate(_: &CloudsArgs) -> Result<(), String> {
        Ok(())
    }

    fn words(_: &CloudsArgs, _: &ResolvedTarget) -> Vec<String> {
        vec!["--client".to_owned()]
    }
}
