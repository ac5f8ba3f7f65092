//! What goes when something is removed, told in one way for applications, units and machines.

use juju_wire::{RemoteError, entity::Entity};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Failure, entity};

/// What is being removed, and what is not.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Removal {
    /// Names of what goes, units that go with it included.
    removing: Vec<String>,
    /// Storage that stays, detached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    detaching_storage: Vec<String>,
    /// Storage that goes too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    destroying_storage: Vec<String>,
    /// What stays, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<Failed>,
}

/// One thing that stays.
#[derive(Debug, Serialize, JsonSchema)]
struct Failed {
    name: String,
    error: String,
}

/// What the controller said of one thing that it was told to remove.
pub(super) struct Told {
    pub(super) error: Option<RemoteError>,
    pub(super) units: Vec<Entity>,
    pub(super) detached_storage: Vec<Entity>,
    pub(super) destroyed_storage: Vec<Entity>,
}

/// Joins names to what was said of them. A failure of all of them is the failure of the call; a failure of some is told
/// beside what was begun for the others, because that goes on.
///
/// # Errors
/// The first refusal, where nothing is being removed.
pub(super) fn removal(names: &[String], told: impl IntoIterator<Item = Told>) -> Result<Removal, Failure> {
    let mut removal = Removal::default();
    let mut first = None;
    let names_of = |entities: Vec<Entity>| entities.into_iter().map(|one| entity::name(&one.tag));
    for (name, told) in names.iter().zip(told) {
        if let Some(error) = told.error {
            removal.failed.push(Failed { name: name.clone(), error: error.to_string() });
            first.get_or_insert(error);
            continue;
        }
        removal.removing.push(name.clone());
        removal.removing.extend(names_of(told.units));
        removal.detaching_storage.extend(names_of(told.detached_storage));
        removal.destroying_storage.extend(names_of(told.destroyed_storage));
    }
    match first {
        Some(error) if removal.removing.is_empty() => Err(error.into()),
        _ => Ok(removal),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(error: Option<&str>, units: &[&str]) -> Told {
        Told {
            error: error.map(|message| RemoteError { message: message.to_owned(), ..RemoteError::default() }),
            units: units.iter().map(|tag| Entity { tag: (*tag).to_owned() }).collect(),
            detached_storage: vec![Entity { tag: "storage-pgdata-0".to_owned() }],
            destroyed_storage: Vec::new(),
        }
    }

    #[test]
    fn some_failures_are_told_beside_what_goes_on_and_nothing_but_failures_is_one() {
        let names = ["web".to_owned(), "db".to_owned()];
        let some = removal(&names, [told(Some("gone"), &[]), told(None, &["unit-db-0"])]).expect("db goes");
        assert_eq!(
            serde_json::to_value(some).expect("plain"),
            json!({"removing": ["db", "db/0"], "detaching_storage": ["pgdata/0"],
                "failed": [{"name": "web", "error": "gone"}]})
        );
        let none = removal(&names, [told(Some("gone"), &[]), told(Some("alive"), &[])]).expect_err("nothing goes");
        assert_eq!(none.to_string(), "gone");
    }
}
