//! `juju help-hook-commands` and `juju help-action-commands`: the programs that a charm calls.

use std::{marker::PhantomData, sync::Arc};

use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, nearest};

/// One of the two tools.
pub struct HelpOn<K>(PhantomData<fn() -> K>);

/// What distinguishes the two.
pub trait Programs: Send + Sync + 'static {
    /// The command of the client.
    const COMMAND: &'static str;
    /// What it does.
    const DESCRIPTION: &'static str;
    /// The programs, and what each does.
    const PROGRAMS: &'static [(&'static str, &'static str)];
}

/// The tool `juju_help_hook_commands`.
pub struct InHooks;

/// The tool `juju_help_action_commands`.
pub struct InActions;

impl Programs for InHooks {
    const COMMAND: &'static str = "help-hook-commands";
    const DESCRIPTION: &'static str = "Lists the programs that charms call in hooks.";
    const PROGRAMS: &'static [(&'static str, &'static str)] = &[
        ("application-version-set", "states the version of the workload, which juju_status shows"),
        ("close-port", "closes a port of the unit"),
        ("config-get", "reads the options of the application"),
        ("credential-get", "reads the credential of the cloud, with trust"),
        ("goal-state", "lists the units and relations that there will be"),
        ("is-leader", "whether the unit is the leader"),
        ("juju-log", "writes a line to the log of the model"),
        ("juju-reboot", "reboots the machine after the hook, or at once"),
        ("k8s-raw-get", "reads the raw Kubernetes specification"),
        ("k8s-raw-set", "sets the raw Kubernetes specification"),
        ("k8s-spec-get", "reads the Kubernetes specification"),
        ("k8s-spec-set", "sets the Kubernetes specification"),
        ("leader-get", "reads the settings of the leader"),
        ("leader-set", "changes the settings of the leader"),
        ("network-get", "addresses of an endpoint"),
        ("open-port", "opens a port of the unit, for an application that is exposed"),
        ("opened-ports", "lists the open ports of the unit"),
        ("payload-register", "registers a payload of the unit"),
        ("payload-status-set", "sets the status of a payload"),
        ("payload-unregister", "removes a payload"),
        ("pod-spec-get", "the old name of k8s-spec-get"),
        ("pod-spec-set", "the old name of k8s-spec-set"),
        ("relation-get", "reads the data of a relation"),
        ("relation-ids", "ids of the relations of an endpoint"),
        ("relation-list", "units of a relation"),
        ("relation-model-get", "the model of the other side of a relation"),
        ("relation-set", "writes data of the unit or application to a relation"),
        ("resource-get", "path of a resource, which it fetches"),
        ("secret-add", "adds a secret of the unit or application"),
        ("secret-get", "reads a secret"),
        ("secret-grant", "lets another side of a relation read a secret"),
        ("secret-ids", "ids of the secrets that it owns"),
        ("secret-info-get", "metadata of a secret that it owns"),
        ("secret-remove", "removes a secret"),
        ("secret-revoke", "takes access to a secret back"),
        ("secret-set", "adds a revision to a secret"),
        ("state-delete", "removes a value from the state of the unit at the controller"),
        ("state-get", "reads the state of the unit at the controller"),
        ("state-set", "writes the state of the unit at the controller"),
        ("status-get", "reads the status of the unit or application"),
        ("status-set", "sets the status of the unit or application"),
        ("storage-add", "adds storage to the unit"),
        ("storage-get", "location and size of storage"),
        ("storage-list", "storage of the unit"),
        ("unit-get", "an address of the unit"),
    ];
}

impl Programs for InActions {
    const COMMAND: &'static str = "help-action-commands";
    const DESCRIPTION: &'static str = "Lists the programs that charms call in actions.";
    const PROGRAMS: &'static [(&'static str, &'static str)] = &[
        ("action-fail", "makes the action fail, with a message"),
        ("action-get", "reads the parameters of the action"),
        ("action-log", "reports progress, which juju_show_task shows"),
        ("action-set", "sets results of the action"),
    ];
}

/// One program, or all.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    name: Option<String>,
}

/// A program.
#[derive(Debug, Serialize)]
pub struct Output {
    name: &'static str,
    purpose: &'static str,
}

impl<K: Programs> Command for HelpOn<K> {
    type Args = Args;
    type Output = Vec<Output>;

    const COMMAND: &'static str = K::COMMAND;
    const TOOLSET: &'static str = "charmhub";
    const DESCRIPTION: &'static str = K::DESCRIPTION;
    const SCOPE: Scope = Scope::Client;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["name"];
    const ROWS_PATH: Option<&'static str> = Some("");

    async fn run(_: Permit, args: Args, _: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let wanted = |name: &str| args.name.as_deref().is_none_or(|wanted| wanted == name);
        let all = K::PROGRAMS.iter().filter(|(name, _)| wanted(name));
        let found: Vec<_> = all.map(|(name, purpose)| Output { name, purpose }).collect();
        match &args.name {
            Some(name) if found.is_empty() => {
                let near = nearest(name, K::PROGRAMS.iter().map(|(name, _)| *name));
                let remedy = near.map_or_else(
                    || "leave `name` out to list all".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                Err(Failure::refused(format!("charms have no program `{name}`"), remedy))
            }
            _ => Ok(found),
        }
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|one| filter.selects(one.name, one));
        let rows = answer.iter().map(|one| vec![one.name.to_owned(), one.purpose.to_owned()]).collect();
        Some(Concise::table(Table::new("programs", &["Name", "Purpose"], rows), "no program matches"))
    }
}
