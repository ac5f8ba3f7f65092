//! Refusals for what an act needs and lacks, with the remedy.

use juju_client::Error;
use juju_wire::{Code, RemoteError};

use super::facts::Facts;
use crate::{Failure, nearest};

/// Most names that a remedy lists where none is near.
pub(super) const MAX_LISTED_NAMES: usize = 12;

/// A refusal in the words of the controller.
pub(super) fn unmet(code: Code, message: impl Into<String>, remedy: impl Into<Option<String>>) -> Failure {
    Failure::Unmet { error: Box::new(RemoteError::new(code, message)), remedy: remedy.into() }
}

/// `did you mean ...?`, or the names that there are if they are few, or where they are listed.
pub(super) fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, elsewhere: &str) -> String {
    let known: Vec<&str> = known.into_iter().filter(|known| !known.is_empty()).collect();
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() || known.len() > MAX_LISTED_NAMES => elsewhere.to_owned(),
        None => format!("there are: {}", known.join(", ")),
    }
}

/// The names, as many as a remedy lists.
pub(super) fn first_names(names: &[&str]) -> String {
    let shown = names.iter().take(MAX_LISTED_NAMES).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_LISTED_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// What a controller does not implement, or cannot tell of its cloud, is not checked: a note states it.
pub(super) fn optional<T>(result: Result<T, Error>, what: &str, facts: &mut Facts) -> Result<Option<T>, Failure> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.remote().is_some() || matches!(error, Error::FacadeMissing { .. }) => {
            facts.note(format!("{what} were not checked: {error}"));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestion_is_the_nearest_name_or_a_short_list() {
        assert_eq!(suggest("wbe", ["web", "db"], "list them"), "did you mean `web`?");
        assert_eq!(suggest("nonsense", ["web", "db"], "list them"), "there are: web, db");
        assert_eq!(suggest("nonsense", [], "list them"), "list them");
        assert_eq!(suggest("nonsense", vec!["web"; 13], "list them"), "list them");
    }

    #[test]
    fn first_names_are_counted_beyond_the_limit() {
        assert_eq!(first_names(&["0", "1"]), "0, 1");
        assert!(first_names(&["0"; 20]).ends_with("and 8 more"));
    }
}
