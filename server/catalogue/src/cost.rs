//! What an act costs, for the reader of a dry run and for an approver: machines, units, relations, storage, consumers.

use juju_wire::facade::client::{application::ApplicationOfferStatus, status::RelationStatus};
use policy::Impact;

use crate::preconditions::Facts;

/// Most names that a line of costs lists.
const MAX_LISTED_NAMES: usize = 10;

/// What an act costs beside what its impact states: names of what is affected.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Cost {
    machines_added: u64,
    /// Units that it adds; absent where its impact has the number.
    units_added: Option<u64>,
    runs_on: Vec<String>,
    restarted: Vec<String>,
    units_removed: Vec<String>,
    relations_removed: Vec<String>,
    consumers: Vec<String>,
    storage: Vec<String>,
}

impl Cost {
    /// Machines for new units: one for each that is placed on no machine that exists.
    pub(crate) fn of_new_units(count: u64, directives: &[String], facts: &Facts) -> Self {
        if facts.kubernetes {
            return Self::default();
        }
        let named = directives.iter().filter(|directive| directive.bytes().any(|byte| byte.is_ascii_digit()));
        Self { machines_added: count.saturating_sub(named.count() as u64), ..Self::default() }
    }

    /// No units, whatever the impact has to assume.
    pub(crate) fn without_new_units() -> Self {
        Self { units_added: Some(0), ..Self::default() }
    }

    /// Units of the application, which run hooks of a new configuration or charm.
    pub(crate) fn of_restarted(application: &str, facts: &Facts) -> Self {
        Self { restarted: facts.units_of(application).cloned().collect(), ..Self::default() }
    }

    /// Units, or everything on machines, that a command runs on.
    pub(crate) fn of_running_on(receivers: Vec<String>) -> Self {
        Self { runs_on: receivers, ..Self::default() }
    }

    /// What goes with applications: units, relations, and what other models get of their offers.
    pub(crate) fn of_removed_applications(names: &[String], facts: &Facts) -> Self {
        let is_removed = |name: &String| names.contains(name);
        let relations = facts.status.relations.iter().filter(|relation| {
            relation.endpoints.len() > 1 && relation.endpoints.iter().any(|end| is_removed(&end.application))
        });
        let offers = facts.status.offers.values().filter(|offer| is_removed(&offer.application_name));
        Self {
            units_removed: names.iter().flat_map(|name| facts.units_of(name)).cloned().collect(),
            relations_removed: relations.map(|relation| relation.key.clone()).collect(),
            consumers: offers.filter_map(consumers).collect(),
            ..Self::default()
        }
    }

    /// Units that go, with those beside them.
    pub(crate) fn of_removed_units(names: &[String], facts: &Facts) -> Self {
        let below = names.iter().filter_map(|name| facts.unit(name)).flat_map(|unit| unit.subordinates.keys());
        Self { units_removed: names.iter().chain(below).cloned().collect(), ..Self::default() }
    }

    /// Units on machines and in containers of them.
    pub(crate) fn of_removed_machines(ids: &[String], facts: &Facts) -> Self {
        let is_on = |machine: &str| {
            ids.iter()
                .any(|id| machine == id || machine.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('/')))
        };
        let principals = facts.status.applications.values().flat_map(|application| &application.units);
        let names: Vec<_> = principals.filter(|(_, unit)| is_on(&unit.machine)).map(|(name, _)| name.clone()).collect();
        Self::of_removed_units(&names, facts)
    }

    /// Relations that end.
    pub(crate) fn of_removed_relations(facts: &Facts, ends: impl Fn(&RelationStatus) -> bool) -> Self {
        let removed = facts.status.relations.iter().filter(|relation| ends(relation));
        Self { relations_removed: removed.map(|relation| relation.key.clone()).collect(), ..Self::default() }
    }

    /// Everything in the model.
    pub(crate) fn of_destroyed_model(facts: &Facts) -> Self {
        let names: Vec<_> = facts.status.applications.keys().cloned().collect();
        Self::of_removed_applications(&names, facts)
    }

    /// Units up to a new scale, or those above it.
    pub(crate) fn of_scale(application: &str, scale: u64, facts: &Facts) -> Self {
        let mut units: Vec<_> = facts.units_of(application).cloned().collect();
        let number = |name: &String| name.rsplit('/').next().and_then(|number| number.parse::<u64>().ok());
        units.sort_by_key(number);
        let remaining = usize::try_from(scale).unwrap_or(usize::MAX).min(units.len());
        let added = scale.saturating_sub(units.len() as u64);
        Self { units_added: Some(added), units_removed: units.split_off(remaining), ..Self::default() }
    }

    /// Storage that is destroyed, by its names.
    #[must_use]
    pub(crate) fn with_storage_lost(self, storage: Vec<String>) -> Self {
        Self { storage, ..self }
    }

    /// One line for each kind of cost; one line if there is none.
    #[must_use]
    pub(crate) fn lines(&self, impact: &Impact) -> Vec<String> {
        let machines = impact.machines_added.saturating_add(self.machines_added);
        let counted = |verb: &str, count: u64, one: &str, many: &str| {
            (count > 0).then(|| format!("{verb} {count} {}", if count == 1 { one } else { many }))
        };
        let named = |verb: &str, names: &[String], one: &str, many: &str| {
            let count = names.len() as u64;
            counted(verb, count, one, many).map(|line| format!("{line}: {}", list(names)))
        };
        let lines = [
            counted("adds", machines, "machine", "machines"),
            counted("adds", self.units_added.unwrap_or(impact.units_added), "unit", "units"),
            named("runs on", &self.runs_on, "place", "places"),
            named("restarts or runs hooks on", &self.restarted, "unit", "units"),
            counted("removes", impact.machines_removed, "machine", "machines"),
            named("removes", &self.units_removed, "unit", "units"),
            named("removes", &self.relations_removed, "relation", "relations"),
            named("destroys", &self.storage, "storage instance", "storage instances"),
            named("cuts off", &self.consumers, "offer that other models use", "offers that other models use"),
        ];
        let lines: Vec<_> = lines.into_iter().flatten().collect();
        if lines.is_empty() { vec!["adds, restarts and removes nothing".to_owned()] } else { lines }
    }
}

