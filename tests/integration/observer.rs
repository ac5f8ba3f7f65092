//! Scenario E0-3: early signs are found before a unit fails, a healthy estate is silent, and nothing is written.
//!
//! (b) a disk that fills and (c) memory that is used up are measured by a metrics system, not by Juju: the test gives the
//! observer the values that one would give.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use juju_sim::Simulator;
use observer::{Finding, FindingChangeKind, Measurement, MeasurementKind, ObserverSettings, TrendDirection};
use store::Store;
use tests::{ObservedEstate, side_by_side::simulator};

async fn shop() -> Arc<Simulator> {
    Arc::new(simulator("shop").await)
}

async fn observed() -> ObservedEstate {
    ObservedEstate::start(shop().await, None, ObserverSettings::default()).await
}

/// The open finding of a detector on an entity.
fn finding(estate: &ObservedEstate, detector: &str, entity: &str) -> Option<Arc<Finding>> {
    let fits = |finding: &Arc<Finding>| finding.detector == detector && *finding.entity.name == *entity;
    estate.open().into_iter().find(fits)
}

/// Units of the shop in `error` or `blocked` now.
async fn failed_units(estate: &ObservedEstate) -> Vec<String> {
    let uuid = estate.uuid("shop").await.expect("a model");
    let failed = |facts: &observer::ModelFacts<'_>| {
        let failed =
            facts.graph.units.iter().filter(|(_, unit)| matches!(&*unit.workload.current, "error" | "blocked"));
        failed.map(|(name, _)| name.to_string()).collect()
    };
    estate.observer.read_facts(&uuid, estate.now, failed).await.expect("an observed model")
}

fn series(entity: &str, kind: MeasurementKind, now: DateTime<Utc>, values: &[f64]) -> Measurement {
    let minutes = i64::try_from(values.len()).expect("few") - 1;
    let point = |(index, value): (usize, &f64)| {
        (now - TimeDelta::minutes(minutes - i64::try_from(index).expect("few")), *value)
    };
    let points = values.iter().enumerate().map(point).collect();
    Measurement { entity_kind: "unit".into(), entity: entity.into(), kind, detail: Box::default(), points }
}

/// Waits for a finding, at most so many simulated minutes, and checks that it is complete and that no unit has failed.
async fn expect(estate: &mut ObservedEstate, detector: &str, entity: &str, minutes: u32) -> Arc<Finding> {
    for _ in 0..minutes {
        estate.pass(1).await;
        let Some(found) = finding(estate, detector, entity) else { continue };
        assert_eq!(failed_units(estate).await, Vec::<String>::new(), "{detector}: before a unit fails");
        assert!(!found.evidence.is_empty() && found.recommended.is_some(), "{found:?}");
        return found;
    }
    panic!("{detector} of {entity} is not found in {minutes} minutes: {:?}", estate.open());
}

#[tokio::test]
async fn observer_finds_seven_early_signs_before_a_unit_fails() {
    let mut estate = observed().await;
    estate.save_baseline("shop").await;
    estate.pass(3).await;
    assert_eq!(estate.open(), [], "the estate is healthy");
    // a: a hook fails twice, then succeeds
    for _ in 0..2 {
        let hook = "database-relation-changed";
        let failed = format!(
            "[{{unit: {{name: payment/0, workload: error, hook: {hook}, message: 'hook failed: \"{hook}\"'}}}}]"
        );
        estate.script(&failed).await;
        estate.now += TimeDelta::seconds(5);
        estate.script("[{unit: {name: payment/0, workload: active}}]").await;
        estate.now += TimeDelta::seconds(5);
    }
    let hook = expect(&mut estate, "hook_retries", "payment/0", 1).await;
    let affected: Vec<&str> = hook.affected.iter().map(|entity| &*entity.name).collect();
    assert_eq!(affected, ["payment", "cart", "web", "ingress"], "the applications above it");
    // b: a disk fills, 1 % each minute, from 40 %
    let values: Vec<f64> = (40..=50).map(f64::from).collect();
    let full_at = estate.now + TimeDelta::minutes(1) + TimeDelta::minutes(50);
    let disk = series("postgresql/1", MeasurementKind::Disk, estate.now + TimeDelta::minutes(1), &values);
    estate.measure("shop", vec![disk.clone()]).await;
    let found = expect(&mut estate, "saturation", "postgresql/1", 1).await;
    let error = (found.trend.limit_at.expect("a time to full") - full_at).num_minutes().abs();
    assert!(error <= 10, "time to full within 20 %: {error} min");
    assert_eq!(found.trend.direction, TrendDirection::Rising);
    // c: memory above 90 % for ten minutes
    let memory = series("cart/0", MeasurementKind::Memory, estate.now + TimeDelta::minutes(1), &[92.0; 11]);
    estate.measure("shop", vec![disk, memory]).await;
    let found = expect(&mut estate, "saturation", "cart/0", 1).await;
    assert_eq!(found.recommended.as_ref().expect("a call").tool, "juju_add_unit");
    // d: a unit stays allocating
    estate
        .script("[{unit: {name: orders/0, workload: waiting, agent: allocating, message: waiting for machine}}]")
        .await;
    expect(&mut estate, "stuck_states", "orders/0", 11).await;
    // e: an option is changed by hand
    estate.script("[{option: {application: payment, name: db-pool, value: 150}}]").await;
    let found = expect(&mut estate, "drift", "payment", 1).await;
    assert!(found.evidence.iter().any(|one| one.what == "option db-pool" && one.value == "150"), "{found:?}");
    // f: a newer revision in the channel
    estate.script("[{newer_revision: {application: web, revision: 99}}]").await;
    let found = expect(&mut estate, "pending_upgrades", "web", 1).await;
    assert_eq!(found.recommended.as_ref().expect("a call").tool, "juju_refresh");
    // g: a leader is lost
    estate.script("[{no_leader: postgresql}]").await;
    expect(&mut estate, "missing_leader", "postgresql", 4).await;
    // each was opened once
    let changes = estate.observer.log().subscribe_after(0).read(usize::MAX).changes;
    let opened = changes.iter().filter(|change| change.change == FindingChangeKind::Opened);
    let mut opened: Vec<&str> = opened.map(|change| &*change.finding.detector).collect();
    opened.sort_unstable();
    let expected =
        ["drift", "hook_retries", "missing_leader", "pending_upgrades", "saturation", "saturation", "stuck_states"];
    assert_eq!(opened, expected);
    assert_reads_only(&estate);
}

