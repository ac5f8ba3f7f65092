//! Where the policy is written, and the watch over it: a change is put in force, a broken file leaves the old policy there.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use dispatch::Door;
use http_server::metrics::Metrics;
use policy::{Binding, InvalidPolicy, Policy, Profile};
use tokio_util::sync::CancellationToken;

use crate::{config::Config, failure::Failure};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Where the policy is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rulebook {
    /// Files, in the order in which they add up.
    pub(crate) files: Vec<PathBuf>,
    /// Which of the shipped rules are in force.
    pub(crate) profile: Profile,
    /// Bindings of the configuration, beside those of the files.
    pub(crate) bindings: Vec<Binding>,
}

/// What of a file tells that it was changed; `None` where it is away.
type Stamp = Option<(SystemTime, u64)>;

impl Rulebook {
    /// What the configuration says, unless arguments say otherwise. `usual` is in force where neither names a profile.
    pub(crate) fn of(config: &Config, files: &[PathBuf], profile: Option<Profile>, usual: Profile) -> Self {
        let files = if files.is_empty() { config.policy.files.clone() } else { files.to_vec() };
        let profile = profile.or(config.policy.rules).unwrap_or(usual);
        Self { files, profile, bindings: config.bindings.clone() }
    }

    /// Reads the policy.
    pub(crate) fn read(&self) -> Result<Policy, Failure> {
        let texts = self.files.iter().map(|file| {
            let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))?;
            Ok((file.display().to_string(), text))
        });
        let texts = texts.collect::<Result<Vec<_>, Failure>>()?;
        let texts: Vec<(&str, &str)> = texts.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
        let policy = Policy::read(&texts, self.profile).map_err(|error| unusable(&error))?;
        let remedy = "`juju-mcp policy roles` lists the roles that there are";
        policy.with_bindings(self.bindings.clone()).map_err(|error| Failure::usage(error, remedy))
    }

    fn stamps(&self) -> Vec<Stamp> {
        let stamp = |file: &PathBuf| {
            let found = std::fs::metadata(file).ok()?;
            Some((found.modified().ok()?, found.len()))
        };
        self.files.iter().map(stamp).collect()
    }

    /// Looks at the files until it is told to stop, and puts what they say in force.
    pub(crate) async fn watch(self, door: Arc<Door>, metrics: Arc<Metrics>, stop: CancellationToken) {
        if self.files.is_empty() {
            return;
        }
        // what was read at the start may be older than what stands there now
        let mut known = Vec::new();
        while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
            let stamps = self.stamps();
            if stamps != known {
                known = stamps;
                self.renew(&door, &metrics);
            }
        }
    }

    fn renew(&self, door: &Door, metrics: &Metrics) {
        match self.read() {
            Ok(policy) => {
                let (rules, bindings) = (policy.rules().len(), policy.bindings().len());
                door.policy.replace(policy);
                metrics.policy_read(true);
                tracing::info!(rules, bindings, "the policy was read");
            }
            Err(failure) => {
                tracing::error!(%failure, "the policy cannot be read, so the one before stays in force");
                metrics.policy_read(false);
                door.policy.keep(failure.to_string());
            }
        }
    }
}

fn unusable(error: &InvalidPolicy) -> Failure {
    Failure::usage(error, "docs/policy.md says what a policy may hold; `juju-mcp policy check FILE` tries it")
}
