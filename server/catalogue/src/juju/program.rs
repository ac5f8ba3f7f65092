//! Commands that the program of the Juju client does: they need the user's own files, a cloud provider, or SSH. Over HTTP they are
//! refused, because the files would be those of the server; without the program they name the remedy.

pub mod account;
pub mod bootstrap;
pub mod bundle;
pub mod ssh;
pub mod terminal;
pub mod transfer;

use std::{marker::PhantomData, sync::Arc, time::Duration};

use juju_client::{ClientFiles, ClientFilesError};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{Access, Blocks, Command, Failure, ResolvedTarget, Scope};

/// A command that the program does.
pub struct ByProgram<K>(PhantomData<fn() -> K>);

/// What distinguishes these commands.
pub trait ProgramCommand: Send + Sync + 'static {
    /// Its arguments.
    type Args: DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static;
    /// The command of the client.
    const COMMAND: &'static str;
    /// Other names of it.
    const ALIASES: &'static [&'static str] = &[];
    /// Its group of tools.
    const TOOLSET: &'static str;
    /// What it does.
    const DESCRIPTION: &'static str;
    /// What it acts on.
    const SCOPE: Scope;
    /// The worst that it can do.
    const EFFECT: Effect;
    /// Arguments that the client takes by position.
    const POSITIONAL: &'static [&'static str];
    /// What a caller over HTTP does in its place.
    const INSTEAD: &'static str;
    /// Whether the program does it; else the files of the client are all that it needs.
    const NEEDS_PROGRAM: bool = true;
    /// How long it may take.
    const LIMIT: Duration = Duration::from_mins(2);

    /// Checks what the schema cannot express.
    ///
    /// # Errors
    /// One sentence, naming the argument.
    fn validate(args: &Self::Args) -> Result<(), String>;

    /// The words after the command; `target` has the model and the controller.
    fn words(args: &Self::Args, target: &ResolvedTarget) -> Vec<String>;

    /// What it reads from its standard input.
    fn input(_: &Self::Args) -> Option<String> {
        None
    }

    /// Checks that only the files of the user can answer, such as whether a local path may be read.
    fn check_files(_: &Self::Args, _: &ResolvedTarget) -> impl Future<Output = Result<(), Failure>> + Send {
        std::future::ready(Ok(()))
    }

    /// Changes the files of the client as the program does, and returns what it prints; `None` where the program has to.
    fn change_files(
        _: &Self::Args,
        _: &ClientFiles,
        _: &ResolvedTarget,
    ) -> impl Future<Output = Result<Option<String>, Failure>> + Send {
        std::future::ready(Ok(None))
    }

    /// Every entity that it touches.
    fn target_entities(_: &Self::Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    /// What it does, as data.
    fn impact(_: &Self::Args) -> Impact {
        Impact::default()
    }
}

/// What the program printed.
#[derive(Debug, Serialize)]
pub struct Output {
    #[serde(skip_serializing_if = "String::is_empty")]
    printed: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    messages: String,
}

impl<K: ProgramCommand> Command for ByProgram<K> {
    type Args = K::Args;
    type Output = Output;

    const COMMAND: &'static str = K::COMMAND;
    const ALIASES: &'static [&'static str] = K::ALIASES;
    const TOOLSET: &'static str = K::TOOLSET;
    const DESCRIPTION: &'static str = K::DESCRIPTION;
    const SCOPE: Scope = K::SCOPE;
    const ANSWERS_UNTRUSTED: bool = true;
    const MAX_EFFECT: Effect = K::EFFECT;
    const ACCESS: Access = Access::Admin;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = K::POSITIONAL;

    fn validate(args: &K::Args) -> Result<(), String> {
        K::validate(args)
    }

    fn target_entities(args: &K::Args) -> Vec<TargetEntity> {
        K::target_entities(args)
    }

    fn required_entities(args: &K::Args) -> Vec<TargetEntity> {
        if K::SCOPE == Scope::Model { K::target_entities(args) } else { Vec::new() }
    }

    fn impact(args: &K::Args) -> Impact {
        K::impact(args)
    }

    async fn preview(args: &K::Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        check::<K>(target)?;
        K::check_files(args, target).await?;
        Ok(Some(json!({"runs": format!("juju {}", K::COMMAND)})))
    }

    async fn run(_: Permit, args: K::Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let data = check::<K>(&target)?;
        K::check_files(&args, &target).await?;
        if let Some(files) = target.controllers().own_files()
            && let Some(printed) = K::change_files(&args, files, &target).await?
        {
            return Ok(Output { printed, messages: String::new() });
        }
        let words: Vec<_> = std::iter::once(K::COMMAND.to_owned()).chain(K::words(&args, &target)).collect();
        let program = target.externals().program()?;
        let printed = program.run(&words, &data, K::input(&args).as_deref(), K::LIMIT).await?;
        Ok(Output { printed: printed.text, messages: printed.messages })
    }
}

/// The directory of the user's own client, where the command may run.
fn check<K: ProgramCommand>(target: &ResolvedTarget) -> Result<std::path::PathBuf, Failure> {
    let Some(files) = target.controllers().own_files() else {
        return Err(Failure::refused(
            format!("`juju {}` works with the files of a user's own client, which a server does not have", K::COMMAND),
            K::INSTEAD,
        ));
    };
    if K::NEEDS_PROGRAM {
        target.externals().program()?;
    }
    Ok(files.directory().to_owned())
}

/// The failure of a change of the client's files.
fn unchanged(error: &ClientFilesError) -> Failure {
    Failure::refused(error.to_string(), error.remedy())
}

/// `-m controller:model`, for commands about a model.
fn model(target: &ResolvedTarget) -> [String; 2] {
    ["-m".to_owned(), format!("{}:{}", target.controller_name(), target.model_name())]
}

/// `--name value`, where there is one.
fn flag(name: &str, value: Option<&str>) -> Vec<String> {
    value.map(|value| vec![format!("--{name}={value}")]).unwrap_or_default()
}

/// `--name`, where it is set.
fn switch(name: &str, set: bool) -> Vec<String> {
    if set { vec![format!("--{name}")] } else { Vec::new() }
}

/// Refuses a positional argument that the program would read as an option, and control characters.
fn check_word(argument: &str, text: &str) -> Result<(), String> {
    if text.is_empty() || text.starts_with('-') || text.chars().any(char::is_control) {
        return Err(format!("`{argument}` has to begin with a letter, digit or path, not: {text}"));
    }
    Ok(())
}

/// The same for an argument that may be left out.
fn check_optional(argument: &str, text: Option<&str>) -> Result<(), String> {
    text.map_or(Ok(()), |text| check_word(argument, text))
}
