//! `juju-mcp doctor`: checks everything that a server with a configuration depends on, and prints one line for each part.

use std::{path::Path, process::ExitCode, time::Duration};

use catalogue::Catalogue;
use chrono::{DateTime, Utc};
use juju_client::Controllers;
use policy::BuiltinRules;
use store::Store;

use super::serve::{self, DEFAULT_STATE_DIR};
use crate::{
    cli::{Doctor, PolicySource},
    config::{Config, OauthSection},
    failure::Failure,
    login_tokens::{self, LoginTokenFile},
    output,
    policy_watcher::PolicyWatcher,
    secret_key::existing_key,
    state_dir::{LEDGER_KEY, STORE, remove_file},
    wiring,
};

/// Below this, the ledger may soon be unable to record, and then no call is executed.
const MIN_FREE_BYTES: u64 = 256 * 1024 * 1024;
/// Tokens of the provider are rejected as expired, or as not yet valid, beyond about this difference.
const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_secs(30);
/// Name of the user that the doctor logs in as by token, without access to anything. No caller has it, because it has no `+`.
const DOCTOR_USER: &str = "juju-mcp-doctor";
const MIB: u64 = 1024 * 1024;

/// The result of the check of one part.
enum Finding {
    /// The part works.
    Good(String),
    /// The check cannot be made.
    Skipped(String),
    /// The part does not work.
    Bad(Failure),
}

/// The findings, printed as they are made.
#[derive(Default)]
struct Report {
    failed: bool,
}

impl Report {
    fn add(&mut self, part: &str, finding: Finding) -> Result<(), Failure> {
        let line = match finding {
            Finding::Good(detail) => format!("ok    {part}: {detail}"),
            Finding::Skipped(reason) => format!("skip  {part}: {reason}"),
            Finding::Bad(failure) => {
                self.failed = true;
                let remedy = failure.remedy().map(|remedy| format!("; {remedy}")).unwrap_or_default();
                format!("FAIL  {part}: {failure}{remedy}")
            }
        };
        output::text(&format!("{}\n", line.replace('\n', " ")))
    }

