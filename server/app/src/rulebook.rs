//! Where the policy is written, and the watch over it: a change is put in force, a broken file leaves the old policy there.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use dispatch::Door;
use http_server::metrics::Metrics;
use policy::{InvalidPolicy, Policy, Profile};
use serde_yaml::Mapping;
use tokio_util::sync::CancellationToken;

use crate::{cli::PolicyFrom, config::Config, failure::Failure};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);
/// A file that was changed has to stay as it is for so long: half a file may be a policy, but is not the one that is meant.
const QUIET: Duration = Duration::from_millis(200);
/// Sections of the configuration that are read anew.
const READ_ANEW: [&str; 2] = ["bindings", "policy"];

/// Where the policy is written.
#[derive(Debug, Clone)]
pub(crate) struct Rulebook {
    /// The configuration, of which `bindings` and `policy` count here.
    config: Option<PathBuf>,
    /// Files and profile that arguments name in place of those of the configuration.
    from: PolicyFrom,
    /// Which of the shipped rules are in force where nothing names a profile.
    usual: Profile,
}

/// What is written there at a moment.
struct Written {
    policy: Policy,
    /// The sections of the configuration that count only at the start.
    rest: Mapping,
}

/// What of a file tells that it was changed; `None` where it is away.
type Stamp = Option<(SystemTime, u64)>;

impl Rulebook {
    /// What the configuration says, unless arguments say otherwise.
    pub(crate) fn of(config: Option<&Path>, from: &PolicyFrom, usual: Profile) -> Self {
        Self { config: config.map(Path::to_owned), from: from.clone(), usual }
    }

    /// Reads the policy.
    pub(crate) fn read(&self) -> Result<Policy, Failure> {
        self.written().map(|written| written.policy)
    }

    fn written(&self) -> Result<Written, Failure> {
        let text = self.config.as_deref().map(text).transpose()?;
        let config = self.config.as_deref().zip(text.as_deref());
        let read = config.map(|(file, text)| Config::of(file, text)).transpose()?.unwrap_or_default();
        let files = if self.from.policy.is_empty() { read.policy.files } else { self.from.policy.clone() };
        let profile = self.from.rules.or(read.policy.rules).unwrap_or(self.usual);
        let texts = files.iter().map(|file| Ok((file.display().to_string(), self::text(file)?)));
        let texts = texts.collect::<Result<Vec<_>, Failure>>()?;
        let texts: Vec<(&str, &str)> = texts.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
        let policy = Policy::read(&texts, profile).map_err(|error| unusable(&error))?;
        let policy = policy.with_bindings(read.bindings).map_err(|error| {
            let (file, text) = config.map_or_else(Default::default, |(file, text)| (file.display().to_string(), text));
            unusable(&error.within(&file, text))
        })?;
        let mut rest: Mapping = text.as_deref().and_then(|text| serde_yaml::from_str(text).ok()).unwrap_or_default();
        rest.retain(|name, _| !READ_ANEW.iter().any(|anew| name == *anew));
        Ok(Written { policy, rest })
    }

    /// The files to look at; of a configuration that cannot be read, it alone.
    fn files(&self) -> Vec<PathBuf> {
        let named = || Some(Config::read(self.config.as_deref()?).ok()?.policy.files);
        let files = if self.from.policy.is_empty() { named().unwrap_or_default() } else { self.from.policy.clone() };
        self.config.iter().cloned().chain(files).collect()
    }

    /// Looks at the files until it is told to stop, and puts what they say in force.
    pub(crate) async fn watch(self, door: Arc<Door>, metrics: Arc<Metrics>, stop: CancellationToken) {
        let mut files = self.files();
        if files.is_empty() {
            return;
        }
        // what was read at the start may be older than what stands there now
        let (mut known, mut rest) = (None, None);
        while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
            let stamps = stamps(&files);
            if known.as_ref() == Some(&stamps) {
                continue;
            }
            tokio::time::sleep(QUIET).await;
            if self::stamps(&files) != stamps {
                continue;
            }
            known = Some(stamps);
            let named = self.files();
            if named != files {
                // others are named now, and are looked at next
                (files, known) = (named, None);
            }
            let Some(written) = self.renew(&door, &metrics).await else { continue };
            if rest.replace(written.rest.clone()).is_some_and(|before| before != written.rest) {
                let sections = READ_ANEW.join("` and `");
                tracing::warn!("the configuration was changed beyond `{sections}`, which counts after a restart only");
            }
        }
    }

    async fn renew(&self, door: &Door, metrics: &Metrics) -> Option<Written> {
        match self.written() {
            Ok(written) => {
                let (rules, bindings) = (written.policy.rules().len(), written.policy.bindings().len());
                let changes = dispatch::put_in_force(door, written.policy.clone()).await;
                metrics.policy_reloaded(true);
                let changes = serde_json::to_string(&changes).unwrap_or_default();
                tracing::info!(rules, bindings, %changes, "the policy was read");
                Some(written)
            }
            Err(failure) => {
                tracing::error!(%failure, "the policy cannot be read, so the one before stays in force");
                door.policy.keep(failure.to_string());
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

fn unusable(error: &InvalidPolicy) -> Failure {
    Failure::usage(error, "docs/policy.md says what a policy may hold; `juju-mcp policy check FILE` tries it")
}
