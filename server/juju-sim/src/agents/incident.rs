//! The end of an incident: the units that suffered recover by themselves.

use crate::state::{Cause, Incident, Model, Status, Topic};

/// Whether the incident of a model is over, but its units have not recovered.
pub(super) fn is_due(model: &Model) -> bool {
    model.incident.as_ref().is_some_and(|incident| {
        let unit = model.units.get(&incident.unit);
        unit.is_none_or(|unit| unit.failing.is_none() && !unit.in_error()) && !has_cause(model, incident)
    })
}

/// Whether a unit no longer has the cause of an incident, so that its hook succeeds.
pub(super) fn is_cured(model: &Model, unit: &(String, u32)) -> bool {
    model.incident.as_ref().is_some_and(|incident| incident.unit == *unit && !has_cause(model, incident))
}

fn has_cause(model: &Model, incident: &Incident) -> bool {
    let application = model.applications.get(&incident.unit.0);
    match &incident.cause {
        Cause::Revision(revision) => application.is_some_and(|application| application.revision == *revision),
        Cause::Option { name, value } => {
            application.is_some_and(|application| application.config.get(name) == Some(value))
        }
        Cause::Machine => model.units.get(&incident.unit).is_some_and(|unit| {
            unit.machine.as_deref().and_then(|id| model.machine(id)).is_some_and(|machine| machine.lost)
        }),
    }
}

/// Lets the units of an incident recover when its cause has gone.
pub(super) fn advance(model: &mut Model) {
    let Some(Incident { affected, .. }) = over(model) else { return };
    for key in affected {
        let Some(unit) = model.units.get_mut(&key) else { continue };
        if unit.blocked.take().is_none() {
            continue;
        }
        unit.workload = Status::now("active", "");
        let workload = unit.workload.clone();
        let (name, tag) = (unit.name(), format!("unit-{}-{}", key.0, key.1));
        model.remember(tag.clone(), "workload", workload);
        model.write_log(tag, "INFO", &format!("unit.{name}.juju-log"), "ready again".to_owned());
        model.journal.mark_changed(Topic::Unit(name));
        model.journal.mark_changed(Topic::Application(key.0));
    }
}

/// Takes the incident from the model if it is over.
fn over(model: &mut Model) -> Option<Incident> {
    if is_due(model) { model.incident.take() } else { None }
}
