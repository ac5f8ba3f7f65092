//! Tests of the engine: findings open, update, close and survive; consequences name their roots.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::*;
use crate::detectors::find_detector;
use crate::{
    Evidence, FindingSeverity, FindingTrend, LogGroup, ModelFacts, ModelHistory, Reported, Silence, detector::evidence,
};

fn time(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::try_minutes(minutes).expect("few minutes")
}

fn entity(kind: &str, name: &str) -> FindingEntity {
    FindingEntity { controller: "eu".into(), model: "admin/shop".into(), kind: kind.into(), name: name.into() }
}

fn observed() -> Evidence {
    evidence("state", "bad", "good", None)
}

fn candidate(detector: &str, kind: &str, name: &str, minutes: i64) -> (&'static DetectorDescription, Candidate) {
    let candidate = Candidate {
        entity: entity(kind, name),
        detail: String::new(),
        severity: FindingSeverity::Critical,
        title: format!("{name} is bad."),
        evidence: vec![observed()],
        trend: FindingTrend::default(),
        since: time(minutes),
        hold: TimeDelta::zero(),
        until: None,
        recommended: None,
        cause: None,
        has_own_cause: false,
        explains: true,
    };
    (find_detector(detector).expect("a detector"), candidate)
}

/// The shop: `web` requires `cart`, which requires `pay`; `pay/0` is on machine 2.
fn links() -> ModelLinks {
    let delta = |kind: &str, entity: serde_json::Value| {
        serde_json::from_value(json!([kind, "change", entity])).expect("a delta")
    };
    let mut deltas = Vec::new();
    for (machine, name) in ["web", "cart", "pay"].into_iter().enumerate() {
        for unit in 0..2 {
            let machine = (machine + unit * 3).to_string();
            deltas.push(delta(
                "unit",
                json!({"name": format!("{name}/{unit}"), "application": name, "machine-id": machine}),
            ));
        }
    }
    for (id, requirer, provider) in [(1, "web", "cart"), (2, "cart", "pay")] {
        let end = |name: &str, role: &str| json!({"application-name": name, "relation": {"name": "api", "role": role, "interface": "http"}});
        let ends = [end(requirer, "requirer"), end(provider, "provider")];
        deltas.push(delta(
            "relation",
            json!({"id": id, "key": format!("{requirer}:api {provider}:api"), "endpoints": ends}),
        ));
    }
    let identity = estate::ModelIdentity { controller: "eu".into(), model: "admin/shop".into(), uuid: "u".into() };
    ModelLinks::read(&identity, &estate::ModelGraph::from_snapshot(&deltas), &Reported::default())
}