#[tokio::test]
async fn observer_closes_each_finding_once_when_its_condition_ends() {
    let mut estate = observed().await;
    estate.script("[{no_leader: postgresql}]").await;
    expect(&mut estate, "missing_leader", "postgresql", 4).await;
    estate.script("[{new_leader: postgresql}]").await;
    estate.pass(15).await;
    assert_eq!(estate.open(), []);
    let changes = estate.observer.log().subscribe_after(0).read(usize::MAX).changes;
    let kinds: Vec<_> = changes.iter().map(|change| change.change).collect();
    assert_eq!(kinds, [FindingChangeKind::Opened, FindingChangeKind::Closed]);
}

#[tokio::test]
async fn observer_is_silent_in_24_healthy_hours() {
    let mut estate = observed().await;
    estate.save_baseline("shop").await;
    let units = ["ingress/0", "web/0", "web/1", "cart/0", "payment/0", "orders/0", "postgresql/0"];
    for minute in 0..24 * 60 {
        // units run their hooks: update-status every five minutes, and now and then a longer one
        if minute % 5 == 0 {
            let unit = units[minute / 5 % units.len()];
            let message = if minute % 60 == 0 { "running backup action" } else { "running update-status hook" };
            estate.script(&format!("[{{unit: {{name: {unit}, agent: executing, message: {message}}}}}]")).await;
        }
        if minute % 5 == 1 {
            let unit = units[minute / 5 % units.len()];
            estate.script(&format!("[{{unit: {{name: {unit}, agent: idle}}}}]")).await;
        }
        // one short maintenance every six hours
        if minute % 360 == 100 {
            estate.script("[{unit: {name: web/1, workload: maintenance, message: rotating logs}}]").await;
        }
        if minute % 360 == 104 {
            estate.script("[{unit: {name: web/1, workload: active}}]").await;
        }
        estate.pass(1).await;
        assert_eq!(estate.observer.log().last_number(), 0, "minute {minute}: {:?}", estate.open());
    }
    assert_reads_only(&estate);
}

#[tokio::test]
async fn observer_continues_its_findings_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("state.db")).await.expect("a store");
    let simulator = shop().await;
    let settings = ObserverSettings::default;
    let mut estate = ObservedEstate::start(Arc::clone(&simulator), Some(store.clone()), settings()).await;
    estate.script("[{no_leader: postgresql}]").await;
    let before = expect(&mut estate, "missing_leader", "postgresql", 4).await;
    let (now, number) = (estate.now, estate.observer.log().last_number());
    drop(estate);
    let mut estate = ObservedEstate::start_at(simulator, Some(store), settings(), now + TimeDelta::minutes(3)).await;
    estate.pass(2).await;
    let after = finding(&estate, "missing_leader", "postgresql").expect("the finding");
    assert_eq!((&after.id, after.first_seen, after.change), (&before.id, before.first_seen, number));
    assert_eq!(estate.observer.log().last_number(), number, "nothing is repeated");
    estate.script("[{new_leader: postgresql}]").await;
    estate.pass(12).await;
    let changes = estate.observer.log().subscribe_after(number).read(usize::MAX).changes;
    let kinds: Vec<_> = changes.iter().map(|change| (change.number, change.change)).collect();
    assert_eq!(kinds, [(number + 1, FindingChangeKind::Closed)]);
}

/// Checks the record of the controller: every call was of a method that reads.
fn assert_reads_only(estate: &ObservedEstate) {
    assert_eq!(estate.simulator.writes(), std::collections::BTreeMap::new(), "the observer writes nothing");
    let calls = estate.simulator.calls();
    for read in ["Client.FullStatus", "Client.WatchAll", "AllWatcher.Next"] {
        assert!(calls.contains_key(read), "{read}: {calls:?}");
    }
}
