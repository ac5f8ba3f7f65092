//! An observer on a simulated controller, with a clock that the test sets.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use estate::{EstateSettings, EventReader, LiveEstate};
use juju_client::{ControllerEndpoint, Controllers, Credential, ReadOnlyControllers};
use juju_sim::{Change, Simulator};
use observer::{Finding, LogGroup, Measurement, Observer, ObserverSettings};
use store::Store;

use crate::long_timeouts;

/// How long a change may need until the watcher has reported it.
const REPORT_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a further batch of the same changes may need.
const FURTHER_BATCH_TIMEOUT: Duration = Duration::from_millis(300);
/// Lines of the log that are read, before the time of a look.
const LOG_WINDOW: TimeDelta = TimeDelta::hours(1);
/// Lines that count as recent.
const RECENT: TimeDelta = TimeDelta::minutes(5);

/// An observer with its simulator.
pub struct ObservedEstate {
    /// The simulated controller.
    pub simulator: Arc<Simulator>,
    /// The observer.
    pub observer: Arc<Observer>,
    events: EventReader,
    /// The simulated time.
    pub now: DateTime<Utc>,
    lines: Vec<Line>,
}

/// A line that the script has written.
struct Line {
    model: String,
    time: DateTime<Utc>,
    tag: String,
    level: &'static str,
    module: String,
    message: String,
    count: u64,
}

/// The simulated controller as the only one.
///
/// # Panics
/// If it has no administrator.
#[must_use]
pub fn controllers_of(simulator: &Simulator) -> Controllers {
    controllers_as(simulator, "admin")
}

/// The simulated controller with the credential of one of its users.
///
/// # Panics
/// If there is no such user.
#[must_use]
pub fn controllers_as(simulator: &Simulator, user: &str) -> Controllers {
    let account = simulator.accounts().into_iter().find(|account| account.user == user).expect("a user");
    let endpoint = ControllerEndpoint {
        name: "simulated".to_owned(),
        uuid: Some(simulator.uuid()),
        addresses: vec![simulator.address().to_string()],
        ca_certificate: Some(simulator.ca_certificate().to_owned()),
        public_hostname: None,
        credential: Credential::Password { user: account.user, password: account.password.into() },
    };
    Controllers::new(vec![endpoint], None, long_timeouts())
}

impl ObservedEstate {
    /// Observes all models of a simulator, and looks at them once.
    ///
    /// # Panics
    /// If the store cannot be read.
    pub async fn start(simulator: Arc<Simulator>, store: Option<Store>, settings: ObserverSettings) -> Self {
        Self::start_at(simulator, store, settings, Utc::now() + TimeDelta::seconds(5)).await
    }

    /// The same at a simulated time.
    ///
    /// # Panics
    /// If the store cannot be read.
    pub async fn start_at(
        simulator: Arc<Simulator>,
        store: Option<Store>,
        settings: ObserverSettings,
        now: DateTime<Utc>,
    ) -> Self {
        let controllers = ReadOnlyControllers::new(controllers_of(&simulator));
        let estate = LiveEstate::new(controllers, "test", EstateSettings::default());
        let events = estate.events().reader();
        let observer = Observer::open(estate, store, settings, now).await.expect("an observer");
        let mut started = Self { simulator, observer: Arc::new(observer), events, now, lines: Vec::new() };
        started.look().await;
        started.events.read(usize::MAX);
        started
    }

    /// Makes changes at the simulated time, and waits until the watcher has reported them.
    ///
    /// # Panics
    /// If a change has no target, or is not reported in time.
    pub async fn change(&mut self, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        self.events.read(usize::MAX);
        self.simulator.change(changes, self.now).unwrap_or_else(|error| panic!("{error}"));
        for change in changes {
            let Some(log) = change.log() else { continue };
            self.lines.push(Line {
                model: change.model.clone().unwrap_or_else(|| "shop".to_owned()),
                time: self.now,
                tag: log.tag(),
                level: log.level.word(),
                module: log.module(),
                message: log.message.clone(),
                count: log.count.unwrap_or(1).into(),
            });
        }
        let watched = changes.iter().filter(|change| change.is_watched()).count();
        if watched > 0 {
            let reported = tokio::time::timeout(REPORT_TIMEOUT, self.events.next_batch(usize::MAX)).await;
            let mut seen = reported.unwrap_or_else(|_| panic!("no event of {changes:?}")).events.len();
            // a busy machine reports the changes in several batches; not every change has an event of its own
            while seen < watched {
                match tokio::time::timeout(FURTHER_BATCH_TIMEOUT, self.events.next_batch(usize::MAX)).await {
                    Ok(further) => seen += further.events.len(),
                    Err(_) => break,
                }
            }
        }
    }