fn look(candidates: Vec<(&'static DetectorDescription, Candidate)>) -> Look {
    let (controller, model): (Box<str>, Box<str>) = ("eu".into(), "admin/shop".into());
    Look {
        listed: [controller.clone()].into(),
        observed: [(controller.clone(), model.clone())].into(),
        models: vec![ModelCandidates { links: links(), controller, model, candidates }],
    }
}

/// An engine with its log, as kinds of changes.
#[derive(Default)]
struct Run {
    engine: Engine,
    log: FindingLog,
    settings: ObserverSettings,
}

impl Run {
    fn look(
        &mut self,
        minute: i64,
        candidates: Vec<(&'static DetectorDescription, Candidate)>,
    ) -> Vec<FindingChangeKind> {
        let before = self.log.last_number();
        self.engine.apply(look(candidates), &self.settings, &self.log, time(minute));
        let log = Arc::new(std::mem::take(&mut self.log));
        let kinds = log.subscribe_after(before).read(usize::MAX).changes.iter().map(|change| change.change).collect();
        self.log = Arc::into_inner(log).expect("no reader");
        kinds
    }

    fn finding(&self, name: &str) -> Arc<Finding> {
        let found = self.engine.findings().into_iter().find(|finding| &*finding.entity.name == name);
        found.unwrap_or_else(|| panic!("no finding of {name}"))
    }
}

#[test]
fn finding_opens_after_its_hold_and_closes_after_its_absence() {
    let mut run = Run::default();
    let bad = || {
        let (description, mut candidate) = candidate("missing_leader", "application", "web", 0);
        candidate.hold = TimeDelta::minutes(2);
        vec![(description, candidate)]
    };
    assert_eq!(run.look(0, bad()), []);
    assert_eq!(run.look(1, Vec::new()), [], "it ended in time");
    assert_eq!(run.look(2, bad()), []);
    assert_eq!(run.look(4, bad()), [FindingChangeKind::Opened]);
    assert_eq!(run.look(5, bad()), [], "nothing differs");
    // it comes and goes: one finding
    for minute in 6..20 {
        assert_eq!(run.look(minute, if minute % 2 == 0 { bad() } else { Vec::new() }), []);
    }
    assert_eq!(run.look(27, Vec::new()), []);
    assert_eq!(run.look(28, Vec::new()), [FindingChangeKind::Closed]);
    assert!(!run.finding("web").is_open());
    let id = run.finding("web").id.clone();
    assert_eq!(run.look(40, bad()), []);
    assert_eq!(run.look(42, bad()), [FindingChangeKind::Opened]);
    let again = run.engine.findings().into_iter().find(|finding| finding.is_open()).expect("open again");
    assert_ne!(again.id, id);
    assert_eq!(run.engine.findings().len(), 2);
}

#[test]
fn finding_of_a_restarted_engine_has_the_same_id_and_is_not_opened_again() {
    let mut run = Run::default();
    let bad = || vec![candidate("hook_failed", "unit", "pay/0", 0)];
    run.look(0, bad());
    let before = run.finding("pay/0");
    let tracked = run.engine.open.values().next().expect("one finding");
    let text = serde_json::to_string(tracked).expect("JSON");
    let stored: Tracked = serde_json::from_str(&text).expect("a finding");
    let log = FindingLog::from_stored([Arc::clone(&stored.finding)]);
    let mut run =
        Run { engine: Engine::from_stored(vec![stored], time(30)), log, settings: ObserverSettings::default() };
    assert_eq!(run.look(30, bad()), []);
    assert_eq!(run.finding("pay/0").id, before.id);
    assert_eq!(run.finding("pay/0").first_seen, before.first_seen);
}

#[test]
fn consequences_name_what_they_follow_from_and_the_root_comes_first() {
    let mut run = Run::default();
    let (description, mut root) = candidate("hook_failed", "unit", "pay/0", 5);
    root.cause = Some(crate::FindingCause { class: crate::CauseClass::Charm, confidence: 0.8, reasons: Vec::new() });
    let candidates = vec![
        candidate("stuck_states", "unit", "web/0", 7),
        candidate("stuck_states", "unit", "web/1", 7),
        candidate("stuck_states", "unit", "cart/0", 6),
        (description, root),
    ];
    run.look(8, candidates);
    let id = |name: &str| run.finding(name).id.clone();
    assert_eq!(run.finding("web/0").consequence_of, Some(id("cart/0")));
    assert_eq!(run.finding("web/1").consequence_of, Some(id("cart/0")));
    assert_eq!(run.finding("cart/0").consequence_of, Some(id("pay/0")));
    assert!(run.finding("pay/0").is_root());
    assert_eq!(run.finding("pay/0").change, 1, "the root is the first change");
    let class = |name: &str| run.finding(name).cause.as_ref().map(|cause| cause.class);
    assert_eq!(class("web/0"), Some(crate::CauseClass::Charm));
    let affected: Vec<_> = run.finding("pay/0").affected.iter().map(|entity| entity.name.to_string()).collect();
    assert_eq!(affected, ["pay", "cart", "web"]);
}

#[test]
fn lost_machine_is_the_root_of_its_units_and_of_their_dependents() {
    let mut run = Run::default();
    let candidates = vec![
        candidate("stuck_states", "unit", "cart/0", 0),
        candidate("lost_agents", "unit", "pay/0", 2),
        candidate("below_scale", "application", "pay", 2),
        candidate("machine_loss", "machine", "2", 3),
    ];
    run.look(4, candidates);
    let machine = run.finding("2").id.clone();
    assert_eq!(run.finding("pay/0").consequence_of, Some(machine.clone()));
    assert!(run.finding("2").is_root());
    assert_eq!(run.finding("pay").consequence_of, Some(run.finding("pay/0").id.clone()));
    assert!(!run.finding("cart/0").is_root());
}

#[test]
fn finding_with_a_cause_of_its_own_is_no_consequence_of_others() {
    let mut run = Run::default();
    let (description, mut own) = candidate("hook_failed", "unit", "cart/0", 6);
    own.has_own_cause = true;
    run.look(8, vec![candidate("flapping", "unit", "pay/0", 5), (description, own)]);
    assert!(run.finding("cart/0").is_root());
}

#[test]
fn silence_closes_a_finding_and_keeps_it_closed() {
    let mut run = Run::default();
    let bad = || vec![candidate("hook_failed", "unit", "pay/0", 0)];
    run.look(0, bad());
    run.settings.silences = vec![Silence { entity: Some("pay/*".to_owned()), ..Silence::default() }];
    assert_eq!(run.look(1, bad()), [FindingChangeKind::Closed]);
    assert_eq!(run.look(2, bad()), []);
}

#[test]
fn finding_of_a_model_that_is_not_known_now_stays_open() {
    let mut run = Run::default();
    run.look(0, vec![candidate("hook_failed", "unit", "pay/0", 0)]);
    let mut unknown = look(Vec::new());
    unknown.models.clear();
    run.engine.apply(unknown, &run.settings, &run.log, time(60));
    assert!(run.finding("pay/0").is_open());
    let mut gone = look(Vec::new());
    gone.models.clear();
    gone.observed.clear();
    run.engine.apply(gone, &run.settings, &run.log, time(61));
    assert!(!run.finding("pay/0").is_open(), "the controller does not list the model");
}

#[test]
fn cause_is_classified_by_changes_words_and_machines() {
    let identity = estate::ModelIdentity { controller: "eu".into(), model: "admin/shop".into(), uuid: "u".into() };
    let (graph, history, reported) = (estate::ModelGraph::default(), ModelHistory::default(), Reported::default());
    let class = |line: &str| {
        let logs = [LogGroup {
            entity: "unit-pay-0".into(),
            level: "ERROR".into(),
            module: "unit.pay/0.juju-log".into(),
            pattern: line.into(),
            sample: line.into(),
            count: 1,
            recent: 1,
            first_seen: time(0),
            last_seen: time(0),
        }];
        let facts = ModelFacts {
            model: &identity,
            graph: &graph,
            reported: &reported,
            history: &history,
            logs: &logs,
            baseline: None,
            measurements: &[],
            alerts: &[],
            own_writes: None,
            now: time(1),
        };
        let (description, mut candidate) = candidate("hook_failed", "unit", "pay/0", 0);
        crate::cause::classify(&facts, description, &mut candidate);
        candidate.cause.map(|cause| cause.class)
    };
    assert_eq!(class("KeyError: 'read-only-endpoints'"), Some(crate::CauseClass::Charm));
    assert_eq!(class("db-pool must be between 1 and 200, not 0"), Some(crate::CauseClass::Configuration));
    assert_eq!(class("OSError: No space left on device"), Some(crate::CauseClass::Infrastructure));
}
