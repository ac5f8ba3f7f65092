//! Watches the configuration and the policy files: applies what has changed, and leaves everything as it was if a file is invalid.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use dispatch::Dispatcher;
use futures::future::BoxFuture;
use http_server::metrics::Metrics;
use policy::{BuiltinRules, InvalidPolicy, KnownNames, Policy};
use serde_yaml::Mapping;
use tokio::signal::unix::Signal;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::PolicySource,
    config::{AppliedBy, Config, changed_keys},
    failure::Failure,
    known_names::known_names,
};

/// How often the watcher checks the files.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// How long a changed file has to stay unchanged before the watcher reads it: half a file may be a valid but wrong policy.
const DEBOUNCE: Duration = Duration::from_millis(200);

/// The parts of a running server that a changed configuration replaces.
pub(crate) trait Reload: Send + Sync {
    /// Validates a configuration and builds the new parts from it. Nothing changes until the result is called.
    fn prepare<'a>(&'a self, config: &'a Config, policy: &'a Policy) -> BoxFuture<'a, Result<Apply, Failure>>;
}

/// Replaces the parts of a server; the argument are the keys that have changed.
pub(crate) type Apply = Box<dyn FnOnce(&[String]) + Send>;

/// Reads the policy from its files and reloads it when they change.
#[derive(Debug, Clone)]
pub(crate) struct PolicyWatcher {
    /// The configuration; the watcher uses its role bindings and its section `policy`.
    config: Option<PathBuf>,
    /// Files and choice of built-in rules from the command line, which replace those of the configuration.
    source: PolicySource,
    /// The built-in rules that apply if neither command line nor configuration selects them.
    default_rules: BuiltinRules,
}

/// The content of the files at one time.
struct PolicyFiles {
    policy: Policy,
    config: Config,
    /// The configuration as it is written.
    sections: Mapping,
    /// Patterns that match nothing.
    warnings: Vec<String>,
}

/// Modification time and size of a file; `None` if it does not exist.
type Stamp = Option<(SystemTime, u64)>;

impl PolicyWatcher {
    /// A watcher of the configuration; files and built-in rules from the command line replace its own.
    pub(crate) fn new(config: Option<&Path>, source: &PolicySource, default_rules: BuiltinRules) -> Self {
        Self { config: config.map(Path::to_owned), source: source.clone(), default_rules }
    }

    /// Reads the policy.
    pub(crate) fn read(&self) -> Result<Policy, Failure> {
        let files = self.read_files()?;
        for warning in &files.warnings {
            tracing::warn!("{warning}");
        }
        Ok(files.policy)
    }

    fn read_files(&self) -> Result<PolicyFiles, Failure> {
        let text = self.config.as_deref().map(text).transpose()?;
        let config = self.config.as_deref().zip(text.as_deref());
        let read = config.map(|(file, text)| Config::parse(file, text)).transpose()?.unwrap_or_default();
        let known = known_names(&read);
        let own_text = config.map(|(file, text)| (file.display().to_string(), text));
        let files = if self.source.policy.is_empty() { read.policy.files.clone() } else { self.source.policy.clone() };
        let builtin_rules = self.source.builtin_rules.or(read.policy.builtin_rules).unwrap_or(self.default_rules);
        let texts = files.iter().map(|file| Ok((file.display().to_string(), self::text(file)?)));
        let texts = texts.collect::<Result<Vec<_>, Failure>>()?;
        let texts: Vec<(&str, &str)> = texts.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
        let policy = Policy::read(&texts, builtin_rules).map_err(|error| unusable(&error))?;
        let policy = policy.with_role_bindings(read.role_bindings.clone()).map_err(|error| {
            let (file, text) = config.map_or_else(Default::default, |(file, text)| (file.display().to_string(), text));
            unusable(&error.in_file(&file, text))
        })?;
        let mut named = texts.clone();
        named.extend(own_text.as_ref().map(|(file, text)| (file.as_str(), *text)));
        let warnings = check_names(&policy, &known, &named)?;
        let sections = text.as_deref().and_then(|text| serde_yaml::from_str(text).ok()).unwrap_or_default();
        Ok(PolicyFiles { policy, config: read, sections, warnings })
    }

    /// The files to watch; only the configuration if it is invalid.
    fn files(&self) -> Vec<PathBuf> {
        let named = || Some(Config::read(self.config.as_deref()?).ok()?.policy.files);
        let files =
            if self.source.policy.is_empty() { named().unwrap_or_default() } else { self.source.policy.clone() };
        self.config.iter().cloned().chain(files).collect()
    }

