//! Commands about the user's own client: log-ins, defaults, and terms of charms.

use std::time::Duration;

use juju_client::{ClientFiles, ClientFilesError, ModelEntry};
use policy::{Effect, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ProgramCommand, check_optional, check_word, flag, switch, unchanged};
use crate::{Failure, ResolvedTarget, Scope, juju::cloud::change::check_name, juju::user, target};

const CONFIGURED: &str =
    "the controllers of this server and its log-ins are in its configuration; a person uses the Juju client";

/// The controller that a command about the client's files names.
fn controller(name: Option<&str>) -> Vec<TargetEntity> {
    name.map(|name| target::other("controller", name)).into_iter().collect()
}

/// The tool `juju_login`.
pub struct Login;

/// The controller, and the user to log in as.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LoginArgs {
    controller: Option<String>,
    user: Option<String>,
    password: Option<String>,
}

impl ProgramCommand for Login {
    type Args = LoginArgs;

    const COMMAND: &'static str = "login";
    const TOOLSET: &'static str = "session";
    const DESCRIPTION: &'static str = "Logs the user's own client in with a password.";
    const SCOPE: Scope = Scope::Client;
    const EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &[];
    const INSTEAD: &'static str = CONFIGURED;

    fn validate(args: &LoginArgs) -> Result<(), String> {
        check_optional("controller", args.controller.as_deref())?;
        args.user.as_deref().map_or(Ok(()), user::check_name)?;
        match args.password.as_deref() {
            None | Some("") => Err("give `password`; a log-in with a browser needs a person: `juju login`".to_owned()),
            Some(password) if password.contains('\n') => Err("`password` has to be one line".to_owned()),
            Some(_) => Ok(()),
        }
    }

    fn words(args: &LoginArgs, _: &ResolvedTarget) -> Vec<String> {
        let words = [flag("controller", args.controller.as_deref()), flag("user", args.user.as_deref())];
        words.into_iter().flatten().chain(["--no-prompt".to_owned()]).collect()
    }

    fn target_entities(args: &LoginArgs) -> Vec<TargetEntity> {
        controller(args.controller.as_deref())
    }

    fn input(args: &LoginArgs) -> Option<String> {
        args.password.as_ref().map(|password| format!("{password}\n"))
    }
}

/// The tool `juju_logout`.
pub struct Logout;

/// Where to log out.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogoutArgs {
    controller: Option<String>,
    /// although a password is lost
    force: bool,
}

impl ProgramCommand for Logout {
    type Args = LogoutArgs;

    const COMMAND: &'static str = "logout";
    const TOOLSET: &'static str = "session";
    const DESCRIPTION: &'static str = "Logs the user's own client out.";
    const SCOPE: Scope = Scope::Client;
    const EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &[];
    const INSTEAD: &'static str = CONFIGURED;

    fn validate(args: &LogoutArgs) -> Result<(), String> {
        check_optional("controller", args.controller.as_deref())
    }

    fn target_entities(args: &LogoutArgs) -> Vec<TargetEntity> {
        controller(args.controller.as_deref())
    }

    fn words(args: &LogoutArgs, _: &ResolvedTarget) -> Vec<String> {
        [flag("controller", args.controller.as_deref()), switch("force", args.force)].concat()
    }
}

/// The tool `juju_register`.
pub struct Register;

/// What an administrator gave the user.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterArgs {
    /// of `juju_add_user`
    registration_token: String,
    /// a new one
    password: String,
    /// the user's name for the controller
    name: Option<String>,
    #[serde(default)]
    replace: bool,
}

impl ProgramCommand for Register {
    type Args = RegisterArgs;

    const COMMAND: &'static str = "register";
    const TOOLSET: &'static str = "session";
    const DESCRIPTION: &'static str = "Registers a controller with the user's own client.";
    const SCOPE: Scope = Scope::Client;
    const EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &["registration_token"];
    const INSTEAD: &'static str = CONFIGURED;

    fn validate(args: &RegisterArgs) -> Result<(), String> {
        let is_encoded = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte);
        if args.registration_token.starts_with('-') || !args.registration_token.bytes().all(is_encoded) {
            return Err("`registration_token` has to be the text that juju_add_user returned".to_owned());
        }
        check_optional("name", args.name.as_deref())?;
        if args.password.is_empty() || args.password.contains('\n') {
            return Err("`password` has to be one line that is not empty".to_owned());
        }
        Ok(())
    }

    fn words(args: &RegisterArgs, _: &ResolvedTarget) -> Vec<String> {
        switch("replace", args.replace).into_iter().chain([args.registration_token.clone()]).collect()
    }

    fn input(args: &RegisterArgs) -> Option<String> {
        let name = args.name.as_deref().unwrap_or_default();
        Some(format!("{0}\n{0}\n{name}\n", args.password))
    }
}

/// The tool `juju_unregister`.
pub struct Unregister;

/// Which controller.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnregisterArgs {
    name: String,
}

impl ProgramCommand for Unregister {
    type Args = UnregisterArgs;

