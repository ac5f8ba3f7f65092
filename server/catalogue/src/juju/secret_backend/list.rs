//! `juju secret-backends`: backends that store secrets of the controller's models.

use std::{collections::BTreeMap, sync::Arc};

use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Backend, backends};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `juju_secret_backends`.
pub struct SecretBackends;

/// How much of each.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// secret settings too
    reveal: bool,
}

impl Command for SecretBackends {
    type Args = Args;
    type Output = BTreeMap<String, Backend>;

    const COMMAND: &'static str = "secret-backends";
    const ALIASES: &'static [&'static str] = &["list-secret-backends"];
    const TOOLSET: &'static str = "secrets";
    const DESCRIPTION: &'static str = "Lists backends that store secrets.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const MIN_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    fn effect(args: &Args) -> Effect {
        if args.reveal { Effect::Sensitive } else { Effect::Read }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        backends(&*target.controller_connection().await?, Vec::new(), args.reveal).await
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|name, one| filter.selects(name, one));
        let row = |(name, one): (&String, &Backend)| {
            let message = if one.error.is_empty() { &one.message } else { &one.error };
            vec![name.clone(), one.backend.clone(), one.secrets.to_string(), one.status.clone(), message.clone()]
        };
        let rows = answer.iter().map(row).collect();
        let heading = ["Backend", "Type", "Secrets", "Status", "Message"];
        Some(Concise::table(Table::new("backends", &heading, rows), "nothing matches"))
    }
}