    fn exit_code(&self) -> ExitCode {
        if self.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

impl From<Result<String, Failure>> for Finding {
    fn from(result: Result<String, Failure>) -> Self {
        result.map_or_else(Self::Bad, Self::Good)
    }
}

pub(super) async fn run(arguments: Doctor) -> Result<ExitCode, Failure> {
    let mut report = Report::default();
    let config = match Config::read(&arguments.config) {
        Ok(config) => config,
        Err(failure) => {
            report.add("configuration", Finding::Bad(failure))?;
            return Ok(report.exit_code());
        }
    };
    report.add("configuration", configuration(&arguments.config, &config).into())?;
    let state = arguments.state_dir.or(config.state_dir.clone()).unwrap_or_else(|| DEFAULT_STATE_DIR.into());
    let connected = async {
        let login_tokens = login_tokens::login_tokens(&config, &state)?;
        wiring::controllers(&config, config.juju_data_dir.as_deref(), login_tokens).await
    };
    match connected.await {
        Ok(controllers) => {
            add_controllers(&mut report, &controllers).await?;
            add_token_logins(&mut report, &controllers, &state).await?;
        }
        Err(failure) => report.add("controllers", Finding::Bad(failure))?,
    }
    add_provider(&mut report, config.oauth.as_ref()).await?;
    add_receivers(&mut report, &config).await?;
    report.add("state directory", state_directory(&state).await.into())?;
    report.add("disk", free_space(&state).into())?;
    Ok(report.exit_code())
}

/// Validates all that `serve` validates, the files that the configuration names included.
fn configuration(file: &Path, config: &Config) -> Result<String, Failure> {
    let policy = PolicyWatcher::new(Some(file), &PolicySource::default(), BuiltinRules::All).read()?;
    serve::validate(config, policy.roles())?;
    Ok(format!(
        "`{}` is valid, {} rules and {} role bindings",
        file.display(),
        policy.rules().len(),
        policy.role_bindings().len()
    ))
}

/// Logs in to each controller with each credential.
async fn add_controllers(report: &mut Report, controllers: &Controllers) -> Result<(), Failure> {
    let roles = controllers.roles();
    let roles = roles.iter().map(|role| (format!(" as role {role}"), controllers.for_role(role)));
    let logins: Vec<_> = std::iter::once((String::new(), controllers.clone())).chain(roles).collect();
    for (suffix, controllers) in logins {
        for name in controllers.names() {
            let connection = async { controllers.controller(Some(&name))?.connection().await.map(drop) };
            let finding = connection.await.map(|()| "log-in succeeds".to_owned()).map_err(Failure::from);
            report.add(&format!("controller {name}{suffix}"), finding.into())?;
        }
    }
    Ok(())
}

/// Logs in by token to each controller that callers log in to as themselves: whether it trusts this server.
async fn add_token_logins(report: &mut Report, controllers: &Controllers, state: &Path) -> Result<(), Failure> {
    let has_keys = LoginTokenFile::in_directory(state).read().map(|keys| keys.is_some());
    for name in controllers.names() {
        let Ok(controller) = controllers.controller(Some(&name)) else { continue };
        let Some(domain) = controller.user_domain() else { continue };
        let finding = match &has_keys {
            Err(failure) => Finding::Bad(Failure::usage(failure, failure.remedy().unwrap_or_default())),
            Ok(false) => Finding::Skipped("the server has not been started yet, so it has no key".to_owned()),
            Ok(true) => {
                let user = format!("{DOCTOR_USER}@{domain}");
                let trusted = controller.check_token_login(&user).await;
                trusted.map(|()| "it trusts the tokens of this server".to_owned()).map_err(Failure::from).into()
            }
        };
        report.add(&format!("controller {name}, callers as themselves"), finding)?;
    }
    Ok(())
}

/// Fetches metadata and keys of the identity provider, and compares its clock with the one of this machine.
async fn add_provider(report: &mut Report, oauth: Option<&OauthSection>) -> Result<(), Failure> {
    let Some(oauth) = oauth else {
        report.add("identity provider", Finding::Skipped("none is configured".to_owned()))?;
        return report.add("clock", Finding::Skipped("no identity provider to compare with".to_owned()));
    };
    let failed =
        |problem: String| Failure::usage(problem, "check `oauth.issuer`, `oauth.ca_certificate_file` and the provider");
    let diagnosis = match oauth.provider(&Catalogue::builtin().toolsets()) {
        Ok(provider) => provider.diagnose().await.map_err(failed),
        Err(failure) => Err(failure),
    };
    match diagnosis {
        Ok(diagnosis) => {
            let text = format!("`{}` returns metadata and {} usable keys", oauth.issuer, diagnosis.usable_keys);
            report.add("identity provider", Finding::Good(text))?;
            report.add("clock", clock(diagnosis.date.as_deref(), Utc::now()))
        }
        Err(failure) => {
            report.add("identity provider", Finding::Bad(failure))?;
            report.add("clock", Finding::Skipped("the identity provider returns no time".to_owned()))
        }
    }
}

/// Reaches each receiver of notifications, without sending it a message.
async fn add_receivers(report: &mut Report, config: &Config) -> Result<(), Failure> {
    let receivers = match config.notifications.receivers() {
        Ok(receivers) => receivers,
        Err(failure) => return report.add("notifications", Finding::Bad(failure)),
    };
    for receiver in receivers {
        let remedy = "check its `url`, `token_file` and `ca_certificate_file` in `notifications.receivers`";
        let reached = receiver.probe().await.map_err(|problem| Failure::usage(problem, remedy));
        report.add(&format!("receiver {}", receiver.name), reached.into())?;
    }
    Ok(())
}

/// Compares a header `Date` with the time of this machine.
fn clock(date: Option<&str>, now: DateTime<Utc>) -> Finding {
    let Some(theirs) = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) else {
        return Finding::Skipped("the identity provider returns no time".to_owned());
    };
    let difference = (now - theirs.to_utc()).num_seconds();
    if difference.unsigned_abs() <= MAX_CLOCK_DIFFERENCE.as_secs() {
        return Finding::Good(format!("{difference} s from the clock of the identity provider"));
    }
    let problem =
        format!("the clock differs by {difference} s from that of the identity provider, so tokens are rejected");
    Finding::Bad(Failure::usage(problem, "synchronize the clocks of both machines with NTP"))
}

/// Checks that the directory can be written, and that this program can read the store in it.
async fn state_directory(directory: &Path) -> Result<String, Failure> {
    let probe = directory.join(format!("doctor-{}.part-probe", std::process::id()));
    private_file::create(&probe).map_err(|cause| Failure::file("write in the state directory", directory, &cause))?;
    remove_file(&probe)?;
    let file = directory.join(STORE);
    if !file.exists() {
        return Ok(format!("`{}` is empty and can be written", directory.display()));
    }
    let store = Store::open_read_only(&file).await?;
    store.check_version().await?;
    let last = store.last_ledger_row().await?;
    store.close().await;
    if last.is_some() && existing_key(directory, LEDGER_KEY)?.is_none() {
        return Err(Failure::usage(
            format!("the ledger exists, but its key `{LEDGER_KEY}` is missing"),
            "restore the key, or the whole directory with `juju-mcp backup restore`",
        ));
    }
    let records = last.map_or(0, |row| row.sequence);
    Ok(format!("`{}` can be written, {records} ledger records", directory.display()))
}

fn free_space(directory: &Path) -> Result<String, Failure> {
    let failed = |cause: rustix::io::Errno| Failure::file("inspect", directory, &cause.into());
    let system = rustix::fs::statvfs(directory).map_err(failed)?;
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    if free >= MIN_FREE_BYTES {
        return Ok(format!("{} MiB are free for `{}`", free / MIB, directory.display()));
    }
    Err(Failure::usage(
        format!("only {} MiB are free for `{}`", free / MIB, directory.display()),
        "free space, or reduce `ledger.retention_days` or `ledger.max_size_mb`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_is_bad_only_beyond_the_tolerated_difference() {
        let now = DateTime::parse_from_rfc2822("Fri, 27 Nov 2026 16:00:00 GMT").expect("a time").to_utc();
        let check = |date: &str| clock(Some(date), now);
        assert!(matches!(check("Fri, 27 Nov 2026 16:00:30 GMT"), Finding::Good(_)));
        assert!(matches!(check("Fri, 27 Nov 2026 15:59:30 GMT"), Finding::Good(_)));
        assert!(matches!(check("Fri, 27 Nov 2026 16:00:31 GMT"), Finding::Bad(_)));
        assert!(matches!(check("Fri, 27 Nov 2026 15:00:00 GMT"), Finding::Bad(_)));
        assert!(matches!(check("yesterday"), Finding::Skipped(_)));
        assert!(matches!(clock(None, now), Finding::Skipped(_)));
    }
}
