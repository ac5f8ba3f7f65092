//! `juju diff-bundle`: what distinguishes a model from a bundle.

use std::time::Duration;

use policy::{Effect, EntityKind, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ProgramCommand, check_optional, check_word, flag, model, switch};
use crate::{Failure, ResolvedTarget, Scope, juju::application::archive::readable};

/// The tool `juju_diff_bundle`.
pub struct DiffBundle;

/// Which bundle.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// name in Charmhub, or a file
    bundle: String,
    channel: Option<String>,
    arch: Option<String>,
    base: Option<String>,
    /// files
    #[serde(default)]
    overlay: Vec<String>,
    map_machines: Option<String>,
    #[serde(default)]
    annotations: bool,
}

fn is_file(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.contains('/') || [".yaml", ".yml"].iter().any(|ending| lower.ends_with(ending))
}

impl ProgramCommand for DiffBundle {
    type Args = Args;

    const COMMAND: &'static str = "diff-bundle";
    const TOOLSET: &'static str = "models";
    const DESCRIPTION: &'static str = "Compares a model with a bundle; juju_export_bundle shows the model as one.";
    const SCOPE: Scope = Scope::Model;
    const EFFECT: Effect = Effect::Read;
    const POSITIONAL: &'static [&'static str] = &["bundle"];
    const INSTEAD: &'static str = "compare with the result of juju_export_bundle";
    const LIMIT: Duration = Duration::from_mins(2);

    fn validate(args: &Args) -> Result<(), String> {
        check_word("bundle", &args.bundle)?;
        for (argument, text) in [
            ("channel", &args.channel),
            ("arch", &args.arch),
            ("base", &args.base),
            ("map_machines", &args.map_machines),
        ] {
            check_optional(argument, text.as_deref())?;
        }
        args.overlay.iter().try_for_each(|file| check_word("overlay", file))
    }

    fn words(args: &Args, target: &ResolvedTarget) -> Vec<String> {
        let mut words = Vec::from(model(target));
        for (name, value) in [
            ("channel", &args.channel),
            ("arch", &args.arch),
            ("base", &args.base),
            ("map-machines", &args.map_machines),
        ] {
            words.extend(flag(name, value.as_deref()));
        }
        words.extend(args.overlay.iter().flat_map(|file| flag("overlay", Some(file))));
        words.extend(switch("annotations", args.annotations));
        words.push(args.bundle.clone());
        words
    }

    async fn check_files(args: &Args, target: &ResolvedTarget) -> Result<(), Failure> {
        let bundle = Some(&args.bundle).filter(|name| is_file(name));
        for file in bundle.into_iter().chain(&args.overlay) {
            readable(target, file).await?;
        }
        Ok(())
    }

    fn target_entities(_: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::All(EntityKind::Application)]
    }
}
