//! Tests of all detectors: a healthy model is silent, and each detector fires on a model of its own.

use chrono::{DateTime, TimeDelta, Utc};
use estate::{EventLog, EventRetention, ModelGraph, ModelIdentity};
use juju_wire::Delta;
use serde_json::{Value, json};

use super::*;
use crate::{
    Baseline, BaselineApplication, Candidate, ConfiguredThresholds, ExternalAlert, FindingSeverity, LogGroup,
    Measurement, MeasurementKind, ModelFacts, ModelHistory, OptionValue, OwnWrite, Reported, ReportedStatus,
    Thresholds, facts::Expiry,
};

/// A model with its changes, at a time that tests set.
struct World {
    model: ModelIdentity,
    graph: ModelGraph,
    reported: Reported,
    history: ModelHistory,
    logs: Vec<LogGroup>,
    baseline: Option<Baseline>,
    measurements: Vec<Measurement>,
    alerts: Vec<ExternalAlert>,
    own_writes: Option<Vec<OwnWrite>>,
    now: DateTime<Utc>,
}

fn status(current: &str, message: &str, since: DateTime<Utc>) -> Value {
    json!({"current": current, "message": message, "since": since.to_rfc3339(), "version": "3.6.11", "data": {}})
}

impl World {
    /// A shop that works: `web/0` on machine 0 requires `db/0` on machine 1.
    fn healthy() -> Self {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let model = ModelIdentity { controller: "eu".into(), model: "admin/shop".into(), uuid: "u".into() };
        let mut world = Self {
            model,
            graph: ModelGraph::default(),
            reported: Reported::default(),
            history: ModelHistory::default(),
            logs: Vec::new(),
            baseline: None,
            measurements: Vec::new(),
            alerts: Vec::new(),
            own_writes: Some(Vec::new()),
            now,
        };
        let since = now - TimeDelta::days(1);
        for (index, name) in ["web", "db"].into_iter().enumerate() {
            world.application(name, &json!({}));
            world.machine(&index.to_string(), "started", "running", "", since);
            let unit = format!("{name}/0");
            world.unit(&unit, ("active", "", since), ("idle", since));
            world.reported.leaders.insert(name.into(), true);
        }
        world.relation(1, false);
        world.history = ModelHistory::default();
        world.history.remember_relations(&world.graph);
        world
    }

    fn apply(&mut self, kind: &str, action: &str, entity: &Value) {
        let delta: Delta = serde_json::from_value(json!([kind, action, entity])).expect("a delta");
        let changes = self.graph.apply(&[delta]);
        let log = std::sync::Arc::new(EventLog::new("test", EventRetention::default()));
        let mut reader = log.reader();
        log.append(&std::sync::Arc::new(self.model.clone()), changes, self.now);
        for event in reader.read(usize::MAX).events {
            self.history.record(&event, self.now);
        }
    }

    fn application(&mut self, name: &str, more: &Value) {
        let mut entity = json!({"name": name, "charm-url": format!("ch:amd64/jammy/{name}-5"), "life": "alive",
            "status": {"current": "unset"}, "config": {}});
        let more = more.as_object().cloned().unwrap_or_default();
        entity.as_object_mut().expect("an object").extend(more);
        self.apply("application", "change", &entity);
    }

    fn unit(&mut self, name: &str, workload: (&str, &str, DateTime<Utc>), agent: (&str, DateTime<Utc>)) {
        let application = name.split('/').next().unwrap_or_default();
        let machine = if application == "web" { "0" } else { "1" };
        let mut entity = json!({"name": name, "application": application, "machine-id": machine, "life": "alive",
            "workload-status": status(workload.0, workload.1, workload.2), "agent-status": status(agent.0, "", agent.1)});
        if workload.0 == "error" {
            entity["workload-status"]["data"] = json!({"hook": "config-changed"});
        }
        self.apply("unit", "change", &entity);
    }

    fn machine(&mut self, id: &str, agent: &str, instance: &str, message: &str, since: DateTime<Utc>) {
        let entity = json!({"id": id, "instance-id": "i", "life": "alive", "agent-status": status(agent, "", since),
            "instance-status": status(instance, message, since)});
        self.apply("machine", "change", &entity);
    }

    fn relation(&mut self, id: i64, removed: bool) {
        let end = |name: &str, role: &str| json!({"application-name": name, "relation": {"name": "db", "role": role, "interface": "sql"}});
        let entity =
            json!({"id": id, "key": "web:db db:db", "endpoints": [end("web", "requirer"), end("db", "provider")]});
        self.apply("relation", if removed { "remove" } else { "change" }, &entity);
    }