    /// Changes from YAML, as in the files of faults.
    ///
    /// # Panics
    /// If the text is not a list of changes.
    pub async fn script(&mut self, yaml: &str) {
        let changes: Vec<Change> = serde_yaml::from_str(yaml).unwrap_or_else(|error| panic!("{error}: {yaml}"));
        self.change(&changes).await;
    }

    /// Lets the simulated time pass, with a look at the end of each minute.
    pub async fn pass(&mut self, minutes: u32) {
        for _ in 0..minutes {
            self.now += TimeDelta::minutes(1);
            self.look().await;
        }
    }

    /// Looks at all models at the simulated time.
    pub async fn look(&mut self) {
        for (model, groups) in self.log_groups() {
            if let Some(uuid) = self.uuid(&model).await {
                self.observer.set_log_groups(&uuid, groups);
            }
        }
        self.observer.look(self.now).await;
    }

    /// The UUID of a model.
    pub async fn uuid(&self, model: &str) -> Option<String> {
        let controllers = controllers_of(&self.simulator);
        let found = controllers.controller(None).ok()?.find_model(model).await.ok()?;
        Some(found.uuid)
    }

    /// Gives the observer measured values of a model.
    pub async fn measure(&self, model: &str, measurements: Vec<Measurement>) {
        if let Some(uuid) = self.uuid(model).await {
            self.observer.set_measurements(&uuid, measurements);
        }
    }

    /// Saves the state of a model as its baseline.
    ///
    /// # Panics
    /// If the model is not observed.
    pub async fn save_baseline(&self, model: &str) {
        let uuid = self.uuid(model).await.expect("a model");
        let baseline = self.observer.capture_baseline(&uuid, "the test", self.now).await.expect("a baseline");
        self.observer.set_baseline(&uuid, Some(baseline.expect("an observed model")));
    }

    /// Open findings: roots first, then by the number of entities that they affect.
    #[must_use]
    pub fn open(&self) -> Vec<Arc<Finding>> {
        let mut open: Vec<_> = self.observer.findings().into_iter().filter(|finding| finding.is_open()).collect();
        observer::sort_findings(&mut open);
        open
    }

    /// The groups of lines that the script has written in the last hour, by model.
    fn log_groups(&self) -> BTreeMap<String, Vec<LogGroup>> {
        let mut groups: BTreeMap<(String, String, &str, String), LogGroup> = BTreeMap::new();
        for line in self.lines.iter().filter(|line| self.now - line.time <= LOG_WINDOW) {
            let pattern: String = line.message.chars().filter(|letter| !letter.is_ascii_digit()).collect();
            let group = groups
                .entry((line.model.clone(), line.tag.clone(), line.level, pattern.clone()))
                .or_insert_with(|| LogGroup {
                    entity: line.tag.as_str().into(),
                    level: line.level.into(),
                    module: line.module.as_str().into(),
                    pattern: pattern.into(),
                    sample: line.message.as_str().into(),
                    count: 0,
                    recent: 0,
                    first_seen: line.time,
                    last_seen: line.time,
                });
            group.count += line.count;
            group.last_seen = line.time;
            if self.now - line.time <= RECENT {
                group.recent += line.count;
            }
        }
        let mut by_model: BTreeMap<String, Vec<LogGroup>> = BTreeMap::new();
        for ((model, ..), group) in groups {
            by_model.entry(model).or_default().push(group);
        }
        by_model
    }
}
