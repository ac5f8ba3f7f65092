//! Watches the policy files: applies a changed policy, and leaves the previous one active if a file is invalid.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use dispatch::Dispatcher;
use http_server::metrics::Metrics;
use policy::{BuiltinRules, InvalidPolicy, KnownNames, Policy};
use serde_yaml::Mapping;
use tokio_util::sync::CancellationToken;

use crate::{cli::PolicySource, config::Config, failure::Failure, known_names::known_names};

/// How often the watcher checks the files.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// How long a changed file has to stay unchanged before the watcher reads it: half a file may be a valid but wrong policy.
const DEBOUNCE: Duration = Duration::from_millis(200);
/// Sections of the configuration that the watcher reloads.
const RELOADED_SECTIONS: [&str; 2] = ["role_bindings", "policy"];

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
    /// The sections of the configuration that only a restart applies.
    rest: Mapping,
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
        let files = if self.source.policy.is_empty() { read.policy.files } else { self.source.policy.clone() };
        let builtin_rules = self.source.builtin_rules.or(read.policy.builtin_rules).unwrap_or(self.default_rules);
        let texts = files.iter().map(|file| Ok((file.display().to_string(), self::text(file)?)));
        let texts = texts.collect::<Result<Vec<_>, Failure>>()?;
        let texts: Vec<(&str, &str)> = texts.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
        let policy = Policy::read(&texts, builtin_rules).map_err(|error| unusable(&error))?;
        let policy = policy.with_role_bindings(read.role_bindings).map_err(|error| {
            let (file, text) = config.map_or_else(Default::default, |(file, text)| (file.display().to_string(), text));
            unusable(&error.in_file(&file, text))
        })?;
        let mut named = texts.clone();
        named.extend(own_text.as_ref().map(|(file, text)| (file.as_str(), *text)));
        let warnings = check_names(&policy, &known, &named)?;
        let mut rest: Mapping = text.as_deref().and_then(|text| serde_yaml::from_str(text).ok()).unwrap_or_default();
        rest.retain(|name, _| !RELOADED_SECTIONS.iter().any(|anew| name == *anew));
        Ok(PolicyFiles { policy, rest, warnings })
    }

    /// The files to watch; only the configuration if it is invalid.
    fn files(&self) -> Vec<PathBuf> {
        let named = || Some(Config::read(self.config.as_deref()?).ok()?.policy.files);
        let files =
            if self.source.policy.is_empty() { named().unwrap_or_default() } else { self.source.policy.clone() };
        self.config.iter().cloned().chain(files).collect()
    }

    /// Checks the files until `stop` is cancelled and applies every changed policy.
    pub(crate) async fn watch(self, dispatcher: Arc<Dispatcher>, metrics: Arc<Metrics>, stop: CancellationToken) {
        let mut files = self.files();
        if files.is_empty() {
            return;
        }
        // the files may have changed since the start
        let (mut known, mut rest) = (None, None);
        while stop.run_until_cancelled(tokio::time::sleep(POLL_INTERVAL)).await.is_some() {
            let stamps = stamps(&files);
            if known.as_ref() == Some(&stamps) {
                continue;
            }
            tokio::time::sleep(DEBOUNCE).await;
            if self::stamps(&files) != stamps {
                continue;
            }
            known = Some(stamps);
            let named = self.files();
            if named != files {
                // the configuration names other files now: check them next
                (files, known) = (named, None);
            }
            let Some(written) = self.reload(&dispatcher, &metrics).await else { continue };
            if rest.replace(written.rest.clone()).is_some_and(|before| before != written.rest) {
                let sections = RELOADED_SECTIONS.join("` and `");
                tracing::warn!(
                    "sections of the configuration other than `{sections}` were changed: restart the server to apply them"
                );
            }
        }
    }

    async fn reload(&self, dispatcher: &Dispatcher, metrics: &Metrics) -> Option<PolicyFiles> {
        match self.read_files() {
            Ok(written) => {
                for warning in &written.warnings {
                    tracing::warn!("{warning}");
                }
                let (rules, bindings) = (written.policy.rules().len(), written.policy.role_bindings().len());
                let changes = dispatch::apply_policy(dispatcher, written.policy.clone()).await;
                metrics.policy_reloaded(true);
                let changes = serde_json::to_string(&changes).unwrap_or_default();
                tracing::info!(rules, bindings, %changes, "the policy was reloaded");
                Some(written)
            }
            Err(failure) => {
                tracing::error!(%failure, "the policy is invalid, so the previous one stays active");
                dispatcher.policy.mark_stale(failure.to_string());
                metrics.policy_reloaded(false);
                None
            }
        }
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