    fn candidates(&self, detector: &dyn Detector) -> Vec<Candidate> {
        let facts = ModelFacts {
            model: &self.model,
            graph: &self.graph,
            reported: &self.reported,
            history: &self.history,
            logs: &self.logs,
            baseline: self.baseline.as_ref(),
            measurements: &self.measurements,
            alerts: &self.alerts,
            own_writes: self.own_writes.as_deref(),
            now: self.now,
        };
        let configured = ConfiguredThresholds::new();
        detector.detect(&facts, &Thresholds::new(detector.description(), &configured))
    }

    fn ago(&self, minutes: i64) -> DateTime<Utc> {
        self.now - TimeDelta::try_minutes(minutes).expect("few minutes")
    }

    fn log_group(&mut self, message: &str, count: u64, recent: u64) {
        let (first_seen, last_seen) = (self.ago(30), self.ago(1));
        self.logs.push(LogGroup {
            entity: "unit-web-0".into(),
            level: "ERROR".into(),
            module: "juju.worker.uniter.operation".into(),
            pattern: message.into(),
            sample: message.into(),
            count,
            recent,
            first_seen,
            last_seen,
        });
    }
}

impl World {
    fn alert(&mut self, unit: &str) {
        self.alerts.push(ExternalAlert {
            fingerprint: "abc".into(),
            name: "HighLatency".into(),
            severity: FindingSeverity::Warning,
            summary: "Requests are slow.".into(),
            description: Box::default(),
            application: "web".into(),
            unit: unit.into(),
            machine: Box::default(),
            sent_by: "alertmanager".into(),
            started: self.ago(60),
            received: self.ago(30),
        });
    }
}

#[test]
fn alert_is_of_the_smallest_entity_that_its_labels_name() {
    for (unit, expected) in [("web/0", "unit web/0"), ("web/7", "application web"), ("other/0", "application web")] {
        let mut world = World::healthy();
        world.alert(unit);
        let found = world.candidates(&super::external_alerts::ExternalAlerts);
        assert_eq!(found.len(), 1);
        assert_eq!(format!("{} {}", found[0].entity.kind, found[0].entity.name), expected);
    }
}

#[test]
fn bundle_is_a_baseline_that_the_model_equals_until_it_changes() {
    let mut world = World::healthy();
    world.application(
        "web",
        &json!({"charm-url": "ch:amd64/jammy/web-5", "constraints": {"mem": 4096, "arch": "amd64"}}),
    );
    let bundle = json!({
        "applications": {
            "web": {"charm": "web", "revision": 5, "num_units": 1, "constraints": "mem=4G"},
            "db": {"charm": "ch:db", "options": {}},
        },
        "relations": [["web", "db:db"]],
    });
    let facts = |world: &World, read: &dyn Fn(&ModelFacts<'_>) -> Vec<Candidate>| {
        let facts = ModelFacts {
            model: &world.model,
            graph: &world.graph,
            reported: &world.reported,
            history: &world.history,
            logs: &[],
            baseline: None,
            measurements: &[],
            alerts: &[],
            own_writes: None,
            now: world.now,
        };
        read(&facts)
    };
    let compare = |facts: &ModelFacts<'_>| {
        let baseline = Baseline::from_bundle(facts, &bundle, "ana").expect("a bundle");
        super::compare_with_baseline(facts, &baseline)
    };
    let found = facts(&world, &compare);
    assert!(found.iter().all(|candidate| candidate.evidence.iter().all(|one| one.what == "charm")), "{found:?}");
    world.application(
        "web",
        &json!({"charm-url": "ch:amd64/jammy/web-6", "exposed": true, "constraints": {"mem": 2048, "arch": "amd64"}}),
    );
    world.relation(1, true);
    let found = facts(&world, &compare);
    let web = found.iter().find(|candidate| &*candidate.entity.name == "web").expect("it differs");
    let what: Vec<&str> = web.evidence.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(what, ["revision", "exposed", "constraints"], "{found:?}");
    // a relation is shown once, at one of its applications
    let of = |one: &&Candidate| one.evidence.iter().any(|evidence| evidence.what == "relation db:db web:*");
    assert_eq!(found.iter().filter(of).count(), 1, "{found:?}");
}