    /// Checks the files until `stop` is cancelled, and applies every change to the policy and to `server`. A server also reloads everything
    /// at its signal, which includes files with secrets that the configuration names.
    pub(crate) async fn watch(
        self,
        dispatcher: Arc<Dispatcher>,
        metrics: Arc<Metrics>,
        server: Option<(Box<dyn Reload>, Signal)>,
        stop: CancellationToken,
    ) {
        let (server, mut hangup) = server.unzip();
        let mut files = self.files();
        if files.is_empty() && hangup.is_none() {
            return;
        }
        let mut applied = self.read_files().map(|files| files.sections).unwrap_or_default();
        // the files may have changed since the start
        let (mut known, mut reported) = (None, String::new());
        loop {
            let requested = tokio::select! {
                () = stop.cancelled() => return,
                () = received(&mut hangup) => true,
                () = tokio::time::sleep(POLL_INTERVAL) => false,
            };
            let stamps = stamps(&files);
            if !requested {
                if known.as_ref() == Some(&stamps) {
                    continue;
                }
                tokio::time::sleep(DEBOUNCE).await;
                if self::stamps(&files) != stamps {
                    continue;
                }
            }
            known = Some(stamps);
            let named = self.files();
            if named != files {
                // the configuration names other files now: check them next
                (files, known) = (named, None);
            }
            match self.reload(&dispatcher, server.as_deref(), &applied, requested).await {
                Ok(sections) => {
                    metrics.policy_reloaded(true);
                    applied = sections;
                    reported.clear();
                }
                Err(failure) => {
                    // a file that the configuration names may follow later, without a change of these files
                    known = None;
                    let problem = failure.to_string();
                    if requested || problem != reported {
                        tracing::error!(%failure, "the configuration or the policy is invalid, so the previous one stays active");
                        dispatcher.policy.mark_stale(problem.clone());
                        metrics.policy_reloaded(false);
                        reported = problem;
                    }
                }
            }
        }
    }

    /// Reads everything, and applies all of it or nothing. Returns the configuration as it is written.
    async fn reload(
        &self,
        dispatcher: &Dispatcher,
        server: Option<&dyn Reload>,
        applied: &Mapping,
        requested: bool,
    ) -> Result<Mapping, Failure> {
        let written = self.read_files()?;
        let apply = match server {
            Some(server) => Some(server.prepare(&written.config, &written.policy).await?),
            None => None,
        };
        for warning in &written.warnings {
            tracing::warn!("{warning}");
        }
        let (rules, bindings) = (written.policy.rules().len(), written.policy.role_bindings().len());
        let changes = dispatch::apply_policy(dispatcher, written.policy).await;
        let changes = serde_json::to_string(&changes).unwrap_or_default();
        tracing::info!(rules, bindings, %changes, "the policy was reloaded");
        let keys = changed_keys(applied, &written.sections);
        if let Some(apply) = apply {
            apply(&keys);
        }
        if requested || !keys.is_empty() {
            tracing::info!(changed = keys.join(", "), "the configuration was reloaded");
        }
        for key in keys.iter().filter(|key| AppliedBy::of(key) == Some(AppliedBy::Restart)) {
            tracing::warn!("`{key}` of the configuration was changed: restart the server to apply it");
        }
        Ok(written.sections)
    }
}

/// Returns at the next signal; never without one to wait for.
async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

fn text(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))
}

fn stamps(files: &[PathBuf]) -> Vec<Stamp> {
    let stamp = |file: &PathBuf| {
        let found = std::fs::metadata(file).ok()?;
        Some((found.modified().ok()?, found.len()))
    };
    files.iter().map(stamp).collect()
}

/// Refuses names that do not exist; returns a warning for each pattern that matches nothing.
fn check_names(policy: &Policy, known: &KnownNames, files: &[(&str, &str)]) -> Result<Vec<String>, Failure> {
    let unknown = policy.unknown_names(known);
    if let Some(wrong) = unknown.iter().find(|unknown| !unknown.is_pattern) {
        return Err(unusable(&wrong.in_files(files)));
    }
    Ok(unknown.iter().map(|pattern| pattern.in_files(files).to_string()).collect())
}

fn unusable(error: &InvalidPolicy) -> Failure {
    Failure::usage(error, "docs/policy.md describes policy files; check one with `juju-mcp policy check FILE`")
}
