//! `juju bootstrap`: makes a new controller in a cloud.

use std::{collections::BTreeMap, time::Duration};

use policy::{Effect, Impact, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ProgramCommand, check_optional, check_word, flag, switch};
use crate::{ResolvedTarget, Scope, entity, juju::setup, target};

/// The tool `juju_bootstrap`.
pub struct Bootstrap;

/// Where, and how the controller is set up.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// `cloud` or `cloud/region`
    cloud: String,
    controller_name: Option<String>,
    credential: Option<String>,
    add_model: Option<String>,
    agent_version: Option<String>,
    bootstrap_base: Option<String>,
    bootstrap_constraints: Option<String>,
    constraints: Option<String>,
    controller_charm_channel: Option<String>,
    #[serde(default)]
    config: BTreeMap<String, Value>,
    #[serde(default)]
    model_default: BTreeMap<String, Value>,
    #[serde(default)]
    storage_pool: BTreeMap<String, Value>,
    to: Option<String>,
    #[serde(default)]
    force: bool,
    #[serde(default)]
    keep_broken: bool,
}

impl Args {
    fn texts(&self) -> [(&'static str, Option<&str>); 8] {
        [
            ("credential", self.credential.as_deref()),
            ("add-model", self.add_model.as_deref()),
            ("agent-version", self.agent_version.as_deref()),
            ("bootstrap-base", self.bootstrap_base.as_deref()),
            ("bootstrap-constraints", self.bootstrap_constraints.as_deref()),
            ("constraints", self.constraints.as_deref()),
            ("controller-charm-channel", self.controller_charm_channel.as_deref()),
            ("to", self.to.as_deref()),
        ]
    }

    fn maps(&self) -> [(&'static str, &BTreeMap<String, Value>); 3] {
        [("config", &self.config), ("model-default", &self.model_default), ("storage-pool", &self.storage_pool)]
    }
}

impl ProgramCommand for Bootstrap {
    type Args = Args;

    const COMMAND: &'static str = "bootstrap";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str =
        "Makes a new controller in a cloud, which takes minutes; juju_add_model makes a model.";
    const SCOPE: Scope = Scope::Client;
    const EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &["cloud", "controller_name"];
    const INSTEAD: &'static str =
        "a person bootstraps with the Juju client, and adds the controller to the configuration of this server";
    const LIMIT: Duration = Duration::from_hours(1);

    fn validate(args: &Args) -> Result<(), String> {
        check_word("cloud", &args.cloud)?;
        check_optional("controller_name", args.controller_name.as_deref())?;
        for (name, text) in args.texts() {
            check_optional(&name.replace('-', "_"), text)?;
        }
        for (name, values) in args.maps() {
            let argument = name.replace('-', "_");
            entity::check_values(&argument, values)?;
            values.keys().try_for_each(|key| check_word(&argument, key))?;
        }
        Ok(())
    }

    fn words(args: &Args, _: &ResolvedTarget) -> Vec<String> {
        let mut words: Vec<_> = args.texts().into_iter().flat_map(|(name, text)| flag(name, text)).collect();
        for (name, values) in args.maps() {
            let pair = |(key, value): (&String, &Value)| format!("--{name}={key}={}", entity::text(value));
            words.extend(values.iter().map(pair));
        }
        words.extend(switch("force", args.force));
        words.extend(switch("keep-broken", args.keep_broken));
        words.push("--no-switch".to_owned());
        words.push(args.cloud.clone());
        words.extend(args.controller_name.clone());
        words
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("cloud", args.cloud.split('/').next().unwrap_or_default())]
    }

    fn impact(args: &Args) -> Impact {
        let own = setup::machine_setup(args.config.keys().chain(args.model_default.keys()));
        let impact = Impact { machines_added: 1, constraints: args.bootstrap_constraints.clone(), ..own };
        impact.with_skipped_checks(&[("force", args.force)])
    }
}