#[test]
fn change_names_the_user_who_connected_then() {
    let mut world = World::healthy();
    world.application("web", &json!({"config": {"max-conn": 500}}));
    let connection = |user: &str, time| crate::UserConnection { user: user.into(), time };
    world.reported.connections =
        vec![connection("ana", world.ago(45)), connection("bob", world.now - TimeDelta::seconds(20))];
    let found = world.candidates(&super::unrecorded_changes::UnrecordedChanges);
    let named: Vec<&str> =
        found[0].evidence.iter().filter(|one| one.what.starts_with("user")).map(|one| &*one.value).collect();
    assert_eq!(named, ["bob"], "{found:?}");
}

/// Makes the condition of a detector.
fn make(name: &str, world: &mut World) {
    let (long, now) = (world.ago(60), world.now);
    match name {
        "below_scale" => world.application("web", &json!({"min-units": 3})),
        "broken_relations" => {
            let suspended = ReportedStatus { status: "suspended".into(), ..ReportedStatus::default() };
            world.reported.relations.insert(1, suspended);
        }
        "capacity" => world.machine("2", "pending", "provisioning error", "quota of cores exceeded", long),
        "drift" => {
            let options = [("max-conn".into(), OptionValue::Text("100".into()))];
            let web = BaselineApplication { revision: Some(4), options: Some(options.into()), ..Default::default() };
            world.baseline = Some(Baseline {
                controller: "eu".into(),
                model_uuid: "u".into(),
                saved_at: long,
                saved_by: "ana".into(),
                applications: [("web".into(), web), ("db".into(), BaselineApplication::default())].into(),
                relations: None,
            });
            let options = [("max-conn".into(), OptionValue::Text("500".into()))];
            world.reported.options.insert("web".into(), options.into());
        }
        "expiry" => {
            let at = now + TimeDelta::days(2);
            world.reported.expiries.push(Expiry { kind: "secret", name: "db-password".into(), at });
        }
        "external_alert" => world.alert("web/0"),
        "flapping" => {
            for minute in (0..8).rev() {
                let state = if minute % 2 == 0 { "active" } else { "waiting" };
                let since = world.ago(minute);
                world.unit("web/0", (state, "", since), ("idle", long));
            }
        }
        "hook_failed" => world.unit("web/0", ("error", "hook failed: \"config-changed\"", long), ("idle", long)),
        "hook_retries" => {
            for minutes in [9, 6] {
                let since = world.ago(minutes);
                world.unit("web/0", ("error", "hook failed: \"config-changed\"", since), ("idle", since));
                let since = world.ago(minutes - 1);
                world.unit("web/0", ("active", "", since), ("idle", since));
            }
        }
        "log_bursts" => world.log_group("cannot reach the cache", 60, 40),
        "lost_agents" => drop(world.reported.lost_agents.insert("web/0".into(), Some(long))),
        "machine_loss" => world.machine("0", "down", "running", "", long),
        "missing_leader" => drop(world.reported.leaders.insert("web".into(), false)),
        "pending_upgrades" => drop(world.reported.charm_upgrades.insert("web".into(), "ch:web-6".into())),
        "provisioning" => world.machine("2", "pending", "allocating", "", long),
        "saturation" => {
            let points =
                (0..30).map(|minute| (world.ago(30 - minute), 40.0 + f64::from(i32::try_from(minute).unwrap_or(0))));
            world.measurements.push(Measurement {
                entity_kind: "unit".into(),
                entity: "db/0".into(),
                kind: MeasurementKind::Disk,
                detail: "/".into(),
                points: points.collect(),
            });
        }
        "storage_health" => {
            let unit = Some("db/0".into());
            let lost = ReportedStatus { status: "error".into(), unit, ..ReportedStatus::default() };
            world.reported.storage.insert("data/0".into(), lost);
        }
        "stuck_states" => world.unit("web/0", ("waiting", "waiting for database", long), ("idle", long)),
        "unrecorded_changes" => world.application("web", &json!({"config": {"max-conn": 500}})),
        _ => panic!("no case for the detector {name}"),
    }
}

#[test]
fn detectors_are_silent_on_a_healthy_model() {
    let world = World::healthy();
    for detector in DETECTORS {
        assert_eq!(world.candidates(detector), [], "{}", detector.description().name);
    }
}

