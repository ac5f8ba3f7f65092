//! Counts the activity of models, and stores plans for those with upgrades.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use estate::{EventReader, LiveEstate};
use observer::{Finding, fits_model};
use parking_lot::Mutex;
use serde::{Serialize, de::DeserializeOwned};
use store::{DocumentChange, Store};

use crate::{ActivityHistory, MaintenancePlan, MaintenanceWindow, WeeklySpan, WindowOrigin, propose};

/// Kinds of documents in the store: by UUID of the model, and by id of the plan.
const ACTIVITY: &str = "activity";
const PLANS: &str = "maintenance_plan";
/// Time between two updates of the plans.
const INTERVAL: Duration = Duration::from_secs(15);
/// Name of the detector of upgrades.
const UPGRADES: &str = "pending_upgrades";

/// When models may be maintained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaintenanceSettings {
    /// Windows; the first that fits a model is its window.
    pub windows: Vec<ConfiguredWindow>,
    /// Hours of the window that is computed for a model without one; default: 2.
    pub hours: u32,
}

impl Default for MaintenanceSettings {
    fn default() -> Self {
        Self { windows: Vec::new(), hours: 2 }
    }
}

/// A window of each week for some models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredWindow {
    /// Models, `admin/shop`, `shop` or `*-prod`; empty for all.
    pub models: Vec<String>,
    /// The span.
    pub span: WeeklySpan,
}

/// A model with upgrades and without a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unplanned {
    /// Name of the controller.
    pub controller: Box<str>,
    /// Full name of the model.
    pub model: Box<str>,
    /// Why it has no plan, and what helps.
    pub reason: String,
}

/// The plans of all models.
#[derive(Debug)]
pub struct Planner {
    store: Option<Store>,
    settings: Mutex<MaintenanceSettings>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By UUID of the model.
    activity: BTreeMap<Box<str>, ActivityHistory>,
    /// UUIDs by controller and full name of the model.
    models: BTreeMap<(Box<str>, Box<str>), Box<str>>,
    /// By id.
    plans: BTreeMap<String, MaintenancePlan>,
    unplanned: Vec<Unplanned>,
    /// The hour in which the activity was last stored.
    stored_hour: i64,
}

impl Planner {
    /// A planner with the plans and the activity that an earlier run has stored.
    ///
    /// # Errors
    /// [`store::Error`] if the store cannot be read.
    pub async fn open(store: Option<Store>, settings: MaintenanceSettings) -> Result<Self, store::Error> {
        let mut state = State::default();
        if let Some(store) = &store {
            state.activity = stored(store, ACTIVITY).await?.into_iter().map(|(id, one)| (id.into(), one)).collect();
            state.plans = stored(store, PLANS).await?.into_iter().collect();
        }
        Ok(Self { store, settings: Mutex::new(settings), state: Mutex::new(state) })
    }

    /// Replaces the settings; the next update uses them.
    pub fn set_settings(&self, settings: MaintenanceSettings) {
        *self.settings.lock() = settings;
    }

    /// The plans, the earliest window first.
    #[must_use]
    pub fn plans(&self) -> Vec<MaintenancePlan> {
        let mut plans: Vec<_> = self.state.lock().plans.values().cloned().collect();
        plans.sort_by(|one, other| (one.window.start, &one.id).cmp(&(other.window.start, &other.id)));
        plans
    }

    /// Models with upgrades for which no window is known, or none is long enough.
    #[must_use]
    pub fn unplanned(&self) -> Vec<Unplanned> {
        self.state.lock().unplanned.clone()
    }

