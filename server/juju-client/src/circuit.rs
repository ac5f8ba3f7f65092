//! Whether a controller can be reached: calls fail at once while it is known to be away, and one task tries it again.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use crate::{Settings, backoff::Backoff, error::Error};

/// Condition of a controller, for health checks and metrics.
#[derive(Debug, Clone)]
pub struct ControllerStatus {
    /// Whether the last attempt to use it succeeded; `None` before the first one.
    pub up: Option<bool>,
    /// Since when it is in this condition.
    pub since: Option<DateTime<Utc>>,
    /// The last error, while it is away.
    pub error: Option<Error>,
    /// How often a connection to it was opened again after it broke.
    pub reconnects: u64,
    /// How often it refused the token of a caller.
    pub login_tokens_refused: u64,
}

/// Condition of one part of a controller: the network up to it, or the log-in of one user.
#[derive(Debug)]
pub(crate) struct Condition {
    /// What the log lines report: `network`, `log-in`.
    part: &'static str,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Unknown,
    Up(DateTime<Utc>),
    Away(DateTime<Utc>, Error),
}

impl Condition {
    pub(crate) fn new(part: &'static str) -> Self {
        Self { part, state: Mutex::default() }
    }

    /// Records a success, with a log line if it ends a time of failures.
    pub(crate) fn record_success(&self, controller: &str) {
        let mut state = self.state.lock();
        if let State::Up(_) = *state {
            return;
        }
        let now = Utc::now();
        if let State::Away(since, _) = *state {
            let seconds = (now - since).num_seconds();
            tracing::info!(controller, part = self.part, seconds, "a controller is back");
        }
        *state = State::Up(now);
    }

    /// Records a failure, with a log line if it is the first one.
    pub(crate) fn record_failure(&self, controller: &str, error: &Error) {
        let mut state = self.state.lock();
        let since = if let State::Away(since, _) = *state {
            since
        } else {
            // the program reports the failure of the first use itself
            if matches!(*state, State::Up(_)) {
                tracing::warn!(controller, part = self.part, %error, "a controller is away");
            } else {
                tracing::debug!(controller, part = self.part, %error, "a controller is away");
            }
            Utc::now()
        };
        *state = State::Away(since, error.clone());
    }

    /// The time of the first failure and the last error, while it is away.
    pub(crate) fn failure(&self) -> Option<(DateTime<Utc>, Error)> {
        match &*self.state.lock() {
            State::Away(since, error) => Some((*since, error.clone())),
            _ => None,
        }
    }

    pub(crate) fn status(&self, circuit: &Circuit) -> ControllerStatus {
        let (up, since, error) = match self.state.lock().clone() {
            State::Unknown => (None, None, None),
            State::Up(since) => (Some(true), Some(since), None),
            State::Away(since, error) => (Some(false), Some(since), Some(error)),
        };
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (reconnects, login_tokens_refused) = (count(&circuit.reconnects), count(&circuit.login_tokens_refused));
        ControllerStatus { up, since, error, reconnects, login_tokens_refused }
    }
}

/// The circuit breaker of one controller. The connections of all users share it.
#[derive(Debug)]
pub(crate) struct Circuit {
    controller: Arc<str>,
    pub(crate) network: Condition,
    probe: Mutex<Probe>,
    reconnects: AtomicU64,
    login_tokens_refused: AtomicU64,
}

#[derive(Debug, Default)]
struct Probe {
    /// Alive as long as the task that tries the controller again.
    running: Weak<ProbeGuard>,
    /// Whether an attempt is under way.
    trying: bool,
    backoff: Backoff,
    /// When a caller last wanted the controller.
    last_wanted: Option<Instant>,
}

/// Exists as long as the task that tries the controller again.
#[derive(Debug)]
pub(crate) struct ProbeGuard;

impl Circuit {
    pub(crate) fn new(controller: &str) -> Self {
        Self {
            controller: controller.into(),
            network: Condition::new("network"),
            probe: Mutex::default(),
            reconnects: AtomicU64::new(0),
            login_tokens_refused: AtomicU64::new(0),
        }
    }

