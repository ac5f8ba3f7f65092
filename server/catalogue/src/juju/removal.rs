//! The result of removing applications, units or machines.

use juju_wire::{RemoteError, entity::Entity};
use serde::Serialize;

use crate::{Failure, entity};

/// What is being removed, and what is not.
#[derive(Debug, Default, Serialize)]
pub struct Removal {
    /// Names of what goes, units that go with it included.
    removing: Vec<String>,
    /// Storage that stays, detached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    detaching_storage: Vec<String>,
    /// Storage that goes too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    destroying_storage: Vec<String>,
    /// What was being removed before this call; nothing more is done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    already_removing: Vec<String>,
    /// What stays, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<Failed>,
}

/// One thing that stays as it is.
#[derive(Debug, Serialize)]
pub(crate) struct Failed {
    name: String,
    error: String,
}

impl Removal {
    /// The removal of what is being removed already, if that is so for all of `names`.
    pub(super) fn already(names: &[String], is_dying: impl Fn(&str) -> bool) -> Option<Self> {
        let all = !names.is_empty() && names.iter().all(|name| is_dying(name));
        all.then(|| Self { already_removing: names.to_vec(), ..Self::default() })
    }
}

/// Divides the items of a bulk change into those that were done and those that failed. The error of one item does not hide what was
/// begun for the others.
///
/// # Errors
/// The first error, if all items failed.
pub(super) fn split(
    names: Vec<String>,
    errors: impl IntoIterator<Item = Option<RemoteError>>,
) -> Result<(Vec<String>, Vec<Failed>), Failure> {
    let (mut done, mut failed, mut first) = (Vec::new(), Vec::new(), None);
    let mut errors = errors.into_iter();
    // a change of everything has no names, and its only result has none either
    if names.is_empty() {
        return errors.flatten().next().map_or(Ok((done, failed)), |error| Err(error.into()));
    }
    for name in names {
        match errors.next().flatten() {
            Some(error) => {
                failed.push(Failed { name, error: error.to_string() });
                first.get_or_insert(error);
            }
            None => done.push(name),
        }
    }
    match first {
        Some(error) if done.is_empty() => Err(error.into()),
        _ => Ok((done, failed)),
    }
}

/// The result of the controller for one entity.
pub(super) struct RemovalReport {
    pub(super) error: Option<RemoteError>,
    pub(super) units: Vec<Entity>,
    pub(super) detached_storage: Vec<Entity>,
    pub(super) destroyed_storage: Vec<Entity>,
}

/// Combines names and results. If all fail, the call fails; if some fail, they are reported beside those that are being removed.
///
/// # Errors
/// The first error, if nothing is being removed.
pub(super) fn removal(names: &[String], reports: impl IntoIterator<Item = RemovalReport>) -> Result<Removal, Failure> {
    let mut removal = Removal::default();
    let mut first = None;
    let names_of = |entities: Vec<Entity>| entities.into_iter().map(|one| entity::name(&one.tag));
    for (name, report) in names.iter().zip(reports) {
        if let Some(error) = report.error {
            removal.failed.push(Failed { name: name.clone(), error: error.to_string() });
            first.get_or_insert(error);
            continue;
        }
        removal.removing.push(name.clone());
        removal.removing.extend(names_of(report.units));
        removal.detaching_storage.extend(names_of(report.detached_storage));
        removal.destroying_storage.extend(names_of(report.destroyed_storage));
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

    fn report(error: Option<&str>, units: &[&str]) -> RemovalReport {
        RemovalReport {
            error: error.map(|message| RemoteError { message: message.to_owned(), ..RemoteError::default() }),
            units: units.iter().map(|tag| Entity { tag: (*tag).to_owned() }).collect(),
            detached_storage: vec![Entity { tag: "storage-pgdata-0".to_owned() }],
            destroyed_storage: Vec::new(),
        }
    }

    #[test]
    fn split_reports_items_that_failed_beside_the_others() {
        let names = || vec!["web/0".to_owned(), "web/1".to_owned()];
        let error = || Some(RemoteError::plain("gone"));
        let (done, failed) = split(names(), [error(), None]).expect("one is done");
        assert_eq!((done, failed.len()), (vec!["web/1".to_owned()], 1));
        assert_eq!(split(names(), [error(), error()]).expect_err("none is done").to_string(), "gone");
        assert_eq!(split(Vec::new(), [error()]).expect_err("all").to_string(), "gone");
        assert!(split(Vec::new(), [None]).is_ok());
    }

    #[test]
    fn removal_of_dying_entities_is_done_already() {
        let names = ["web".to_owned(), "db".to_owned()];
        assert!(Removal::already(&names, |name| name == "web").is_none(), "one is alive");
        let already = Removal::already(&names, |_| true).expect("all are dying");
        assert_eq!(
            serde_json::to_value(already).expect("plain"),
            json!({"removing": [], "already_removing": ["web", "db"]})
        );
    }

    #[test]
    fn removal_reports_some_failures_and_fails_if_all_fail() {
        let names = ["web".to_owned(), "db".to_owned()];
        let some = removal(&names, [report(Some("gone"), &[]), report(None, &["unit-db-0"])]).expect("db goes");
        assert_eq!(
            serde_json::to_value(some).expect("plain"),
            json!({"removing": ["db", "db/0"], "detaching_storage": ["pgdata/0"],
                "failed": [{"name": "web", "error": "gone"}]})
        );
        let none = removal(&names, [report(Some("gone"), &[]), report(Some("alive"), &[])]).expect_err("nothing goes");
        assert_eq!(none.to_string(), "gone");
    }
}
