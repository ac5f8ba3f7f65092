//! `juju ssh` and `juju scp`: a command on a machine, and files from and to it, through the user's own SSH keys.

use std::time::Duration;

use policy::{Capability, Effect, Impact, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ProgramCommand, check_optional, check_word, flag, model, switch};
use crate::{
    Failure, ResolvedTarget, Scope, entity,
    juju::application::archive::{readable, writable},
    target,
};

/// The tool `juju_ssh`.
pub struct Ssh;

/// Where, and what runs there.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SshArgs {
    /// unit or machine
    target: String,
    command: String,
    container: Option<String>,
    #[serde(default)]
    proxy: bool,
}

/// The tool `juju_scp`.
pub struct Scp;

/// Files from and to units and machines, `web/0:/var/log/syslog`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScpArgs {
    source: String,
    destination: String,
    container: Option<String>,
    #[serde(default)]
    proxy: bool,
}

/// The unit or machine of `web/0`, `ubuntu@3` or `web/0:/path`.
fn machine_of(text: &str) -> &str {
    let place = text.split_once(':').map_or(text, |(place, _)| place);
    place.rsplit_once('@').map_or(place, |(_, place)| place)
}

fn entity_of(text: &str) -> TargetEntity {
    let place = machine_of(text);
    if entity::is_machine(place) { target::machine(place) } else { target::unit(place) }
}

fn check_target(argument: &str, text: &str) -> Result<(), String> {
    check_word(argument, text)?;
    let place = machine_of(text);
    let user = text.split_once('@').map_or("ubuntu", |(user, _)| user);
    let is_user = user.starts_with(|first: char| first.is_ascii_lowercase())
        && user.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte));
    if is_user && (entity::is_machine(place) || entity::is_unit(place) || entity::is_leader(place)) {
        return Ok(());
    }
    Err(format!("`{argument}` has to be a unit or machine like `web/0` or `3`, not: {text}"))
}

impl ProgramCommand for Ssh {
    type Args = SshArgs;

    const COMMAND: &'static str = "ssh";
    const TOOLSET: &'static str = "actions";
    const DESCRIPTION: &'static str = "Runs a command over SSH; juju_exec needs no SSH.";
    const SCOPE: Scope = Scope::Model;
    const EFFECT: Effect = Effect::Destructive;
    const POSITIONAL: &'static [&'static str] = &["target", "command"];
    const INSTEAD: &'static str = "use juju_exec";
    const LIMIT: Duration = Duration::from_mins(5);

    fn validate(args: &SshArgs) -> Result<(), String> {
        check_target("target", &args.target)?;
        if args.command.trim().is_empty() {
            return Err("`command` must not be empty: a session without one needs a terminal".to_owned());
        }
        check_optional("container", args.container.as_deref())
    }

    fn words(args: &SshArgs, target: &ResolvedTarget) -> Vec<String> {
        let options = [flag("container", args.container.as_deref()), switch("proxy", args.proxy)].concat();
        let options = model(target).into_iter().chain(["--pty=false".to_owned()]).chain(options);
        options.chain([args.target.clone(), args.command.clone()]).collect()
    }

    fn target_entities(args: &SshArgs) -> Vec<TargetEntity> {
        vec![entity_of(&args.target)]
    }

    fn impact(_: &SshArgs) -> Impact {
        Impact::default().with_capability(Capability::OpensShell)
    }
}

impl ProgramCommand for Scp {
    type Args = ScpArgs;

    const COMMAND: &'static str = "scp";
    const TOOLSET: &'static str = "actions";
    const DESCRIPTION: &'static str = "Copies a file to or from a unit or machine over SSH.";
    const SCOPE: Scope = Scope::Model;
    const EFFECT: Effect = Effect::Destructive;
    const POSITIONAL: &'static [&'static str] = &["source", "destination"];
    const INSTEAD: &'static str = "read a file with juju_exec";
    const LIMIT: Duration = Duration::from_mins(10);

    fn validate(args: &ScpArgs) -> Result<(), String> {
        let remote = [("source", &args.source), ("destination", &args.destination)];
        let remote: Vec<_> = remote.into_iter().filter(|(_, text)| text.contains(':')).collect();
        if remote.len() != 1 {
            return Err(
                "one of `source` and `destination` has to be like `web/0:/path`, and the other a local file".to_owned()
            );
        }
        check_word("source", &args.source)?;
        check_word("destination", &args.destination)?;
        check_optional("container", args.container.as_deref())?;
        remote.into_iter().try_for_each(|(argument, text)| check_target(argument, text))
    }

    fn words(args: &ScpArgs, target: &ResolvedTarget) -> Vec<String> {
        let options = [flag("container", args.container.as_deref()), switch("proxy", args.proxy)].concat();
        model(target).into_iter().chain(options).chain([args.source.clone(), args.destination.clone()]).collect()
    }

    async fn check_files(args: &ScpArgs, target: &ResolvedTarget) -> Result<(), Failure> {
        if args.source.contains(':') {
            writable(target, &args.destination).await.map(drop)
        } else {
            readable(target, &args.source).await.map(drop)
        }
    }

    fn target_entities(args: &ScpArgs) -> Vec<TargetEntity> {
        [&args.source, &args.destination]
            .into_iter()
            .filter(|text| text.contains(':'))
            .map(|text| entity_of(text))
            .collect()
    }

    fn impact(_: &ScpArgs) -> Impact {
        Impact::default().with_capability(Capability::OpensShell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_is_a_unit_or_machine_and_no_option() {
        for fine in ["web/0", "3", "0/lxd/1", "ubuntu@web/leader", "web/0:/var/log/syslog"] {
            assert_eq!(check_target("target", fine), Ok(()), "{fine}");
        }
        for odd in ["", "-oProxyCommand=x", "host.example", "a b@3", "-x@3", "web", "web/0\n"] {
            assert!(check_target("target", odd).is_err(), "{odd:?}");
        }
    }
}