    /// Whether an attempt to connect makes sense now.
    ///
    /// # Errors
    /// [`Error::Away`] while the controller is away and a task tries it again.
    pub(crate) fn admit(&self) -> Result<(), Error> {
        let Some((since, cause)) = self.network.failure() else { return Ok(()) };
        let mut probe = self.probe.lock();
        let now = Instant::now();
        probe.last_wanted = Some(now);
        if probe.running.strong_count() == 0 {
            return Ok(());
        }
        let next_attempt = (!probe.trying).then(|| probe.backoff.delay(now));
        Err(Error::Away { controller: self.controller.to_string(), since, cause: Box::new(cause), next_attempt })
    }

    /// Records that the controller has answered; `reconnected` if a connection to it had been open before.
    pub(crate) fn record_success(&self, reconnected: bool) {
        self.network.record_success(&self.controller);
        self.probe.lock().backoff.reset();
        if reconnected {
            self.reconnects.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Records that the controller could not be reached.
    pub(crate) fn record_failure(&self, error: &Error) {
        self.network.record_failure(&self.controller, error);
    }

    /// Registers the task that tries the controller again; `None` if there is one already.
    pub(crate) fn start_probe(&self) -> Option<Arc<ProbeGuard>> {
        let mut probe = self.probe.lock();
        if probe.running.strong_count() > 0 {
            return None;
        }
        let guard = Arc::new(ProbeGuard);
        *probe = Probe { running: Arc::downgrade(&guard), last_wanted: Some(Instant::now()), ..Probe::default() };
        Some(guard)
    }

    /// Time until the next attempt of the task. `None` if it has to end: the controller is back, or no caller has wanted it
    /// for `idle_timeout`.
    pub(crate) fn next_probe(&self, settings: &Settings) -> Option<Duration> {
        self.network.failure()?;
        let mut probe = self.probe.lock();
        if probe.last_wanted.is_some_and(|wanted| wanted.elapsed() > settings.idle_timeout) {
            return None;
        }
        let now = Instant::now();
        probe.trying = false;
        probe.backoff.record_failure(now, settings, getrandom::u32().unwrap_or(u32::MAX / 2));
        Some(probe.backoff.delay(now))
    }

    /// Records that the task tries the controller now.
    pub(crate) fn begin_attempt(&self) {
        self.probe.lock().trying = true;
    }

    /// Records that the controller refused the token of a caller.
    pub(crate) fn record_refused_token(&self) {
        self.login_tokens_refused.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable() -> Error {
        Error::Unreachable { controller: "east".into(), attempts: Vec::new() }
    }

    #[test]
    fn circuit_rejects_only_while_a_task_tries_the_controller_again() {
        let circuit = Circuit::new("east");
        circuit.record_failure(&unreachable());
        assert!(circuit.admit().is_ok(), "no task is running");
        let guard = circuit.start_probe().expect("the first");
        assert!(circuit.start_probe().is_none(), "one task is enough");
        circuit.next_probe(&Settings::default()).expect("a delay");
        let error = circuit.admit().expect_err("away");
        assert_eq!(error.code(), "unreachable");
        assert!(error.to_string().contains("the next attempt is in"), "{error}");
        circuit.begin_attempt();
        assert!(circuit.admit().expect_err("away").to_string().contains("under way"));
        circuit.record_success(true);
        assert!(circuit.admit().is_ok() && circuit.next_probe(&Settings::default()).is_none());
        assert_eq!(circuit.network.status(&circuit).reconnects, 1);
        drop(guard);
        circuit.record_failure(&unreachable());
        assert!(circuit.admit().is_ok(), "the call itself tries, because no task does");
    }

    #[test]
    fn condition_keeps_the_time_of_its_first_failure() {
        let condition = Condition::new("network");
        condition.record_failure("east", &unreachable());
        let (since, _) = condition.failure().expect("away");
        condition.record_failure("east", &unreachable());
        assert_eq!(condition.failure().expect("away").0, since);
        condition.record_success("east");
        assert!(condition.failure().is_none() && condition.status(&Circuit::new("east")).up == Some(true));
    }
}