    const COMMAND: &'static str = "unregister";
    const TOOLSET: &'static str = "session";
    const DESCRIPTION: &'static str = "Makes the user's own client forget a controller, which goes on running.";
    const SCOPE: Scope = Scope::Client;
    const EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &["name"];
    const INSTEAD: &'static str = CONFIGURED;
    const NEEDS_PROGRAM: bool = false;

    fn validate(args: &UnregisterArgs) -> Result<(), String> {
        check_word("name", &args.name)
    }

    fn target_entities(args: &UnregisterArgs) -> Vec<TargetEntity> {
        controller(Some(&args.name))
    }

    async fn check_files(args: &UnregisterArgs, target: &ResolvedTarget) -> Result<(), Failure> {
        known_controller(&args.name, target)
    }

    async fn change_files(
        args: &UnregisterArgs,
        files: &ClientFiles,
        _: &ResolvedTarget,
    ) -> Result<Option<String>, Failure> {
        files.forget_controller(&args.name).await.map_err(|error| unchanged(&error))?;
        Ok(Some(format!("{} is forgotten", args.name)))
    }

    fn words(args: &UnregisterArgs, _: &ResolvedTarget) -> Vec<String> {
        vec!["--no-prompt".to_owned(), args.name.clone()]
    }
}

/// The tool `juju_switch`.
pub struct Switch;

/// What is to be current.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchArgs {
    /// `controller`, `model` or `controller:model`
    to: String,
}

impl ProgramCommand for Switch {
    type Args = SwitchArgs;

    const COMMAND: &'static str = "switch";
    const TOOLSET: &'static str = "session";
    const DESCRIPTION: &'static str = "Selects the current controller and model of the user's own client.";
    const SCOPE: Scope = Scope::Client;
    const EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &["to"];
    const INSTEAD: &'static str = "name `controller` and `model` in each call";
    const NEEDS_PROGRAM: bool = false;

    fn validate(args: &SwitchArgs) -> Result<(), String> {
        check_word("to", args.to.trim_start_matches(':'))
    }

    async fn check_files(args: &SwitchArgs, target: &ResolvedTarget) -> Result<(), Failure> {
        find_place(&args.to, target).await.map(drop)
    }

    async fn change_files(
        args: &SwitchArgs,
        files: &ClientFiles,
        target: &ResolvedTarget,
    ) -> Result<Option<String>, Failure> {
        let (controller, model) = find_place(&args.to, target).await?;
        let failed = |error: ClientFilesError| unchanged(&error);
        if let Some(model) = &model {
            files.remember_model(&controller, model).await.map_err(failed)?;
            files.switch_model(&controller, &model.full_name()).await.map_err(failed)?;
        }
        if target.controllers().default_name().as_ref() != Some(&controller) {
            files.switch_controller(&controller).await.map_err(failed)?;
        }
        let current = model.map(|model| model.full_name()).or_else(|| target.controllers().current_model(&controller));
        Ok(Some(current.map_or(controller.clone(), |model| format!("{controller}:{model}"))))
    }

    fn words(args: &SwitchArgs, _: &ResolvedTarget) -> Vec<String> {
        vec![args.to.clone()]
    }
}

/// Fails for a controller that the files of the client lack.
fn known_controller(name: &str, target: &ResolvedTarget) -> Result<(), Failure> {
    let names = target.controllers().names();
    if names.iter().any(|known| known == name) {
        return Ok(());
    }
    Err(Failure::refused(
        format!("controller \"{name}\" not found"),
        format!("the user's own client knows: {}", names.join(", ")),
    ))
}

/// The controller and the model that `controller`, `model`, `:model` or `controller:model` names, as `juju switch` reads it.
async fn find_place(to: &str, target: &ResolvedTarget) -> Result<(String, Option<ModelEntry>), Failure> {
    let controllers = target.controllers();
    let known = controllers.names();
    let current = || {
        let none = || Failure::refused("the user's own client has no current controller", "name `controller:model`");
        controllers.default_name().ok_or_else(none)
    };
    let (controller, model) = match to.split_once(':') {
        Some(("", model)) => (current()?, model),
        Some((controller, model)) => (controller.to_owned(), model),
        None if known.iter().any(|name| name == to) => (to.to_owned(), ""),
        None => (current()?, to),
    };
    known_controller(&controller, target)?;
    if model.is_empty() {
        return Ok((controller, None));
    }
    let entry = controllers.find_controller(Some(&controller)).await?.find_model(model).await?;
    Ok((controller, Some(entry)))
}

/// The tool `juju_default_credential`.
pub struct DefaultCredential;

/// The tool `juju_default_region`.
pub struct DefaultRegion;

/// The credential of a cloud to use.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialArgs {
    cloud: String,
    credential: Option<String>,
    #[serde(default)]
    reset: bool,
}

/// The region of a cloud to use.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionArgs {
    cloud: String,
    region: Option<String>,
    #[serde(default)]
    reset: bool,
}

impl ProgramCommand for DefaultCredential {
    type Args = CredentialArgs;

