//! `juju-mcp login-key`: lists and replaces the keys that sign login tokens.

use std::process::ExitCode;

use chrono::DateTime;

use crate::{
    cli::LoginKey,
    failure::Failure,
    login_tokens::{LoginTokenFile, now},
    output,
};

pub(super) fn run(command: &LoginKey) -> Result<ExitCode, Failure> {
    match command {
        LoginKey::List { state } => list(&LoginTokenFile::in_directory(&state.state_dir)),
        LoginKey::Rotate { state, revoke } => rotate(&LoginTokenFile::in_directory(&state.state_dir), *revoke),
    }
}

fn list(file: &LoginTokenFile) -> Result<ExitCode, Failure> {
    let keys = file.read()?.ok_or_else(no_keys)?;
    let line = |key: identity::LoginTokenKeyStatus| {
        let made = i64::try_from(key.created_at).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let made = made.map(|time| time.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
        format!("{}  made {made}  {}\n", key.id, if key.signs { "signs" } else { "is published" })
    };
    output::text(&keys.status(now()).into_iter().map(line).collect::<String>())?;
    Ok(ExitCode::SUCCESS)
}

fn rotate(file: &LoginTokenFile, revoke: bool) -> Result<ExitCode, Failure> {
    let mut keys = file.read()?.ok_or_else(no_keys)?;
    let text = if revoke {
        keys.revoke_all(now()).map_err(Failure::failed)?;
        "all earlier keys are gone; controllers refuse tokens until they have fetched the new key, within 30 minutes\n"
    } else {
        keys.rotate(now()).map_err(Failure::failed)?;
        "the new key is published now and signs after two hours; the earlier one stays published for a day after that\n"
    };
    file.write(&keys)?;
    output::text(text)?;
    list(file)
}

fn no_keys() -> Failure {
    Failure::usage(
        "this state directory has no keys of login tokens",
        "give the directory of a server with `act_as_caller` in its configuration with `--state-dir DIR`; its first start makes them",
    )
}
