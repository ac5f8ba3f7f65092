//! The known name nearest to one that does not exist, for the sentences that refuse it: the one ranking of the program.

/// Longest name for which a nearest one is looked for, in bytes: the search takes the product of both lengths.
const MAX_COMPARED_BYTES: usize = 64;

/// The candidate nearest to a name that none of them has; `None` where none is near. Case, `-` and `_` do not count.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    ranked(name, candidates).min().map(|(_, candidate)| candidate)
}

/// The candidates that are near a name, the nearest first, at most `count`.
#[must_use]
pub fn nearest_names<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>, count: usize) -> Vec<&'a str> {
    let mut ranked: Vec<_> = ranked(name, candidates).collect();
    ranked.sort_unstable();
    ranked.into_iter().take(count).map(|(_, candidate)| candidate).collect()
}

/// Whether two names differ only in upper case and separators.
#[must_use]
pub fn same_name(one: &str, other: &str) -> bool {
    one.len() == other.len() && fold(one) == fold(other)
}

fn ranked<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> impl Iterator<Item = ((usize, usize), &'a str)> {
    let wanted = if name.len() > MAX_COMPARED_BYTES { String::new() } else { fold(name) };
    let candidates = candidates.into_iter().filter(|candidate| candidate.len() <= 2 * MAX_COMPARED_BYTES);
    candidates.filter_map(move |candidate| Some((rank(&wanted, &fold(candidate))?, candidate)))
}

fn fold(name: &str) -> String {
    name.trim_start_matches('-').to_lowercase().replace(['-', ' '], "_")
}

/// How far two names are from each other: the same, a part of the other, or a few letters.
fn rank(wanted: &str, candidate: &str) -> Option<(usize, usize)> {
    if wanted.is_empty() {
        return None;
    }
    let distance = strsim::osa_distance(wanted, candidate);
    let same_letters = wanted.replace('_', "") == candidate.replace('_', "");
    let has_words = |long: &str, short: &str| {
        long.starts_with(short) || long.split('_').any(|word| word == short) || long.ends_with(&format!("_{short}"))
    };
    match () {
        () if same_letters => Some((0, distance)),
        () if distance <= 1 => Some((1, distance)),
        () if wanted.len() > 1 && (has_words(candidate, wanted) || has_words(wanted, candidate)) => Some((2, distance)),
        () if distance <= wanted.len().max(candidate.len()) / 2 => Some((3, distance)),
        () => None,
    }
}

/// `; did you mean ...?` with the nearest candidate, else a list of all candidates with this heading.
#[must_use]
pub fn suggestion<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>, heading: &str) -> String {
    let candidates: Vec<_> = candidates.into_iter().collect();
    match nearest(name, candidates.iter().copied()) {
        Some(candidate) => format!("; did you mean `{candidate}`?"),
        None if candidates.is_empty() => String::new(),
        None => format!("; {heading}: {}", candidates.join(", ")),
    }
}

/// Adds the nearest name to an error of serde that lists all known ones: `unknown field` and `unknown variant`.
#[must_use]
pub fn shorten_unknown(message: &str) -> String {
    let Some((head, list)) = message.split_once(", expected ") else { return message.to_owned() };
    let Some((_, name)) = head.rsplit_once("unknown field `").or_else(|| head.rsplit_once("unknown variant `")) else {
        return message.to_owned();
    };
    let end = list.find(" at line ").unwrap_or(list.len());
    let mut parts = list[..end].split('`').skip(1).step_by(2);
    match nearest(name.trim_end_matches('`'), &mut parts) {
        Some(candidate) => format!("{head}; did you mean `{candidate}`?{}", &list[end..]),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_is_found_for_typing_errors_only() {
        let names = ["remove-application", "remove-unit", "add-unit", "status"];
        for (typed, expected) in [
            ("remove-aplication", Some("remove-application")),
            ("Remove_Application", Some("remove-application")),
            ("ad-unit", Some("add-unit")),
            ("statsu", Some("status")),
            ("explode", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, names), expected, "{typed}");
        }
    }

    #[test]
    fn nearest_finds_parts_and_mistyped_letters() {
        let names = ["application", "entity_name", "num_units", "to", "attach_storage", "model", "dry_run"];
        for (name, found) in [
            ("entity", Some("entity_name")),
            ("app", Some("application")),
            ("aplication", Some("application")),
            ("numUnits", Some("num_units")),
            ("units", Some("num_units")),
            ("storage", Some("attach_storage")),
            ("dryrun", Some("dry_run")),
            ("model_name", Some("model")),
            ("xyzzy", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, names), found, "{name}");
        }
        assert_eq!(nearest(&"x".repeat(1 << 20), names), None);
        assert_eq!(nearest_names("model", ["models", "mode", "model-config", "user"], 2), ["mode", "models"]);
    }

    #[test]
    fn unknown_field_error_is_shortened_to_the_nearest_name() {
        assert_eq!(
            shorten_unknown(
                "unknown field `controlers`, expected one of `listen`, `controllers`, `tokens` at line 1 column 1"
            ),
            "unknown field `controlers`; did you mean `controllers`? at line 1 column 1"
        );
        assert_eq!(
            shorten_unknown("limits: unknown variant `wride`, expected `read` or `write`"),
            "limits: unknown variant `wride`; did you mean `write`?"
        );
        for same in [
            "missing field `name`",
            "unknown field `colour`, expected `a` or `b`",
            "invalid type: map, expected a sequence",
        ] {
            assert_eq!(shorten_unknown(same), same);
        }
    }
}
