//! The end of an incident: the units that suffered recover by themselves.

use crate::state::{Incident, Model, Status, Topic};

/// Whether the incident of a model is over, but its units have not recovered.
pub(super) fn is_due(model: &Model) -> bool {
    model.incident.as_ref().is_some_and(|incident| incident.is_over(model))
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