#[test]
fn detectors_fire_on_their_condition_with_evidence_and_a_valid_call() {
    let tools = catalogue::Catalogue::builtin();
    for detector in DETECTORS {
        let name = detector.description().name;
        let mut world = World::healthy();
        make(name, &mut world);
        let found = world.candidates(detector);
        assert!(!found.is_empty(), "{name} is silent");
        for candidate in found {
            assert!(!candidate.evidence.is_empty(), "{name}");
            let is_full =
                |one: &crate::Evidence| !(one.what.is_empty() || one.value.is_empty() || one.expected.is_empty());
            assert!(candidate.evidence.iter().all(is_full), "{name}: {:?}", candidate.evidence);
            let call = candidate.recommended.unwrap_or_else(|| panic!("{name} recommends no call"));
            assert!(call.why.ends_with('.'), "{call:?}");
            let tool = tools
                .get(&call.tool)
                .unwrap_or_else(|| panic!("{name} recommends a tool that does not exist: {call:?}"));
            if let Err(problem) = tool.plan(call.arguments.clone()) {
                panic!("{name} recommends an invalid call: {problem}: {call:?}");
            }
            assert!(candidate.title.ends_with('.'), "{}", candidate.title);
        }
    }
}

#[test]
fn detectors_are_documented_with_units_and_defaults() {
    let document = include_str!("../../../../docs/observer.md");
    let mut names = std::collections::BTreeSet::new();
    for detector in DETECTORS {
        let description = detector.description();
        assert!(names.insert(description.name), "{} is there twice", description.name);
        assert!(description.about.ends_with('.') && description.about.len() > 30, "{}", description.name);
        assert!(!description.thresholds.is_empty(), "{}", description.name);
        let thresholds = description
            .thresholds
            .iter()
            .map(|threshold| format!("`{}` {} {}", threshold.name, threshold.default, threshold.unit.word()));
        let thresholds: Vec<String> = thresholds.collect();
        let row = format!("| `{}` | {} | {} |", description.name, description.about, thresholds.join("; "));
        assert!(document.contains(&row), "docs/observer.md lacks: {row}");
        for threshold in description.thresholds {
            assert!(threshold.about.len() > 10 && threshold.default >= 0.0, "{} {}", description.name, threshold.name);
        }
    }
}

#[test]
fn disk_that_fills_has_a_time_to_full() {
    let mut world = World::healthy();
    make("saturation", &mut world);
    let [candidate] = &world.candidates(&saturation::Saturation)[..] else { panic!("one candidate") };
    let full = candidate.trend.limit_at.expect("a time") - world.ago(1);
    // 69 % and 1 % per minute: 31 minutes
    assert!((25..=37).contains(&full.num_minutes()), "{full}");
    assert_eq!(candidate.severity, FindingSeverity::Critical);
}

#[test]
fn hook_that_failed_twice_is_found_while_the_unit_is_active() {
    let mut world = World::healthy();
    make("hook_retries", &mut world);
    assert_eq!(world.graph.units["web/0"].workload.current, "active");
    let [candidate] = &world.candidates(&hook_retries::HookRetries)[..] else { panic!("one candidate") };
    assert_eq!((&*candidate.detail, &*candidate.evidence[0].value), ("config-changed", "2"));
}

#[test]
fn removed_relation_is_found_once_its_units_are_blocked() {
    let mut world = World::healthy();
    world.relation(1, true);
    assert_eq!(world.candidates(&broken_relations::BrokenRelations), []);
    let since = world.now;
    world.unit("web/0", ("blocked", "missing relation: db", since), ("idle", since));
    let [candidate] = &world.candidates(&broken_relations::BrokenRelations)[..] else { panic!("one candidate") };
    assert_eq!(&*candidate.entity.name, "web");
    let call = candidate.recommended.as_ref().expect("a call");
    assert_eq!(call.arguments["endpoints"], json!(["web:db", "db:db"]));
}

#[test]
fn change_of_this_server_is_not_reported() {
    let mut world = World::healthy();
    make("unrecorded_changes", &mut world);
    let write = OwnWrite { time: world.now, model: "admin/shop".into() };
    world.own_writes = Some(vec![write]);
    assert_eq!(world.candidates(&unrecorded_changes::UnrecordedChanges), []);
}

#[test]
fn drift_reports_each_field_and_the_call_that_undoes_it() {
    let mut world = World::healthy();
    make("drift", &mut world);
    let found = world.candidates(&drift::Drift);
    let [candidate] = &found[..] else { panic!("one candidate: {found:?}") };
    let fields: Vec<_> = candidate.evidence.iter().map(|one| (&*one.what, &*one.value, &*one.expected)).collect();
    assert_eq!(fields, [("revision", "5", "4"), ("option max-conn", "500", "100")]);
    let call = candidate.recommended.as_ref().expect("a call");
    assert_eq!((&*call.tool, &call.arguments["values"]), ("juju_config", &json!({"max-conn": "100"})));
}
