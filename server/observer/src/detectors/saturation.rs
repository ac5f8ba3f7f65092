//! Processors, memory, disks and pools that are nearly used up, with the time when they are.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::{
    CauseClass, FindingSeverity, Measurement, MeasurementKind,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::{ModelFacts, duration_text},
    finding::{FindingTrend, TrendDirection},
};

/// Detects saturation.
pub(super) struct Saturation;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "saturation",
    about: "A processor, memory, disk or storage pool is nearly used up, or will be soon.",
    thresholds: &[
        Threshold { name: "used", unit: ThresholdUnit::Percent, default: 90.0, about: "Share that is too much" },
        Threshold {
            name: "lasting",
            unit: ThresholdUnit::Minutes,
            default: 10.0,
            about: "How long it may be exceeded",
        },
        Threshold {
            name: "full_within",
            unit: ThresholdUnit::Minutes,
            default: 360.0,
            about: "Time to full, of disks and pools, that is too short",
        },
        Threshold {
            name: "target",
            unit: ThresholdUnit::Percent,
            default: 70.0,
            about: "Share that a proposed number of units should have",
        },
    ],
    rank: Some(8),
    cause: Some((CauseClass::Infrastructure, 4.0)),
};

/// Values that a line needs.
const MIN_POINTS: usize = 5;

impl Detector for Saturation {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        facts.measurements.iter().filter_map(|measured| candidate(facts, thresholds, measured)).collect()
    }
}

fn candidate(facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>, measured: &Measurement) -> Option<Candidate> {
    let (last_time, last) = *measured.points.last()?;
    let (used, lasting) = (thresholds.value("used"), thresholds.time("lasting"));
    let over = measured.points.iter().rev().take_while(|(_, value)| *value >= used).last();
    let is_over = over.is_some_and(|(since, _)| last_time - *since >= lasting);
    let can_fill = matches!(measured.kind, MeasurementKind::Disk | MeasurementKind::StoragePool);
    let slope = slope_per_minute(&measured.points);
    let full_in = slope.filter(|slope| can_fill && *slope > 0.0).map(|slope| (100.0 - last).max(0.0) / slope);
    let is_filling = full_in.is_some_and(|minutes| minutes <= thresholds.value("full_within"));
    if !is_over && !is_filling {
        return None;
    }
    let (kind, thing) = words(measured.kind);
    let since = over.filter(|_| is_over).map(|(since, _)| *since);
    let expected = format!("below {used:.0} % for {}", duration_text(lasting));
    let observed =
        evidence(format!("used {thing} {}", measured.detail).trim_end(), format!("{last:.1} %"), expected, since);
    let name = &*measured.entity;
    let title = if is_filling {
        format!("The {thing} of {name} fills up.")
    } else {
        format!("The {thing} of {name} is nearly used up.")
    };
    let is_soon = full_in.is_some_and(|minutes| minutes <= 60.0);
    let severity = if is_soon { FindingSeverity::Critical } else { FindingSeverity::Warning };
    let mut candidate = Candidate::new(facts, facts.entity(&measured.entity_kind, name), title, observed)
        .with_detail(format!("{kind} {}", measured.detail))
        .with_severity(severity);
    candidate.explains = is_over || last >= used;
    candidate.trend = trend(slope, full_in, last_time);
    if let Some(minutes) = full_in.filter(|_| is_filling) {
        let expected = format!("more than {}", duration_text(thresholds.time("full_within")));
        candidate.evidence.push(evidence("time to full", duration_text(minutes_delta(minutes)), expected, None));
    }
    candidate.recommended = Some(call(facts, thresholds, measured, last, &mut candidate));
    Some(candidate)
}

/// What helps: more units for load, a look at the storage for disks.
fn call(
    facts: &ModelFacts<'_>,
    thresholds: &Thresholds<'_>,
    measured: &Measurement,
    last: f64,
    candidate: &mut Candidate,
) -> crate::RecommendedCall {
    let application = measured.entity.rsplit_once('/').map(|(application, _)| application);
    let can_fill = matches!(measured.kind, MeasurementKind::Disk | MeasurementKind::StoragePool);
    match application.filter(|name| !can_fill && facts.graph.applications.contains_key(*name)) {
        Some(application) => {
            let units = facts.graph.units_of(application).count();
            let wanted = units_for(units, last, thresholds.value("target"));
            let why =
                format!("{units} units at {last:.0} % are {wanted} units at {:.0} %.", thresholds.value("target"));
            candidate.evidence.push(evidence("units", units.to_string(), wanted.to_string(), None));
            let added = wanted.saturating_sub(units).max(1);
            facts.call("juju_add_unit", json!({"application": application, "num_units": added}), &why)
        }
        None => facts.call("juju_storage", json!({}), "It shows the storage with its sizes and pools."),
    }
}

/// How many units have the share `target` if `units` have the share `used`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small rounded number that is not negative"
)]
fn units_for(units: usize, used: f64, target: f64) -> usize {
    let units = f64::from(u32::try_from(units).unwrap_or(u32::MAX));
    (units * used / target.max(1.0)).ceil() as usize
}

/// The slope of the line of least squares through the values, in percent per minute.
fn slope_per_minute(points: &[(DateTime<Utc>, f64)]) -> Option<f64> {
    let first = points.first()?.0;
    if points.len() < MIN_POINTS {
        return None;
    }
    let minutes =
        |time: DateTime<Utc>| f64::from(i32::try_from((time - first).num_seconds()).unwrap_or(i32::MAX)) / 60.0;
    let number = f64::from(u32::try_from(points.len()).unwrap_or(u32::MAX));
    let mean_x = points.iter().map(|(time, _)| minutes(*time)).sum::<f64>() / number;
    let mean_y = points.iter().map(|(_, value)| value).sum::<f64>() / number;
    let product = |(time, value): &(DateTime<Utc>, f64)| (minutes(*time) - mean_x) * (value - mean_y);
    let square = |(time, _): &(DateTime<Utc>, f64)| (minutes(*time) - mean_x).powi(2);
    let spread = points.iter().map(square).sum::<f64>();
    (spread > 0.0).then(|| points.iter().map(product).sum::<f64>() / spread)
}

fn trend(slope: Option<f64>, full_in: Option<f64>, last: DateTime<Utc>) -> FindingTrend {
    let slope = slope.unwrap_or_default();
    let direction = match slope {
        slope if slope > 0.05 => TrendDirection::Rising,
        slope if slope < -0.05 => TrendDirection::Falling,
        _ => TrendDirection::Steady,
    };
    let limit_at = full_in.and_then(|minutes| last.checked_add_signed(minutes_delta(minutes)));
    FindingTrend { direction, limit_at, detail: format!("{slope:+.2} % per minute").into() }
}

#[expect(clippy::cast_possible_truncation, reason = "a rounded number of seconds")]
fn minutes_delta(minutes: f64) -> TimeDelta {
    TimeDelta::try_seconds((minutes * 60.0).round() as i64).unwrap_or(TimeDelta::MAX)
}

fn words(kind: MeasurementKind) -> (&'static str, &'static str) {
    match kind {
        MeasurementKind::Cpu => ("cpu", "processor"),
        MeasurementKind::Memory => ("memory", "memory"),
        MeasurementKind::Disk => ("disk", "disk"),
        MeasurementKind::StoragePool => ("storage_pool", "storage pool"),
    }
}
