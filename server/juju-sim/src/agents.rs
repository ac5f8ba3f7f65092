//! Agents that take time: machines start, hooks run and fail, tasks are done, what is dying goes.

mod incident;
mod machine;
mod timing;
mod unit;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use juju_wire::entity::Life;
use tokio_util::sync::CancellationToken;

pub use timing::AgentTiming;

use crate::state::{Estate, Model, State, Topic};

/// Advances the estate until `stop` is cancelled; sleeps while there is nothing to do.
pub(crate) async fn run(estate: Arc<Estate>, timing: AgentTiming, stop: CancellationToken) {
    let mut changed = estate.changed();
    loop {
        changed.borrow_and_update();
        let now = Utc::now();
        let next = match estate.read(due) {
            Some(due) if due <= now => {
                estate.write(|state| advance(state, now, timing));
                continue;
            }
            next => next,
        };
        let pause = next.and_then(|due| (due - now).to_std().ok()).unwrap_or(Duration::from_hours(1));
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
            _ = changed.changed() => {}
        }
    }
}

/// When something is next to be done; in the past for what has not been begun.
fn due(state: &State) -> Option<DateTime<Utc>> {
    state.models.values().filter_map(model_due).min()
}

fn model_due(model: &Model) -> Option<DateTime<Utc>> {
    let machines = model.machines.iter().filter_map(|(id, machine)| machine::due(model, id, machine));
    let units = model.units.values().filter_map(|unit| unit::due(model, unit));
    let leaving = model
        .applications
        .values()
        .any(|application| application.life == Life::Dying && empty(model, &application.name));
    let gone = model.life == Life::Dying && model.applications.is_empty();
    machines.chain(units).chain((leaving || gone || incident::is_due(model)).then_some(DateTime::<Utc>::MIN_UTC)).min()
}

fn empty(model: &Model, application: &str) -> bool {
    model.units_of(application).next().is_none()
}

fn advance(state: &mut State, now: DateTime<Utc>, timing: AgentTiming) {
    for model in state.models.values_mut() {
        machine::advance(model, now, timing);
        unit::advance(model, now, timing);
        incident::advance(model);
        remove_applications(model);
    }
    state.models.retain(|_, model| model.life != Life::Dying || !model.applications.is_empty());
}

/// Takes dying applications without units away, and their relations with them.
fn remove_applications(model: &mut Model) {
    let leaving = model
        .applications
        .values()
        .filter(|application| application.life == Life::Dying && empty(model, &application.name));
    let leaving: Vec<_> = leaving.map(|application| application.name.clone()).collect();
    for name in leaving {
        let broken: Vec<_> =
            model.relations.values().filter(|relation| relation.has(&name)).map(|relation| relation.id).collect();
        for id in broken {
            // the only thing that can fail is a unit that is not there, and then nothing has to be done
            let _ = model.take_relation(id);
        }
        model.applications.remove(&name);
        model.journal.mark_changed(Topic::Application(name));
    }
}