    /// Counts what happens in the watched models, and plans, until `stop` is done. `findings` returns those of the observer.
    pub async fn run(
        &self,
        estate: LiveEstate,
        findings: impl Fn() -> Vec<Arc<Finding>>,
        stop: impl Future<Output = ()>,
    ) {
        let (mut stop, mut events) = (std::pin::pin!(stop), estate.events().reader());
        loop {
            let now = Utc::now();
            self.count(&estate, &mut events, now);
            self.update(&findings(), now).await;
            tokio::select! {
                () = &mut stop => break,
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
        self.state.lock().stored_hour = 0;
        self.store_activity(Utc::now()).await;
    }

    fn count(&self, estate: &LiveEstate, events: &mut EventReader, now: DateTime<Utc>) {
        for model in estate.watched_models() {
            self.record(&model.controller, &model.model, &model.uuid, 0.0, now);
        }
        for event in events.read(usize::MAX).events {
            if !event.change.is_about_watching() {
                let model = &event.model;
                self.record(&model.controller, &model.model, &model.uuid, 1.0, event.time.min(now));
            }
        }
    }

    /// Records activity of a model at a time; 0 records that the hour was observed.
    pub fn record(&self, controller: &str, model: &str, uuid: &str, activity: f64, time: DateTime<Utc>) {
        let mut state = self.state.lock();
        state.models.insert((controller.into(), model.into()), uuid.into());
        state.activity.entry(uuid.into()).or_default().record(time, activity);
    }

    /// Plans for the findings that are open now, and stores what has changed.
    pub async fn update(&self, findings: &[Arc<Finding>], now: DateTime<Utc>) {
        let changes = self.plan(findings, now);
        self.store(PLANS, &changes, now).await;
        self.store_activity(now).await;
    }

    /// Replaces the plans; returns what has to be stored.
    fn plan(&self, findings: &[Arc<Finding>], now: DateTime<Utc>) -> Vec<DocumentChange> {
        let is_pending = |finding: &&Arc<Finding>| finding.is_open() && finding.detector == UPGRADES;
        let pending: Vec<&Finding> = findings.iter().filter(is_pending).map(|finding| &**finding).collect();
        let models: BTreeSet<(&str, &str)> =
            pending.iter().map(|finding| (&*finding.entity.controller, &*finding.entity.model)).collect();
        let settings = self.settings.lock().clone();
        let mut state = self.state.lock();
        let (mut plans, mut unplanned) = (BTreeMap::new(), Vec::new());
        for (controller, model) in models {
            let own = pending
                .iter()
                .copied()
                .filter(|finding| (&*finding.entity.controller, &*finding.entity.model) == (controller, model));
            match planned(&state, &settings, (controller, model), own, now) {
                Ok(plan) => drop(plans.insert(plan.id.clone(), plan)),
                Err(reason) => {
                    unplanned.push(Unplanned { controller: controller.into(), model: model.into(), reason });
                }
            }
        }
        let removed = state.plans.keys().filter(|id| !plans.contains_key(*id));
        let removed = removed.map(|id| DocumentChange { id: id.clone(), body: None });
        let new = plans.iter().filter(|(id, plan)| state.plans.get(*id) != Some(*plan));
        let new = new.map(|(id, plan)| DocumentChange { id: id.clone(), body: serde_json::to_string(plan).ok() });
        let to_store = removed.chain(new).collect();
        (state.plans, state.unplanned) = (plans, unplanned);
        to_store
    }

    /// Stores the activity once per hour.
    async fn store_activity(&self, now: DateTime<Utc>) {
        let changes: Vec<_> = {
            let mut state = self.state.lock();
            let hour = now.timestamp().div_euclid(3_600);
            if state.stored_hour == hour {
                return;
            }
            state.stored_hour = hour;
            let body = |history: &ActivityHistory| serde_json::to_string(history).ok();
            let histories = state.activity.iter();
            histories.map(|(uuid, history)| DocumentChange { id: uuid.to_string(), body: body(history) }).collect()
        };
        self.store(ACTIVITY, &changes, now).await;
    }

    async fn store(&self, kind: &str, changes: &[DocumentChange], now: DateTime<Utc>) {
        let Some(store) = self.store.as_ref().filter(|_| !changes.is_empty()) else { return };
        if let Err(error) = store.change_documents(kind, changes, now.timestamp_micros()).await {
            tracing::error!(%error, kind, "maintenance is not stored: a restart loses it");
        }
    }
}

async fn stored<T: DeserializeOwned>(store: &Store, kind: &str) -> Result<Vec<(String, T)>, store::Error> {
    let documents = store.documents(kind).await?;
    // a document of another version of this program is not read
    Ok(documents.into_iter().filter_map(|(id, body)| Some((id, serde_json::from_str(&body).ok()?))).collect())
}

/// The plan of one model, or why it has none.
fn planned<'a>(
    state: &State,
    settings: &MaintenanceSettings,
    (controller, model): (&str, &str),
    findings: impl Iterator<Item = &'a Finding>,
    now: DateTime<Utc>,
) -> Result<MaintenancePlan, String> {
    let fits = |window: &&ConfiguredWindow| {
        window.models.is_empty() || window.models.iter().any(|wanted| fits_model(wanted, model))
    };
    let (span, origin) = match settings.windows.iter().find(fits) {
        Some(window) => (window.span, WindowOrigin::Configured),
        None => (quietest(state, settings, (controller, model))?, WindowOrigin::Computed),
    };
    let plan = propose(findings, span.next_after(now), origin, now);
    let mut plan = plan.ok_or_else(|| format!("no upgrade fits into the window {span}: make it longer"))?;
    let earlier = state.plans.get(&plan.id);
    // a plan stays as it is until its window has passed or moved
    if let Some(earlier) = earlier.filter(|earlier| is_same(&earlier.window, span, earlier.proposed, now)) {
        (plan.window, plan.proposed) = (earlier.window, earlier.proposed);
    }
    Ok(plan)
}

/// Whether an earlier window is of this span and has not ended.
fn is_same(window: &MaintenanceWindow, span: WeeklySpan, proposed: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    window.end > now && *window == span.next_after(proposed)
}

fn quietest(
    state: &State,
    settings: &MaintenanceSettings,
    (controller, model): (&str, &str),
) -> Result<WeeklySpan, String> {
    let uuid = state.models.get(&(controller.into(), model.into()));
    let history = uuid.and_then(|uuid| state.activity.get(uuid));
    let found = history.and_then(|history| history.quietest(settings.hours));
    found.map(|quiet| quiet.span).ok_or_else(|| {
        let hours = history.map_or(0, ActivityHistory::observed_hours);
        format!(
            "no window is configured, and a computed one needs each hour of the week observed once; {hours} of 168 hours are: \
             add one to `observer.maintenance.windows`"
        )
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::plan::tests::finding;

    fn planner(windows: Vec<ConfiguredWindow>) -> Planner {
        let settings = MaintenanceSettings { windows, ..MaintenanceSettings::default() };
        Planner { store: None, settings: Mutex::new(settings), state: Mutex::default() }
    }

    fn window(models: &[&str], span: &str) -> ConfiguredWindow {
        let models = models.iter().map(|name| (*name).to_owned()).collect();
        ConfiguredWindow { models, span: span.parse().expect("a span") }
    }

    fn upgrades() -> Vec<Arc<Finding>> {
        vec![Arc::new(finding("web", "ch:web-17", "ch:web-19"))]
    }

    fn saturday() -> DateTime<Utc> {
        "2026-11-28T02:00:00Z".parse().expect("a time")
    }

    #[tokio::test]
    async fn plan_stays_until_its_upgrade_is_done() {
        let planner = planner(vec![window(&["other"], "Mon 01:00-02:00"), window(&["shop"], "Sun 03:00-05:00")]);
        planner.update(&upgrades(), saturday()).await;
        let [plan] = &planner.plans()[..] else { panic!("{:?}", planner.plans()) };
        assert_eq!(
            (plan.origin, plan.window.start.to_rfc3339().as_str()),
            (WindowOrigin::Configured, "2026-11-29T03:00:00+00:00")
        );
        planner.update(&upgrades(), saturday() + TimeDelta::hours(26)).await;
        assert_eq!(planner.plans(), std::slice::from_ref(plan), "in its window it is the same");
        planner.update(&upgrades(), saturday() + TimeDelta::hours(30)).await;
        assert_eq!(planner.plans()[0].window.start.to_rfc3339(), "2026-12-06T03:00:00+00:00");
        planner.update(&[], saturday() + TimeDelta::hours(31)).await;
        assert_eq!(planner.plans(), []);
    }

    #[tokio::test]
    async fn window_is_computed_from_a_week_of_activity() {
        let planner = planner(Vec::new());
        planner.update(&upgrades(), saturday()).await;
        assert!(planner.plans().is_empty() && planner.unplanned()[0].reason.contains("0 of 168 hours"));
        for hour in 0..168_i32 {
            let time = saturday() + TimeDelta::hours(hour.into());
            let is_quiet = time.format("%a %H").to_string() == "Wed 04" || time.format("%a %H").to_string() == "Wed 05";
            planner.record("eu", "admin/shop", "uuid", if is_quiet { 0.0 } else { 9.0 }, time);
        }
        planner.update(&upgrades(), saturday()).await;
        let [plan] = &planner.plans()[..] else { panic!("{:?}", planner.unplanned()) };
        assert_eq!(
            (plan.origin, plan.window.start.to_rfc3339().as_str()),
            (WindowOrigin::Computed, "2026-12-02T04:00:00+00:00")
        );
    }
}