/// An offer with the number of its connections, if it has any.
fn consumers(offer: &ApplicationOfferStatus) -> Option<String> {
    let count = offer.total_connected_count;
    (count > 0)
        .then(|| format!("{} ({count} {})", offer.offer_name, if count == 1 { "connection" } else { "connections" }))
}

fn list(names: &[String]) -> String {
    let shown = names.iter().take(MAX_LISTED_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_LISTED_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts() -> Facts {
        let unit = |name: &str| (name.to_owned(), json!({"machine": "0", "subordinates": {}}));
        let units = |names: &[&str]| names.iter().copied().map(unit).collect::<serde_json::Map<_, _>>();
        let end = |application: &str, name: &str| json!({"application": application, "name": name});
        let status = json!({
            "applications": {"web": {"units": units(&["web/0", "web/1", "web/10"])}, "db": {"units": units(&["db/0"])}},
            "relations": [
                {"id": 1, "key": "web:db db:db", "endpoints": [end("web", "db"), end("db", "db")]},
                {"id": 2, "key": "db:peers", "endpoints": [end("db", "peers")]},
            ],
            "offers": {"db": {"offer-name": "db", "application-name": "db", "total-connected-count": 2}},
        });
        Facts::from_status(serde_json::from_value(status).expect("a status"))
    }

    #[test]
    fn removed_application_costs_its_units_relations_and_consumers() {
        let cost =
            Cost::of_removed_applications(&["db".to_owned()], &facts()).with_storage_lost(vec!["data/0".to_owned()]);
        assert_eq!(
            cost.lines(&Impact::default()),
            [
                "removes 1 unit: db/0",
                "removes 1 relation: web:db db:db",
                "destroys 1 storage instance: data/0",
                "cuts off 1 offer that other models use: db (2 connections)",
            ]
        );
    }

    #[test]
    fn new_units_cost_the_machines_that_no_placement_names() {
        let cost = |count: u64, to: &[&str]| {
            let to: Vec<_> = to.iter().map(|text| (*text).to_owned()).collect();
            let impact = Impact { units_added: count, ..Impact::default() };
            Cost::of_new_units(count, &to, &facts()).lines(&impact)
        };
        assert_eq!(cost(2, &[]), ["adds 2 machines", "adds 2 units"]);
        assert_eq!(cost(2, &["0"]), ["adds 1 machine", "adds 2 units"]);
        assert_eq!(cost(1, &["lxd:0"]), ["adds 1 unit"]);
        assert_eq!(cost(1, &["lxd"]), ["adds 1 machine", "adds 1 unit"]);
    }

    #[test]
    fn scale_costs_the_difference() {
        let impact = Impact { units_added: 1, scale: Some(1), ..Impact::default() };
        assert_eq!(Cost::of_scale("web", 1, &facts()).lines(&impact), ["removes 2 units: web/1, web/10"]);
        assert_eq!(Cost::of_scale("web", 4, &facts()).lines(&impact), ["adds 1 unit"]);
        assert_eq!(Cost::of_scale("web", 3, &facts()).lines(&impact), ["adds, restarts and removes nothing"]);
    }
}