    const COMMAND: &'static str = "default-credential";
    const ALIASES: &'static [&'static str] = &["set-default-credentials"];
    const TOOLSET: &'static str = "session";
    const DESCRIPTION: &'static str = "Shows or sets which credential the user's own client uses for a cloud.";
    const SCOPE: Scope = Scope::Client;
    const EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &["cloud", "credential"];
    const INSTEAD: &'static str = "name `credential` in juju_add_model";
    const NEEDS_PROGRAM: bool = false;

    fn validate(args: &CredentialArgs) -> Result<(), String> {
        check_name(&args.cloud)?;
        check_optional("credential", args.credential.as_deref())
    }

    async fn change_files(
        args: &CredentialArgs,
        files: &ClientFiles,
        _: &ResolvedTarget,
    ) -> Result<Option<String>, Failure> {
        let cloud = &args.cloud;
        if args.credential.is_none() && !args.reset {
            let found = files.default_credential(cloud).map_err(|error| unchanged(&error))?;
            return Ok(Some(match found {
                Some(name) => format!("default credential for cloud {cloud} is {name}"),
                None => format!("cloud {cloud} has no default credential"),
            }));
        }
        let credential = args.credential.as_deref().filter(|_| !args.reset);
        if !files.set_default_credential(cloud, credential).await.map_err(|error| unchanged(&error))? {
            let name = credential.unwrap_or_default();
            return Err(Failure::refused(
                format!("credential \"{name}\" for cloud {cloud} not found"),
                "name a credential of the user's own client, which `juju credentials --client` lists",
            ));
        }
        Ok(Some(match credential {
            Some(name) => format!("default credential for cloud {cloud} is {name}"),
            None => format!("default credential for cloud {cloud} is no longer set"),
        }))
    }

    fn words(args: &CredentialArgs, _: &ResolvedTarget) -> Vec<String> {
        std::iter::once(args.cloud.clone()).chain(args.credential.clone()).chain(switch("reset", args.reset)).collect()
    }
}

impl ProgramCommand for DefaultRegion {
    type Args = RegionArgs;

    const COMMAND: &'static str = "default-region";
    const ALIASES: &'static [&'static str] = &["set-default-region"];
    const TOOLSET: &'static str = "session";
    const DESCRIPTION: &'static str = "Shows or sets which region of a cloud the user's own client uses.";
    const SCOPE: Scope = Scope::Client;
    const EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &["cloud", "region"];
    const INSTEAD: &'static str = "name `region` in juju_add_model";

    fn validate(args: &RegionArgs) -> Result<(), String> {
        check_name(&args.cloud)?;
        check_optional("region", args.region.as_deref())
    }

    fn words(args: &RegionArgs, _: &ResolvedTarget) -> Vec<String> {
        std::iter::once(args.cloud.clone()).chain(args.region.clone()).chain(switch("reset", args.reset)).collect()
    }
}

/// The tool `juju_agree`.
pub struct Agree;

/// The tool `juju_agreements`.
pub struct Agreements;

/// Terms of charms.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreeArgs {
    /// `name/revision`
    terms: Vec<String>,
}

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgreementsArgs {}

const TERMS: &str = "a person agrees to terms of charms with `juju agree`";

impl ProgramCommand for Agree {
    type Args = AgreeArgs;

    const COMMAND: &'static str = "agree";
    const TOOLSET: &'static str = "session";
    const DESCRIPTION: &'static str = "Agrees to terms of charms in the name of the user.";
    const SCOPE: Scope = Scope::Client;
    const EFFECT: Effect = Effect::Destructive;
    const POSITIONAL: &'static [&'static str] = &["terms"];
    const INSTEAD: &'static str = TERMS;
    const LIMIT: Duration = Duration::from_secs(30);

    fn validate(args: &AgreeArgs) -> Result<(), String> {
        if args.terms.is_empty() {
            return Err("`terms` has to name at least one".to_owned());
        }
        args.terms.iter().try_for_each(|term| check_word("terms", term))
    }

    fn words(args: &AgreeArgs, _: &ResolvedTarget) -> Vec<String> {
        std::iter::once("--yes".to_owned()).chain(args.terms.iter().cloned()).collect()
    }
}

impl ProgramCommand for Agreements {
    type Args = AgreementsArgs;

    const COMMAND: &'static str = "agreements";
    const ALIASES: &'static [&'static str] = &["list-agreements"];
    const TOOLSET: &'static str = "session";
    const DESCRIPTION: &'static str = "Lists the terms of charms that the user has agreed to.";
    const SCOPE: Scope = Scope::Client;
    const EFFECT: Effect = Effect::Read;
    const POSITIONAL: &'static [&'static str] = &[];
    const INSTEAD: &'static str = TERMS;
    const LIMIT: Duration = Duration::from_secs(30);

    fn validate(_: &AgreementsArgs) -> Result<(), String> {
        Ok(())
    }

    fn words(_: &AgreementsArgs, _: &ResolvedTarget) -> Vec<String> {
        vec!["--format=json".to_owned()]
    }
}
